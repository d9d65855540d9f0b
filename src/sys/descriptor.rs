//! Descriptors as such: fcntl(2), dup3(2), pipe2(2), eventfd2(2).

use super::{Errno, call};

/// `fcntl(fd, command, argument)`, for the commands whose argument is a number.
///
/// # Errors
/// EBADF, EINVAL, EAGAIN, EMFILE, EPERM.
pub fn control(fd: i32, command: u32, argument: usize) -> Result<u32, Errno> {
    // SAFETY: touches no memory of ours.
    unsafe { call!(__NR_fcntl, fd as usize, command as usize, argument) }.map(|value| value as u32)
}

/// `dup3(from, to, flags)`: `to` now means what `from` means.
///
/// # Errors
/// EBADF; EINVAL: both are the same; EBUSY, EINTR, EMFILE.
pub fn duplicate_to(from: i32, to: i32, flags: u32) -> Result<(), Errno> {
    // SAFETY: touches no memory of ours.
    unsafe { call!(__NR_dup3, from as usize, to as usize, flags as usize) }.map(drop)
}

/// `pipe2(ends, flags)`: the end to read from and the end to write to.
///
/// # Errors
/// EMFILE, ENFILE, EINVAL.
pub fn pipe(flags: u32) -> Result<[i32; 2], Errno> {
    let mut ends = [0; 2];
    // SAFETY: the kernel writes the two numbers.
    unsafe { call!(__NR_pipe2, ends.as_mut_ptr() as usize, flags as usize) }?;
    Ok(ends)
}

/// `eventfd2(initial, flags)`: a counter that poll(2) and its like can wait for.
///
/// # Errors
/// EMFILE, ENFILE, ENOMEM, EINVAL.
pub fn eventfd(initial: u32, flags: u32) -> Result<i32, Errno> {
    // SAFETY: touches no memory of ours.
    unsafe { call!(__NR_eventfd2, initial as usize, flags as usize) }.map(|fd| fd as i32)
}
