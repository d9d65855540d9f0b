//! exit_group(2), getpid(2), kill(2), and the abort that names what was wrong.

use super::{Errno, call, file, signal, thread};

/// `exit_group(status)`: ends every thread of the process.
pub fn exit_group(status: i32) -> ! {
    loop {
        // SAFETY: does not return.
        let _ = unsafe { call!(__NR_exit_group, status as usize) };
    }
}

/// `getpid()`.
#[must_use]
pub fn getpid() -> u32 {
    // SAFETY: touches no memory; it cannot fail.
    unsafe { call!(__NR_getpid) }.unwrap_or(0) as u32
}

/// `kill(pid, signal)`. Async-signal-safe.
///
/// # Errors
/// ESRCH, EPERM, EINVAL.
pub fn kill(pid: i32, signal: u32) -> Result<(), Errno> {
    // SAFETY: touches no memory of ours.
    unsafe { call!(__NR_kill, pid as isize as usize, signal as usize) }.map(drop)
}

/// Ends the process as abort(3) does: SIGABRT, even if it is blocked or has a handler that returns. Async-signal-safe.
pub fn abort() -> ! {
    const SIGABRT: u32 = linux_raw_sys::general::SIGABRT;
    let (pid, tid) = (getpid(), thread::gettid());
    let only_abort = signal::Set::of(SIGABRT);
    let _ = signal::mask(signal::How::Unblock, &only_abort);
    let _ = thread::tgkill(pid, tid, SIGABRT); // a handler may run here
    let _ = signal::reset_to_default(SIGABRT);
    let _ = thread::tgkill(pid, tid, SIGABRT);
    exit_group(127) // only PID 1 of a namespace survives SIGABRT
}

/// Ends the process with one line on standard error: `before`, the value in hexadecimal, `after`. For broken invariants: the line names the value
/// and the rule it broke. Needs no memory and no formatting machinery. Async-signal-safe.
#[cold]
#[inline(never)]
pub fn abort_with(before: &str, value: usize, after: &str) -> ! {
    let mut digits = [0_u8; 2 + 2 * size_of::<usize>()];
    let mut at = digits.len();
    let mut rest = value;
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdef"[rest & 15];
        rest >>= 4;
        if rest == 0 {
            break;
        }
    }
    digits[at - 1] = b'x';
    digits[at - 2] = b'0';
    let line = [before.as_bytes(), &digits[at - 2..], after.as_bytes(), b"\n"];
    let _ = file::write_all_vectored(2, line); // nowhere else to complain
    abort()
}
