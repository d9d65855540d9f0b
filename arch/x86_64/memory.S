/* Memory functions of x86-64 that compilers call by themselves: memcpy memmove mempcpy memset memcmp bcmp strlen.
 *
 *   rdi  destination / first       rsi  source / second / byte       rdx  bytes       rax  result
 *
 * A short block is moved as its first and its last half, which may overlap: all loads come before the first store, so the same code is
 * memcpy and memmove, and there is no loop and no remainder.  Longer blocks: stores are aligned, the unaligned head and tail are loaded
 * before the loop and stored around it.  The loops have two widths, SSE2 and AVX2: string.S says how it is chosen,
 * and has the wide ones.
 *
 * From REP_FROM bytes on `rep movsb` and `rep stosb`, which move whole lines without reading those that they overwrite, on every CPU of the last
 * ten years.  They take a while to start, and are slow where the source lies a little above the destination in the page.
 */
        .intel_syntax noprefix

#define REP_FROM 4096
#define REP_SET_FROM 2048
#define NARROW 0x40000000
#define LONG 2048                               /* bytes of one operand before it counts for the choice of the width */

#define PAGE 4096
#define LINE 64

/* dacapo_width, below zero: AVX2; NARROW: known to have nothing wider; below that: what was handled without knowing, in blocks of some hundred bytes (string.S).
 * Threads that count at the same time may lose a count; threads that choose at the same time write the same values. */
        .globl  dacapo_width
        .hidden dacapo_width
        .type   dacapo_width, @object
        .section .bss.dacapo_width, "aw", @nobits
        .balign 4
dacapo_width:
        .zero   4
        .size   dacapo_width, 4

/* Where string.S is not linked, there is nobody to choose, and the wide loops are never jumped to. */
        .irp    name, dacapo_choose_width, dacapo_choose_width_soon, dacapo_copy_wide, dacapo_copy_wide_backward, dacapo_set_wide, dacapo_compare_wide, dacapo_length_wide
        .weak   \name
        .hidden \name
        .endr

/* Counts a long operand, keeping every register but \scratch. */
.macro count_long scratch
        mov     \scratch, [rip + dacapo_choose_width@GOTPCREL]
        test    \scratch, \scratch
        jz      .Lcounted\@
        call    \scratch
.Lcounted\@:
.endm

        .section .text.dacapo_count_block, "ax", @progbits
/* Counts a block while nothing is known; uses r9 */
.Lcount_block:
        cmp     dword ptr [rip + dacapo_width], NARROW
        je      1f
        mov     r9, [rip + dacapo_choose_width_soon@GOTPCREL]
        test    r9, r9
        jz      1f
        jmp     r9
1:      ret

#define FUNCTION_ALIGN 32
#include "function.h"

/* void *mempcpy(void *to, const void *from, size_t n): as memcpy, returns to + n */
function mempcpy
also __mempcpy
        lea     rax, [rdi + rdx]
        jmp     .Lcopy
        .size   mempcpy, . - mempcpy

/* void *memmove(void *to, const void *from, size_t n); memcpy is the same function */
        .section .text.mempcpy, "ax", @progbits
        .balign 32
also memmove
also memcpy
        mov     rax, rdi
.Lcopy: cmp     rdx, 16
        jb      .Lcopy_under_16
        movups  xmm0, [rsi]
        movups  xmm1, [rsi + rdx - 16]
        cmp     rdx, 32
        ja      .Lcopy_over_32
        movups  [rdi], xmm0
        movups  [rdi + rdx - 16], xmm1
        ret

.Lcopy_under_16:
        cmp     edx, 8
        jb      2f
        mov     rcx, [rsi]
        mov     rsi, [rsi + rdx - 8]
        mov     [rdi], rcx
        mov     [rdi + rdx - 8], rsi
        ret
2:      cmp     edx, 4
        jb      3f
        mov     ecx, [rsi]
        mov     esi, [rsi + rdx - 4]
        mov     [rdi], ecx
        mov     [rdi + rdx - 4], esi
        ret
3:      cmp     edx, 1
        jb      4f
        movzx   ecx, byte ptr [rsi]
        je      5f
        movzx   esi, word ptr [rsi + rdx - 2]
        mov     [rdi + rdx - 2], si
5:      mov     [rdi], cl
4:      ret

.Lcopy_over_32:                                 /* xmm0 first, xmm1 last 16 bytes */
        movups  xmm2, [rsi + 16]
        movups  xmm3, [rsi + rdx - 32]
        cmp     rdx, 64
        ja      .Lcopy_over_64
        movups  [rdi], xmm0
        movups  [rdi + 16], xmm2
        movups  [rdi + rdx - 32], xmm3
        movups  [rdi + rdx - 16], xmm1
        ret

.Lcopy_over_64:
        movups  xmm4, [rsi + 32]
        movups  xmm5, [rsi + 48]
        movups  xmm6, [rsi + rdx - 64]
        movups  xmm7, [rsi + rdx - 48]
        cmp     rdx, 128
        ja      .Lcopy_long
        movups  [rdi], xmm0
        movups  [rdi + 16], xmm2
        movups  [rdi + 32], xmm4
        movups  [rdi + 48], xmm5
        movups  [rdi + rdx - 64], xmm6
        movups  [rdi + rdx - 48], xmm7
        movups  [rdi + rdx - 32], xmm3
        movups  [rdi + rdx - 16], xmm1
        ret

.Lcopy_long:                                    /* the last 64 bytes are in xmm6 xmm7 xmm3 xmm1 */
        mov     rcx, rdi
        sub     rcx, rsi                        /* rcx = to - from */
        cmp     rcx, rdx
        jb      .Lcopy_backward                 /* from < to < from + n */
        cmp     rdx, REP_FROM
        jae     .Lcopy_rep
.Lcopy_forward:
        cmp     dword ptr [rip + dacapo_width], 0
        js      dacapo_copy_wide
        call    .Lcount_block
        lea     r9, [rdi + rdx - 64]            /* r9   = where the tail begins */
        lea     rcx, [rdi + 16]
        and     rcx, -16                        /* rcx  = first aligned store */
        sub     rsi, rdi
        add     rsi, rcx                        /* rsi  = its source */
        movups  xmm4, [rsi]
        movups  xmm5, [rsi + 16]
        movups  xmm2, [rsi + 32]
        movups  xmm8, [rsi + 48]
        movups  [rdi], xmm0                     /* head: every later load was done or lies behind it */
        .balign 16
1:      movaps  [rcx], xmm4
        movaps  [rcx + 16], xmm5
        movaps  [rcx + 32], xmm2
        movaps  [rcx + 48], xmm8
        add     rcx, 64
        add     rsi, 64
        cmp     rcx, r9
        jae     2f
        movups  xmm4, [rsi]
        movups  xmm5, [rsi + 16]
        movups  xmm2, [rsi + 32]
        movups  xmm8, [rsi + 48]
        jmp     1b
2:      movups  [r9], xmm6
        movups  [r9 + 16], xmm7
        movups  [r9 + 32], xmm3
        movups  [r9 + 48], xmm1
        ret

.Lcopy_rep:                                     /* forward; slow when the blocks nearly overlap */
        neg     rcx
        cmp     rcx, 256
        jb      .Lcopy_forward
        lea     rcx, [rdi + 64]
        and     rcx, -64                        /* the destination's next line */
        movups  [rdi], xmm0
        movups  [rdi + 16], xmm2
        movups  [rdi + 32], xmm4
        movups  [rdi + 48], xmm5
        sub     rcx, rdi
        sub     rdx, rcx
        add     rdi, rcx
        add     rsi, rcx
        mov     rcx, rdx
        rep movsb
        ret

.Lcopy_backward:                                /* save the first 64 bytes, run down, store them last */
        test    rcx, rcx
        jz      9f                              /* to == from */
        cmp     dword ptr [rip + dacapo_width], 0
        js      dacapo_copy_wide_backward
        cmp     rdx, LONG
        jb      1f
        count_long rcx
1:      movups  xmm8, [rsi + 16]                /* xmm0 xmm8 xmm4 xmm5 = first 64 */
        lea     r8, [rdi + rdx]                 /* r8 = end */
        lea     rcx, [r8 - 1]
        and     rcx, -16
        sub     rsi, rdi
        add     rsi, rcx                        /* rsi = source of rcx */
        lea     r9, [rdi + 64]
        movups  xmm2, [rsi - 16]
        movups  xmm9, [rsi - 32]
        movups  xmm10, [rsi - 48]
        movups  xmm11, [rsi - 64]
        movups  [r8 - 16], xmm1                 /* tail */
        .balign 16
1:      movaps  [rcx - 16], xmm2
        movaps  [rcx - 32], xmm9
        movaps  [rcx - 48], xmm10
        movaps  [rcx - 64], xmm11
        sub     rcx, 64
        sub     rsi, 64
        cmp     rcx, r9
        jbe     2f
        movups  xmm2, [rsi - 16]
        movups  xmm9, [rsi - 32]
        movups  xmm10, [rsi - 48]
        movups  xmm11, [rsi - 64]
        jmp     1b
2:      movups  [rdi], xmm0
        movups  [rdi + 16], xmm8
        movups  [rdi + 32], xmm4
        movups  [rdi + 48], xmm5
9:      ret

        .size   memmove, . - memmove

/* void *memset(void *to, int byte, size_t n) */
function memset
        movzx   esi, sil
        mov     rax, 0x0101010101010101
        imul    rsi, rax                        /* eight copies */
        mov     rax, rdi
        cmp     rdx, 16
        jb      .Lset_under_16
        movq    xmm0, rsi
        punpcklqdq xmm0, xmm0
        cmp     rdx, 128
        ja      .Lset_long
        movups  [rdi], xmm0
        movups  [rdi + rdx - 16], xmm0
        cmp     rdx, 32
        ja      1f
        ret
1:      movups  [rdi + 16], xmm0
        movups  [rdi + rdx - 32], xmm0
        cmp     rdx, 64
        ja      1f
        ret
1:      movups  [rdi + 32], xmm0
        movups  [rdi + 48], xmm0
        movups  [rdi + rdx - 64], xmm0
        movups  [rdi + rdx - 48], xmm0
        ret
.Lset_long:
        lea     r8, [rdi + rdx - 64]
        lea     rcx, [rdi + 64]
        and     rcx, -64                        /* the second line */
        cmp     rdx, REP_SET_FROM
        jae     1f
        cmp     dword ptr [rip + dacapo_width], 0
        js      dacapo_set_wide
1:      movups  [rdi], xmm0                     /* the first 64, and the last */
        movups  [rdi + 16], xmm0
        movups  [rdi + 32], xmm0
        movups  [rdi + 48], xmm0
        movups  [r8], xmm0
        movups  [r8 + 16], xmm0
        movups  [r8 + 32], xmm0
        movups  [r8 + 48], xmm0
        cmp     rdx, REP_SET_FROM
        jae     .Lset_rep
        call    .Lcount_block
        .balign 16
1:      movaps  [rcx], xmm0
        movaps  [rcx + 16], xmm0
        movaps  [rcx + 32], xmm0
        movaps  [rcx + 48], xmm0
        add     rcx, 64
        cmp     rcx, r8
        jb      1b
        ret
.Lset_rep:
        mov     r9, rdi
        mov     rdi, rcx
        lea     rcx, [r8 + 64]
        sub     rcx, rdi                        /* bytes from the line on */
        mov     eax, esi
        rep stosb
        mov     rax, r9
        ret
.Lset_under_16:
        cmp     edx, 8
        jb      2f
        mov     [rdi], rsi
        mov     [rdi + rdx - 8], rsi
        ret
2:      cmp     edx, 4
        jb      3f
        mov     [rdi], esi
        mov     [rdi + rdx - 4], esi
        ret
3:      cmp     edx, 1
        jb      4f
        mov     [rdi], sil
        je      4f
        mov     [rdi + rdx - 2], si
4:      ret
        .size   memset, . - memset

/* int memcmp(const void *a, const void *b, size_t n); bcmp asks only whether they differ and is the same function */
function memcmp
also bcmp
        cmp     rdx, 16
        jb      .Lcmp_under_16
        movups  xmm0, [rsi]
        movups  xmm1, [rdi]
        pcmpeqb xmm0, xmm1
        pmovmskb eax, xmm0
        sub     eax, 0xffff
        jnz     .Lcmp_first
        cmp     rdx, 32
        jbe     .Lcmp_tail
        cmp     rdx, 80
        ja      .Lcmp_long
1:      movups  xmm0, [rsi + 16]                /* 33..80: one block at a time */
        movups  xmm1, [rdi + 16]
        pcmpeqb xmm0, xmm1
        pmovmskb eax, xmm0
        sub     eax, 0xffff
        jnz     .Lcmp_second
        add     rsi, 16
        add     rdi, 16
        sub     rdx, 16
        cmp     rdx, 32
        ja      1b
.Lcmp_tail:                                     /* 16..32 left, the first 16 equal: the last 16 decide */
        movups  xmm0, [rsi + rdx - 16]
        movups  xmm1, [rdi + rdx - 16]
        pcmpeqb xmm0, xmm1
        pmovmskb eax, xmm0
        sub     eax, 0xffff
        jnz     2f
        ret
2:      bsf     ecx, eax
        add     rcx, rdx
        movzx   eax, byte ptr [rdi + rcx - 16]
        movzx   edx, byte ptr [rsi + rcx - 16]
        sub     eax, edx
        ret
.Lcmp_second:
        add     rsi, 16
        add     rdi, 16
.Lcmp_first:
        bsf     ecx, eax                        /* the lowest zero of the mask is the lowest one of mask - 0xffff */
        movzx   eax, byte ptr [rdi + rcx]
        movzx   edx, byte ptr [rsi + rcx]
        sub     eax, edx
        ret
.Lcmp_long:                                     /* the first 16 are equal */
        cmp     rdx, 128
        jb      1f
        cmp     dword ptr [rip + dacapo_width], 0
        js      dacapo_compare_wide
        cmp     rdx, LONG
        jb      1f
        count_long rcx
1:      mov     rcx, rsi                        /* four blocks at a time, b aligned */
        and     rcx, 15
        sub     rcx, 16                         /* -(bytes up to b's next block) */
        sub     rsi, rcx
        sub     rdi, rcx
        add     rdx, rcx
        .balign 16
1:      movups  xmm0, [rdi]
        movups  xmm1, [rdi + 16]
        movups  xmm2, [rdi + 32]
        movups  xmm3, [rdi + 48]
        pcmpeqb xmm0, [rsi]
        pcmpeqb xmm1, [rsi + 16]
        pcmpeqb xmm2, [rsi + 32]
        pcmpeqb xmm3, [rsi + 48]
        movdqa  xmm4, xmm0
        pand    xmm4, xmm1
        movdqa  xmm5, xmm2
        pand    xmm5, xmm3
        pand    xmm4, xmm5
        pmovmskb eax, xmm4
        sub     eax, 0xffff
        jnz     .Lcmp_in_four
        add     rsi, 64
        add     rdi, 64
        sub     rdx, 64
        cmp     rdx, 64
        jae     1b
        cmp     rdx, 16                         /* 0..63 left; what lies 16 before is equal and ours */
        jbe     3f
2:      movups  xmm0, [rdi]
        pcmpeqb xmm0, [rsi]
        pmovmskb eax, xmm0
        sub     eax, 0xffff
        jnz     .Lcmp_first
        add     rsi, 16
        add     rdi, 16
        sub     rdx, 16
        cmp     rdx, 16
        ja      2b
3:      sub     rsi, 16
        sub     rdi, 16
        add     rdx, 16
        jmp     .Lcmp_tail
.Lcmp_in_four:
        pmovmskb eax, xmm0
        sub     eax, 0xffff
        jnz     .Lcmp_first
        add     rsi, 16
        add     rdi, 16
        pmovmskb eax, xmm1
        sub     eax, 0xffff
        jnz     .Lcmp_first
        add     rsi, 16
        add     rdi, 16
        pmovmskb eax, xmm2
        sub     eax, 0xffff
        jnz     .Lcmp_first
        pmovmskb eax, xmm3
        sub     eax, 0xffff
        jmp     .Lcmp_second
.Lcmp_under_16:
        cmp     edx, 8
        jb      2f
        mov     rax, [rdi]
        mov     rcx, [rsi]
        cmp     rax, rcx
        jne     .Lcmp_words
        mov     rax, [rdi + rdx - 8]
        mov     rcx, [rsi + rdx - 8]
        cmp     rax, rcx
        jne     .Lcmp_words
        xor     eax, eax
        ret
2:      cmp     edx, 4
        jb      3f
        mov     eax, [rdi]
        mov     ecx, [rsi]
        cmp     eax, ecx
        jne     .Lcmp_words
        mov     eax, [rdi + rdx - 4]
        mov     ecx, [rsi + rdx - 4]
        cmp     eax, ecx
        jne     .Lcmp_words
        xor     eax, eax
        ret
.Lcmp_words:                                    /* the lower address is the more significant byte */
        bswap   rax
        bswap   rcx
        cmp     rax, rcx
        sbb     eax, eax
        or      eax, 1
        ret
3:      xor     eax, eax
        test    edx, edx
        jz      4f
        movzx   eax, byte ptr [rdi]
        movzx   ecx, byte ptr [rsi]
        sub     eax, ecx
        jnz     4f
        cmp     edx, 1
        je      4f
        movzx   eax, byte ptr [rdi + 1]
        movzx   ecx, byte ptr [rsi + 1]
        sub     eax, ecx
        jnz     4f
        movzx   eax, byte ptr [rdi + rdx - 1]
        movzx   ecx, byte ptr [rsi + rdx - 1]
        sub     eax, ecx
4:      ret
        .size   memcmp, . - memcmp

/* size_t strlen(const char *s): sixteen bytes at a time where 64 stay in the page, then by aligned lines, which never leave a page of the string */
function strlen
        pxor    xmm0, xmm0
        mov     eax, edi
        mov     r9, rdi
        and     r9, -LINE                       /* r9 = the line */
        and     eax, PAGE - 1
        cmp     eax, PAGE - LINE
        ja      .Llen_near                      /* 64 bytes would leave the page */
        movdqu  xmm1, [rdi]
        pcmpeqb xmm1, xmm0
        pmovmskb eax, xmm1
        test    eax, eax
        jz      1f
        tzcnt   eax, eax
        ret
1:      .irp    at, 16, 32, 48
        movdqu  xmm1, [rdi + \at]
        pcmpeqb xmm1, xmm0
        pmovmskb eax, xmm1
        test    eax, eax
        jnz     .Llen_at_\at
        .endr
        jmp     .Llen_next
        .irp    at, 16, 32, 48
.Llen_at_\at:
        tzcnt   eax, eax
        add     eax, \at
        ret
        .endr
.Llen_near:                                     /* the line of the first byte, without what lies before it */
        movdqa  xmm1, xmm0
        movdqa  xmm2, xmm0
        movdqa  xmm3, xmm0
        movdqa  xmm4, xmm0
        pcmpeqb xmm1, [r9]
        pcmpeqb xmm2, [r9 + 16]
        pcmpeqb xmm3, [r9 + 32]
        pcmpeqb xmm4, [r9 + 48]
        pmovmskb eax, xmm1
        pmovmskb edx, xmm2
        pmovmskb esi, xmm3
        pmovmskb r8d, xmm4
        shl     edx, 16
        shl     r8d, 16
        or      eax, edx
        or      esi, r8d
        shl     rsi, 32
        or      rax, rsi
        mov     ecx, edi
        shr     rax, cl
        test    rax, rax
        jz      .Llen_next
        tzcnt   rax, rax
        ret
.Llen_next:                                     /* one more line by blocks, then whole lines */
        add     r9, LINE
        .rept   LINE / 16
        movdqa  xmm1, [r9]
        pcmpeqb xmm1, xmm0
        pmovmskb eax, xmm1
        add     r9, 16
        test    eax, eax
        jnz     .Llen_here
        .endr
.Llen_width:
        cmp     dword ptr [rip + dacapo_width], 0
        js      dacapo_length_wide
.Llen_line:
        movdqa  xmm1, [r9]
        movdqa  xmm2, [r9 + 32]
        pminub  xmm1, [r9 + 16]
        pminub  xmm2, [r9 + 48]
        pminub  xmm1, xmm2
        pcmpeqb xmm1, xmm0
        pmovmskb eax, xmm1
        test    eax, eax
        jnz     .Llen_found
        add     r9, LINE
        test    r9d, PAGE - 1
        jnz     .Llen_line
        mov     rax, r9
        sub     rax, rdi
        cmp     rax, LONG
        jb      .Llen_line
        count_long rax
        jmp     .Llen_width
.Llen_found:                                    /* which block of the line */
        pcmpeqb xmm0, [r9]
        pmovmskb eax, xmm0
        add     r9, 16
        pxor    xmm0, xmm0
        test    eax, eax
        jz      .Llen_found
.Llen_here:
        tzcnt   eax, eax
        sub     r9, rdi
        lea     rax, [r9 + rax - 16]
        ret
        .size   strlen, . - strlen

        .section .note.GNU-stack, "", @progbits
