//! Small numbers, each given to one holder at a time.
//!
//! # Promises
//! A. No number is held twice at the same time. B. All are below `limit`. C. An allocation fails only if every number is held, or on its way between another thread and
//! the pool at that moment. Numbers that CPUs keep in stock are called in before that.
//!
//! # Price
//! 11 instructions, no atomic (level 0), as long as the current CPU has some in stock: one trip to the pool, under a mutex, for each [`BATCH`] of them. When the pool
//! runs dry, each allocation that misses calls in all stocks: one membarrier.
//!
//! Numbers are not dense: each CPU may have up to 2 * [`BATCH`] in stock. Without rseq: one stock under a lock.

use core::mem::MaybeUninit;
use core::num::NonZeroUsize;
use core::ptr::NonNull;

use super::array_cache::{ArrayCache, Object};
use crate::sync::Mutex;
use crate::sys::Errno;
use crate::sys::memory::{self, MapFlags, Protection};

/// Numbers that move between the pool and a CPU's stock at a time.
pub const BATCH: usize = 16;

const WORD: usize = usize::BITS as usize;

/// The negative control leaves what CPUs have in stock there (`dacapo_broken`).
const RECALLS: bool = cfg!(not(dacapo_broken = "ids_no_recall"));

/// The numbers from 0 to a limit, each to be held by one at a time.
#[derive(Debug)]
pub struct Ids {
    stock: ArrayCache,
    pool: Mutex<Pool>,
    limit: usize,
}

/// A bit for each number: set while it is free.
#[derive(Debug)]
struct Pool {
    bits: NonNull<usize>,
    words: usize,
    /// No word below this one has a bit set.
    lowest: usize,
}

// SAFETY: it owns the mapping that `bits` points to.
unsafe impl Send for Pool {}

fn as_object(id: usize) -> Object {
    NonNull::without_provenance(NonZeroUsize::MIN.saturating_add(id)) // an array's objects are not null
}

fn as_id(object: Object) -> usize {
    object.addr().get() - 1
}

impl Pool {
    fn new(limit: usize) -> Result<Pool, Errno> {
        let words = limit.div_ceil(WORD).max(1);
        let size = words.checked_mul(size_of::<usize>()).ok_or(Errno::ENOMEM)?;
        let mapping = memory::map(size, Protection::READ_WRITE, MapFlags::NORESERVE)?;
        let mut pool = Pool { bits: NonNull::new(mapping.cast()).ok_or(Errno::ENOMEM)?, words, lowest: 0 };
        for (at, word) in pool.bits().iter_mut().enumerate() {
            let rest = limit.saturating_sub(at * WORD).min(WORD);
            *word = if rest == WORD { usize::MAX } else { (1 << rest) - 1 };
        }
        Ok(pool)
    }

    fn bits(&mut self) -> &mut [usize] {
        // SAFETY: the mapping holds so many words, and the pool is borrowed.
        unsafe { core::slice::from_raw_parts_mut(self.bits.as_ptr(), self.words) }
    }

    /// Takes the lowest free numbers, as many as fit; returns how many.
    fn take(&mut self, to: &mut [MaybeUninit<Object>]) -> usize {
        let (mut taken, mut at) = (0, self.lowest);
        while at < self.words && taken < to.len() {
            let word = &mut self.bits()[at];
            if *word == 0 {
                at += 1;
                continue;
            }
            to[taken].write(as_object(at * WORD + word.trailing_zeros() as usize));
            *word &= *word - 1;
            taken += 1;
        }
        self.lowest = at;
        taken
    }

    fn give(&mut self, objects: &[Object]) {
        for &object in objects {
            let id = as_id(object);
            self.bits()[id / WORD] |= 1 << (id % WORD);
            self.lowest = self.lowest.min(id / WORD);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: our own mapping, and the last reference to it.
        let _ = unsafe { memory::unmap(self.bits.as_ptr().cast(), self.words * size_of::<usize>()) }; // a whole mapping: cannot fail
    }
}

impl Ids {
    /// The numbers below `limit`, all free.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new(limit: usize) -> Result<Self, Errno> {
        Ok(Self { stock: ArrayCache::new(2 * BATCH)?, pool: Mutex::new(Pool::new(limit)?), limit })
    }

    /// A number that nobody holds; `None` if there is none.
    #[inline]
    #[must_use]
    pub fn allocate(&self) -> Option<usize> {
        match self.stock.pop() {
            Some(object) => Some(as_id(object)),
            None => self.restock(),
        }
    }

    #[cold]
    fn restock(&self) -> Option<usize> {
        let mut batch = [MaybeUninit::uninit(); BATCH];
        let mut taken = self.pool.lock().take(&mut batch);
        if taken == 0 && RECALLS {
            let mut pool = self.pool.lock();
            self.stock.drain(|objects| pool.give(objects));
            taken = pool.take(&mut batch[..1]);
        }
        // SAFETY: so many were written.
        let batch = unsafe { batch[..taken].assume_init_ref() };
        let (first, rest) = batch.split_first()?;
        let stored = self.stock.push_batch(rest);
        if stored < rest.len() {
            self.pool.lock().give(&rest[stored..]);
        }
        Some(as_id(*first))
    }

    /// Gives a number back.
    ///
    /// # Panics
    /// `id` is not below the limit. That it was held is the caller's promise: a number given back twice is held twice.
    #[inline]
    pub fn free(&self, id: usize) {
        assert!(id < self.limit);
        if self.stock.push(as_object(id)).is_err() {
            self.overflow(id);
        }
    }

    #[cold]
    fn overflow(&self, id: usize) {
        let mut batch = [MaybeUninit::uninit(); BATCH];
        let taken = self.stock.pop_batch(&mut batch);
        let mut pool = self.pool.lock();
        // SAFETY: so many were written.
        pool.give(unsafe { batch[..taken].assume_init_ref() });
        pool.give(&[as_object(id)]);
    }
}
