//! Level 0: each thread adds to a word of its own.
//!
//! Price of an addition: a load and a store, as for a plain variable. A read: one load for each of `N` places. Memory: a cache line for each of them.
//!
//! When to use it: threads that live long and can hold a [`Mine`], in a thread-local or on their stack. When not: many short-lived threads, or callers that come from
//! anywhere: [`percpu::Counter`](crate::percpu::Counter) needs no handle.
//!
//! # Protocol
//! 1. [`ThreadCounter::mine`] claims a place that nobody has. 2. Its holder adds by a load and a store: one writer, so nothing is lost. 3. A [`Mine`] that is
//!    dropped leaves its count in the place for the next holder to go on from, so no sum is ever moved, and no lock is needed.
//!
//! With more threads than places the rest share one place by atomics (level 2).

use core::marker::PhantomData;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicBool, AtomicUsize};

use super::Apart;

/// A counter with places for `N` threads.
#[derive(Debug)]
pub struct ThreadCounter<const N: usize> {
    places: [Apart<Place>; N],
    overflow: Apart<AtomicUsize>,
}

#[derive(Debug)]
struct Place {
    count: AtomicUsize,
    taken: AtomicBool,
}

/// The right to add as the only one at a place.
#[derive(Debug)]
pub struct Mine<'a> {
    /// `None`: no place was left.
    place: Option<&'a Place>,
    overflow: &'a AtomicUsize,
    /// Neither Sync nor Send: a signal handler or another thread would be a second writer.
    stays: PhantomData<*mut ()>,
}

impl<const N: usize> ThreadCounter<N> {
    /// 0.
    #[must_use]
    pub const fn new() -> Self {
        let places = [const { Apart(Place { count: AtomicUsize::new(0), taken: AtomicBool::new(false) }) }; N];
        Self { places, overflow: Apart(AtomicUsize::new(0)) }
    }

    /// A place for this thread. Price: a look at each place, until one is free.
    #[must_use]
    pub fn mine(&self) -> Mine<'_> {
        let free = self.places.iter().find(|place| {
            // Acquire: pairs with Release in `drop`: the last holder's count is there.
            !place.0.taken.load(Relaxed) && !place.0.taken.swap(true, Acquire)
        });
        Mine { place: free.map(|place| &place.0), overflow: &self.overflow.0, stays: PhantomData }
    }

    /// The count: see [the module](super) for what it means while others add.
    #[must_use]
    pub fn sum(&self) -> usize {
        let places = self.places.iter().map(|place| place.0.count.load(Relaxed)); // Relaxed: a count orders nothing
        places.fold(self.overflow.0.load(Relaxed), usize::wrapping_add)
    }
}

impl<const N: usize> Default for ThreadCounter<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl Mine<'_> {
    /// Adds `n`, modulo 2^64. Price: a load and a store.
    #[inline(always)]
    pub fn add(&self, n: usize) {
        match self.place {
            Some(place) => place.count.store(place.count.load(Relaxed).wrapping_add(n), Relaxed),
            None => {
                self.overflow.fetch_add(n, Relaxed);
            }
        }
    }

    /// Whether this thread has a place of its own.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.place.is_some()
    }
}

impl Drop for Mine<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            place.taken.store(false, Release); // Release: pairs with Acquire in `mine`
        }
    }
}
