//! So many a second, and no more.
//!
//! A pool fills by the clock: one token each `interval`, at most `burst` of them. CPUs fetch tokens in batches, and spend them one by one.
//!
//! # Promises
//! A. Since it was made, no more than `burst + elapsed / interval` were admitted. B. In any window of time, no more than that plus what CPUs had in stock when it began:
//! `batch - 1` each. C. While every CPU asks, none that the pool had is refused; a CPU that stopped asking keeps up to `batch - 1` tokens for itself.
//!
//! # Price
//! 8 instructions and a load, no atomic (level 0), for all but one of a batch; that one reads the clock and exchanges one shared word (level 2).
//! A refusal always reads the clock. Without rseq each admission goes to the shared word.

use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicU64, AtomicUsize};
use core::time::Duration;

use super::fallback;
use super::memory::{Birth, Block, PerCpu};
use crate::arch::rseq as section;
use crate::rseq;
use crate::sys::Errno;
use crate::sys::time::clock_gettime;

/// The negative control passes on a guess that the section found wrong (`dacapo_broken`).
const CHECKS: bool = cfg!(not(dacapo_broken = "limiter_no_check"));

#[repr(transparent)]
#[derive(Debug)]
struct Tokens(AtomicUsize);

// SAFETY: zero tokens are valid, and the word is an atomic.
unsafe impl Block for Tokens {}

/// Admits one each interval, and bursts.
#[derive(Debug)]
pub struct Limiter {
    tokens: PerCpu<Tokens>,
    /// The moment at which the pool will be full again, in ns of the monotonic clock: `burst` intervals ahead of now, the pool is empty.
    full_at: AtomicU64,
    interval: u64,
    burst: u64,
    batch: u64,
}

fn now() -> u64 {
    let now = clock_gettime(linux_raw_sys::general::CLOCK_MONOTONIC as i32).unwrap_or_default();
    now.seconds as u64 * 1_000_000_000 + now.nanos as u64
}

impl Limiter {
    /// One each `interval`, rounded to nanoseconds and at least 1; up to `burst` at once after a pause; CPUs fetch `batch` at a time, 1 for exactness. All at least 1.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new(interval: Duration, burst: u32, batch: u32) -> Result<Self, Errno> {
        let interval = u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX >> 33).clamp(1, u64::MAX >> 33);
        let (burst, batch) = (u64::from(burst.max(1)), u64::from(batch.max(1)));
        let tokens = PerCpu::new(0, Birth::Eager)?;
        Ok(Self { tokens, full_at: AtomicU64::new(now()), interval, burst, batch })
    }

    /// Whether one more may pass.
    #[inline]
    #[must_use]
    pub fn admit(&self) -> bool {
        loop {
            let fields = rseq::fields();
            let index = fields.index();
            // SAFETY: a block lives as long as `self`.
            let stock = unsafe { self.tokens.at(index).as_ref() }.0.load(Relaxed); // a guess, which the section checks
            if index < 0 || stock == 0 {
                return self.admit_slow();
            }
            // SAFETY: every block is one word.
            let (ran_on, found) = unsafe { section::compare_store(fields, self.tokens.table(), 0, stock, stock - 1) };
            if ran_on >= 0 && (found == stock || !CHECKS) {
                return true;
            }
        }
    }

    #[cold]
    fn admit_slow(&self) -> bool {
        if rseq::fields().index() < 0 && !fallback::enrol() {
            return self.fetch(1);
        }
        if self.batch > 1 && self.fetch(self.batch) {
            self.keep(self.batch as usize - 1);
            return true;
        }
        self.fetch(1)
    }

    /// Puts tokens into the current CPU's stock; if the thread lost its rseq meanwhile, they are forfeited.
    fn keep(&self, tokens: usize) {
        // SAFETY: every block is one word; what is added to the stopped one is taken by nobody: its index is negative.
        unsafe { section::add(rseq::fields(), self.tokens.table(), 0, tokens) };
    }

    /// Takes so many tokens from the pool, or none.
    fn fetch(&self, tokens: u64) -> bool {
        let now = now();
        let mut full_at = self.full_at.load(Relaxed); // Relaxed: the word says all there is
        loop {
            let after = full_at.max(now) + tokens * self.interval;
            if after > now + self.burst * self.interval {
                return false;
            }
            match self.full_at.compare_exchange_weak(full_at, after, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(changed) => full_at = changed,
            }
        }
    }
}
