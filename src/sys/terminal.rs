//! Terminals: the ioctl(2) calls that ask about them.

use super::{Errno, call};

/// `ioctl(fd, TIOCGWINSZ, &size)`: rows and columns. Async-signal-safe.
///
/// # Errors
/// ENOTTY: not a terminal. EBADF.
pub fn window_size(fd: i32) -> Result<(u16, u16), Errno> {
    let mut size = [0_u16; 4]; // struct winsize: rows, columns, and both in pixels
    // SAFETY: the kernel writes the eight bytes of a struct winsize.
    unsafe { call!(__NR_ioctl, fd as usize, linux_raw_sys::ioctl::TIOCGWINSZ as usize, size.as_mut_ptr() as usize) }?;
    Ok((size[0], size[1]))
}

/// Whether `fd` is a terminal. Async-signal-safe.
#[must_use]
pub fn is_terminal(fd: i32) -> bool {
    window_size(fd).is_ok()
}
