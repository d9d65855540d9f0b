//! Where formatted output goes.
//!
//! ```text
//!   start ....... at ....... end        output goes to `at`; what does not fit goes to `spill`, which takes all of it
//!   written = gone + (at - start)
//! ```

use core::ptr::write_bytes;

use crate::arch::vector;

/// A window of memory, and what to do when it is full.
pub struct Sink {
    /// The window's first byte.
    pub start: *mut u8,
    /// The next byte.
    pub at: *mut u8,
    /// The window's end.
    pub end: *mut u8,
    /// Bytes that were written before the window's contents.
    pub gone: usize,
    /// Takes bytes that do not fit in the window.
    pub spill: unsafe fn(sink: &mut Sink, from: *const u8, len: usize),
    /// The spill's own.
    pub context: *mut (),
    /// The spill could not do its work; `errno` says why.
    pub failed: bool,
}

impl Sink {
    /// Bytes written so far.
    #[inline(always)]
    pub fn written(&self) -> usize {
        self.gone + (self.at as usize - self.start as usize)
    }

    /// Writes `len` bytes. Not inlined: there are dozens of callers.
    #[inline(never)]
    pub unsafe fn write(&mut self, from: *const u8, len: usize) {
        if len > self.end as usize - self.at as usize {
            return (self.spill)(self, from, len);
        }
        vector::move_down(self.at, from, len);
        self.at = self.at.wrapping_add(len);
    }

    /// Writes a byte.
    #[inline(never)]
    pub unsafe fn byte(&mut self, byte: u8) {
        if self.at == self.end {
            return (self.spill)(self, &raw const byte, 1);
        }
        *self.at = byte;
        self.at = self.at.wrapping_add(1);
    }

    /// Writes `byte` `count` times; nothing if `count` is not positive.
    #[inline(never)]
    pub unsafe fn fill(&mut self, byte: u8, count: isize) {
        if count <= 0 {
            return;
        }
        let mut left = count as usize;
        if left <= self.end as usize - self.at as usize {
            write_bytes(self.at, byte, left);
            self.at = self.at.wrapping_add(left);
            return;
        }
        let piece = [byte; 128];
        while left != 0 && !self.failed {
            let step = left.min(piece.len());
            self.write(piece.as_ptr(), step);
            left -= step;
        }
    }

    /// A sink that keeps the first `room` bytes at `start` and counts all of them.
    pub fn bounded(start: *mut u8, room: usize) -> Sink {
        // A room that reaches past the end of the address space ends there: sprintf has no bound.
        let end = (start as usize).saturating_add(room) as *mut u8;
        Sink { start, at: start, end, gone: 0, spill: count_rest, context: core::ptr::null_mut(), failed: false }
    }
}

unsafe fn count_rest(sink: &mut Sink, from: *const u8, len: usize) {
    let room = sink.end as usize - sink.at as usize;
    vector::move_down(sink.at, from, room);
    sink.at = sink.end;
    sink.gone += len - room;
}
