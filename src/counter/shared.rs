//! Level 1 alone, level 2 in company: one atomic word for all.
//!
//! Price of an addition: one locked instruction, 6 ns while the line stays here; with others at it, the line has to travel for each: 20 to 400 ns, growing with
//! the number of CPUs.
//!
//! When to use it: where an addition needs its own result (tickets, sequence numbers), or a bound must hold at every moment. When not: to count events.
//!
//! Guarantees: linearizable: each addition and each read happens at one moment, in one order for all.

use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

use super::Apart;

/// One word, on a line of its own.
#[derive(Debug)]
pub struct SharedCounter {
    word: Apart<AtomicUsize>,
}

impl SharedCounter {
    /// Holding `count`.
    #[must_use]
    pub const fn new(count: usize) -> Self {
        Self { word: Apart(AtomicUsize::new(count)) }
    }

    /// Adds `n`, modulo 2^64; returns the count before. Async-signal-safe.
    #[inline]
    pub fn add(&self, n: usize) -> usize {
        self.word.0.fetch_add(n, Relaxed) // Relaxed: one word has one order of changes anyway, and a count orders nothing else
    }

    /// Adds `n` unless that would exceed `limit`; the count before if it did. Async-signal-safe.
    pub fn add_below(&self, n: usize, limit: usize) -> Option<usize> {
        let more = |count: usize| count.checked_add(n).filter(|&sum| sum <= limit);
        self.word.0.fetch_update(Relaxed, Relaxed, more).ok()
    }

    /// The count.
    #[inline]
    #[must_use]
    pub fn get(&self) -> usize {
        self.word.0.load(Relaxed)
    }
}
