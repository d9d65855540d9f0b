/* Searching and comparing strings on x86-64: rawmemchr strchrnul strchr index memchr memrchr strcmp strncmp; the choice of the width.
 *
 *   rdi  string / first       rsi  byte / second       rdx  bytes       rax  result
 *
 * Begins with unaligned blocks of sixteen bytes where 64 bytes stay in the page, then goes on by aligned lines of 64: a line that holds one
 * byte of the string lies in the string's page, so nothing is read that could fault.  What ends the search is made a zero byte (of the difference
 * to the wanted byte, or the lesser of that and the byte itself), so that a whole line takes one comparison: of the least of its blocks.
 *
 * Two widths.  SSE2 is the baseline, and all that short strings ever run.  A string of pages calls `dacapo_choose_width` at each page, a block of 129 bytes and more
 * that is copied or set calls `dacapo_choose_width_soon`, which is a 16th of that; after 64 pages CPUID is executed, and from then on every loop runs on AVX2's 32
 * bytes.  CPUID traps in a virtual machine (three of them: 13 us), so it is paid when about as much has been lost by not paying, after 256 KiB of long strings or
 * 1,024 such blocks, and never by a program that has none.
 *
 * memory.S refers to this file weakly: a program of the `start` face, which has no string.S, stays narrow, and a C program has the wide loops
 * of those functions only that it uses.
 */
        .intel_syntax noprefix

#define PAGE 4096
#define LINE 64
#define LONG 2048                               /* bytes of one string before its pages count */
#define PAGE_COUNTS 16                          /* blocks */
#define CHOOSE_AT (64 * PAGE_COUNTS)
#define NARROW 0x40000000
#define WIDE 0x80000000                         /* AVX2, and the kernel saves its registers */

#define FUNCTION_ALIGN 32
#include "function.h"

/* Counts one page, or one block; chooses when there have been enough.  Both keep every register. */
        .section .text.dacapo_choose_width, "ax", @progbits
        .globl  dacapo_choose_width
        .hidden dacapo_choose_width
        .type   dacapo_choose_width, @function
        .globl  dacapo_choose_width_soon
        .hidden dacapo_choose_width_soon
        .type   dacapo_choose_width_soon, @function
dacapo_choose_width_soon:
        push    rax
        mov     eax, 1
        jmp     5f
dacapo_choose_width:
        push    rax
        mov     eax, PAGE_COUNTS
5:      add     eax, [rip + dacapo_width]
        cmp     eax, NARROW
        jae     3f                              /* known */
        cmp     eax, CHOOSE_AT
        jae     1f
        mov     [rip + dacapo_width], eax
        pop     rax
        ret
1:      push    rbx
        push    rcx
        push    rdx
        xor     eax, eax
        cpuid
        cmp     eax, 7                          /* the highest leaf */
        jb      2f
        mov     eax, 1
        cpuid
        not     ecx
        test    ecx, 3 << 27                    /* OSXSAVE, AVX */
        jnz     2f
        xor     ecx, ecx
        xgetbv
        not     eax
        test    al, 6                           /* the kernel saves xmm and ymm */
        jnz     2f
        mov     eax, 7
        xor     ecx, ecx
        cpuid
        test    bl, 1 << 5                      /* AVX2 */
        mov     eax, WIDE
        jnz     4f
2:      mov     eax, NARROW
4:      mov     [rip + dacapo_width], eax
        pop     rdx
        pop     rcx
        pop     rbx
3:      pop     rax
        ret
        .size   dacapo_choose_width, . - dacapo_choose_width
        .size   dacapo_choose_width_soon, . - dacapo_choose_width_soon

/* ---- the wide loops of memory.S, which jumps here with its own registers ---- */

/* memcpy, or memmove down: more than 128 bytes.  The first 32 in ymm0, the last 128 in ymm1 .. ymm4 */
function dacapo_copy_wide
        .hidden dacapo_copy_wide
        vmovdqu ymm0, [rsi]
        vmovdqu ymm1, [rsi + rdx - 32]
        vmovdqu ymm2, [rsi + rdx - 64]
        vmovdqu ymm3, [rsi + rdx - 96]
        vmovdqu ymm4, [rsi + rdx - 128]
        lea     r9, [rdi + rdx - 128]
        lea     rcx, [rdi + 32]
        and     rcx, -32
        sub     rsi, rdi
        add     rsi, rcx
        cmp     rcx, r9
        jae     2f                              /* up to 160 bytes: they are all in registers */
        .balign 16
1:      vmovdqu ymm5, [rsi]
        vmovdqu ymm6, [rsi + 32]
        vmovdqu ymm7, [rsi + 64]
        vmovdqu ymm8, [rsi + 96]
        sub     rsi, -128
        vmovdqa [rcx], ymm5
        vmovdqa [rcx + 32], ymm6
        vmovdqa [rcx + 64], ymm7
        vmovdqa [rcx + 96], ymm8
        sub     rcx, -128
        cmp     rcx, r9
        jb      1b
2:      vmovdqu [r9], ymm4
        vmovdqu [r9 + 32], ymm3
        vmovdqu [r9 + 64], ymm2
        vmovdqu [r9 + 96], ymm1
        vmovdqu [rdi], ymm0
        vzeroupper
        ret
        .size   dacapo_copy_wide, . - dacapo_copy_wide

/* memmove up, overlapping.  The first 128 in ymm0 .. ymm3, the last 32 in ymm4 */
function dacapo_copy_wide_backward
        .hidden dacapo_copy_wide_backward
        vmovdqu ymm0, [rsi]
        vmovdqu ymm1, [rsi + 32]
        vmovdqu ymm2, [rsi + 64]
        vmovdqu ymm3, [rsi + 96]
        vmovdqu ymm4, [rsi + rdx - 32]
        lea     r8, [rdi + rdx]
        lea     rcx, [r8 - 1]
        and     rcx, -32
        sub     rsi, rdi
        add     rsi, rcx
        lea     r9, [rdi + 128]
        cmp     rcx, r9
        jbe     2f
        .balign 16
1:      vmovdqu ymm5, [rsi - 32]
        vmovdqu ymm6, [rsi - 64]
        vmovdqu ymm7, [rsi - 96]
        vmovdqu ymm8, [rsi - 128]
        add     rsi, -128
        vmovdqa [rcx - 32], ymm5
        vmovdqa [rcx - 64], ymm6
        vmovdqa [rcx - 96], ymm7
        vmovdqa [rcx - 128], ymm8
        add     rcx, -128
        cmp     rcx, r9
        ja      1b
2:      vmovdqu [rdi], ymm0
        vmovdqu [rdi + 32], ymm1
        vmovdqu [rdi + 64], ymm2
        vmovdqu [rdi + 96], ymm3
        vmovdqu [r8 - 32], ymm4
        vzeroupper
        ret
        .size   dacapo_copy_wide_backward, . - dacapo_copy_wide_backward

/* memset of more than 128 bytes; rcx is the second line, r8 the last 64 bytes, xmm0 the byte, sixteen times */
function dacapo_set_wide
        .hidden dacapo_set_wide
        vinserti128 ymm0, ymm0, xmm0, 1
        vmovdqu [rdi], ymm0
        vmovdqu [rdi + 32], ymm0
        vmovdqu [r8], ymm0
        vmovdqu [r8 + 32], ymm0
        vmovdqu [r8 - 64], ymm0
        vmovdqu [r8 - 32], ymm0
        cmp     rdx, 256
        ja      2f
        vmovdqu [rdi + 64], ymm0
        vmovdqu [rdi + 96], ymm0
        vzeroupper
        ret
2:      add     r8, -64                         /* the last 128 are done */
        .balign 16
1:      vmovdqa [rcx], ymm0
        vmovdqa [rcx + 32], ymm0
        vmovdqa [rcx + 64], ymm0
        vmovdqa [rcx + 96], ymm0
        sub     rcx, -128
        cmp     rcx, r8
        jb      1b
        vzeroupper
        ret
        .size   dacapo_set_wide, . - dacapo_set_wide

/* memcmp of 128 bytes and more: 128 at a time, at last the last 128 */
function dacapo_compare_wide
        .hidden dacapo_compare_wide
        lea     rdx, [rdi + rdx - 128]          /* where they begin */
        .balign 16
1:      vmovdqu ymm0, [rdi]
        vmovdqu ymm1, [rdi + 32]
        vmovdqu ymm2, [rdi + 64]
        vmovdqu ymm3, [rdi + 96]
        vpcmpeqb ymm0, ymm0, [rsi]
        vpcmpeqb ymm1, ymm1, [rsi + 32]
        vpcmpeqb ymm2, ymm2, [rsi + 64]
        vpcmpeqb ymm3, ymm3, [rsi + 96]
        vpand   ymm4, ymm0, ymm1
        vpand   ymm5, ymm2, ymm3
        vpand   ymm4, ymm4, ymm5
        vpmovmskb eax, ymm4
        inc     eax
        jnz     3f
        sub     rdi, -128
        sub     rsi, -128
        cmp     rdi, rdx
        jb      1b
        mov     rcx, rdi
        sub     rcx, rdx                        /* beyond that place: 0 .. 127, 128 when the last ones are done */
        sub     rdi, rcx
        sub     rsi, rcx
        cmp     ecx, 128
        jne     1b
        vzeroupper
        xor     eax, eax
        ret
3:      vpmovmskb eax, ymm0
        vpmovmskb ecx, ymm1
        shl     rcx, 32
        or      rax, rcx
        not     rax
        test    rax, rax
        jnz     4f
        vpmovmskb eax, ymm2
        vpmovmskb ecx, ymm3
        shl     rcx, 32
        or      rax, rcx
        not     rax
        add     rdi, 64
        add     rsi, 64
4:      vzeroupper
        tzcnt   rcx, rax
        movzx   eax, byte ptr [rdi + rcx]
        movzx   edx, byte ptr [rsi + rcx]
        sub     eax, edx
        ret
        .size   dacapo_compare_wide, . - dacapo_compare_wide

/* strlen from the line r9 on */
function dacapo_length_wide
        .hidden dacapo_length_wide
        vpxor   xmm0, xmm0, xmm0
1:      test    r9b, 2 * LINE - 1
        jz      3f
2:      vpcmpeqb ymm1, ymm0, [r9]
        vpcmpeqb ymm2, ymm0, [r9 + 32]
        vpmovmskb eax, ymm1
        vpmovmskb ecx, ymm2
        shl     rcx, 32
        or      rax, rcx
        jnz     4f
        add     r9, LINE
        jmp     1b
        .balign 16
3:      vmovdqa ymm1, [r9]
        vmovdqa ymm2, [r9 + 64]
        vpminub ymm1, ymm1, [r9 + 32]
        vpminub ymm2, ymm2, [r9 + 96]
        vpminub ymm1, ymm1, ymm2
        vpcmpeqb ymm1, ymm1, ymm0
        vpmovmskb eax, ymm1
        test    eax, eax
        jnz     2b
        sub     r9, -2 * LINE
        jmp     3b
4:      vzeroupper
        tzcnt   rax, rax
        add     rax, r9
        sub     rax, rdi
        ret
        .size   dacapo_length_wide, . - dacapo_length_wide

/* ---- finding: the first byte that is the wanted one, or that or zero ---- */

/* \v: zero bytes where the search ends, of the sixteen bytes at \at.  xmm5 = the wanted byte, sixteen times. */
.macro probe kind, v, at
        movdqu  \v, [\at]
        .ifc    \kind, byte
        pxor    \v, xmm5
        .endif
        .ifc    \kind, either
        movdqa  xmm6, \v
        pxor    \v, xmm5
        pminub  \v, xmm6
        .endif
.endm

/* The same of 32 bytes. */
.macro wide_probe kind, v, at
        .ifc    \kind, byte
        vpxor   \v, ymm5, [\at]
        .endif
        .ifc    \kind, either
        vmovdqa ymm6, [\at]
        vpxor   \v, ymm5, ymm6
        vpminub \v, \v, ymm6
        .endif
.endm

/* rax = 64 bits: which bytes of xmm1 xmm2 xmm3 xmm4 are zero.  xmm0 = 0; writes rcx and r8. */
.macro mask_of_line
        pcmpeqb xmm1, xmm0
        pcmpeqb xmm2, xmm0
        pcmpeqb xmm3, xmm0
        pcmpeqb xmm4, xmm0
        pmovmskb eax, xmm1
        pmovmskb ecx, xmm2
        pmovmskb r8d, xmm4
        shl     ecx, 16
        or      eax, ecx
        pmovmskb ecx, xmm3
        shl     r8d, 16
        or      ecx, r8d
        shl     rcx, 32
        or      rax, rcx
.endm

/* rax = the same of xmm2 xmm3 xmm4, which are the line's second to fourth block. */
.macro mask_of_rest
        pcmpeqb xmm2, xmm0
        pcmpeqb xmm3, xmm0
        pcmpeqb xmm4, xmm0
        pmovmskb ecx, xmm2
        pmovmskb r8d, xmm4
        pmovmskb eax, xmm3
        shl     r8, 48
        shl     rax, 32
        shl     ecx, 16
        or      rax, r8
        or      rax, rcx
.endm

.macro wanted_byte
        movzx   eax, sil
        imul    eax, eax, 0x01010101
        movd    xmm5, eax
        pshufd  xmm5, xmm5, 0
.endm

/* r10 = rdi + rdx, or the end of the address space if that lies beyond it. */
.macro end_of_bytes
        mov     r10, rdi
        add     r10, rdx
        sbb     rax, rax
        or      r10, rax
.endm

/* The place in rax as the function's result. */
.macro return result
        .ifc    \result, found
        xor     ecx, ecx
        cmp     [rax], sil
        cmovne  rax, rcx
        .endif
        ret
.endm

/* r9 = the line;  of a bounded search: rdx = bytes, r10 = the end */
.macro find kind, result, bounded
        pxor    xmm0, xmm0
        mov     eax, edi
        and     eax, PAGE - 1
        cmp     eax, PAGE - LINE
        ja      .Lnear\@                        /* 64 bytes would leave the page */
        probe   \kind, xmm1, rdi
        pcmpeqb xmm1, xmm0
        pmovmskb eax, xmm1
        test    eax, eax
        jz      .Lmore\@
        tzcnt   eax, eax
        .if     \bounded
        cmp     rax, rdx
        jae     .Lnone\@
        .endif
        add     rax, rdi
        return  \result

.Lmore\@:                                       /* 16 .. 63 */
        .if     \bounded
        cmp     rdx, 16
        jbe     .Lnone\@
        .endif
        probe   \kind, xmm2, rdi + 16
        probe   \kind, xmm3, rdi + 32
        probe   \kind, xmm4, rdi + 48
        mov     r9, rdi
        and     r9, -LINE
        mask_of_rest
        jnz     .Lat\@
        jmp     .Lnext\@

.Lnear\@:
        mov     r9, rdi
        and     r9, -LINE
        probe   \kind, xmm1, r9
        probe   \kind, xmm2, r9 + 16
        probe   \kind, xmm3, r9 + 32
        probe   \kind, xmm4, r9 + 48
        mask_of_line
        mov     ecx, edi
        shr     rax, cl                         /* drop what lies before the string */
        test    rax, rax
        jz      .Lnext\@
.Lat\@: tzcnt   rax, rax
        .if     \bounded
        cmp     rax, rdx
        jae     .Lnone\@
        .endif
        add     rax, rdi
        return  \result

.Lnext\@:
        add     r9, LINE
        .if     \bounded
        end_of_bytes
        .endif
.Lwidth\@:
        cmp     dword ptr [rip + dacapo_width], 0
        js      .Lwide\@
.Lline\@:
        .if     \bounded
        cmp     r9, r10
        jae     .Lnone\@
        .endif
        probe   \kind, xmm1, r9
        probe   \kind, xmm2, r9 + 16
        probe   \kind, xmm3, r9 + 32
        probe   \kind, xmm4, r9 + 48
        movdqa  xmm7, xmm1
        pminub  xmm7, xmm2
        pminub  xmm7, xmm3
        pminub  xmm7, xmm4
        pcmpeqb xmm7, xmm0
        pmovmskb eax, xmm7
        test    eax, eax
        jnz     .Lfound\@
        add     r9, LINE
        test    r9d, PAGE - 1
        jnz     .Lline\@
        mov     rax, r9
        sub     rax, rdi
        cmp     rax, LONG
        jb      .Lline\@
        call    dacapo_choose_width
        jmp     .Lwidth\@
.Lfound\@:
        mask_of_line
        tzcnt   rax, rax
        add     rax, r9
        .if     \bounded
        cmp     rax, r10
        jae     .Lnone\@
        .endif
        return  \result

.Lwide\@:
        vpxor   xmm0, xmm0, xmm0
        vpbroadcastb ymm5, xmm5
1:      test    r9b, 2 * LINE - 1
        jz      3f
2:      .if     \bounded
        cmp     r9, r10
        jae     .Lwide_none\@
        .endif
        wide_probe \kind, ymm1, r9
        wide_probe \kind, ymm2, r9 + 32
        vpcmpeqb ymm1, ymm1, ymm0
        vpcmpeqb ymm2, ymm2, ymm0
        vpmovmskb eax, ymm1
        vpmovmskb ecx, ymm2
        shl     rcx, 32
        or      rax, rcx
        jnz     4f
        add     r9, LINE
        jmp     1b
        .balign 16
3:      .if     \bounded
        cmp     r9, r10
        jae     .Lwide_none\@
        .endif
        wide_probe \kind, ymm1, r9
        wide_probe \kind, ymm2, r9 + 32
        wide_probe \kind, ymm3, r9 + 64
        wide_probe \kind, ymm4, r9 + 96
        vpminub ymm1, ymm1, ymm2
        vpminub ymm3, ymm3, ymm4
        vpminub ymm1, ymm1, ymm3
        vpcmpeqb ymm1, ymm1, ymm0
        vpmovmskb eax, ymm1
        test    eax, eax
        jnz     2b
        sub     r9, -2 * LINE
        jmp     3b
4:      vzeroupper
        tzcnt   rax, rax
        add     rax, r9
        .if     \bounded
        cmp     rax, r10
        jae     .Lnone\@
        .endif
        return  \result
        .if     \bounded
.Lwide_none\@:
        vzeroupper
.Lnone\@:
        xor     eax, eax
        ret
        .endif
.endm

/* void *rawmemchr(const void *s, int c) */
function rawmemchr
        wanted_byte
        find    byte, place, 0
        .size   rawmemchr, . - rawmemchr

/* char *strchrnul(const char *s, int c) */
function strchrnul
        wanted_byte
        find    either, place, 0
        .size   strchrnul, . - strchrnul

/* char *strchr(const char *s, int c) */
function strchr
also index
        wanted_byte
        find    either, found, 0
        .size   strchr, . - strchr

/* void *memchr(const void *s, int c, size_t n) */
function memchr
        test    rdx, rdx
        jz      .Lmemchr_of_none
        wanted_byte
        find    byte, place, 1
.Lmemchr_of_none:
        xor     eax, eax
        ret
        .size   memchr, . - memchr

/* void *memrchr(const void *s, int c, size_t n): from the end down.  r9 = the end of what is still to be searched */
function memrchr
        wanted_byte
        lea     r9, [rdi + rdx]
        cmp     rdx, 16
        jb      .Lrfew
        movdqu  xmm1, [r9 - 16]
        pcmpeqb xmm1, xmm5
        pmovmskb eax, xmm1
        test    eax, eax
        jnz     .Lrlast
        cmp     rdx, LINE + 16
        ja      .Lrlong
.Lrblock:                                       /* the 16 at r9 - 16 hold none; rdx bytes with them */
        sub     r9, 16
        sub     rdx, 16
        cmp     rdx, 16
        jb      .Lrrest
        movdqu  xmm1, [r9 - 16]
        pcmpeqb xmm1, xmm5
        pmovmskb eax, xmm1
        test    eax, eax
        jz      .Lrblock
.Lrlast:
        bsr     eax, eax
        lea     rax, [r9 + rax - 16]
        ret
.Lrrest:                                        /* the first sixteen, of which rdx are new */
        movdqu  xmm1, [rdi]
        pcmpeqb xmm1, xmm5
        pmovmskb eax, xmm1
        mov     ecx, edx
        mov     r8d, -1
        shl     r8d, cl
        not     r8d
        and     eax, r8d                        /* drop what lies behind */
        jz      .Lrnone
        bsr     eax, eax
        add     rax, rdi
        ret
.Lrnone:
        xor     eax, eax
        ret
.Lrfew: test    edx, edx                        /* 0 .. 15: the sixteen from the start if they stay in the page, else those to the end */
        jz      .Lrnone
        mov     eax, edi
        and     eax, PAGE - 1
        cmp     eax, PAGE - 16
        jbe     .Lrrest
        movdqu  xmm1, [r9 - 16]                 /* begins in the page of the first byte, ends at the block's end */
        pcmpeqb xmm1, xmm5
        pmovmskb eax, xmm1
        mov     ecx, 16
        sub     ecx, edx
        shr     eax, cl                         /* drop what lies before */
        test    eax, eax
        jz      .Lrnone
        bsr     eax, eax
        add     rax, rdi
        ret
.Lrlong:                                        /* more than 80: by 64, then the first 64 or fewer, and what was found, by blocks */
        mov     r10, r9                         /* the end */
        lea     r8, [rdi + LINE]
        dec     r9
        and     r9, -16
.Lrwidth:
        cmp     dword ptr [rip + dacapo_width], 0
        js      .Lrwide
.Lrline:
        movdqa  xmm1, [r9 - 16]
        movdqa  xmm2, [r9 - 32]
        movdqa  xmm3, [r9 - 48]
        movdqa  xmm4, [r9 - 64]
        pcmpeqb xmm1, xmm5
        pcmpeqb xmm2, xmm5
        pcmpeqb xmm3, xmm5
        pcmpeqb xmm4, xmm5
        por     xmm1, xmm2
        por     xmm3, xmm4
        por     xmm1, xmm3
        pmovmskb eax, xmm1
        test    eax, eax
        jnz     .Lrend
        sub     r9, LINE
        cmp     r9, r8
        jbe     .Lrend
        test    r9d, PAGE - LINE
        jnz     .Lrline
        mov     rax, r10
        sub     rax, r9
        cmp     rax, LONG
        jb      .Lrline
        call    dacapo_choose_width
        jmp     .Lrwidth
.Lrend: lea     rdx, [r9 + 16]
        sub     rdx, rdi
        add     r9, 16
        jmp     .Lrblock
.Lrwide:
        vpbroadcastb ymm5, xmm5
        .balign 16
1:      vpcmpeqb ymm1, ymm5, [r9 - 32]
        vpcmpeqb ymm2, ymm5, [r9 - 64]
        vpor    ymm3, ymm1, ymm2
        vpmovmskb eax, ymm3
        test    eax, eax
        jnz     2f
        sub     r9, LINE
        cmp     r9, r8
        ja      1b
2:      vzeroupper
        jmp     .Lrend
        .size   memrchr, . - memrchr

/* ---- comparing ---- */

/* \v: zero bytes where the strings differ or end, of sixteen bytes each; \t is overwritten. */
.macro pair v, t, at
        movdqu  \t, [rdi + \at]
        movdqu  \v, [rsi + \at]
        pcmpeqb \v, \t
        pminub  \v, \t
.endm

/* The difference of the bytes at rax. */
.macro return_difference
        movzx   ecx, byte ptr [rsi + rax]
        movzx   eax, byte ptr [rdi + rax]
        sub     eax, ecx
        ret
.endm

/* r10 = the end, of a bounded comparison; rdi runs by aligned lines, rsi by pages: r9 = its bytes up to the page's end */
.macro compare bounded
        .if     \bounded
        test    rdx, rdx
        jz      .Lequal\@
        .endif
        pxor    xmm0, xmm0
        mov     eax, edi
        mov     ecx, esi
        and     eax, PAGE - 1
        and     ecx, PAGE - 1
        cmp     eax, PAGE - LINE
        ja      .Lnear\@
        cmp     ecx, PAGE - LINE
        ja      .Lnear\@
        pair    xmm1, xmm5, 0
        pcmpeqb xmm1, xmm0
        pmovmskb eax, xmm1
        test    eax, eax
        jz      .Lmore\@
        tzcnt   eax, eax
.Lat\@: .if     \bounded
        cmp     rax, rdx
        jae     .Lequal\@
        .endif
        return_difference
.Lmore\@:
        .if     \bounded
        cmp     rdx, 16
        jbe     .Lequal\@
        .endif
        pair    xmm2, xmm5, 16
        pair    xmm3, xmm6, 32
        pair    xmm4, xmm7, 48
        mask_of_rest
        jz      1f
        tzcnt   rax, rax
        jmp     .Lat\@
1:      .if     \bounded
        end_of_bytes
        .endif
        add     rdi, LINE
        add     rsi, LINE
        jmp     .Lalign\@

.Lnear\@:
        .if     \bounded
        end_of_bytes
        .endif
.Lcareful\@:                                    /* 64 bytes: by blocks where they stay in both pages, else by bytes */
        lea     r8, [rdi + LINE]
2:      .if     \bounded
        cmp     rdi, r10
        jae     .Lequal\@
        .endif
        mov     eax, edi
        mov     ecx, esi
        and     eax, PAGE - 1
        and     ecx, PAGE - 1
        cmp     eax, PAGE - 16
        ja      3f
        cmp     ecx, PAGE - 16
        ja      3f
        pair    xmm1, xmm5, 0
        pcmpeqb xmm1, xmm0
        pmovmskb eax, xmm1
        test    eax, eax
        jnz     .Lfound_here\@
        add     rdi, 16
        add     rsi, 16
        jmp     4f
3:      movzx   eax, byte ptr [rdi]
        movzx   ecx, byte ptr [rsi]
        cmp     eax, ecx
        jne     5f
        test    eax, eax
        jz      .Lequal\@
        inc     rdi
        inc     rsi
4:      cmp     rdi, r8
        jb      2b
.Lalign\@:                                      /* the 64 bytes before are equal: back to the line's start */
        mov     eax, edi
        and     eax, LINE - 1
        sub     rdi, rax
        sub     rsi, rax
.Lpage\@:
        mov     r9d, esi
        and     r9d, PAGE - 1
        sub     r9d, PAGE
        neg     r9d
        mov     edx, r9d
        shr     edx, 6                          /* whole lines up to the end of rsi's page */
        jz      .Lcareful\@
        cmp     dword ptr [rip + dacapo_width], 0
        js      .Lwide\@
.Lline\@:
        .if     \bounded
        cmp     rdi, r10
        jae     .Lequal\@
        .endif
        pair    xmm1, xmm5, 0
        pair    xmm2, xmm6, 16
        pair    xmm3, xmm7, 32
        pair    xmm4, xmm8, 48
        movdqa  xmm5, xmm1
        pminub  xmm5, xmm2
        pminub  xmm5, xmm3
        pminub  xmm5, xmm4
        pcmpeqb xmm5, xmm0
        pmovmskb eax, xmm5
        test    eax, eax
        jnz     .Lfound\@
        add     rdi, LINE
        add     rsi, LINE
        dec     edx
        jnz     .Lline\@
        cmp     r9d, LONG
        jb      .Lpaged\@
        call    dacapo_choose_width
.Lpaged\@:
        test    r9b, LINE - 1
        jz      .Lpage\@
        jmp     .Lcareful\@
5:      sub     eax, ecx
        ret
.Lfound\@:
        mask_of_line
.Lfound_here\@:
        tzcnt   rax, rax
        .if     \bounded
        lea     rcx, [rdi + rax]
        cmp     rcx, r10
        jae     .Lequal\@
        .endif
        return_difference
.Lequal\@:
        xor     eax, eax
        ret

.Lwide\@:
        vpxor   xmm0, xmm0, xmm0
        .balign 16
6:      .if     \bounded
        cmp     rdi, r10
        jae     8f
        .endif
        vmovdqa ymm1, [rdi]
        vmovdqa ymm2, [rdi + 32]
        vpcmpeqb ymm3, ymm1, [rsi]
        vpcmpeqb ymm4, ymm2, [rsi + 32]
        vpminub ymm1, ymm1, ymm3
        vpminub ymm2, ymm2, ymm4
        vpminub ymm3, ymm1, ymm2
        vpcmpeqb ymm3, ymm3, ymm0
        vpmovmskb eax, ymm3
        test    eax, eax
        jnz     7f
        add     rdi, LINE
        add     rsi, LINE
        dec     edx
        jnz     6b
        vzeroupper
        jmp     .Lpaged\@
7:      vpcmpeqb ymm1, ymm1, ymm0
        vpcmpeqb ymm2, ymm2, ymm0
        vpmovmskb eax, ymm1
        vpmovmskb ecx, ymm2
        shl     rcx, 32
        or      rax, rcx
        vzeroupper
        jmp     .Lfound_here\@
        .if     \bounded
8:      vzeroupper
        jmp     .Lequal\@
        .endif
.endm

/* int strcmp(const char *a, const char *b) */
function strcmp
        compare 0
        .size   strcmp, . - strcmp

/* int strncmp(const char *a, const char *b, size_t n) */
function strncmp
        compare 1
        .size   strncmp, . - strncmp

        .section .note.GNU-stack, "", @progbits
