//! getrandom(2).

use super::{Errno, call};

/// `getrandom(buffer, flags)`: bytes filled.
///
/// # Errors
/// EINTR; EAGAIN: not seeded yet, with GRND_NONBLOCK; ENOSYS.
pub fn getrandom(buffer: &mut [u8], flags: u32) -> Result<usize, Errno> {
    // SAFETY: the kernel writes at most the buffer's bytes.
    unsafe { call!(__NR_getrandom, buffer.as_mut_ptr() as usize, buffer.len(), flags as usize) }
}
