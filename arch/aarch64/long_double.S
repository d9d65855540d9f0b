/* long double of AArch64: 128-bit numbers in q0, q1, which no instruction computes with; gcc's run-time library converts them.
 *
 * Exact: sign and class.  The others are computed as double: 53 of the 113 bits.
 */
#define FUNCTION_ALIGN 16
#include "function.h"

/* long double f(long double) through double f(double) */
.macro through_double name
function \name\()l
        stp     x29, x30, [sp, #-16]!
        bl      __trunctfdf2
        bl      \name
        ldp     x29, x30, [sp], #16
        b       __extenddftf2
.endm
.macro through_double_pair name
function \name\()l
        stp     x29, x30, [sp, #-48]!
        str     q0, [sp, #16]
        mov     v0.16b, v1.16b
        bl      __trunctfdf2
        str     d0, [sp, #32]
        ldr     q0, [sp, #16]
        bl      __trunctfdf2
        ldr     d1, [sp, #32]
        bl      \name
        ldp     x29, x30, [sp], #48
        b       __extenddftf2
.endm
/* integer result, through double */
.macro integer_through_double name
function \name\()l
        stp     x29, x30, [sp, #-16]!
        bl      __trunctfdf2
        ldp     x29, x30, [sp], #16
        b       \name
.endm
/* long double f(long double, integer or pointer in x0) */
.macro with_integer name
function \name\()l
        stp     x29, x30, [sp, #-32]!
        str     x0, [sp, #16]
        bl      __trunctfdf2
        ldr     x0, [sp, #16]
        bl      \name
        ldp     x29, x30, [sp], #32
        b       __extenddftf2
.endm

        .irp name, acos, asin, atan, cos, sin, tan, acosh, asinh, atanh, cosh, sinh, tanh, exp, exp2, exp10, expm1, log, log10, log1p, log2, logb, cbrt, erf, erfc, lgamma, tgamma, sqrt, rint, nearbyint, floor, ceil, trunc, round
        through_double \name
        .endr
        .irp name, atan2, pow, hypot, remainder, nextafter, fdim, fmod, fmax, fmin
        through_double_pair \name
        .endr
        .irp name, lround, llround, ilogb, lrint, llrint
        integer_through_double \name
        .endr
        .irp name, ldexp, scalbn, scalbln, frexp
        with_integer \name
        .endr

function lgammal_r
        stp     x29, x30, [sp, #-32]!
        str     x0, [sp, #16]
        bl      __trunctfdf2
        ldr     x0, [sp, #16]
        bl      lgamma_r
        ldp     x29, x30, [sp], #32
        b       __extenddftf2
function modfl
        stp     x29, x30, [sp, #-48]!
        str     x0, [sp, #16]
        bl      __trunctfdf2
        add     x0, sp, #24
        bl      modf
        str     d0, [sp, #32]
        ldr     d0, [sp, #24]
        bl      __extenddftf2
        ldr     x0, [sp, #16]
        str     q0, [x0]
        ldr     d0, [sp, #32]
        ldp     x29, x30, [sp], #48
        b       __extenddftf2
function sincosl
        stp     x29, x30, [sp, #-48]!
        stp     x0, x1, [sp, #16]
        bl      __trunctfdf2
        add     x0, sp, #32
        add     x1, sp, #40
        bl      sincos
        ldr     d0, [sp, #32]
        bl      __extenddftf2
        ldr     x0, [sp, #16]
        str     q0, [x0]
        ldr     d0, [sp, #40]
        bl      __extenddftf2
        ldr     x1, [sp, #24]
        str     q0, [x1]
        ldp     x29, x30, [sp], #48
        ret
function remquol
        stp     x29, x30, [sp, #-48]!
        str     q0, [sp, #16]
        str     x0, [sp, #40]
        mov     v0.16b, v1.16b
        str     x0, [sp, #32]
        bl      __trunctfdf2
        str     d0, [sp, #40]
        ldr     q0, [sp, #16]
        bl      __trunctfdf2
        ldr     d1, [sp, #40]
        ldr     x0, [sp, #32]
        bl      remquo
        ldp     x29, x30, [sp], #48
        b       __extenddftf2
function fmal
        stp     x29, x30, [sp, #-64]!
        str     q0, [sp, #16]
        str     q2, [sp, #32]
        mov     v0.16b, v1.16b
        bl      __trunctfdf2
        str     d0, [sp, #48]
        ldr     q0, [sp, #32]
        bl      __trunctfdf2
        str     d0, [sp, #56]
        ldr     q0, [sp, #16]
        bl      __trunctfdf2
        ldp     d1, d2, [sp, #48]
        bl      fma
        ldp     x29, x30, [sp], #64
        b       __extenddftf2
function nexttoward
        stp     x29, x30, [sp, #-32]!
        str     d0, [sp, #16]
        mov     v0.16b, v1.16b
        bl      __trunctfdf2
        fmov    d1, d0
        ldr     d0, [sp, #16]
        ldp     x29, x30, [sp], #32
        b       nextafter
function nexttowardf
        stp     x29, x30, [sp, #-32]!
        str     s0, [sp, #16]
        mov     v0.16b, v1.16b
        bl      __trunctfdf2
        fcvt    s1, d0
        ldr     s0, [sp, #16]
        ldp     x29, x30, [sp], #32
        b       nextafterf
function nexttowardl
        b       nextafterl
function fabsl
        mov     x0, v0.d[1]
        and     x0, x0, #0x7fffffffffffffff
        mov     v0.d[1], x0
        ret
function copysignl
        mov     x0, v0.d[1]
        mov     x1, v1.d[1]
        and     x0, x0, #0x7fffffffffffffff
        and     x1, x1, #0x8000000000000000
        orr     x0, x0, x1
        mov     v0.d[1], x0
        ret
function nanl
        movi    v0.2d, #0
        mov     x0, #0x7fff800000000000
        mov     v0.d[1], x0
        ret
/* Classes, from the halves in x1 (low) and x2 (high). */
function __fpclassifyl
        mov     x1, v0.d[0]
        mov     x2, v0.d[1]
        ubfx    x3, x2, #48, #15                /* exponent */
        lsl     x4, x2, #16
        orr     x4, x4, x1                      /* fraction: zero or not */
        mov     w0, #4
        mov     x5, #0x7fff
        cmp     x3, x5
        b.eq    1f
        cbnz    x3, 2f
        cmp     x4, #0
        mov     w0, #2
        cinc    w0, w0, ne                      /* zero 2, subnormal 3 */
2:      ret
1:      cmp     x4, #0
        cset    w0, eq                          /* infinite 1, not a number 0 */
        ret
function __signbitl
        mov     x0, v0.d[1]
        lsr     x0, x0, #63
        ret
function __isnanl
        mov     x6, x30
        bl      __fpclassifyl
        cmp     w0, #0
        cset    w0, eq
        ret     x6
function __isinfl
        mov     x6, x30
        bl      __fpclassifyl
        cmp     w0, #1
        cset    w0, eq
        cmp     x2, #0
        cneg    w0, w0, lt
        ret     x6
function __finitel
        mov     x0, v0.d[1]
        ubfx    x0, x0, #48, #15
        mov     x1, #0x7fff
        cmp     x0, x1
        cset    w0, ne
        ret

        .section .note.GNU-stack, "", %progbits
