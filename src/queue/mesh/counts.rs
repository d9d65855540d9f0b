//! What one core counts, on lines of its own.

use crate::queue::counts::Count;

/// Written by the core, read by anybody.
#[derive(Debug, Default)]
pub struct CoreCounts {
    pub submitted: Count,
    pub refused: Count,
    pub served: Count,
    pub batches: Count,
    pub sleeps: Count,
    pub vain: Count,
    pub wakes: Count,
}

/// What one core has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoreStatistics {
    /// Jobs that it sent, to itself too.
    pub submitted: u64,
    /// Times it found a ring full.
    pub refused: u64,
    /// Jobs of others that it ran.
    pub served: u64,
    /// Runs of such jobs from one ring, each followed by one look at the sender's bell.
    pub batches: u64,
    /// Times it slept.
    pub sleeps: u64,
    /// Times it wanted to sleep and did not, because the fence was taken or something had come.
    pub vain: u64,
    /// Times it woke another core, by a system call.
    pub wakes: u64,
}

impl CoreCounts {
    pub fn read(&self) -> CoreStatistics {
        CoreStatistics {
            submitted: self.submitted.get(),
            refused: self.refused.get(),
            served: self.served.get(),
            batches: self.batches.get(),
            sleeps: self.sleeps.get(),
            vain: self.vain.get(),
            wakes: self.wakes.get(),
        }
    }
}
