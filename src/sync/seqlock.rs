//! A few words that are read without writing anything.
//!
//! Level of the [cost hierarchy](crate::counter): **0** for readers, who only load; 1 for a writer alone (the mutex's two locked instructions); 2 when writers
//! meet, or when a reader's line has just been written.
//!
//! When to use it: small plain data, read often and written seldom: a clock, a position, a configuration. When not: data with pointers to what a writer frees (RCU);
//! writers that come often, for each makes all concurrent readers start over; more than a few cache lines.
//!
//! # Protocol
//! 1. A writer takes the mutex, makes `sequence` odd, stores the words, makes it even.
//! 2. A reader loads `sequence` until it is even, the words, and `sequence` again: unchanged means that it has seen no writer's half.
//! 3. A reader that failed too often waits for its turn in the mutex: writers cannot starve it.
//!
//! # Guarantees
//! A. A read returns what one write left, whole. B. A read that begins after a write ended sees that write or a later one. C. A reader never delays a writer, unless it
//! had to fall back to the mutex.
//!
//! Words are atomics, so the concurrent copy is no data race in the language's eyes either.
//!
//! Source: Boehm, "Can seqlocks get along with programming language memory models?" (2012).

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicUsize, fence};

use super::raw::{RawMutex, Scope, Spin};

/// `N` words, written and read as a whole.
#[derive(Debug)]
pub struct SeqLock<const N: usize> {
    /// Odd while a writer is at it.
    sequence: AtomicUsize,
    writers: RawMutex,
    words: [AtomicUsize; N],
}

/// The negative controls of the models and tests leave out what keeps the two sides in order.
const CHECKED: bool = cfg!(not(dacapo_broken = "seqlock_no_check"));

impl<const N: usize> SeqLock<N> {
    /// Holding `words`.
    #[must_use]
    pub fn new(words: [usize; N]) -> Self {
        Self { sequence: AtomicUsize::new(0), writers: RawMutex::new(), words: words.map(AtomicUsize::new) }
    }

    /// The words as one writer left them. Price: N + 2 loads, 2 branches. Async-signal-safe only as [`SeqLock::try_read`].
    #[inline]
    #[must_use]
    pub fn read(&self) -> [usize; N] {
        match self.try_read() {
            Some(words) => words,
            None => self.read_slow(),
        }
    }

    /// As [`SeqLock::read`]; `None` if a writer was about. Async-signal-safe.
    #[inline]
    #[must_use]
    pub fn try_read(&self) -> Option<[usize; N]> {
        let before = self.sequence.load(Acquire); // Acquire: pairs with the writer's last store; the words' loads stay behind it
        let words = core::array::from_fn(|at| self.words[at].load(Relaxed));
        fence(Acquire); // pairs with the writer's fence: who saw a new word sees the odd number too
        let unchanged = before & 1 == 0 && self.sequence.load(Relaxed) == before;
        (unchanged || !CHECKED).then_some(words)
    }

    #[cold]
    fn read_slow(&self) -> [usize; N] {
        let mut spin = Spin::new();
        while spin.again() {
            if let Some(words) = self.try_read() {
                return words;
            }
        }
        self.writers.lock(Scope::Private);
        let words = core::array::from_fn(|at| self.words[at].load(Relaxed));
        // SAFETY: taken above.
        unsafe { self.writers.unlock(Scope::Private) };
        words
    }

    /// Replaces the words by what `change` makes of them. Not within `change` again: that never returns.
    pub fn update<R>(&self, change: impl FnOnce(&mut [usize; N]) -> R) -> R {
        self.writers.lock(Scope::Private);
        let mut words = core::array::from_fn(|at| self.words[at].load(Relaxed)); // Relaxed: written under the mutex only
        let result = change(&mut words);
        let sequence = self.sequence.load(Relaxed);
        self.sequence.store(sequence.wrapping_add(1), Relaxed);
        fence(Release); // pairs with the reader's fence: the odd number is out before any word
        for (to, from) in self.words.iter().zip(words) {
            to.store(from, Relaxed);
        }
        self.sequence.store(sequence.wrapping_add(2), Release); // Release: pairs with Acquire in `try_read`
        // SAFETY: taken above.
        unsafe { self.writers.unlock(Scope::Private) };
        result
    }

    /// Replaces the words.
    pub fn write(&self, words: [usize; N]) {
        self.update(|old| *old = words);
    }
}
