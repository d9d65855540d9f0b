//! Thread-local storage, variant I: the thread pointer, two words for the header, then the TLS block.
//!
//! ```text
//!     PerThread (256 bytes) | header: dtv, private | gap up to the block's alignment | TLS block
//!               tp - 256 ^  ^ tp = tpidr_el0         tp + round_up(16, align) ^
//! ```
//! Source: "ELF Handling For Thread-Local Storage" (Drepper), AAPCS64 addenda "TLS".

use core::arch::asm;

/// Which of the two layouts of the TLS paper this CPU uses.
pub const VARIANT: u32 = 1;
/// Bytes between the thread pointer and the TLS block, before rounding up to the block's alignment.
pub const GAP: usize = 16;
/// Bytes after the thread pointer that belong to the header the compiler and debuggers know.
pub const HEADER: usize = 16;
/// Where [`crate::per_thread::PerThread`] lies from the thread pointer when we own the process.
pub const PER_THREAD_OFFSET: isize = -(crate::per_thread::SIZE as isize);

/// The thread pointer: the address that all TLS offsets count from.
#[inline(always)]
#[must_use]
pub fn thread_pointer() -> usize {
    let pointer;
    // SAFETY: reads a register that user space may always read.
    unsafe {
        asm!("mrs {}, tpidr_el0", out(reg) pointer, options(nostack, nomem, pure, preserves_flags));
    }
    pointer
}

/// The guest's own per-thread struct, for host libcs that register no rseq area: offset from the thread pointer.
///
/// Initial-exec: one slot of the static TLS block, fixed when the program starts.
#[cfg(not(feature = "start"))]
#[must_use]
pub fn guest_offset() -> isize {
    let offset;
    // SAFETY: reads a constant of the GOT that the dynamic linker filled in before any code of ours ran.
    unsafe {
        asm!(
            "adrp {0}, :gottprel:dacapo_guest_thread",
            "ldr {0}, [{0}, :gottprel_lo12:dacapo_guest_thread]",
            out(reg) offset, options(nostack, readonly, pure, preserves_flags),
        );
    }
    offset
}

/// The address of a symbol that may not exist in this program; null if it does not. `local` binds it inside this program or
/// shared object.
macro_rules! weak_address {
    ($name:literal) => { $crate::arch::tls::weak_address!($name, ".weak ") };
    ($name:literal, local) => { $crate::arch::tls::weak_address!($name, concat!(".hidden ", $name, "\n .weak ")) };
    ($name:literal, $binding:expr) => {{
        let address: usize;
        // SAFETY: reads the symbol's GOT entry; a weak undefined symbol's entry is zero.
        unsafe {
            core::arch::asm!(
                concat!($binding, $name),
                concat!("adrp {0}, :got:", $name),
                concat!("ldr {0}, [{0}, :got_lo12:", $name, "]"),
                out(reg) address, options(nostack, readonly, pure, preserves_flags),
            );
        }
        address
    }};
}
pub(crate) use weak_address;
