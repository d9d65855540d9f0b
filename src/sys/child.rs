//! Child processes: clone(2) as fork(2), execve(2), wait4(2).

use super::{Errno, call};

/// `clone(SIGCHLD)`: 0 in the child, its id in the parent. Nothing of the library is told: see the safety section.
///
/// # Errors
/// EAGAIN: a limit. ENOMEM.
///
/// # Safety
/// The child calls only async-signal-safe functions until it execs or exits: other threads' locks stay as they were.
pub unsafe fn fork_raw() -> Result<u32, Errno> {
    const SIGCHLD: usize = linux_raw_sys::general::SIGCHLD as usize;
    // SAFETY: no memory is shared: both go on on their own copy of this stack.
    unsafe { call!(__NR_clone, SIGCHLD, 0, 0, 0, 0) }.map(|pid| pid as u32)
}

/// `execve(path, arguments, environment)`: returns only on failure.
///
/// # Safety
/// A C string and two null-terminated arrays of C strings.
pub unsafe fn exec(path: *const u8, arguments: *const *const u8, environment: *const *const u8) -> Errno {
    // SAFETY: as the caller promises.
    match unsafe { call!(__NR_execve, path as usize, arguments as usize, environment as usize) } {
        Err(e) => e,
        Ok(_) => Errno::EIO, // it does not return
    }
}

/// `wait4(pid, &status, options, NULL)`: the child's id and its status.
///
/// # Errors
/// ECHILD, EINTR, EINVAL.
pub fn wait(pid: i32, options: u32) -> Result<(u32, i32), Errno> {
    let mut status = 0_i32;
    // SAFETY: the kernel writes the status.
    let pid = unsafe { call!(__NR_wait4, pid as isize as usize, &raw mut status as usize, options as usize, 0) }?;
    Ok((pid as u32, status))
}
