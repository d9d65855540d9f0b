/* long double of x86-64: the 80-bit numbers of the x87 unit, passed on the stack (first at rsp + 8, second at rsp + 24), returned in st(0).
 *
 * Exact: what one or two x87 instructions do.  The others are computed as double: 53 of the 64 bits.
 */
        .intel_syntax noprefix

#define FUNCTION_ALIGN 16
#include "function.h"

/* type f(long double) through double f(double) */
.macro through_double name
function \name\()l
        fld     tbyte ptr [rsp + 8]
        sub     rsp, 24
        fstp    qword ptr [rsp]
        movsd   xmm0, [rsp]
        call    \name
        movsd   [rsp], xmm0
        fld     qword ptr [rsp]
        add     rsp, 24
        ret
.endm
.macro through_double_pair name
function \name\()l
        fld     tbyte ptr [rsp + 8]
        fld     tbyte ptr [rsp + 24]
        sub     rsp, 24
        fstp    qword ptr [rsp]
        movsd   xmm1, [rsp]
        fstp    qword ptr [rsp]
        movsd   xmm0, [rsp]
        call    \name
        movsd   [rsp], xmm0
        fld     qword ptr [rsp]
        add     rsp, 24
        ret
.endm
/* int-class result through double f(double) */
.macro integer_through_double name
function \name\()l
        fld     tbyte ptr [rsp + 8]
        sub     rsp, 24
        fstp    qword ptr [rsp]
        movsd   xmm0, [rsp]
        call    \name
        add     rsp, 24
        ret
.endm

        .irp name, acos, asin, atan, cos, sin, tan, acosh, asinh, atanh, cosh, sinh, tanh, exp, exp2, exp10, expm1, log, log10, log1p, log2, logb, cbrt, erf, erfc, lgamma, tgamma
        through_double \name
        .endr
        .irp name, atan2, pow, hypot, nextafter, fdim
        through_double_pair \name
        .endr
        .irp name, lround, llround, ilogb
        integer_through_double \name
        .endr

function fabsl
        fld     tbyte ptr [rsp + 8]
        fabs
        ret
function sqrtl
        fld     tbyte ptr [rsp + 8]
        fsqrt
        ret
function copysignl
        fld     tbyte ptr [rsp + 8]
        fabs
        test    byte ptr [rsp + 24 + 9], 0x80
        jz      1f
        fchs
1:      ret
function fmaxl
        fld     tbyte ptr [rsp + 24]            /* y */
        fld     tbyte ptr [rsp + 8]             /* x on top */
        fucomi  st(0), st(0)
        jp      1f                              /* x is not a number: y */
        fucomi  st(0), st(1)
        jp      2f                              /* y is not one: x */
        jb      1f
2:      fstp    st(1)
        ret
1:      fstp    st(0)
        ret
function fminl
        fld     tbyte ptr [rsp + 24]
        fld     tbyte ptr [rsp + 8]
        fucomi  st(0), st(0)
        jp      1f
        fucomi  st(0), st(1)
        jp      2f
        ja      1f
2:      fstp    st(1)
        ret
1:      fstp    st(0)
        ret
function rintl
        fld     tbyte ptr [rsp + 8]
        frndint
        ret
function nearbyintl
        fld     tbyte ptr [rsp + 8]
        frndint
        ret
function lrintl
        fld     tbyte ptr [rsp + 8]
        fistp   qword ptr [rsp + 8]
        mov     rax, [rsp + 8]
        ret
function llrintl
        fld     tbyte ptr [rsp + 8]
        fistp   qword ptr [rsp + 8]
        mov     rax, [rsp + 8]
        ret
.macro rounded name, mode
function \name
        fld     tbyte ptr [rsp + 8]
        fnstcw  [rsp + 8]
        movzx   eax, word ptr [rsp + 8]
        and     eax, 0xf3ff
        or      eax, \mode
        mov     [rsp + 10], ax
        fldcw   [rsp + 10]
        frndint
        fldcw   [rsp + 8]
        ret
.endm
        rounded floorl, 0x400
        rounded ceill, 0x800
        rounded truncl, 0xc00
function roundl                                 /* half away from zero: truncate |x| + 1/2, where that is exact enough; else x is whole */
        fld     tbyte ptr [rsp + 8]
        movzx   eax, word ptr [rsp + 16]
        and     eax, 0x7fff
        cmp     eax, 0x3fff + 63                /* no fraction, infinite or not a number */
        jae     1f
        fld     st(0)
        sub     rsp, 24
        fstp    tbyte ptr [rsp]
        call    truncl                          /* st0 = t, st1 = x */
        add     rsp, 24
        fld     st(1)
        fsub    st(0), st(1)                    /* the fraction, exact */
        fabs
        push    0x3f000000                      /* 0.5f */
        fld     dword ptr [rsp]
        pop     rax
        fucomip st(0), st(1)                    /* 0.5 against |fraction| */
        fstp    st(0)
        ja      2f
        fld1
        test    byte ptr [rsp + 8 + 9], 0x80
        jz      3f
        fchs
3:      faddp   st(1), st(0)
2:      fabs                                    /* x's sign, also for zero */
        test    byte ptr [rsp + 8 + 9], 0x80
        jz      4f
        fchs
4:      fstp    st(1)
1:      ret
function fmodl
        fld     tbyte ptr [rsp + 24]
        fld     tbyte ptr [rsp + 8]
1:      fprem
        fnstsw  ax
        test    ah, 4
        jnz     1b
        fstp    st(1)
        ret
function remainderl
        fld     tbyte ptr [rsp + 24]
        fld     tbyte ptr [rsp + 8]
1:      fprem1
        fnstsw  ax
        test    ah, 4
        jnz     1b
        fstp    st(1)
        ret
.macro scaled name
function \name                                  /* long double f(long double, int or long) */
        mov     [rsp - 8], edi
        fild    dword ptr [rsp - 8]
        fld     tbyte ptr [rsp + 8]
        fscale
        fstp    st(1)
        ret
.endm
        scaled  ldexpl
        scaled  scalbnl
function scalblnl
        mov     [rsp - 8], rdi
        fild    qword ptr [rsp - 8]
        fld     tbyte ptr [rsp + 8]
        fscale
        fstp    st(1)
        ret
function frexpl                                 /* the fraction in [0.5, 1) and its exponent */
        fld     tbyte ptr [rsp + 8]
        mov     dword ptr [rdi], 0
        movzx   eax, word ptr [rsp + 16]
        and     eax, 0x7fff
        cmp     eax, 0x7fff
        je      1f                              /* infinite or not a number: as it is */
        test    eax, eax
        jnz     2f
        cmp     qword ptr [rsp + 8], 0
        je      1f                              /* zero: as it is */
2:      fxtract                                 /* st0 = significand in [1, 2), st1 = exponent */
        fxch
        fistp   dword ptr [rdi]
        inc     dword ptr [rdi]
        push    0x3f000000
        fmul    dword ptr [rsp]
        pop     rax
1:      ret
function modfl
        fld     tbyte ptr [rsp + 8]
        fld     st(0)
        sub     rsp, 24
        fstp    tbyte ptr [rsp]
        call    truncl
        add     rsp, 24
        fld     st(0)
        fstp    tbyte ptr [rdi]
        fsubp   st(1), st(0)                    /* x - whole */
        movzx   eax, word ptr [rsp + 16]
        and     eax, 0x7fff
        cmp     eax, 0x7fff
        jne     2f
        mov     rax, [rsp + 8]
        shl     rax, 1
        jnz     2f
        fstp    st(0)                           /* an infinity has no fraction */
        fldz
2:      fabs
        test    byte ptr [rsp + 8 + 9], 0x80
        jz      1f
        fchs
1:      ret
function fmal
        fld     tbyte ptr [rsp + 8]
        fld     tbyte ptr [rsp + 24]
        fmulp   st(1), st(0)
        fld     tbyte ptr [rsp + 40]
        faddp   st(1), st(0)
        ret
function nanl
        fldz
        fldz
        fdivp   st(1), st(0)
        fabs
        ret
function sincosl
        push    rbx
        push    rbp
        sub     rsp, 24
        mov     rbx, rdi
        mov     rbp, rsi
        fld     tbyte ptr [rsp + 48]
        fstp    qword ptr [rsp]
        movsd   xmm0, [rsp]
        mov     rdi, rsp
        lea     rsi, [rsp + 8]
        call    sincos
        fld     qword ptr [rsp]
        fstp    tbyte ptr [rbx]
        fld     qword ptr [rsp + 8]
        fstp    tbyte ptr [rbp]
        add     rsp, 24
        pop     rbp
        pop     rbx
        ret
function lgammal_r
        fld     tbyte ptr [rsp + 8]
        sub     rsp, 24
        fstp    qword ptr [rsp]
        movsd   xmm0, [rsp]
        call    lgamma_r
        movsd   [rsp], xmm0
        fld     qword ptr [rsp]
        add     rsp, 24
        ret
function remquol
        fld     tbyte ptr [rsp + 8]
        fld     tbyte ptr [rsp + 24]
        sub     rsp, 24
        fstp    qword ptr [rsp]
        movsd   xmm1, [rsp]
        fstp    qword ptr [rsp]
        movsd   xmm0, [rsp]
        call    remquo
        movsd   [rsp], xmm0
        fld     qword ptr [rsp]
        add     rsp, 24
        ret
.macro toward name                              /* double f(double, long double) through nextafter */
function \name
        fld     tbyte ptr [rsp + 8]
        sub     rsp, 24
        fstp    qword ptr [rsp]
        movsd   xmm1, [rsp]
        call    nextafter
        add     rsp, 24
        ret
.endm
        toward  nexttoward
function nexttowardf
        fld     tbyte ptr [rsp + 8]
        sub     rsp, 24
        fstp    dword ptr [rsp]
        movss   xmm1, [rsp]
        call    nextafterf
        add     rsp, 24
        ret
function nexttowardl
        jmp     nextafterl

/* Classes, from the exponent in ax and the fraction in rcx. */
function __fpclassifyl
        movzx   eax, word ptr [rsp + 16]
        mov     rcx, [rsp + 8]
        and     eax, 0x7fff
        jz      1f
        cmp     eax, 0x7fff
        je      2f
        mov     eax, 4
        ret
1:      mov     eax, 2                          /* zero */
        test    rcx, rcx
        jz      3f
        mov     eax, 3                          /* subnormal */
3:      ret
2:      xor     eax, eax
        shl     rcx, 1                          /* without the leading one: zero for an infinity */
        setz    al
        ret
function __signbitl
        movzx   eax, byte ptr [rsp + 17]
        and     eax, 0x80
        ret
function __isnanl
        sub     rsp, 24
        fld     tbyte ptr [rsp + 32]
        fstp    tbyte ptr [rsp]
        call    __fpclassifyl
        add     rsp, 24
        test    eax, eax
        sete    al
        movzx   eax, al
        ret
function __isinfl
        sub     rsp, 24
        fld     tbyte ptr [rsp + 32]
        fstp    tbyte ptr [rsp]
        call    __fpclassifyl
        add     rsp, 24
        xor     ecx, ecx
        cmp     eax, 1
        mov     eax, 0
        jne     1f
        mov     eax, 1
        test    byte ptr [rsp + 17], 0x80
        jz      1f
        neg     eax
1:      ret
function __finitel
        movzx   eax, word ptr [rsp + 16]
        and     eax, 0x7fff
        cmp     eax, 0x7fff
        setne   al
        movzx   eax, al
        ret

        .section .note.GNU-stack, "", @progbits
