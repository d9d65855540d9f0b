//! Owning the process: from the kernel's first instruction to the last system call.
//!
//! ```text
//!   kernel -> arch/<cpu>/start.S -> relocate -> entry -> main -> exit -> kernel
//!                                                 |
//!             auxv . tls::block . rseq . preinit/init arrays
//! ```
//! 1. [`relocate`]: a static-pie adds its load address to the words that hold addresses. Nothing before it reads such a word.
//! 2. [`auxv`]: what the kernel says about itself and about us.
//! 3. `tls::block`: the main thread's area, canary and pointer guard; then `__stack_chk_fail` and `errno` work.
//! 4. `rseq::init`: the main thread's registration.
//! 5. `init_fini`: preinit_array, init_array.
//! 6. `main(argc, argv, envp)`.
//! 7. [`exit`]: thread-local destructors, atexit, fini_array, flush, `exit_group`.
//!
//! System calls of a program that only prints: `rseq`, `write`, `exit_group`, and `mprotect` where the linker made a read-only
//! part that relocation writes (and `arch_prctl` on x86-64 before Linux 5.9). Nothing here needs a file, so it works as PID 1 of
//! an empty system. No CPUID: it traps in virtual machines.

mod arguments;
pub mod at_exit;
pub mod auxv;
mod entry;
pub mod exit;
mod init_fini;
mod lock;
#[cfg_attr(feature = "libc", path = "panic_plain.rs")]
mod panic;
mod print;
pub mod program_header;
pub mod relocate;
pub mod vdso;

pub use arguments::{Args, Env, Outcome, args, env, environment, run};
pub use at_exit::at_exit;
pub use entry::{Main, enter};
pub use exit::{exit, set_flush_hook};
pub(crate) use lock::Lock;
pub use print::Standard;

use core::cell::UnsafeCell;

/// A static that start-up writes while the process has one thread, and that is constant afterwards.
pub(crate) struct Born<T>(UnsafeCell<T>);

// SAFETY: written only by `set`, whose caller promises that no other thread exists; constant afterwards.
unsafe impl<T> Sync for Born<T> {}

impl<T> Born<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> &T {
        // SAFETY: `set` has no overlap with any reference: start-up calls it before it hands any out.
        unsafe { &*self.0.get() }
    }

    /// # Safety
    /// No other thread exists, and no reference from [`Born::get`] is alive.
    #[inline(always)]
    pub(crate) unsafe fn as_mut_ptr(&self) -> *mut T {
        self.0.get()
    }
}
