//! How many values there were, how much together, the smallest and the largest: sharded by CPU.
//!
//! Price of a record: two per-CPU additions and two loads, no atomic (level 0); a new extreme on a CPU costs a compare-and-store more. A summary: four loads for each
//! possible CPU.
//!
//! # Promises
//! A. Every record is in the count, the sum and the extremes exactly once, whatever interrupts it. B. The four are four sections: a summary while others record may have
//! counted a value that it has not added yet, so a mean is off by what is in flight, at most one value a CPU and one for each thread that was preempted in between.
//! C. At rest the summary is exact.

use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

use crate::arch::rseq as section;
use crate::percpu::Counters;
use crate::rseq;
use crate::sys::Errno;

const COUNT: usize = 0;
const SUM: usize = 1;

/// Counts, sums and compares values.
#[derive(Debug)]
pub struct Statistics {
    totals: Counters<2>,
    extremes: Counters<2>,
    /// What threads without rseq saw: complements of the smallest, the largest.
    side: [AtomicUsize; 2],
}

/// What was recorded up to one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Values.
    pub count: usize,
    /// Their sum, modulo 2^64.
    pub sum: usize,
    /// The smallest; `usize::MAX` without values.
    pub min: usize,
    /// The largest; 0 without values.
    pub max: usize,
}

impl Statistics {
    /// Of nothing.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new() -> Result<Self, Errno> {
        Ok(Self { totals: Counters::new()?, extremes: Counters::new()?, side: [const { AtomicUsize::new(0) }; 2] })
    }

    /// Adds a value. Async-signal-safe.
    #[inline]
    pub fn record(&self, value: usize) {
        self.totals.add(COUNT, 1);
        self.totals.add(SUM, value);
        self.raise(0, !value); // both extremes begin at 0, so that fresh memory is right: the least is kept as a complement
        self.raise(1, value);
    }

    /// Sees to it that the current CPU's extreme is at least `value`.
    #[inline]
    fn raise(&self, which: usize, value: usize) {
        loop {
            let fields = rseq::fields();
            let index = fields.index();
            if index < 0 {
                self.side[which].fetch_max(value, Relaxed);
                return;
            }
            let seen = self.extremes.look(index, which);
            if seen >= value {
                return; // on whichever CPU: somebody has recorded that much
            }
            let table = self.extremes.table();
            // SAFETY: every block has two words.
            let (ran_on, found) =
                unsafe { section::compare_store(fields, table, which * size_of::<usize>(), seen, value) };
            if ran_on >= 0 && found == seen {
                return;
            }
        }
    }

    /// What was recorded up to now.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let extreme = |which: usize| self.extremes.greatest(which).max(self.side[which].load(Relaxed));
        Summary { count: self.totals.sum(COUNT), sum: self.totals.sum(SUM), min: !extreme(0), max: extreme(1) }
    }
}
