//! gettid(2), set_tid_address(2), exit(2), tgkill(2), prctl(2) for names. clone(2) needs a new stack: see `arch/<cpu>/thread.S`.

use core::sync::atomic::AtomicU32;

use super::{Errno, call};

/// `gettid()`.
#[must_use]
pub fn gettid() -> u32 {
    // SAFETY: touches no memory; it cannot fail.
    unsafe { call!(__NR_gettid) }.unwrap_or(0) as u32
}

/// `set_tid_address(word)`: at thread exit the kernel writes 0 there and wakes a futex waiter. The thread's id.
pub fn set_tid_address(word: *const AtomicU32) -> u32 {
    // SAFETY: the kernel ignores a bad address at exit; it cannot fail.
    unsafe { call!(__NR_set_tid_address, word as usize) }.unwrap_or(0) as u32
}

/// `exit(status)`: ends this thread only.
pub fn exit(status: i32) -> ! {
    loop {
        // SAFETY: does not return.
        let _ = unsafe { call!(__NR_exit, status as usize) };
    }
}

/// `tgkill(process, thread, signal)`. Async-signal-safe.
///
/// # Errors
/// ESRCH: no such thread. EINVAL: no such signal. EPERM, EAGAIN.
pub fn tgkill(process: u32, thread: u32, signal: u32) -> Result<(), Errno> {
    // SAFETY: touches no memory of ours.
    unsafe { call!(__NR_tgkill, process as usize, thread as usize, signal as usize) }.map(drop)
}

/// `prctl(PR_SET_NAME, name)`: at most 15 bytes and a zero.
///
/// # Errors
/// None is documented.
pub fn set_name(name: &[u8; 16]) -> Result<(), Errno> {
    // SAFETY: the kernel reads 16 bytes.
    unsafe { call!(__NR_prctl, linux_raw_sys::prctl::PR_SET_NAME as usize, name.as_ptr() as usize, 0, 0, 0) }.map(drop)
}

/// `prctl(PR_GET_NAME, name)`.
///
/// # Errors
/// None is documented.
pub fn get_name(name: &mut [u8; 16]) -> Result<(), Errno> {
    // SAFETY: the kernel writes 16 bytes.
    unsafe { call!(__NR_prctl, linux_raw_sys::prctl::PR_GET_NAME as usize, name.as_mut_ptr() as usize, 0, 0, 0) }
        .map(drop)
}

/// `prlimit64(0, RLIMIT_STACK, NULL, &limit)`: how far the main thread's stack may grow, in bytes; `None` if without limit or unknown.
#[must_use]
pub fn stack_limit() -> Option<usize> {
    let mut limit = [u64::MAX; 2];
    // SAFETY: the kernel writes two words.
    let result = unsafe {
        call!(__NR_prlimit64, 0, linux_raw_sys::general::RLIMIT_STACK as usize, 0, limit.as_mut_ptr() as usize)
    };
    (result.is_ok() && limit[0] != u64::MAX).then_some(limit[0] as usize)
}
