/* The long sections of AArch64: batches to and from a per-CPU array. Pseudo-code: arch/mod.rs.
 *
 *   inputs, never written:   x0  table    x1  offset    x2  the caller's objects    x3  count    x4  &rseq    x5  &index field
 *   x6   block, then the array's header      x7   the array's length after the commit     x8   objects to move
 *   x9   address of the slot being copied    x10  cursor in the caller's objects          x11  the object on its way    x12  end of the slots
 *
 * An abort jumps back to `arm`; nothing but the caller's buffer (pop) or slots above `len` (push) was written.
 */

/* Builds that are wrong on purpose: see rseq.rs. */
#if defined(DACAPO_BROKEN_LATE_COMMIT)
#define COMMIT_SHIFT 4
#elif defined(DACAPO_BROKEN_EARLY_COMMIT)
#define COMMIT_SHIFT -4
#else
#define COMMIT_SHIFT 0
#endif
#ifdef DACAPO_BROKEN_WRONG_SIGNATURE
#define SIGNATURE 0xd428bc01
#else
#define SIGNATURE 0xd428bc00
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
        .balign 4
        .inst   SIGNATURE
.L\name\()_abort:
#ifdef DACAPO_COUNT_ABORTS
        adrp    x16, dacapo_rseq_aborts
        ldr     x17, [x16, :lo12:dacapo_rseq_aborts]
        add     x17, x17, #1
        str     x17, [x16, :lo12:dacapo_rseq_aborts]
#endif
        b       .L\name\()_arm
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
.Lpush_batch_arm:
        adrp    x6, .Lpush_batch_descriptor
        add     x6, x6, :lo12:.Lpush_batch_descriptor
        str     x6, [x4, #8]                    // arm
.Lpush_batch_start:
        ldrsw   x6, [x5]                        // index
        ldr     x6, [x0, x6, lsl #3]            // block
        add     x6, x6, x1                      // array
        ldp     x7, x8, [x6]                    // len, capacity
        mov     x10, x2                         // cursor = from
        sub     x8, x8, x7                      // free slots
        cmp     x8, x3
        csel    x8, x3, x8, hi                  // n = min(free, count)
        cbz     x8, .Lpush_batch_commit         // full, or nothing asked: leave
        add     x9, x6, x7, lsl #3
        add     x9, x9, #16                     // first free slot
        add     x12, x9, x8, lsl #3
        add     x7, x7, x8                      // length after the commit
1:      ldr     x11, [x10], #8
        str     x11, [x9], #8                   // above len: nobody looks there
        cmp     x9, x12
        b.lo    1b
        str     x7, [x6]                        // COMMIT   array.len = len + n
.Lpush_batch_commit:
        sub     x0, x10, x2
        lsr     x0, x0, #3                      // objects moved
        ret
        .size   dacapo_array_push_batch, . - dacapo_array_push_batch

/* size_t dacapo_array_pop_batch(table, offset, to, count, area, index) */
function dacapo_array_pop_batch
        rseq_descriptor pop_batch
.Lpop_batch_arm:
        adrp    x6, .Lpop_batch_descriptor
        add     x6, x6, :lo12:.Lpop_batch_descriptor
        str     x6, [x4, #8]                    // arm
.Lpop_batch_start:
        ldrsw   x6, [x5]                        // index
        ldr     x6, [x0, x6, lsl #3]            // block
        add     x6, x6, x1                      // array
        ldr     x7, [x6]                        // len
        mov     x10, x2                         // cursor = to
        cmp     x7, x3
        csel    x8, x3, x7, hi                  // n = min(len, count)
        cbz     x8, .Lpop_batch_commit          // empty, or nothing asked: leave
        add     x12, x6, x7, lsl #3
        add     x12, x12, #16                   // end of the objects
        sub     x9, x12, x8, lsl #3             // first one taken
        sub     x7, x7, x8                      // length after the commit
1:      ldr     x11, [x9], #8
        str     x11, [x10], #8                  // the caller's buffer: a retry writes it anew
        cmp     x9, x12
        b.lo    1b
        str     x7, [x6]                        // COMMIT   array.len = len - n
.Lpop_batch_commit:
        sub     x0, x10, x2
        lsr     x0, x0, #3                      // objects moved
        ret
        .size   dacapo_array_pop_batch, . - dacapo_array_pop_batch

        .section .note.GNU-stack, "", @progbits
