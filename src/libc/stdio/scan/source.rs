//! Where scanf reads: a string, or a stream's buffer.

use crate::libc::stdio::EOF;
use crate::libc::stdio::stream::{self, File};

/// The next byte is at `at`; one may be looked at without being taken.
pub struct Source {
    at: *const u8,
    /// The window's end; of a string, the end of the address space.
    end: *const u8,
    /// Null: a string.
    file: *mut File,
    /// Where counting starts in this window.
    start: *const u8,
    /// Bytes taken from earlier windows.
    gone: usize,
}

impl Source {
    pub fn string(text: *const u8) -> Source {
        Source { at: text, end: usize::MAX as *const u8, file: core::ptr::null_mut(), start: text, gone: 0 }
    }

    pub unsafe fn stream(file: *mut File) -> Source {
        let at = (*file).read_at;
        Source { at, end: (*file).read_end, file, start: at, gone: 0 }
    }

    /// The next byte, or EOF.
    #[inline(always)]
    pub unsafe fn peek(&mut self) -> i32 {
        if self.at == self.end {
            return self.refill();
        }
        let byte = *self.at;
        if byte == 0 && self.file.is_null() { EOF } else { i32::from(byte) }
    }

    #[cold]
    #[inline(never)]
    unsafe fn refill(&mut self) -> i32 {
        self.leave();
        if !stream::fill(self.file) {
            *self = Source { gone: self.taken(), ..Source::stream(self.file) };
            return EOF;
        }
        *self = Source { gone: self.taken(), ..Source::stream(self.file) };
        i32::from(*self.at)
    }

    /// Takes the byte that was looked at.
    #[inline(always)]
    pub fn advance(&mut self) {
        self.at = self.at.wrapping_add(1);
    }

    /// Bytes taken so far.
    pub fn taken(&self) -> usize {
        self.gone + (self.at as usize - self.start as usize)
    }

    /// Tells the stream what was taken.
    pub unsafe fn leave(&self) {
        if !self.file.is_null() && !(*self.file).read_end.is_null() {
            (*self.file).read_at = self.at.cast_mut();
        }
    }
}
