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

/// Makes `address` the thread pointer. It cannot fail on this CPU.
///
/// # Errors
/// None.
///
/// # Safety
/// A thread's area lies there as the module's picture shows it, and the calling code holds nothing that lies in the old one.
#[cfg(feature = "start")]
#[inline(always)]
pub unsafe fn set_thread_pointer(address: usize, _hwcap2: usize) -> Result<(), crate::sys::Errno> {
    // SAFETY: writes a register that user space owns; the address is the caller's promise.
    unsafe { asm!("msr tpidr_el0, {}", in(reg) address, options(nostack, preserves_flags)) };
    Ok(())
}

/// Where gcc's code reads the canary on this CPU.
#[cfg(feature = "start")]
#[allow(non_upper_case_globals)]
#[unsafe(no_mangle)]
static __stack_chk_guard: core::sync::atomic::AtomicUsize = core::sync::atomic::AtomicUsize::new(0);

/// The canary, from where gcc's code reads it.
#[cfg(feature = "start")]
#[inline(always)]
#[must_use]
pub fn canary() -> usize {
    __stack_chk_guard.load(core::sync::atomic::Ordering::Relaxed) // written once, before any other thread
}

/// Writes what the header of a new thread holds: nothing here (there is no dtv: all thread-local variables of a static program lie
/// in the one block; the canary is the global `__stack_chk_guard`, since gcc looks there on this CPU).
///
/// # Safety
/// `pointer` is that thread's thread pointer, and [`HEADER`] bytes behind it are its own, zeroed.
#[cfg(feature = "start")]
#[inline(always)]
pub unsafe fn write_header(_pointer: *mut usize, canary: usize, _pointer_guard: usize) {
    __stack_chk_guard.store(canary, core::sync::atomic::Ordering::Relaxed); // the same value for every thread
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

/// The current thread's copy of a thread-local variable of this program that assembly defined (local-exec: static programs only).
#[cfg(feature = "start")]
#[macro_export]
macro_rules! tls_address {
    ($name:literal) => {{
        let address: usize;
        // SAFETY: adds a constant of the link to the thread pointer.
        unsafe {
            core::arch::asm!(
                "mrs {0}, tpidr_el0",
                concat!("add {0}, {0}, :tprel_hi12:", $name),
                concat!("add {0}, {0}, :tprel_lo12_nc:", $name),
                out(reg) address, options(nostack, readonly, pure, preserves_flags));
        }
        address
    }};
}
