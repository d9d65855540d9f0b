//! malloc's fast paths on AArch64, whole functions: an inlined section would have to test again outside what it tested inside.
//!
//! The pseudo-code and the promises are in `arch/mod.rs`. Each of the first three has its section twice: on `mm_cid`, whose place in the area is
//! constant, and on whatever index this kernel has; `allocate` a third time, for sizes beyond the first limit on `mm_cid`. Labels as in `rseq.rs`, with a 3 before
//! them in the second section, a 2 in the third, a 4 in an exchange; 7 and 17 leave for the next section, 9 for the slow path, with the arguments as they came.
//!
//! ```text
//!   x0, x1   arguments      x8   HOT     x10  table     x11  index's distance (second section)     x12  thread pointer     x7  the area (guest only)
//!   x14      block          x9, x13, x15, x2, x3, x4  what the comments say                        x16, x17  the linker's
//! ```

/// The words of the area, as owner at a constant distance from the thread pointer: `rseq_cs`, where x13 is stored, and `mm_cid`.
#[cfg(feature = "start")]
macro_rules! area {
    () => {
        ""
    };
    (arm) => {
        "   stur x13, [x12, #{area} + 8]\n"
    };
    (mm_cid) => {
        "   ldursw x13, [x12, #{area} + 24]\n"
    };
    (again) => {
        "   ldur w17, [x12, #{area} + 24]\n"
    };
}
/// As guest. {area} is mentioned because an operand must be.
#[cfg(not(feature = "start"))]
macro_rules! area {
    () => {
        "   ldr x7, [x8, #24] // {area}\n   add x7, x7, x12\n" // HOT.area
    };
    (arm) => {
        "   str x13, [x7, #8]\n"
    };
    (mm_cid) => {
        "   ldrsw x13, [x7, #24]\n"
    };
    (again) => {
        "   ldr w17, [x7, #24]\n"
    };
}

/// The descriptor, the abort handler, arm, and the block of the index that `$index` loads: x13 and x14. Leaves x0, x1, x7 to x12 alone.
macro_rules! begin {
    ($two:literal, $three:literal, $four:literal, $five:literal, $six:literal, $exit:literal, $index:expr) => {
        concat!(
            $crate::__rseq_number!(),
            ".pushsection __rseq_cs_ptr_array, \"aw\", %progbits, unique, .Lrseq_number\n .balign 8\n 57: .quad ",
            $five,
            "f\n .popsection\n",
            ".pushsection __rseq_exit_point_array, \"aw\", %progbits, unique, .Lrseq_number\n .balign 8\n 58: .quad ",
            $two,
            "f, ",
            $exit,
            "f\n .popsection\n",
            ".pushsection __rseq_cs, \"aw\", %progbits, unique, .Lrseq_number\n .balign 32\n",
            $five,
            ": .long 0, 0\n", // version, flags
            "   .quad ",
            $two,
            "f, ",
            $three,
            "f - ",
            $two,
            "f, ",
            $four,
            "f\n", // start, length, abort
            ".reloc ",
            $five,
            "b, BFD_RELOC_NONE, 57b\n .reloc ",
            $five,
            "b, BFD_RELOC_NONE, 58b\n .popsection\n",
            $crate::__rseq_abort_section!(),
            ".inst {SIGNATURE}\n", // brk: traps if executed; .inst keeps it an instruction
            $four,
            ": b ",
            $six,
            "f\n", // abort: nothing to undo, arm again
            ".popsection\n",
            "   mrs x12, tpidr_el0\n",
            $crate::arch::heap::area!(),
            $six,
            ": adrp x13, ",
            $five,
            "b\n",
            "   add x13, x13, :lo12:",
            $five,
            "b\n",
            $crate::arch::heap::area!(arm),
            $two,
            ":",
            $index,                             // x13 = index, read inside the section
            "   ldr x14, [x10, x13, lsl #3]\n", // x14 = block
            $crate::arch::heap::twice!(keep),
        )
    };
    (mm_cid, $exit:literal) => {
        $crate::arch::heap::begin!("2", "3", "4", "5", "6", $exit, $crate::arch::heap::area!(mm_cid))
    };
    (medium) => {
        $crate::arch::heap::begin!("22", "23", "24", "25", "26", "9", $crate::arch::heap::area!(mm_cid))
    };
    (any) => {
        $crate::arch::heap::begin!("32", "33", "34", "35", "36", "9", "   ldrsw x13, [x12, x11]\n")
    };
    (exchange, mm_cid) => {
        $crate::arch::heap::begin!("42", "43", "44", "45", "46", "9", $crate::arch::heap::area!(mm_cid))
    };
    (exchange, any) => {
        $crate::arch::heap::begin!("42", "43", "44", "45", "46", "9", "   ldrsw x13, [x12, x11]\n")
    };
}

/// What follows on `begin!`: x3 = what is on top of the source; leaves for `$out` if that is empty. `$slot` is 2 * class; `$below` is to be the block below. Up to the commit.
macro_rules! take {
    ($slot:literal, $out:literal, $which:ident $(, $below:literal)?) => {
        concat!(
            "add x15, x14, ", $slot, ", lsl #3\n", // x15 = &block.source[class]
            "ldr x2, [x15]\n",                    // x2  = cursor
            "ldur x3, [x2, #-8]\n",
            "tst x3, #15\n",
            "b.ne ", $out, "\n",                  // the end: empty; or what was no block when it was freed
            $("ldur ", $below, ", [x2, #-16]\n",)?
            "sub x2, x2, #8\n",
            $crate::arch::heap::twice!($which),
            "\nstr x2, [x15]",                    // COMMIT   block.source[class] -= one slot
        )
    };
}

/// What follows on `begin!`: `$block` to the sink; leaves for `$out` if that is full. `$slot` is 2 * class. Up to the commit.
#[rustfmt::skip] // an instruction a line
macro_rules! put {
    ($slot:literal, $block:literal, $out:literal, $which:ident) => {
        concat!(
            "add x15, x14, ", $slot, ", lsl #3\n", // x15 = &block.source[class], before the sink
            "ldr x2, [x15, #8]\n",                // x2  = cursor
            "ldp x3, x4, [x2, #-8]\n",
            "cmp x3, ", $block, "\n",
            "b.eq ", $out, "\n",                  // freed twice in a row
            "tbnz x4, #0, ", $out, "\n",          // the end: full
            "str ", $block, ", [x2]\n",           // above the cursor: nobody's
            "add x2, x2, #8\n",
            $crate::arch::heap::twice!($which),
            "\nstr x2, [x15, #8]",                // COMMIT   block.sink[class] += one slot
        )
    };
}

/// What follows on `begin!(exchange, ..)`: returns what is on top of the sink, which becomes the source; `$slot` is 2 * class. Leaves for 9 if both are empty.
macro_rules! exchange {
    ($slot:literal, $which:ident) => {
        concat!(
            "add x15, x14, ", $slot, ", lsl #3\n", // x15 = &block.source[class]
            "ldp x5, x2, [x15]\n",                // x5  = source, x2 = sink
            "ldur x3, [x2, #-8]\n",
            "tst x3, #15\n",
            "b.ne 9f\n",                          // both are empty
            "ldur x4, [x5, #-8]\n",
            "tbz x4, #0, 9f\n",                   // something lies in the source: another thread's, or what is no block
            "ldur x4, [x2, #-16]\n",              // the block below
            "sub x2, x2, #8\n",
            $crate::arch::heap::twice!($which),
            "\nldxp x13, x6, [x15]\n",            // only to have the monitor: stp may be interrupted between its halves, stxp may not
            "stxp w6, x2, x5, [x15]\n",           // COMMIT   {source, sink}[class] = {sink - one slot, source} if w6 is 0
            "43: cbnz w6, 46b\n",
            "prfm pstl1keep, [x4]\n",             // it will be written to when it is popped; a hint
            "mov x0, x3\n",
            "ret",
        )
    };
}

/// In builds with `--cfg dacapo_compare_twice`: keeps the index, and traps right before the commit if it has changed; w16 and w17 are free there. A thread without an index is not
/// restarted, and may get one meanwhile.
#[cfg(dacapo_compare_twice)]
macro_rules! twice {
    (keep) => {
        "   mov w16, w13"
    };
    (mm_cid) => {
        concat!(
            "   tbnz w16, #31, 59f\n",
            $crate::arch::heap::area!(again),
            "   cmp w17, w16\n   b.eq 59f\n   brk #1\n59:"
        )
    };
    (any) => {
        "   tbnz w16, #31, 59f\n   ldr w17, [x12, x11]\n   cmp w17, w16\n   b.eq 59f\n   brk #1\n59:"
    };
}
#[cfg(not(dacapo_compare_twice))]
macro_rules! twice {
    ($which:ident) => {
        ""
    };
}

/// Defines a function that pops a block for `size` bytes. Price: 22 instructions as owner, 24 as guest, 2 branches; beyond 1,024 bytes 31 and 33, 3 branches;
/// with an exchange 40 and 44.
macro_rules! allocate {
    ($(#[$meta:meta])* $vis:vis fn $name:ident $(($more:ident))?; hot $hot:path; slots $slots:expr, $medium:expr; slow $slow:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis extern "C" fn $name(size: usize $(, $more: usize)?) -> *mut u8 {
            core::arch::naked_asm!(
                "adrp x8, {hot}",
                "add x8, x8, :lo12:{hot}",
                "ldp x9, x10, [x8]",                       // HOT.limit: 0 until the heap is up; HOT.table
                "cmp x0, x9",
                "b.hs 7f",
                $crate::arch::heap::begin!(mm_cid, "8"),
                "add x13, x10, #{slots}",
                "ldrb w13, [x13, x0]",                     // x13 = slots[size], 2 * class
                $crate::arch::heap::take!("x13", "8f", mm_cid),
                "3: mov x0, x3",
                "ret",
                "8: mov x9, x13",                          // x9  = 2 * class
                $crate::arch::heap::begin!(exchange, mm_cid),
                $crate::arch::heap::exchange!("x9", mm_cid),
                "7: ldr x9, [x8, #56]",                    // HOT.limit_medium: as HOT.limit
                "cmp x0, x9",
                "b.hs 17f",
                "ldr x10, [x8, #8]",                       // HOT.table again: when it was loaded, the heap may not have been up
                $crate::arch::heap::begin!(medium),
                "add x9, x0, #127",
                "lsr x9, x9, #7",
                "add x13, x10, #{medium}",
                "ldrb w13, [x13, x9]",                     // x13 = medium[size / 128, rounded up], 2 * class
                $crate::arch::heap::take!("x13", "9f", mm_cid, "x4"),
                "23: prfm pstl1keep, [x4]",                // it will be written to when it is popped; a hint
                "mov x0, x3",
                "ret",
                "17: ldr x9, [x8, #40]",                   // HOT.limit_any: 0 where mm_cid is alive
                "cmp x0, x9",
                "b.hs 9f",
                "ldp x10, x11, [x8, #8]",                  // HOT.table, HOT.index
                $crate::arch::heap::begin!(any),
                "add x13, x10, #{slots}",
                "ldrb w13, [x13, x0]",                     // x13 = slots[size], 2 * class
                $crate::arch::heap::take!("x13", "9f", any),
                "33: mov x0, x3",
                "ret",
                "9: b {slow}",
                hot = sym $hot, slots = const $slots, medium = const $medium, slow = sym $slow,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

/// Defines a function that pushes a block to its class. Price: 25 instructions as owner, 27 as guest, 3 branches.
macro_rules! free {
    ($(#[$meta:meta])* $vis:vis fn $name:ident; hot $hot:path; map $map:expr; slow $slow:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis unsafe extern "C" fn $name(block: *mut u8) {
            core::arch::naked_asm!(
                "adrp x8, {hot}",
                "add x8, x8, :lo12:{hot}",
                "ldr x9, [x8, #32]",                       // HOT.extent: what the map covers; 0 until the heap is up
                "cmp x0, x9",
                "b.hs 7f",
                "ldr x10, [x8, #8]",                       // HOT.table
                "lsr x9, x0, #16",                         // x9  = unit
                "add x12, x10, #{map}",
                "ldrb w9, [x12, x9]",                      // x9  = 2 * class; 0 is a class that is always full
                $crate::arch::heap::begin!(mm_cid, "7"),
                $crate::arch::heap::put!("x9", "x0", "7f", mm_cid),
                "3: ret",
                "7: adrp x8, {hot}",
                "add x8, x8, :lo12:{hot}",
                "ldr x9, [x8, #48]",                       // HOT.extent_any: 0 where mm_cid is alive
                "cmp x0, x9",
                "b.hs 9f",
                "ldp x10, x11, [x8, #8]",                  // HOT.table, HOT.index
                "lsr x9, x0, #16",                         // x9  = unit
                "add x12, x10, #{map}",
                "ldrb w9, [x12, x9]",                      // x9  = 2 * class; 0 is a class that is always full
                $crate::arch::heap::begin!(any),
                $crate::arch::heap::put!("x9", "x0", "9f", any),
                "33: ret",
                "9: b {slow}",
                hot = sym $hot, map = const $map, slow = sym $slow,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

/// Defines a function that pushes a block to the class of its size. Price: 23 instructions as owner, 25 as guest, 3 branches.
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
                $crate::arch::heap::begin!(mm_cid, "7"),
                "add x13, x10, #{slots}",
                "ldrb w13, [x13, x1]",                     // x13 = slots[size], 2 * class
                $crate::arch::heap::put!("x13", "x0", "7f", mm_cid),
                "3: ret",
                "7: adrp x8, {hot}",
                "add x8, x8, :lo12:{hot}",
                "ldr x9, [x8, #40]",                       // HOT.limit_any: 0 where mm_cid is alive
                "cmp x1, x9",
                "b.hs 9f",
                "ldp x10, x11, [x8, #8]",                  // HOT.table, HOT.index
                $crate::arch::heap::begin!(any),
                "add x13, x10, #{slots}",
                "ldrb w13, [x13, x1]",                     // x13 = slots[size], 2 * class
                $crate::arch::heap::put!("x13", "x0", "9f", any),
                "33: ret",
                "9: b {slow}",
                hot = sym $hot, slots = const $slots, slow = sym $slow,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

/// Defines a function that pops a block of the class whose slot, 2 * class, is given; where the source is empty, it exchanges source and sink, and pops
/// what was freed last; null if there is none.
macro_rules! pop {
    ($(#[$meta:meta])* $vis:vis fn $name:ident; hot $hot:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis extern "C" fn $name(slot: usize) -> *mut u8 {
            core::arch::naked_asm!(
                "adrp x8, {hot}",
                "add x8, x8, :lo12:{hot}",
                "ldp x10, x11, [x8, #8]",                  // HOT.table, HOT.index
                $crate::arch::heap::begin!(any),
                $crate::arch::heap::take!("x0", "9f", any, "x4"),
                "33: prfm pstl1keep, [x4]",                // the block below will be written to when it is popped; a hint
                "mov x0, x3",
                "ret",
                "9:",
                $crate::arch::heap::begin!(exchange, any),
                $crate::arch::heap::exchange!("x0", any),
                "9: mov x0, xzr",
                "ret",
                hot = sym $hot,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

/// Defines a function that pushes a block to the class whose slot, 2 * class, is given; false if there is no room, or the block is
/// the one that was pushed last.
macro_rules! push {
    ($(#[$meta:meta])* $vis:vis fn $name:ident; hot $hot:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis unsafe extern "C" fn $name(slot: usize, block: *mut u8) -> bool {
            core::arch::naked_asm!(
                "adrp x8, {hot}",
                "add x8, x8, :lo12:{hot}",
                "ldp x10, x11, [x8, #8]",                  // HOT.table, HOT.index
                $crate::arch::heap::begin!(any),
                $crate::arch::heap::put!("x0", "x1", "9f", any),
                "33: mov w0, #1",
                "ret",
                "9: mov w0, wzr",
                "ret",
                hot = sym $hot,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

pub(crate) use {allocate, area, begin, exchange, free, free_sized, pop, push, put, take, twice};
