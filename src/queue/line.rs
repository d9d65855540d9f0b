//! A cache line of one's own.

use core::ops::{Deref, DerefMut};

/// Keeps what is in it off everybody else's cache lines.
#[repr(align(128))]
#[derive(Debug, Default)]
pub struct Line<T>(pub T);

const _: () = assert!(align_of::<Line<u8>>() >= crate::arch::CACHE_LINE);

impl<T> Deref for Line<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Line<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}
