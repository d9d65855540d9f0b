//! What happened on each CPU, in order, for a collector that comes by now and then.
//!
//! # Promises
//! A. Records of one ring are collected in the order in which they were made; those of different rings are not ordered among each other: put a time into the record
//!    if that matters.
//! B. Each record that was accepted is collected exactly once. When a CPU's ring is full, new records are refused and counted, old ones kept: what led to
//!    the flood is worth more than the flood.
//! C. A record never waits. While a collector has the ring in hand (microseconds) records on that CPU are refused and counted too.
//!
//! # Price
//! A record: 12 instructions, no atomic (level 0). A collection: one membarrier for all CPUs, 0.6 to 9 us, plus the records.
//!
//! What a collection means while others write: everything recorded before it began, nothing recorded after it ended.
//!
//! Without rseq: one ring under a lock for all threads.

use core::num::NonZeroUsize;
use core::ptr::NonNull;

use super::array_cache::ArrayCache;
use super::cell::Counter;
use crate::sys::Errno;

/// A ring of words that are not 0, for each CPU.
#[derive(Debug)]
pub struct Ring {
    records: ArrayCache,
    lost: Counter,
}

impl Ring {
    /// Empty rings with room for `capacity` records each.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new(capacity: usize) -> Result<Self, Errno> {
        Ok(Self { records: ArrayCache::new(capacity)?, lost: Counter::new()? })
    }

    /// Appends to the current CPU's ring; false if it was full or being collected, which [`Ring::lost`] counts.
    #[inline]
    pub fn record(&self, word: NonZeroUsize) -> bool {
        let accepted = self.records.push(NonNull::without_provenance(word)).is_ok();
        if !accepted {
            self.lost.add(0, 1);
        }
        accepted
    }

    /// Empties the rings: gives each one's records to `sink`, oldest first. Threads may move between calls of [`Ring::record`], and concurrency ids between threads, so
    /// that one thread's records may lie in several rings.
    pub fn collect(&self, mut sink: impl FnMut(&mut dyn Iterator<Item = NonZeroUsize>)) {
        self.records.drain(|records| {
            if !records.is_empty() {
                sink(&mut records.iter().map(|record| record.addr()));
            }
        });
    }

    /// Records that were refused so far.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.lost.sum(0)
    }
}
