//! How values are spread: counters for buckets whose width grows with the value.
//!
//! ```text
//!   0 1 2 3 | 4 5 6 7 | 8-9 10-11 12-13 14-15 | 16-19 20-23 ... | ...         four buckets for each power of two
//! ```
//! Price of a record: the bucket (6 instructions) and a per-CPU addition, no atomic (level 0). A snapshot: 252 loads for each possible CPU. Memory: 2 KiB for each
//! CPU that recorded.
//!
//! # Promises
//! A. Every record is counted exactly once. B. A bucket is at most a quarter as wide as its values are large, so a quantile is right to 25 % of itself, upwards.
//! C. A snapshot while others record: each bucket is a read of its own, as in [the module](super).

use crate::percpu::Counters;
use crate::sys::Errno;

/// Buckets.
pub const BUCKETS: usize = 252;

/// Counts values by size.
#[derive(Debug)]
pub struct Histogram {
    buckets: Counters<BUCKETS>,
}

/// What was recorded up to one look.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Records in each bucket.
    pub counts: [usize; BUCKETS],
}

/// The bucket of a value.
#[inline]
#[must_use]
pub fn bucket(value: u64) -> usize {
    if value < 4 {
        return value as usize;
    }
    let power = value.ilog2();
    (power as usize - 1) * 4 + (value >> (power - 2)) as usize % 4
}

/// The smallest and the largest value of a bucket.
///
/// # Panics
/// There is no such bucket.
#[must_use]
pub fn range(bucket: usize) -> (u64, u64) {
    assert!(bucket < BUCKETS);
    if bucket < 4 {
        return (bucket as u64, bucket as u64);
    }
    let shift = bucket / 4 - 1;
    let first = (4 + bucket as u64 % 4) << shift;
    (first, first + ((1 << shift) - 1))
}

impl Histogram {
    /// Empty.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new() -> Result<Self, Errno> {
        Ok(Self { buckets: Counters::new()? })
    }

    /// Counts a value. Async-signal-safe.
    #[inline]
    pub fn record(&self, value: u64) {
        self.buckets.add(bucket(value), 1);
    }

    /// What was recorded up to now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { counts: core::array::from_fn(|which| self.buckets.sum(which)) }
    }
}

impl Snapshot {
    /// Records in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.counts.iter().fold(0, |sum, &count| sum.wrapping_add(count))
    }

    /// A value that `permille` of a thousand records do not exceed, and at most 25 % above the least such value; `None` without records.
    #[must_use]
    pub fn quantile(&self, permille: u32) -> Option<u64> {
        let total = self.total();
        let wanted = (total as u128 * u128::from(permille.min(1000))).div_ceil(1000).max(1);
        let mut seen = 0_u128;
        let found = self.counts.iter().position(|&count| {
            seen += count as u128;
            seen >= wanted
        });
        found.filter(|_| total > 0).map(|bucket| range(bucket).1)
    }

    /// What came after `earlier`, a snapshot of the same histogram.
    #[must_use]
    pub fn since(&self, earlier: &Snapshot) -> Snapshot {
        Snapshot { counts: core::array::from_fn(|at| self.counts[at].wrapping_sub(earlier.counts[at])) }
    }
}
