//! The one answer of a function that has no buffer of the caller's: the next call overwrites it.

use core::ffi::c_int;
use core::ptr::null_mut;

use crate::libc::errno;
use crate::sys::Errno;

/// Bytes of the first buffer, which doubles for an entry that is longer.
const FIRST: usize = 512;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut u8;
    fn free(block: *mut u8);
}

/// An entry and the buffer that its texts lie in, kept until the next call needs more.
pub struct Answer<T> {
    buffer: *mut u8,
    size: usize,
    entry: Option<T>,
}

impl<T> Answer<T> {
    /// None yet.
    pub const fn new() -> Self {
        Self { buffer: null_mut(), size: 0, entry: None }
    }

    /// What `make` puts into the buffer, called again with a longer one as long as it says ERANGE; null if there is nothing, with errno only for an error.
    ///
    /// # Safety
    /// Nobody uses the answer before this one any more.
    pub unsafe fn give(this: *mut Self, make: &mut dyn FnMut(*mut u8, usize) -> Result<Option<T>, Errno>) -> *mut T {
        let answer = &mut *this;
        loop {
            match make(answer.buffer, answer.size) {
                Ok(found) => {
                    answer.entry = found;
                    return answer.entry.as_mut().map_or(null_mut(), |entry| &raw mut *entry);
                }
                Err(Errno::ERANGE) => {
                    let size = (2 * answer.size).max(FIRST);
                    free(answer.buffer);
                    answer.buffer = malloc(size);
                    answer.size = if answer.buffer.is_null() { 0 } else { size };
                    if answer.size == 0 {
                        return errno::fail_null(Errno::ENOMEM);
                    }
                }
                Err(e) => {
                    errno::restore(c_int::from(e.raw()));
                    return null_mut();
                }
            }
        }
    }
}
