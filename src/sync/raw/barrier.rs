//! A barrier for a fixed number of threads.

use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicU32, AtomicU64};

use super::deadline::sleep;
use crate::sys::futex::{self, Scope};

const ARRIVED: u64 = 1 << 32;

/// A barrier for a fixed number of threads, any number of rounds.
#[repr(C)]
#[derive(Debug)]
pub struct RawBarrier {
    /// Bits 0 to 31: the round, which sleepers watch. Bits 32 to 63: threads that arrived in it, fewer than `threads`.
    word: AtomicU64,
    /// Threads a round.
    threads: u32,
    /// Threads between their call and their return.
    inside: AtomicU32,
}

impl RawBarrier {
    /// A barrier that opens when `threads` have arrived; 0 counts as 1.
    #[must_use]
    pub const fn new(threads: u32) -> Self {
        Self { word: AtomicU64::new(0), threads, inside: AtomicU32::new(0) }
    }

    /// Waits until `threads` threads have arrived; true in one of them, the last.
    pub fn wait(&self, scope: Scope) -> bool {
        self.inside.fetch_add(1, Relaxed);
        let mut word = self.word.load(Relaxed);
        let last = loop {
            let last = (word >> 32) + 1 >= u64::from(self.threads);
            let next = if last { u64::from((word as u32).wrapping_add(1)) } else { word + ARRIVED };
            // AcqRel: what each thread did before it arrived is visible to the last one, and through `round` to all.
            match self.word.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) => break last,
                Err(now) => word = now,
            }
        };
        // SAFETY: the first half of the double word, which is the low one on both CPUs.
        let round = unsafe { AtomicU32::from_ptr(self.word.as_ptr().cast()) };
        if last {
            futex::wake(round, u32::MAX >> 1, scope);
        } else {
            // Acquire: pairs with the last thread's AcqRel.
            while round.load(Acquire) == word as u32 {
                let _ = sleep(round, word as u32, None, scope); // without a deadline it cannot time out
            }
        }
        let inside = &raw const self.inside;
        // Release: pairs with Acquire in `wait_until_unused`.
        if self.inside.fetch_sub(1, Release) == DESTROYED + 1 {
            futex::wake(inside, u32::MAX >> 1, scope);
        }
        last
    }

    /// Whether threads have arrived that still wait for others.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.word.load(Relaxed) >= ARRIVED
    }

    /// Returns when the threads of the last round have left. For destroying it.
    pub fn wait_until_unused(&self, scope: Scope) {
        let mut left = self.inside.fetch_or(DESTROYED, Acquire) | DESTROYED;
        // Acquire: pairs with Release in `wait`.
        while left != DESTROYED {
            let _ = sleep(&self.inside, left, None, scope);
            left = self.inside.load(Acquire);
        }
        self.inside.store(0, Relaxed);
    }
}

/// In `inside`: somebody waits in `wait_until_unused` for the count to become 0.
const DESTROYED: u32 = 1 << 31;
