/* Searching and comparing strings on AArch64: rawmemchr strchrnul strchr index memchr memrchr strcmp strncmp.
 *
 *   x0  string / first, and the result     x1  byte / second     x2  bytes     x4  the end of a bounded operand
 *
 * Aligned blocks of sixteen bytes up to the next line of 64, then by lines: a block or line that holds one byte of the string lies in the
 * string's page, so nothing is read that could fault.  NEON is the baseline and all there is: one width.
 */
#define PAGE 4096
#define LINE 64

#define FUNCTION_ALIGN 32
#include "function.h"

/* ---- finding: the first byte that is the wanted one, or that or zero ---- */

/* \v: 0xff where the search ends, in the sixteen bytes of \block.  v5 = the wanted byte, sixteen times; v6 is overwritten. */
.macro probe kind, v, block
        .ifc    \kind, byte
        cmeq    \v\().16b, \block\().16b, v5.16b
        .endif
        .ifc    \kind, either
        cmeq    \v\().16b, \block\().16b, v5.16b
        cmeq    v6.16b, \block\().16b, #0
        orr     \v\().16b, \v\().16b, v6.16b
        .endif
.endm

/* \out = four bits a byte of \v. */
.macro mask out, v
        shrn    \v\().8b, \v\().8h, #4
        fmov    \out, d0
.endm

/* x4 = x0 + x2, or the end of the address space if that lies beyond it. */
.macro end_of_bytes
        adds    x4, x0, x2
        csinv   x4, x4, xzr, cc
.endm

/* x3 = the block */
.macro find kind, result, bounded
        and     x3, x0, #~15
        ldr     q1, [x3]
        probe   \kind, v0, v1
        mask    x5, v0
        lsl     w6, w0, #2
        lsr     x5, x5, x6                      /* drop what lies before the string: 4 * (s & 15) bits */
        mov     x7, x0
        cbnz    x5, 4f
1:      add     x3, x3, #16
        .if     \bounded
        cmp     x3, x4
        b.hs    5f
        .endif
        tst     x3, #LINE - 1
        b.eq    3f
2:      ldr     q1, [x3]
        probe   \kind, v0, v1
        mask    x5, v0
        cbz     x5, 1b
        mov     x7, x3
4:      rbit    x5, x5
        clz     x5, x5
        add     x7, x7, x5, lsr #2              /* the place */
        .if     \bounded
        cmp     x7, x4
        b.hs    5f
        .endif
        .ifc    \result, place
        mov     x0, x7
        .endif
        .ifc    \result, found
        ldrb    w5, [x7]
        cmp     w5, w1, uxtb
        csel    x0, x7, xzr, eq
        .endif
        ret
3:      .if     \bounded
        cmp     x3, x4
        b.hs    5f
        .endif
        ldp     q16, q17, [x3]
        ldp     q18, q19, [x3, #32]
        probe   \kind, v0, v16
        probe   \kind, v1, v17
        probe   \kind, v2, v18
        probe   \kind, v3, v19
        orr     v0.16b, v0.16b, v1.16b
        orr     v2.16b, v2.16b, v3.16b
        orr     v0.16b, v0.16b, v2.16b
        umaxp   v0.16b, v0.16b, v0.16b
        fmov    x5, d0
        cbnz    x5, 2b                          /* which block of the line */
        add     x3, x3, #LINE
        b       3b
        .if     \bounded
5:      mov     x0, #0
        ret
        .endif
.endm

/* void *rawmemchr(const void *s, int c) */
function rawmemchr
        dup     v5.16b, w1
        find    byte, place, 0
        .size   rawmemchr, . - rawmemchr

/* char *strchrnul(const char *s, int c) */
function strchrnul
        dup     v5.16b, w1
        find    either, place, 0
        .size   strchrnul, . - strchrnul

/* char *strchr(const char *s, int c) */
function strchr
also index
        dup     v5.16b, w1
        find    either, found, 0
        .size   strchr, . - strchr

/* void *memchr(const void *s, int c, size_t n) */
function memchr
        cbz     x2, .Lmemchr_of_none
        dup     v5.16b, w1
        end_of_bytes
        find    byte, place, 1
.Lmemchr_of_none:
        mov     x0, #0
        ret
        .size   memchr, . - memchr

/* void *memrchr(const void *s, int c, size_t n): whole blocks from the end down, then bytes.  x3 = the end of what is left */
function memrchr
        dup     v5.16b, w1
        add     x3, x0, x2
        add     x4, x0, #16
1:      cmp     x3, x4
        b.lo    2f
        ldr     q0, [x3, #-16]!
        cmeq    v0.16b, v0.16b, v5.16b
        mask    x5, v0
        cbz     x5, 1b
        clz     x5, x5
        mov     x6, #15
        sub     x6, x6, x5, lsr #2
        add     x0, x3, x6
        ret
2:      cmp     x3, x0
        b.eq    3f
        ldrb    w5, [x3, #-1]!
        cmp     w5, w1, uxtb
        b.ne    2b
        mov     x0, x3
        ret
3:      mov     x0, #0
        ret
        .size   memrchr, . - memrchr

/* ---- comparing ---- */

/* \v: zero bytes where the strings differ or end, of \v (the first) and \w. */
.macro pair v, w
        cmeq    \w\().16b, \w\().16b, \v\().16b
        umin    \v\().16b, \v\().16b, \w\().16b
.endm

/* x0 runs by aligned lines, x1 by pages: x6 = its whole lines up to the page's end */
.macro compare bounded
        .if     \bounded
        end_of_bytes
        .endif
1:      add     x8, x0, #LINE                   /* 64 bytes: by blocks where they stay in both pages, else by bytes */
2:      .if     \bounded
        cmp     x0, x4
        b.hs    8f
        .endif
        and     x5, x0, #PAGE - 1
        and     x6, x1, #PAGE - 1
        cmp     x5, x6
        csel    x5, x5, x6, hi
        cmp     x5, #PAGE - 16
        b.hi    3f
        ldr     q0, [x0]
        ldr     q1, [x1]
        pair    v0, v1
        cmeq    v0.16b, v0.16b, #0
        mask    x5, v0
        cbnz    x5, 7f
        add     x0, x0, #16
        add     x1, x1, #16
        b       4f
3:      ldrb    w5, [x0], #1
        ldrb    w6, [x1], #1
        cmp     w5, w6
        b.ne    9f
        cbz     w5, 8f
4:      cmp     x0, x8
        b.lo    2b
        and     x5, x0, #LINE - 1               /* the 64 bytes before are equal: back to the line's start */
        sub     x0, x0, x5
        sub     x1, x1, x5
5:      and     x6, x1, #PAGE - 1
        mov     x5, #PAGE
        sub     x5, x5, x6
        lsr     x6, x5, #6
        cbz     x6, 1b
6:      .if     \bounded
        cmp     x0, x4
        b.hs    8f
        .endif
        ldp     q0, q1, [x0]
        ldp     q2, q3, [x0, #32]
        ldp     q16, q17, [x1]
        ldp     q18, q19, [x1, #32]
        pair    v0, v16
        pair    v1, v17
        pair    v2, v18
        pair    v3, v19
        umin    v0.16b, v0.16b, v1.16b
        umin    v2.16b, v2.16b, v3.16b
        umin    v0.16b, v0.16b, v2.16b
        cmeq    v0.16b, v0.16b, #0
        umaxp   v0.16b, v0.16b, v0.16b
        fmov    x7, d0
        cbnz    x7, 1b                          /* by blocks */
        add     x0, x0, #LINE
        add     x1, x1, #LINE
        subs    x6, x6, #1
        b.ne    6b
        tst     x5, #LINE - 1
        b.eq    5b
        b       1b
7:      rbit    x5, x5
        clz     x5, x5
        lsr     x5, x5, #2
        .if     \bounded
        add     x7, x0, x5
        cmp     x7, x4
        b.hs    8f
        .endif
        ldrb    w6, [x1, x5]
        ldrb    w5, [x0, x5]
9:      sub     w0, w5, w6
        ret
8:      mov     w0, #0
        ret
.endm

/* int strcmp(const char *a, const char *b) */
function strcmp
        compare 0
        .size   strcmp, . - strcmp

/* int strncmp(const char *a, const char *b, size_t n) */
function strncmp
        compare 1
        .size   strncmp, . - strncmp

        .section .note.GNU-stack, "", %progbits
