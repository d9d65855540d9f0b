//! Where a text conversion's characters go: the caller's array, a block that grows (`%ms`), or nowhere (`%*s`).

use crate::libc::stdio::{free, malloc, realloc};

/// A target of bytes or of wide characters.
pub struct Store {
    /// The first element; null: nowhere.
    pub base: *mut u8,
    len: usize,
    /// Elements that fit; a caller's array has no bound.
    capacity: usize,
    /// Bytes of an element: 1 or 4.
    size: usize,
    grows: bool,
}

/// No memory.
pub struct Full;

impl Store {
    pub fn new(base: *mut u8, wide: bool) -> Store {
        Store { base, len: 0, capacity: usize::MAX, size: if wide { 4 } else { 1 }, grows: false }
    }

    pub unsafe fn growing(wide: bool) -> Result<Store, Full> {
        const FIRST: usize = 32;
        let size = if wide { 4 } else { 1 };
        let base = malloc(FIRST * size);
        if base.is_null() { Err(Full) } else { Ok(Store { base, len: 0, capacity: FIRST, size, grows: true }) }
    }

    pub unsafe fn push(&mut self, character: u32) -> Result<(), Full> {
        if self.base.is_null() {
            return Ok(());
        }
        if self.len == self.capacity {
            let base = realloc(self.base, 2 * self.capacity * self.size);
            if base.is_null() {
                self.discard();
                return Err(Full);
            }
            self.base = base;
            self.capacity *= 2;
        }
        let at = self.base.wrapping_add(self.len * self.size);
        if self.size == 1 {
            *at = character as u8;
        } else {
            *at.cast::<u32>() = character;
        }
        self.len += 1;
        Ok(())
    }

    /// Frees a block that grew.
    pub unsafe fn discard(&mut self) {
        if self.grows {
            free(self.base);
            self.base = core::ptr::null_mut();
        }
    }
}
