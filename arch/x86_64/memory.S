/* Memory functions of x86-64 that compilers call by themselves: memcpy memmove mempcpy memset memcmp bcmp strlen.
 *
 *   rdi  destination / first       rsi  source / second / byte       rdx  bytes       rax  result
 *
 * Baseline SSE2: nothing asks CPUID (in a virtual machine that is 5 us).  A short block is moved as its first and its last
 * half, which may overlap: all loads come before the first store, so the same code is memcpy and memmove, and there is no loop
 * and no remainder.  Long blocks: stores are aligned, the unaligned head and tail are loaded before the loop and stored around it.
 * From REP_FROM bytes on, `rep movsq` and `rep stosq`, which move whole lines on every CPU of the last fifteen years; what is left of
 * eight bytes is stored from a register.  4096 bytes on Zen 4: 23 ns, the loop 45.
 */
        .intel_syntax noprefix

#define REP_FROM 1024

.macro function name
        .section .text.\name, "ax", @progbits
        .globl  \name
        .type   \name, @function
        .balign 32
\name:
.endm

.macro also name
        .globl  \name
        .type   \name, @function
\name:
.endm

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
        lea     r9, [rdi + rdx - 64]            /* r9   = where the tail begins */
        mov     rcx, rdi
        and     rcx, -16
        add     rcx, 16                         /* rcx  = first aligned store */
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

.Lcopy_backward:                                /* save the first 64 bytes, run down, store them last */
        test    rcx, rcx
        jz      9f                              /* to == from */
        movups  xmm8, [rsi + 16]                /* xmm0 xmm8 xmm4 xmm5 = first 64 */
        lea     rcx, [rdi + rdx]                /* rcx = end */
        mov     r8, rcx
        and     rcx, -16
        cmp     rcx, r8
        jne     3f
        sub     rcx, 16
3:      sub     rsi, rdi
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

.Lcopy_rep:                                     /* forward; `rep movs` is slow when the blocks nearly overlap */
        mov     rcx, rsi
        sub     rcx, rdi
        cmp     rcx, 256
        jb      .Lcopy_forward
        lea     r8, [rdi + rdx]                 /* end */
        lea     rcx, [rdi + 63]
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
        shr     rcx, 3
        rep movsq
        movups  [r8 - 16], xmm1                 /* the last 0..7 bytes, and some that are there already */
        ret
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
        cmp     rdx, 128
        ja      1f
        ret
1:      cmp     rdx, REP_FROM
        jae     .Lset_rep
        lea     r8, [rdi + rdx - 64]            /* the last 64 are done; so are the first */
        lea     rcx, [rdi + 64]
        and     rcx, -64
        .balign 16
1:      movaps  [rcx], xmm0
        movaps  [rcx + 16], xmm0
        movaps  [rcx + 32], xmm0
        movaps  [rcx + 48], xmm0
        add     rcx, 64
        cmp     rcx, r8
        jb      1b
        ret
.Lset_rep:                                      /* first and last 64 are done */
        mov     r8, rdi
        lea     rcx, [rdi + rdx]
        add     rdi, 64
        and     rdi, -64
        sub     rcx, rdi                        /* bytes from the line on */
        shr     rcx, 3
        mov     rax, rsi
        rep stosq
        mov     rax, r8
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
.Lcmp_long:                                     /* four blocks at a time, b aligned */
        mov     rcx, rsi
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

/* size_t strlen(const char *s): aligned blocks only, so that no load leaves the string's pages */
function strlen
        pxor    xmm0, xmm0
        mov     rax, rdi
        mov     ecx, edi
        and     ecx, 0xfff
        cmp     ecx, 0xff0
        ja      .Llen_aligned                   /* an unaligned load would leave the page */
        movups  xmm1, [rdi]
        pcmpeqb xmm1, xmm0
        pmovmskb ecx, xmm1
        test    ecx, ecx
        jz      .Llen_aligned_next
        bsf     eax, ecx
        ret
.Llen_aligned:
        and     rax, -16
        movdqa  xmm1, [rax]
        pcmpeqb xmm1, xmm0
        pmovmskb edx, xmm1
        mov     ecx, edi
        and     ecx, 15
        shr     edx, cl                         /* drop what lies before the string */
        test    edx, edx
        jz      .Llen_aligned_next
        bsf     eax, edx
        ret
.Llen_aligned_next:
        and     rax, -16
        .irp    at, 16, 32, 48, 64
        movdqa  xmm1, [rax + \at]
        pcmpeqb xmm1, xmm0
        pmovmskb ecx, xmm1
        test    ecx, ecx
        jnz     .Llen_at_\at
        .endr
        add     rax, 80
        and     rax, -64                        /* at most 64 known bytes again */
        .balign 16
1:      movdqa  xmm1, [rax]
        movdqa  xmm2, [rax + 32]
        pminub  xmm1, [rax + 16]
        pminub  xmm2, [rax + 48]
        pminub  xmm1, xmm2
        pcmpeqb xmm1, xmm0
        pmovmskb ecx, xmm1
        add     rax, 64
        test    ecx, ecx
        jz      1b
        sub     rax, 80
        .irp    at, 16, 32, 48
        movdqa  xmm1, [rax + \at]
        pcmpeqb xmm1, xmm0
        pmovmskb ecx, xmm1
        test    ecx, ecx
        jnz     .Llen_at_\at
        .endr
        movdqa  xmm1, [rax + 64]
        pcmpeqb xmm1, xmm0
        pmovmskb ecx, xmm1
        .irp    at, 64, 48, 32, 16
.Llen_at_\at:
        bsf     ecx, ecx
        sub     rax, rdi
        lea     rax, [rax + rcx + \at]
        ret
        .endr
        .size   strlen, . - strlen

        .section .note.GNU-stack, "", @progbits
