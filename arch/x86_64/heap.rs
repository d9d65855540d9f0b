//! malloc's fast paths on x86-64, whole functions: an inlined section would have to test again outside what it tested inside.
//!
//! The pseudo-code and the promises are in `arch/mod.rs`. Each of the first three has its section twice: on `mm_cid`, whose place in the area is
//! constant, and on whatever index this kernel has; `allocate` a third time, for sizes beyond the first limit on `mm_cid`. Labels as in `rseq.rs`, with a 3 before
//! them in the second section, a 2 in the third, a 4 in an exchange; 7 and 17 leave for the next section, 9 for the slow path, with the arguments as they came.
//!
//! ```text
//!   rdi, rsi  arguments     r8  table      r10  area's distance from fs:0 (guest only)     r11  the index's (second section)
//!   r9        block         rcx  cursor    rax, rdx  what the comments say
//! ```

/// The words of the area, as owner at a constant distance from fs:0: `rseq_cs`, where rdx is stored, and `mm_cid`.
#[cfg(feature = "start")]
macro_rules! area {
    () => {
        ""
    };
    (arm) => {
        "   mov qword ptr fs:[{area} + 8], rdx\n"
    };
    (mm_cid) => {
        "   movsxd rdx, dword ptr fs:[{area} + 24]\n"
    };
    (again) => {
        "   cmp ecx, dword ptr fs:[{area} + 24]\n"
    };
}
/// As guest. {area} is mentioned because an operand must be.
#[cfg(not(feature = "start"))]
macro_rules! area {
    () => {
        "   mov r10, qword ptr [rip + {hot} + 24] # {area}\n" // HOT.area
    };
    (arm) => {
        "   mov qword ptr fs:[r10 + 8], rdx\n"
    };
    (mm_cid) => {
        "   movsxd rdx, dword ptr fs:[r10 + 24]\n"
    };
    (again) => {
        "   cmp ecx, dword ptr fs:[r10 + 24]\n"
    };
}

/// The descriptor, the abort handler, arm, and the block of the index that `$index` loads: rdx and r9. Leaves all other registers alone.
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
            ".byte 0x0f, 0xb9, 0x3d\n .long {SIGNATURE}\n", // ud1 edi, [rip + SIGNATURE]: traps if executed
            $four,
            ": jmp ",
            $six,
            "f\n", // abort: nothing to undo, arm again
            ".popsection\n",
            $six,
            ": lea rdx, [rip + ",
            $five,
            "b]\n",
            $crate::arch::heap::area!(arm),
            $two,
            ":",
            $index,                      // rdx = index, read inside the section
            "   mov r9, [r8 + 8*rdx]\n", // r9  = block
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
        $crate::arch::heap::begin!("32", "33", "34", "35", "36", "9", "   movsxd rdx, dword ptr fs:[r11]\n")
    };
    (exchange, mm_cid) => {
        $crate::arch::heap::begin!(
            "42",
            "43",
            "44",
            "45",
            "46",
            "9",
            concat!("   mov r8, [rip + {hot} + 8]\n", $crate::arch::heap::area!(mm_cid)) // r8 may have been the source before an abort
        )
    };
    (exchange, any) => {
        $crate::arch::heap::begin!("42", "43", "44", "45", "46", "9", "   movsxd rdx, dword ptr fs:[r11]\n")
    };
}

/// What follows on `begin!`: rax = what is on top of the source; leaves for `$out` if that is empty. `$slot` is 2 * class; `$below` is to be the block below. Up to the commit.
macro_rules! take {
    ($slot:literal, $out:literal, $which:ident $(, $below:literal)?) => {
        concat!(
            "mov rcx, [r9 + 8*", $slot, "]\n",           // rcx = block.source[class]
            "mov rax, [rcx - 8]\n",
            "test al, 15\n",
            "jnz ", $out, "\n",                          // the end: empty; or what was no block when it was freed
            $("mov ", $below, ", [rcx - 16]\n",)?
            $crate::arch::heap::twice!($which),
            "\nsub qword ptr [r9 + 8*", $slot, "], 8",   // COMMIT   block.source[class] -= one slot
        )
    };
}

/// What follows on `begin!`: `$block` to the sink; leaves for `$out` if that is full. `$slot` is 2 * class. Up to the commit.
#[rustfmt::skip] // an instruction a line
macro_rules! put {
    ($slot:literal, $block:literal, $out:literal, $which:ident) => {
        concat!(
            "mov rcx, [r9 + 8*", $slot, " + 8]\n",       // rcx = block.sink[class]
            "cmp [rcx - 8], ", $block, "\n",
            "je ", $out, "\n",                           // freed twice in a row
            "test byte ptr [rcx], 1\n",
            "jnz ", $out, "\n",                          // the end: full
            "mov [rcx], ", $block, "\n",                 // above the cursor: nobody's
            $crate::arch::heap::twice!($which),
            "\nadd qword ptr [r9 + 8*", $slot, " + 8], 8", // COMMIT   block.sink[class] += one slot
        )
    };
}

/// What follows on `begin!(exchange, ..)`: rax = what is on top of the sink, which becomes the source; `$slot` is 2 * class, `$source` free. Leaves for 9 if both are empty.
macro_rules! exchange {
    ($slot:literal, $source:literal, $which:ident) => {
        concat!(
            "mov rcx, [r9 + 8*", $slot, " + 8]\n",               // rcx = block.sink[class]
            "mov ", $source, ", [r9 + 8*", $slot, "]\n",         // block.source[class]
            "mov rax, [rcx - 8]\n",
            "test al, 15\n",
            "jnz 9f\n",                                           // both are empty
            "test byte ptr [", $source, " - 8], 1\n",
            "jz 9f\n",                                            // something lies in the source: another thread's, or what is no block
            "mov rdx, [rcx - 16]\n",                              // the block below
            "sub rcx, 8\n",
            "movq xmm0, rcx\n",
            "movq xmm1, ", $source, "\n",
            "punpcklqdq xmm0, xmm1\n",                            // xmm0 = {sink - one slot, source}
            $crate::arch::heap::twice!($which),
            "\nmovdqa xmmword ptr [r9 + 8*", $slot, "], xmm0\n", // COMMIT   {source, sink}[class] = xmm0
            "43: prefetchw [rdx]\n",                              // its first line will be written to when it is popped; a hint, whatever the address
            "ret",
        )
    };
}

/// In builds with `--cfg dacapo_compare_twice`: keeps the index, and traps right before the commit if it has changed; rcx and xmm15 are free there. A thread without an index is not
/// restarted, and may get one meanwhile.
#[cfg(dacapo_compare_twice)]
macro_rules! twice {
    (keep) => {
        "   movd xmm15, edx"
    };
    (mm_cid) => {
        concat!(
            "   movd ecx, xmm15\n   test ecx, ecx\n   js 59f\n",
            $crate::arch::heap::area!(again),
            "   je 59f\n   ud2\n59:"
        )
    };
    (any) => {
        "   movd ecx, xmm15\n   test ecx, ecx\n   js 59f\n   cmp ecx, dword ptr fs:[r11]\n   je 59f\n   ud2\n59:"
    };
}
#[cfg(not(dacapo_compare_twice))]
macro_rules! twice {
    ($which:ident) => {
        ""
    };
}

/// Defines a function that pops a block for `size` bytes. Price: 14 instructions and 2 branches as owner, 15 and 2 as guest; beyond 1,024 bytes 20 and 3,
/// 21 and 3; with an exchange 33 and 34.
macro_rules! allocate {
    ($(#[$meta:meta])* $vis:vis fn $name:ident $(($more:ident))?; hot $hot:path; slots $slots:expr, $medium:expr; slow $slow:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis extern "C" fn $name(size: usize $(, $more: usize)?) -> *mut u8 {
            core::arch::naked_asm!(
                "cmp rdi, [rip + {hot}]",                  // HOT.limit: 0 until the heap is up
                "jae 7f",
                "mov r8, [rip + {hot} + 8]",               // HOT.table
                $crate::arch::heap::area!(),
                $crate::arch::heap::begin!(mm_cid, "8"),
                "movzx edx, byte ptr [r8 + rdi + {slots}]",// edx = slots[size], 2 * class
                $crate::arch::heap::take!("rdx", "8f", mm_cid),
                "3: ret",
                "8: mov r11, rdx",                         // r11 = 2 * class
                $crate::arch::heap::begin!(exchange, mm_cid),
                $crate::arch::heap::exchange!("r11", "r8", mm_cid),
                "7: cmp rdi, [rip + {hot} + 56]",          // HOT.limit_medium: as HOT.limit
                "jae 17f",
                "mov r8, [rip + {hot} + 8]",               // HOT.table
                $crate::arch::heap::area!(),
                $crate::arch::heap::begin!(medium),
                "lea r11, [rdi + 127]",
                "shr r11, 7",
                "movzx edx, byte ptr [r8 + r11 + {medium}]",// edx = medium[size / 128, rounded up], 2 * class
                $crate::arch::heap::take!("rdx", "9f", mm_cid, "r11"),
                "23: prefetchw [r11]",                     // its first line will be written to when it is popped; a hint, whatever the address
                "ret",
                "17: cmp rdi, [rip + {hot} + 40]",         // HOT.limit_any: 0 where mm_cid is alive
                "jae 9f",
                "mov r8, [rip + {hot} + 8]",               // HOT.table
                "mov r11, [rip + {hot} + 16]",             // HOT.index
                $crate::arch::heap::area!(),
                $crate::arch::heap::begin!(any),
                "movzx edx, byte ptr [r8 + rdi + {slots}]",
                $crate::arch::heap::take!("rdx", "9f", any),
                "33: ret",
                "9: jmp {slow}",
                ".p2align 5",                              // the section, and with it the function
                hot = sym $hot, slots = const $slots, medium = const $medium, slow = sym $slow,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

/// Defines a function that pushes a block to its class. Price: 18 instructions as owner, 19 as guest, 3 branches, of which 2 and 1 look whether the block
/// was freed right before.
macro_rules! free {
    ($(#[$meta:meta])* $vis:vis fn $name:ident; hot $hot:path; map $map:expr; slow $slow:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis unsafe extern "C" fn $name(block: *mut u8) {
            core::arch::naked_asm!(
                "cmp rdi, [rip + {hot} + 32]",             // HOT.extent: what the map covers; 0 until the heap is up
                "jae 7f",
                "mov rax, rdi",
                "mov r8, [rip + {hot} + 8]",               // HOT.table
                "shr rax, 16",                             // rax = unit
                $crate::arch::heap::area!(),
                "movzx eax, byte ptr [r8 + rax + {map}]",  // eax = 2 * class; 0 is a class that is always full
                $crate::arch::heap::begin!(mm_cid, "7"),
                $crate::arch::heap::put!("rax", "rdi", "7f", mm_cid),
                "3: ret",
                "7: cmp rdi, [rip + {hot} + 48]",          // HOT.extent_any: 0 where mm_cid is alive
                "jae 9f",
                "mov rax, rdi",
                "mov r8, [rip + {hot} + 8]",               // HOT.table
                "mov r11, [rip + {hot} + 16]",             // HOT.index
                "shr rax, 16",
                $crate::arch::heap::area!(),
                "movzx eax, byte ptr [r8 + rax + {map}]",
                $crate::arch::heap::begin!(any),
                $crate::arch::heap::put!("rax", "rdi", "9f", any),
                "33: ret",
                "9: jmp {slow}",
                ".p2align 5",                              // the section, and with it the function
                hot = sym $hot, map = const $map, slow = sym $slow,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

/// Defines a function that pushes a block to the class of its size. Price: 16 instructions as owner, 17 as guest, 3 branches.
macro_rules! free_sized {
    ($(#[$meta:meta])* $vis:vis fn $name:ident; hot $hot:path; slots $slots:expr; slow $slow:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis unsafe extern "C" fn $name(block: *mut u8, size: usize) {
            core::arch::naked_asm!(
                "cmp rsi, [rip + {hot}]",                  // HOT.limit: 0 until the heap is up
                "jae 7f",
                "mov r8, [rip + {hot} + 8]",               // HOT.table
                $crate::arch::heap::area!(),
                $crate::arch::heap::begin!(mm_cid, "7"),
                "movzx eax, byte ptr [r8 + rsi + {slots}]",// eax = slots[size], 2 * class
                $crate::arch::heap::put!("rax", "rdi", "7f", mm_cid),
                "3: ret",
                "7: cmp rsi, [rip + {hot} + 40]",          // HOT.limit_any: 0 where mm_cid is alive
                "jae 9f",
                "mov r8, [rip + {hot} + 8]",               // HOT.table
                "mov r11, [rip + {hot} + 16]",             // HOT.index
                $crate::arch::heap::area!(),
                $crate::arch::heap::begin!(any),
                "movzx eax, byte ptr [r8 + rsi + {slots}]",
                $crate::arch::heap::put!("rax", "rdi", "9f", any),
                "33: ret",
                "9: jmp {slow}",
                ".p2align 5",                              // the section, and with it the function
                hot = sym $hot, slots = const $slots, slow = sym $slow,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

/// Defines a function that pops a block of the class whose slot, 2 * class, is given; where the source is empty, it exchanges source and sink, and pops
/// what was freed last; null if there is none. Price: 16 instructions, 17 as guest; with an exchange 29, 30.
macro_rules! pop {
    ($(#[$meta:meta])* $vis:vis fn $name:ident; hot $hot:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis extern "C" fn $name(slot: usize) -> *mut u8 {
            core::arch::naked_asm!(
                "mov r8, [rip + {hot} + 8]",               // HOT.table
                "mov r11, [rip + {hot} + 16]",             // HOT.index
                $crate::arch::heap::area!(),
                $crate::arch::heap::begin!(any),
                $crate::arch::heap::take!("rdi", "9f", any, "rdx"),
                "33: prefetchw [rdx]",                     // its first line will be written to when it is popped; a hint, whatever the address
                "ret",
                "9:",
                $crate::arch::heap::begin!(exchange, any),
                $crate::arch::heap::exchange!("rdi", "rsi", any),
                "9: xor eax, eax",
                "ret",
                ".p2align 5",
                hot = sym $hot,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

/// Defines a function that pushes a block to the class whose slot, 2 * class, is given; false if there is no room, or the block is
/// the one that was pushed last. Price: 16 instructions, 17 as guest.
macro_rules! push {
    ($(#[$meta:meta])* $vis:vis fn $name:ident; hot $hot:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis unsafe extern "C" fn $name(slot: usize, block: *mut u8) -> bool {
            core::arch::naked_asm!(
                "mov r8, [rip + {hot} + 8]",               // HOT.table
                "mov r11, [rip + {hot} + 16]",             // HOT.index
                $crate::arch::heap::area!(),
                $crate::arch::heap::begin!(any),
                $crate::arch::heap::put!("rdi", "rsi", "9f", any),
                "33: mov eax, 1",
                "ret",
                "9: xor eax, eax",
                "ret",
                ".p2align 5",
                hot = sym $hot,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

pub(crate) use {allocate, area, begin, exchange, free, free_sized, pop, push, put, take, twice};
