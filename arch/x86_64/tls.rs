//! Thread-local storage, variant II: the TLS block ends at the thread pointer, the thread's header starts there.
//!
//! ```text
//!          TLS block (tp - size .. tp) | header: self, dtv, self, ..., canary at 0x28, pointer guard at 0x30 | PerThread
//!                                      ^ tp = fs:0                                                 tp + 64 ^
//! ```
//! Source: "ELF Handling For Thread-Local Storage" (Drepper), x86-64 psABI section 3.4; the canary's place is gcc's.

use core::arch::asm;

/// Which of the two layouts of the TLS paper this CPU uses.
pub const VARIANT: u32 = 2;
/// Bytes between the thread pointer and the TLS block (variant I only).
pub const GAP: usize = 0;
/// Bytes after the thread pointer that belong to the header the compiler and debuggers know.
pub const HEADER: usize = 64;
/// Where [`crate::per_thread::PerThread`] lies from the thread pointer when we own the process.
pub const PER_THREAD_OFFSET: isize = HEADER as isize;

/// The thread pointer: the address that all TLS offsets count from.
#[inline(always)]
#[must_use]
pub fn thread_pointer() -> usize {
    let pointer;
    // SAFETY: the psABI makes the word at fs:0 hold its own address in every thread.
    unsafe {
        asm!("mov {}, fs:[0]", out(reg) pointer, options(nostack, readonly, pure, preserves_flags));
    }
    pointer
}

/// Makes `address` the thread pointer: `wrfsbase` where the kernel says in AT_HWCAP2 that programs may use it (Linux 5.9), else
/// `arch_prctl(ARCH_SET_FS, address)`.
///
/// # Errors
/// EPERM: not an address of user space.
///
/// # Safety
/// A thread's area lies there as the module's picture shows it, and the calling code holds nothing that lies in the old one.
#[cfg(feature = "start")]
#[inline(always)]
pub unsafe fn set_thread_pointer(address: usize, hwcap2: usize) -> Result<(), crate::sys::Errno> {
    const HWCAP2_FSGSBASE: usize = 1 << 1;
    const ARCH_SET_FS: usize = 0x1002;
    if hwcap2 & HWCAP2_FSGSBASE != 0 {
        // SAFETY: the kernel has said that the instruction is enabled; the address is the caller's promise.
        unsafe { asm!("wrfsbase {}", in(reg) address, options(nostack, preserves_flags)) };
        return Ok(());
    }
    // SAFETY: changes fs only; the address is the caller's promise.
    unsafe { crate::sys::call!(__NR_arch_prctl, ARCH_SET_FS, address) }.map(drop)
}

/// The canary, from where gcc's code reads it.
#[cfg(feature = "start")]
#[inline(always)]
#[must_use]
pub fn canary() -> usize {
    let canary;
    // SAFETY: the word is part of every thread's header.
    unsafe {
        asm!("mov {}, fs:[0x28]", out(reg) canary, options(nostack, readonly, pure, preserves_flags));
    }
    canary
}

/// Writes what the header of a new thread holds: its own address twice, the canary and the pointer guard. (There is no dtv: all
/// thread-local variables of a static program lie in the one block.)
///
/// # Safety
/// `pointer` is that thread's thread pointer, and [`HEADER`] bytes behind it are its own, zeroed.
#[cfg(feature = "start")]
#[inline(always)]
pub unsafe fn write_header(pointer: *mut usize, canary: usize, pointer_guard: usize) {
    // SAFETY: all within the header.
    unsafe {
        pointer.write(pointer as usize);
        pointer.add(2).write(pointer as usize);
        pointer.byte_add(0x28).write(canary);
        pointer.byte_add(0x30).write(pointer_guard);
    }
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
            "mov {}, qword ptr [rip + dacapo_guest_thread@GOTTPOFF]",
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
                concat!("mov {}, qword ptr [rip + ", $name, "@GOTPCREL]"),
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
            core::arch::asm!("mov {0}, fs:[0]", concat!("lea {0}, [{0} + ", $name, "@TPOFF]"), out(reg) address,
                options(nostack, readonly, pure, preserves_flags));
        }
        address
    }};
}
