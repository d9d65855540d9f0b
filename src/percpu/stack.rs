//! Bounded stacks of words, one a CPU; whoever finds its own empty takes from another's.
//!
//! # Promises
//! A. Each word that was pushed is popped exactly once, in no particular order overall; on one CPU the newest first.
//! B. `pop` returns `None` only if it found every stack empty, one after the other, or stopped by another thief at that moment.
//! C. `push` refuses when the current CPU's stack is full, even if others have room.
//!
//! # Price
//! A push or pop on the own CPU: 12 or 11 instructions, no atomic (level 0 of the [hierarchy](crate::counter)). A theft: one membarrier, 0.6 to 9 us.
//!
//! Without rseq: one stack under a lock for all threads.

use core::mem::MaybeUninit;
use core::num::NonZeroUsize;
use core::ptr::NonNull;

use super::array_cache::ArrayCache;
use crate::sys::Errno;

/// Bounded stacks of words that are not 0.
#[derive(Debug)]
pub struct Stack {
    words: ArrayCache,
}

impl Stack {
    /// Empty stacks with room for `capacity` words each.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new(capacity: usize) -> Result<Self, Errno> {
        Ok(Self { words: ArrayCache::new(capacity)? })
    }

    /// Puts a word onto the current CPU's stack.
    ///
    /// # Errors
    /// It is full: the word comes back.
    #[inline]
    pub fn push(&self, word: NonZeroUsize) -> Result<(), NonZeroUsize> {
        self.words.push(NonNull::without_provenance(word)).map_err(NonNull::addr)
    }

    /// Takes the newest word of the current CPU's stack, else one of another's.
    #[inline]
    #[must_use]
    pub fn pop(&self) -> Option<NonZeroUsize> {
        self.pop_here().or_else(|| self.steal())
    }

    /// Takes the newest word of the current CPU's stack.
    #[inline]
    #[must_use]
    pub fn pop_here(&self) -> Option<NonZeroUsize> {
        self.words.pop().map(NonNull::addr)
    }

    #[cold]
    fn steal(&self) -> Option<NonZeroUsize> {
        let mut one = [MaybeUninit::uninit()];
        let found = (0..self.words.slots()).any(|index| self.words.steal(index, &mut one) == 1)
            || self.words.steal_side(&mut one) == 1;
        // SAFETY: as many as it says were written.
        found.then(|| unsafe { one[0].assume_init() }.addr())
    }
}
