//! What one side of a queue counts. Written by that side alone, so each count is a load and a store; anybody may read.

use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;

/// One number.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds; the owner alone.
    #[inline(always)]
    pub fn add(&self, n: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(n), Relaxed); // Relaxed: a statistic
    }

    /// Reads.
    #[inline(always)]
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The counts of one end of a ring.
#[derive(Debug, Default)]
pub struct EndCounts {
    /// Times the ring was full (producer) or empty (consumer) when looked at.
    pub refused: Count,
    /// Times this end slept.
    pub sleeps: Count,
    /// Times it prepared to sleep and did not.
    pub vain: Count,
    /// Times this end woke the other one.
    pub wakes: Count,
}

/// What one end of a ring has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndStatistics {
    /// Messages that it published (producer) or took (consumer), modulo 2^64.
    pub messages: u64,
    /// Times it found the ring full (producer) or empty (consumer).
    pub refused: u64,
    /// Times it slept.
    pub sleeps: u64,
    /// Times it wanted to sleep, and did not because the fence was taken or something had come.
    pub vain: u64,
    /// Times it woke the other end, by a system call.
    pub wakes: u64,
}

/// Of both ends; taken one count after the other, so no snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Of who pushes.
    pub producer: EndStatistics,
    /// Of who pops.
    pub consumer: EndStatistics,
}
