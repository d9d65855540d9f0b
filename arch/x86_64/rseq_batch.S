/* The long sections of x86-64: batches to and from a per-CPU array. Pseudo-code: arch/mod.rs.
 *
 *   inputs, never written:   rdi  table    rsi  offset    rdx  the caller's objects    rcx  count    r8  &rseq    r9  &index field
 *   r10  block, then the array's header           rax  the array's length after the commit
 *   r11  slot being copied                        rbx  cursor in the caller's objects      rbp  the object on its way
 *
 * An abort jumps back to `arm`; nothing but the caller's buffer (pop) or slots above `len` (push) was written.
 */
        .intel_syntax noprefix

/* Builds that are wrong on purpose: see rseq.rs. */
#if defined(DACAPO_BROKEN_LATE_COMMIT)
#define COMMIT_SHIFT 3
#elif defined(DACAPO_BROKEN_EARLY_COMMIT)
#define COMMIT_SHIFT -3
#else
#define COMMIT_SHIFT 0
#endif
#ifdef DACAPO_BROKEN_WRONG_SIGNATURE
#define SIGNATURE 0x53053054
#else
#define SIGNATURE 0x53053053
#endif

.macro rseq_descriptor name
        .pushsection __rseq_cs_ptr_array, "aw", @progbits, unique, \@
        .balign 8
.L\name\()_pointer:
        .quad   .L\name\()_descriptor
        .popsection
        .pushsection __rseq_exit_point_array, "aw", @progbits, unique, \@
        .balign 8
.L\name\()_exit:
        .quad   .L\name\()_start, .L\name\()_commit
        .popsection
        .pushsection __rseq_cs, "aw", @progbits, unique, \@
        .balign 32
.L\name\()_descriptor:
        .long   0, 0
        .quad   .L\name\()_start, .L\name\()_commit - .L\name\()_start + COMMIT_SHIFT, .L\name\()_abort
        .reloc  .L\name\()_descriptor, BFD_RELOC_NONE, .L\name\()_pointer
        .reloc  .L\name\()_descriptor, BFD_RELOC_NONE, .L\name\()_exit
        .popsection
        .pushsection .text.rseq_abort, "ax", @progbits, unique, \@
        .byte   0x0f, 0xb9, 0x3d
        .long   SIGNATURE
.L\name\()_abort:
#ifdef DACAPO_COUNT_ABORTS
        lock inc qword ptr [rip + dacapo_rseq_aborts]
#endif
        jmp     .L\name\()_arm
        .popsection
.endm

.macro function name
        .section .text.\name, "ax", @progbits
        .globl  \name
        .hidden \name
        .type   \name, @function
        .balign 16
\name:
.endm

/* size_t dacapo_array_push_batch(table, offset, from, count, area, index) */
function dacapo_array_push_batch
        rseq_descriptor push_batch
        push    rbx                             # outside the section: a section uses no stack
        push    rbp
.Lpush_batch_arm:
        lea     rax, [rip + .Lpush_batch_descriptor]
        mov     [r8 + 8], rax                   # arm
.Lpush_batch_start:
        movsxd  rax, dword ptr [r9]             # index
        mov     r10, [rdi + 8*rax]              # block
        add     r10, rsi                        # array
        mov     rbx, rdx                        # cursor = from
        mov     r11, [r10]                      # slot = len
        mov     rax, [r10 + 8]
        sub     rax, r11                        # free slots
        cmp     rax, rcx
        cmova   rax, rcx                        # n = min(free, count)
        test    rax, rax
        jz      .Lpush_batch_commit             # full, or nothing asked: leave
        add     rax, r11                        # length after the commit
1:      mov     rbp, [rbx]
        mov     [r10 + 8*r11 + 16], rbp         # above len: nobody looks there
        add     rbx, 8
        inc     r11
        cmp     r11, rax
        jb      1b
        mov     [r10], rax                      # COMMIT   array.len = len + n
.Lpush_batch_commit:
        mov     rax, rbx
        sub     rax, rdx
        shr     rax, 3                          # objects moved
        pop     rbp
        pop     rbx
        ret
        .size   dacapo_array_push_batch, . - dacapo_array_push_batch

/* size_t dacapo_array_pop_batch(table, offset, to, count, area, index) */
function dacapo_array_pop_batch
        rseq_descriptor pop_batch
        push    rbx
        push    rbp
.Lpop_batch_arm:
        lea     rax, [rip + .Lpop_batch_descriptor]
        mov     [r8 + 8], rax                   # arm
.Lpop_batch_start:
        movsxd  rax, dword ptr [r9]             # index
        mov     r10, [rdi + 8*rax]              # block
        add     r10, rsi                        # array
        mov     rbx, rdx                        # cursor = to
        mov     rax, [r10]                      # len
        mov     r11, rax
        cmp     r11, rcx
        cmova   r11, rcx                        # n = min(len, count)
        test    r11, r11
        jz      .Lpop_batch_commit              # empty, or nothing asked: leave
        sub     rax, r11                        # length after the commit
        mov     r11, rax                        # slot = first one taken
1:      mov     rbp, [r10 + 8*r11 + 16]
        mov     [rbx], rbp                      # the caller's buffer: a retry writes it anew
        add     rbx, 8
        inc     r11
        cmp     r11, [r10]                      # until len
        jb      1b
        mov     [r10], rax                      # COMMIT   array.len = len - n
.Lpop_batch_commit:
        mov     rax, rbx
        sub     rax, rdx
        shr     rax, 3                          # objects moved
        pop     rbp
        pop     rbx
        ret
        .size   dacapo_array_pop_batch, . - dacapo_array_pop_batch

        .section .note.GNU-stack, "", @progbits
