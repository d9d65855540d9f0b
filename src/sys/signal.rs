//! rt_sigprocmask(2), rt_sigaction(2).

use super::{Errno, call};

/// Signals 1 to 64, one bit each.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Set(pub u64);

impl Set {
    /// No signal.
    pub const EMPTY: Set = Set(0);
    /// Every signal; the kernel never blocks SIGKILL and SIGSTOP.
    pub const ALL: Set = Set(u64::MAX);

    /// One signal.
    #[must_use]
    pub const fn of(signal: u32) -> Set {
        Set(1 << (signal - 1))
    }

    /// All but one signal.
    #[must_use]
    pub const fn without(self, signal: u32) -> Set {
        Set(self.0 & !Set::of(signal).0)
    }
}

/// How a set changes the mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum How {
    /// Adds it.
    Block = linux_raw_sys::general::SIG_BLOCK,
    /// Takes it away.
    Unblock = linux_raw_sys::general::SIG_UNBLOCK,
    /// Replaces the mask.
    Set = linux_raw_sys::general::SIG_SETMASK,
}

/// `rt_sigprocmask(how, set, &old, 8)`: changes the current thread's mask; the old one. Async-signal-safe.
///
/// # Errors
/// None for these arguments.
pub fn mask(how: How, set: &Set) -> Result<Set, Errno> {
    let mut old = Set::EMPTY;
    // SAFETY: the kernel reads and writes eight bytes each.
    unsafe {
        call!(__NR_rt_sigprocmask, how as usize, &raw const *set as usize, &raw mut old as usize, size_of::<Set>())
    }?;
    Ok(old)
}

/// The kernel's `struct sigaction`; the order of its fields is the same on both CPUs.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// Handler, 0 (default) or 1 (ignore).
    pub handler: usize,
    /// SA_*.
    pub flags: usize,
    /// Return trampoline, with SA_RESTORER.
    pub restorer: usize,
    /// Blocked while the handler runs.
    pub mask: Set,
}

/// `rt_sigaction(signal, new, &old, 8)`. Async-signal-safe.
///
/// # Errors
/// EINVAL: no such signal, or one that cannot be caught.
///
/// # Safety
/// The handler is one, and the restorer enters rt_sigreturn.
pub unsafe fn action(signal: u32, new: Option<&Action>) -> Result<Action, Errno> {
    let mut old = Action { handler: 0, flags: 0, restorer: 0, mask: Set::EMPTY };
    let new = new.map_or(0, |new| &raw const *new as usize);
    // SAFETY: the kernel reads and writes one struct each; the rest is the caller's promise.
    unsafe { call!(__NR_rt_sigaction, signal as usize, new, &raw mut old as usize, size_of::<Set>()) }?;
    Ok(old)
}

/// Back to the signal's default action. Async-signal-safe.
///
/// # Errors
/// EINVAL: no such signal.
pub fn reset_to_default(signal: u32) -> Result<(), Errno> {
    let default = Action { handler: 0, flags: 0, restorer: 0, mask: Set::EMPTY };
    // SAFETY: no handler, so nothing runs.
    unsafe { action(signal, Some(&default)) }.map(drop)
}
