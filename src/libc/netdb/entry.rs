//! The older functions' way of giving an answer: a struct whose texts and lists lie in a buffer of the caller's.

use core::ffi::c_int;
use core::ptr::null_mut;

use crate::sys::Errno;

/// What is left of a buffer.
pub struct Room {
    at: *mut u8,
    left: usize,
}

impl Room {
    /// # Safety
    /// `size` bytes at `buffer` are writable for as long as what is written there is used.
    #[must_use]
    pub const unsafe fn new(buffer: *mut u8, size: usize) -> Self {
        Self { at: buffer, left: size }
    }

    /// Copies bytes, aligned for words.
    ///
    /// # Errors
    /// ERANGE: there is no room.
    pub fn put(&mut self, bytes: &[u8]) -> Result<*mut u8, Errno> {
        let gap = self.at.align_offset(align_of::<*mut u8>());
        let left = self.left.checked_sub(gap).and_then(|left| left.checked_sub(bytes.len())).ok_or(Errno::ERANGE)?;
        // SAFETY: that much of the buffer is left.
        let to = unsafe {
            let to = self.at.add(gap);
            to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            self.at = to.add(bytes.len());
            to
        };
        self.left = left;
        Ok(to)
    }

    /// Copies a text and adds a zero.
    ///
    /// # Errors
    /// ERANGE: there is no room.
    pub fn text(&mut self, text: &[u8]) -> Result<*mut u8, Errno> {
        let to = self.put(text)?;
        self.left = self.left.checked_sub(1).ok_or(Errno::ERANGE)?;
        // SAFETY: a byte was left behind the text.
        unsafe {
            self.at.write(0);
            self.at = self.at.add(1);
        }
        Ok(to)
    }

    /// Copies pieces with `copy` and lists them; the list ends with a null.
    ///
    /// # Errors
    /// ERANGE: there is no room.
    pub fn list<'a>(
        &mut self,
        pieces: impl Iterator<Item = &'a [u8]> + Clone,
        copy: fn(&mut Self, &[u8]) -> Result<*mut u8, Errno>,
    ) -> Result<*mut *mut u8, Errno> {
        const NULL: [u8; size_of::<*mut u8>()] = [0; size_of::<*mut u8>()];
        let mut first = null_mut::<*mut u8>();
        for at in 0..=pieces.clone().count() {
            let place = self.put(&NULL)?.cast();
            first = if at == 0 { place } else { first };
        }
        for (at, piece) in pieces.enumerate() {
            let piece = copy(self, piece)?;
            // SAFETY: as many places, one behind the other, were made above.
            unsafe { first.add(at).write(piece) };
        }
        Ok(first)
    }
}

/// What functions with a buffer of the caller's return: 0, and `*result` says whether there is an answer; or an error number.
///
/// # Safety
/// `result` is writable, and so is `to`, with room for a T.
pub unsafe fn give<T>(made: Result<Option<T>, Errno>, to: *mut T, result: *mut *mut T) -> c_int {
    *result = null_mut();
    match made {
        Ok(Some(value)) => {
            to.write(value);
            *result = to;
            0
        }
        Ok(None) => 0,
        Err(e) => c_int::from(e.raw()),
    }
}
