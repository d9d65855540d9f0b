/* Memory functions of AArch64 that compilers call by themselves: memcpy memmove mempcpy memset memcmp bcmp strlen.
 *
 *   x0  destination / first, and the result     x1  source / second / byte     x2  bytes
 *   x3  running destination       x4  end of the source       x5  end of the destination
 *
 * Baseline NEON.  A short block is moved as its first and its last half, which may overlap: all loads come before the first store,
 * so the same code is memcpy and memmove, and there is no loop and no remainder.
 */
#define FUNCTION_ALIGN 32
#include "function.h"

/* void *mempcpy(void *to, const void *from, size_t n): as memcpy, returns to + n */
function mempcpy
also __mempcpy
        mov     x3, x0
        add     x0, x0, x2
        b       .Lcopy
        .size   mempcpy, . - mempcpy

/* void *memmove(void *to, const void *from, size_t n); memcpy is the same function */
        .balign 32
also memmove
also memcpy
        mov     x3, x0
.Lcopy: add     x4, x1, x2
        add     x5, x3, x2
        cmp     x2, #16
        b.lo    .Lcopy_under_16
        cmp     x2, #32
        b.hi    .Lcopy_over_32
        ldr     q0, [x1]
        ldr     q1, [x4, #-16]
        str     q0, [x3]
        str     q1, [x5, #-16]
        ret

.Lcopy_under_16:
        tbz     x2, #3, 1f
        ldr     x6, [x1]
        ldr     x7, [x4, #-8]
        str     x6, [x3]
        str     x7, [x5, #-8]
        ret
1:      tbz     x2, #2, 2f
        ldr     w6, [x1]
        ldr     w7, [x4, #-4]
        str     w6, [x3]
        str     w7, [x5, #-4]
        ret
2:      cbz     x2, 3f
        lsr     x8, x2, #1                      /* 1..3 bytes: first, middle, last */
        ldrb    w6, [x1]
        ldrb    w7, [x1, x8]
        ldrb    w9, [x4, #-1]
        strb    w6, [x3]
        strb    w7, [x3, x8]
        strb    w9, [x5, #-1]
3:      ret

.Lcopy_over_32:
        ldp     q0, q1, [x1]
        ldp     q2, q3, [x4, #-32]
        cmp     x2, #64
        b.hi    .Lcopy_over_64
        stp     q0, q1, [x3]
        stp     q2, q3, [x5, #-32]
        ret

.Lcopy_over_64:
        ldp     q4, q5, [x1, #32]
        ldp     q6, q7, [x4, #-64]
        cmp     x2, #128
        b.hi    .Lcopy_long
        stp     q0, q1, [x3]
        stp     q4, q5, [x3, #32]
        stp     q6, q7, [x5, #-64]
        stp     q2, q3, [x5, #-32]
        ret

.Lcopy_long:                                    /* first 64 in q0 q1 q4 q5, last 64 in q6 q7 q2 q3 */
        sub     x6, x3, x1
        cmp     x6, x2
        b.lo    .Lcopy_backward                 /* from < to < from + n */
        and     x7, x3, #15
        sub     x7, x7, #16                     /* -(bytes up to the next aligned store) */
        sub     x8, x1, x7                      /* its source */
        sub     x9, x3, x7
        sub     x10, x5, #64                    /* where the tail begins */
        ldp     q16, q17, [x8]
        ldp     q18, q19, [x8, #32]
        str     q0, [x3]
1:      stp     q16, q17, [x9]
        stp     q18, q19, [x9, #32]
        add     x9, x9, #64
        add     x8, x8, #64
        cmp     x9, x10
        b.hs    2f
        ldp     q16, q17, [x8]
        ldp     q18, q19, [x8, #32]
        b       1b
2:      stp     q6, q7, [x5, #-64]
        stp     q2, q3, [x5, #-32]
        ret

.Lcopy_backward:
        cbz     x6, 3f                          /* to == from */
        sub     x7, x5, #1
        and     x9, x7, #~15                    /* aligned end of the stores: end - 16 .. end - 1 */
        sub     x8, x4, x5
        add     x8, x8, x9                      /* its source */
        add     x10, x3, #64
        ldp     q16, q17, [x8, #-32]
        ldp     q18, q19, [x8, #-64]
        str     q3, [x5, #-16]
1:      stp     q16, q17, [x9, #-32]
        stp     q18, q19, [x9, #-64]
        sub     x9, x9, #64
        sub     x8, x8, #64
        cmp     x9, x10
        b.ls    2f
        ldp     q16, q17, [x8, #-32]
        ldp     q18, q19, [x8, #-64]
        b       1b
2:      stp     q0, q1, [x3]
        stp     q4, q5, [x3, #32]
3:      ret
        .size   memmove, . - memmove

/* void *memset(void *to, int byte, size_t n) */
function memset
        dup     v0.16b, w1
        add     x5, x0, x2
        cmp     x2, #16
        b.lo    .Lset_under_16
        str     q0, [x0]
        str     q0, [x5, #-16]
        cmp     x2, #32
        b.ls    1f
        str     q0, [x0, #16]
        str     q0, [x5, #-32]
        cmp     x2, #64
        b.ls    1f
        stp     q0, q0, [x0, #32]
        stp     q0, q0, [x5, #-64]
        cmp     x2, #128
        b.ls    1f
        sub     x5, x5, #64                     /* the last 64 are done; so are the first */
        add     x3, x0, #64
        and     x3, x3, #~63
2:      stp     q0, q0, [x3]
        stp     q0, q0, [x3, #32]
        add     x3, x3, #64
        cmp     x3, x5
        b.lo    2b
1:      ret
.Lset_under_16:
        tbz     x2, #3, 1f
        str     d0, [x0]
        str     d0, [x5, #-8]
        ret
1:      tbz     x2, #2, 2f
        str     s0, [x0]
        str     s0, [x5, #-4]
        ret
2:      cbz     x2, 3f
        lsr     x8, x2, #1
        strb    w1, [x0]
        strb    w1, [x0, x8]
        strb    w1, [x5, #-1]
3:      ret
        .size   memset, . - memset

/* int memcmp(const void *a, const void *b, size_t n); bcmp asks only whether they differ and is the same function */
function memcmp
also bcmp
        cmp     x2, #8
        b.lo    .Lcmp_under_8
        add     x4, x0, x2                      /* ends */
        add     x5, x1, x2
1:      cmp     x2, #16                         /* pairs of words while more than 16 are left */
        b.ls    2f
        ldp     x6, x8, [x0], #16
        ldp     x7, x9, [x1], #16
        cmp     x6, x7
        b.ne    .Lcmp_words
        cmp     x8, x9
        b.ne    .Lcmp_second
        sub     x2, x2, #16
        b       1b
2:      cmp     x2, #8
        b.ls    3f
        ldr     x6, [x0]
        ldr     x7, [x1]
        cmp     x6, x7
        b.ne    .Lcmp_words
3:      ldr     x6, [x4, #-8]                   /* the last 8, which may overlap what was equal */
        ldr     x7, [x5, #-8]
        cmp     x6, x7
        b.ne    .Lcmp_words
        mov     w0, #0
        ret
.Lcmp_second:
        mov     x6, x8
        mov     x7, x9
.Lcmp_words:                                    /* the lower address is the more significant byte */
        rev     x6, x6
        rev     x7, x7
        cmp     x6, x7
        mov     w0, #1
        cneg    w0, w0, lo
        ret
.Lcmp_under_8:
        cbz     x2, 5f
4:      ldrb    w6, [x0], #1
        ldrb    w7, [x1], #1
        subs    w6, w6, w7
        b.ne    6f
        sub     x2, x2, #1
        cbnz    x2, 4b
5:      mov     w0, #0
        ret
6:      mov     w0, w6
        ret
        .size   memcmp, . - memcmp

/* size_t strlen(const char *s): aligned blocks only, so that no load leaves the string's pages */
function strlen
        and     x1, x0, #~15
        ldr     q0, [x1]
        cmeq    v0.16b, v0.16b, #0
        shrn    v0.8b, v0.8h, #4                /* four bits a byte */
        fmov    x2, d0
        lsl     w3, w0, #2
        lsr     x2, x2, x3                      /* drop what lies before the string: 4 * (s & 15) bits */
        cbz     x2, 1f
        rbit    x2, x2
        clz     x2, x2
        lsr     x0, x2, #2
        ret
1:      add     x1, x1, #16
2:      ldr     q0, [x1], #16
        cmeq    v0.16b, v0.16b, #0
        umaxp   v1.16b, v0.16b, v0.16b
        fmov    x2, d1
        cbz     x2, 2b
        shrn    v0.8b, v0.8h, #4
        fmov    x2, d0
        rbit    x2, x2
        clz     x2, x2
        sub     x1, x1, #16
        sub     x0, x1, x0
        add     x0, x0, x2, lsr #2
        ret
        .size   strlen, . - strlen

        .section .note.GNU-stack, "", %progbits
