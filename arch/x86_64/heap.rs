//! malloc's three fast paths on x86-64, whole functions: an inlined section would have to test again outside what it tested inside.
//!
//! The pseudo-code and the promises are in `arch/mod.rs`. Labels as in `rseq.rs`, and 7: leave for the slow path, with the arguments as they came.
//!
//! ```text
//!   rdi, rsi  arguments     r8  table      r11  index's distance from fs:0     r10  the area's (guest only)
//!   r9        block         rax, rcx, rdx  what the comments say
//! ```

/// Stores the descriptor's address, in rdx, where the kernel looks.
#[cfg(feature = "start")]
macro_rules! arm {
    () => {
        "   mov qword ptr fs:[{area} + 8], rdx\n"
    };
}
#[cfg(not(feature = "start"))]
macro_rules! arm {
    () => {
        "   mov qword ptr fs:[r10 + 8], rdx\n"
    };
}

/// Loads the area's distance, where it is not a constant. {area} is mentioned because an operand must be.
#[cfg(feature = "start")]
macro_rules! area {
    () => {
        ""
    };
}
#[cfg(not(feature = "start"))]
macro_rules! area {
    () => {
        "   mov r10, qword ptr [rip + {hot} + 24] # {area}\n" // HOT.area
    };
}

/// Arms, loads the index and the block: rdx and r9. Leaves all other registers alone.
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
            ".byte 0x0f, 0xb9, 0x3d\n .long {SIGNATURE}\n", // ud1 edi, [rip + SIGNATURE]: traps if executed
            "4: jmp 6f\n",                                  // abort: nothing to undo, arm again
            ".popsection\n",
            $crate::arch::heap::area!(),
            "6: lea rdx, [rip + 5b]\n",
            $crate::arch::heap::arm!(),
            "2: movsxd rdx, dword ptr fs:[r11]\n", // rdx = index, read inside the section
            "   mov r9, [r8 + 8*rdx]",             // r9  = block
        )
    };
}

/// Defines a function that pops a block for `size` bytes. Price: 14 instructions as owner, 15 as guest, 2 branches.
macro_rules! allocate {
    ($(#[$meta:meta])* $vis:vis fn $name:ident; hot $hot:path; slots $slots:expr; slow $slow:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis extern "C" fn $name(size: usize) -> *mut u8 {
            core::arch::naked_asm!(
                "cmp rdi, [rip + {hot}]",                  // HOT.limit: 0 until the heap is up
                "jae 7f",
                "mov r8, [rip + {hot} + 8]",               // HOT.table
                "mov r11, [rip + {hot} + 16]",             // HOT.index
                $crate::arch::heap::begin!(),
                "movzx edx, byte ptr [r9 + rdi + {slots}]",// edx = block.slots[size], 2 * class
                "mov rax, [r9 + 8*rdx]",                   // rax = block.current[class]
                "mov rcx, [rax]",                          // rcx = head.next
                "jrcxz 7f",                                // the sentinel: empty; as fast here as test and jz
                "mov [r9 + 8*rdx], rcx",                   // COMMIT   block.current[class] = next
                "3: ret",
                "7: jmp {slow}",
                ".p2align 5",                              // the section, and with it the function
                hot = sym $hot, slots = const $slots, slow = sym $slow,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

/// Defines a function that pushes a block to the list of its class. Price: 23 instructions as owner, 24 as guest, 3 branches.
macro_rules! free {
    ($(#[$meta:meta])* $vis:vis fn $name:ident; hot $hot:path; map $map:expr; slow $slow:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis unsafe extern "C" fn $name(block: *mut u8) {
            core::arch::naked_asm!(
                "mov rax, rdi",
                "sub rax, [rip + {hot} + 32]",             // HOT.base
                "ror rax, 4",                              // not 16-aligned: becomes huge
                "cmp rax, [rip + {hot} + 40]",             // HOT.extent: 0 until the heap is up
                "jae 7f",                                  // misaligned, null, large or foreign
                "mov r8, [rip + {hot} + 8]",               // HOT.table
                "mov r11, [rip + {hot} + 16]",             // HOT.index
                "shr rax, 12",                             // rax = unit
                "movzx eax, byte ptr [r8 + rax + {map}]",  // eax = 2 * class; 0 is a class that is always full
                $crate::arch::heap::begin!(),
                "mov rcx, [r9 + 8*rax]",                   // rcx = block.current[class]
                "mov rdx, [rcx + 8]",                      // rdx = head.room - 1
                "cmp rcx, rdi",
                "je 7f",                                   // freed a moment ago
                "sub rdx, 1",
                "js 7f",                                   // full
                "mov [rdi], rcx",                          // not visible yet; a retry writes both words anew
                "mov [rdi + 8], rdx",
                "mov [r9 + 8*rax], rdi",                   // COMMIT   block.current[class] = freed
                "3: ret",
                "7: jmp {slow}",
                ".p2align 5",                              // the section, and with it the function
                hot = sym $hot, map = const $map, slow = sym $slow,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

/// Defines a function that pushes a block to the list of its size's class. Price: 19 instructions as owner, 20 as guest, 3 branches.
macro_rules! free_sized {
    ($(#[$meta:meta])* $vis:vis fn $name:ident; hot $hot:path; slots $slots:expr; slow $slow:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        $vis unsafe extern "C" fn $name(block: *mut u8, size: usize) {
            core::arch::naked_asm!(
                "cmp rsi, [rip + {hot}]",                  // HOT.limit: 0 until the heap is up
                "jae 7f",
                "mov r8, [rip + {hot} + 8]",               // HOT.table
                "mov r11, [rip + {hot} + 16]",             // HOT.index
                $crate::arch::heap::begin!(),
                "movzx eax, byte ptr [r9 + rsi + {slots}]",// eax = block.slots[size], 2 * class
                "mov rcx, [r9 + 8*rax]",                   // rcx = block.current[class]
                "mov rdx, [rcx + 8]",                      // rdx = head.room - 1
                "cmp rcx, rdi",
                "je 7f",                                   // freed a moment ago
                "sub rdx, 1",
                "js 7f",                                   // full
                "mov [rdi], rcx",                          // not visible yet; a retry writes both words anew
                "mov [rdi + 8], rdx",
                "mov [r9 + 8*rax], rdi",                   // COMMIT   block.current[class] = freed
                "3: ret",
                "7: jmp {slow}",
                ".p2align 5",                              // the section, and with it the function
                hot = sym $hot, slots = const $slots, slow = sym $slow,
                area = const $crate::arch::tls::PER_THREAD_OFFSET, SIGNATURE = const $crate::arch::rseq::SIGNATURE,
            )
        }
    };
}

pub(crate) use {allocate, area, arm, begin, free, free_sized};
