//! malloc's three fast paths on AArch64, whole functions: an inlined section would have to test again outside what it tested inside.
//!
//! The pseudo-code and the promises are in `arch/mod.rs`. Labels as in `rseq.rs`, and 7: leave for the slow path, with the arguments as they came.
//!
//! ```text
//!   x0, x1   arguments      x8   HOT     x10  table     x11  index's distance     x12  thread pointer     x7  the area (guest only)
//!   x14      block          x9, x13, x15, x2, x3  what the comments say           x16, x17  the linker's
//! ```

/// Stores the descriptor's address, in x13, where the kernel looks.
#[cfg(feature = "start")]
macro_rules! arm {
    () => {
        "   stur x13, [x12, #{area} + 8]\n"
    };
}
#[cfg(not(feature = "start"))]
macro_rules! arm {
    () => {
        "   str x13, [x7, #8]\n"
    };
}

/// Finds the area, where its distance is not a constant. {area} is mentioned because an operand must be.
#[cfg(feature = "start")]
macro_rules! area {
    () => {
        ""
    };
}
#[cfg(not(feature = "start"))]
macro_rules! area {
    () => {
        "   ldr x7, [x8, #24] // {area}\n   add x7, x7, x12\n" // HOT.area
    };
}

/// Arms, loads the index and the block: x13 and x14. Leaves x0, x1, x7 to x12 alone.
macro_rules! begin {
    () => {
        concat!(
            ".pushsection __rseq_cs, \"aw\"\n .balign 32\n",
            "5: .long 0, 0\n",            // version, flags
            "   .quad 2f, 3f - 2f, 4f\n", // start, length, abort
            ".popsection\n",
            ".pushsection __rseq_cs_ptr_array, \"awo\", @progbits, __rseq_cs\n .quad 5b\n .popsection\n",
            ".pushsection __rseq_exit_point_array, \"awo\", @progbits, __rseq_cs\n .quad 2f, 7f\n .popsection\n",
            ".pushsection .text.rseq_abort, \"ax\"\n",
            ".inst {SIGNATURE}\n", // brk: traps if executed; .inst keeps it an instruction
            "4: b 6f\n",           // abort: nothing to undo, arm again
            ".popsection\n",
            "   mrs x12, tpidr_el0\n",
            $crate::arch::heap::area!(),
            "6: adrp x13, 5b\n",
            "   add x13, x13, :lo12:5b\n",
            $crate::arch::heap::arm!(),
            "2: ldrsw x13, [x12, x11]\n",     // x13 = index, read inside the section
            "   ldr x14, [x10, x13, lsl #3]", // x14 = block
        )
    };
}

/// Defines a function that pops a block for `size` bytes. Price: 21 instructions as owner, 23 as guest, 2 branches.
macro_rules! allocate {
    ($(#[$meta:meta])* $vis:vis fn $name:ident; hot $hot:path; slots $slots:expr; slow $slow:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis extern "C" fn $name(size: usize) -> *mut u8 {
            core::arch::naked_asm!(
                "adrp x8, {hot}",
                "add x8, x8, :lo12:{hot}",
                "ldp x9, x10, [x8]",                       // HOT.limit: 0 until the heap is up; HOT.table
                "cmp x0, x9",
                "b.hs 7f",
                "ldr x11, [x8, #16]",                      // HOT.index
                $crate::arch::heap::begin!(),
                "add x13, x14, x0",
                "ldrb w13, [x13, #{slots}]",               // x13 = block.slots[size], 2 * class
                "add x15, x14, x13, lsl #3",               // x15 = &block.current[class]
                "ldr x2, [x15]",                           // x2  = head
                "ldr x3, [x2]",                            // x3  = head.next
                "cbz x3, 7f",                              // the sentinel: empty
                "str x3, [x15]",                           // COMMIT   block.current[class] = next
                "3: mov x0, x2",
                "ret",
                "7: b {slow}",
                hot = sym $hot, slots = const $slots, slow = sym $slow,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

/// Defines a function that pushes a block to the list of its class. Price: 26 instructions as owner, 28 as guest, 3 branches.
macro_rules! free {
    ($(#[$meta:meta])* $vis:vis fn $name:ident; hot $hot:path; map $map:expr; slow $slow:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis unsafe extern "C" fn $name(block: *mut u8) {
            core::arch::naked_asm!(
                "adrp x8, {hot}",
                "add x8, x8, :lo12:{hot}",
                "ldp x9, x10, [x8, #32]",                  // HOT.base, HOT.extent: 0 until the heap is up
                "sub x9, x0, x9",
                "ror x9, x9, #4",                          // not 16-aligned: becomes huge
                "cmp x9, x10",
                "b.hs 7f",                                 // misaligned, null, large or foreign
                "ldp x10, x11, [x8, #8]",                  // HOT.table, HOT.index
                "lsr x9, x9, #12",                         // x9  = unit
                "add x12, x10, #{map}",
                "ldrb w9, [x12, x9]",                      // x9  = 2 * class; 0 is a class that is always full
                $crate::arch::heap::begin!(),
                "add x15, x14, x9, lsl #3",                // x15 = &block.current[class]
                "ldr x2, [x15]",                           // x2  = head
                "cmp x2, x0",
                "b.eq 7f",                                 // freed a moment ago
                "ldr x3, [x2, #8]",                        // x3  = head.room - 1
                "subs x3, x3, #1",
                "b.mi 7f",                                 // full
                "stp x2, x3, [x0]",                        // not visible yet; a retry writes both words anew
                "str x0, [x15]",                           // COMMIT   block.current[class] = freed
                "3: ret",
                "7: b {slow}",
                hot = sym $hot, map = const $map, slow = sym $slow,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

/// Defines a function that pushes a block to the list of its size's class. Price: 23 instructions as owner, 25 as guest, 3 branches.
macro_rules! free_sized {
    ($(#[$meta:meta])* $vis:vis fn $name:ident; hot $hot:path; slots $slots:expr; slow $slow:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis unsafe extern "C" fn $name(block: *mut u8, size: usize) {
            core::arch::naked_asm!(
                "adrp x8, {hot}",
                "add x8, x8, :lo12:{hot}",
                "ldp x9, x10, [x8]",                       // HOT.limit: 0 until the heap is up; HOT.table
                "cmp x1, x9",
                "b.hs 7f",
                "ldr x11, [x8, #16]",                      // HOT.index
                $crate::arch::heap::begin!(),
                "add x13, x14, x1",
                "ldrb w13, [x13, #{slots}]",               // x13 = block.slots[size], 2 * class
                "add x15, x14, x13, lsl #3",               // x15 = &block.current[class]
                "ldr x2, [x15]",                           // x2  = head
                "cmp x2, x0",
                "b.eq 7f",                                 // freed a moment ago
                "ldr x3, [x2, #8]",                        // x3  = head.room - 1
                "subs x3, x3, #1",
                "b.mi 7f",                                 // full
                "stp x2, x3, [x0]",                        // not visible yet; a retry writes both words anew
                "str x0, [x15]",                           // COMMIT   block.current[class] = freed
                "3: ret",
                "7: b {slow}",
                hot = sym $hot, slots = const $slots, slow = sym $slow,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

pub(crate) use {allocate, area, arm, begin, free, free_sized};
