//! A list of texts that end with a zero, each a block of the heap.

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

use super::Stop;
use crate::libc::string::bytes;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut u8;
    fn realloc(block: *mut u8, size: usize) -> *mut u8;
    fn free(block: *mut u8);
    fn qsort(base: *mut u8, n: usize, size: usize, compare: *const c_void);
    fn strcmp(a: *const u8, b: *const u8) -> c_int;
}

/// `block[..n]` are texts; `n <= room`.
pub struct Names {
    block: *mut *mut u8,
    n: usize,
    room: usize,
}

impl Names {
    pub const fn new() -> Self {
        Self { block: null_mut(), n: 0, room: 0 }
    }

    pub const fn len(&self) -> usize {
        self.n
    }

    /// Text number `i`, with a zero behind it.
    pub fn get(&self, i: usize) -> &[u8] {
        assert!(i < self.n);
        // SAFETY: the first `n` are texts, which live as long as the list.
        unsafe { bytes(*self.block.add(i)) }
    }

    /// Appends the text that the parts make.
    pub fn add(&mut self, parts: [&[u8]; 3]) -> Result<(), Stop> {
        if self.n == self.room {
            let room = (2 * self.room).max(16);
            // SAFETY: null or the block that was had before.
            let block = unsafe { realloc(self.block.cast(), room * size_of::<*mut u8>()) }.cast::<*mut u8>();
            if block.is_null() {
                return Err(Stop::NoMemory);
            }
            (self.block, self.room) = (block, room);
        }
        let text = join(parts)?;
        // SAFETY: there is room for one more.
        unsafe { self.block.add(self.n).write(text) };
        self.n += 1;
        Ok(())
    }

    /// Puts a slash behind text number `i`.
    pub fn mark(&mut self, i: usize) -> Result<(), Stop> {
        let text = join([self.get(i), b"/", b""])?;
        // SAFETY: `get` has checked the number; the old text is borrowed by nobody any more.
        unsafe { free(core::mem::replace(&mut *self.block.add(i), text)) };
        Ok(())
    }

    /// Takes the backslashes out of the last text from byte `from` on; one at the end stays, unless a slash of the pattern follows it.
    pub fn unescape_last(&mut self, from: usize, slash_follows: bool) {
        let len = self.get(self.n - 1).len();
        // SAFETY: the last text's bytes, which are the list's own.
        let text = unsafe { core::slice::from_raw_parts_mut(*self.block.add(self.n - 1), len + 1) };
        let (mut read, mut write) = (from, from);
        while read < len {
            if text[read] == b'\\' && (read + 1 < len || slash_follows) {
                read += 1;
            }
            text[write] = text[read];
            (read, write) = (read + 1, write + 1);
        }
        text[write.min(len)] = 0;
    }

    /// Takes the last text away.
    pub fn pop(&mut self) {
        assert!(self.n > 0);
        self.n -= 1;
        // SAFETY: it was a text of the list's, and nothing borrows it any more.
        unsafe { free(*self.block.add(self.n)) };
    }

    /// Sorts by the bytes' values.
    pub fn sort(&mut self) {
        let compare = compare as unsafe extern "C" fn(_, _) -> _;
        // SAFETY: the first `n` are pointers to texts.
        unsafe { qsort(self.block.cast(), self.n, size_of::<*mut u8>(), compare as *const c_void) };
    }

    /// Gives the texts away.
    ///
    /// # Safety
    /// `to` has room for all of them.
    pub unsafe fn move_to(mut self, to: *mut *mut u8) {
        // SAFETY: as the caller promises; an empty list has nothing to copy.
        unsafe { to.copy_from_nonoverlapping(self.block, self.n) };
        self.n = 0;
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        // SAFETY: the texts and the block are the list's own, and nothing borrows them any more.
        unsafe {
            for i in 0..self.n {
                free(*self.block.add(i));
            }
            free(self.block.cast());
        }
    }
}

fn join(parts: [&[u8]; 3]) -> Result<*mut u8, Stop> {
    let len = parts.iter().map(|part| part.len()).sum::<usize>();
    // SAFETY: no more than the address space has; the parts were there before.
    let text = unsafe { malloc(len + 1) };
    if text.is_null() {
        return Err(Stop::NoMemory);
    }
    let mut at = text;
    for part in parts {
        // SAFETY: all parts and a zero fit into the block, which is new.
        unsafe {
            at.copy_from_nonoverlapping(part.as_ptr(), part.len());
            at = at.add(part.len());
        }
    }
    // SAFETY: the last byte of the block.
    unsafe { at.write(0) };
    Ok(text)
}

unsafe extern "C" fn compare(a: *const *const u8, b: *const *const u8) -> c_int {
    strcmp(*a, *b)
}
