//! Level 1: atomics, spread so that threads which run at the same time rarely want the same one.
//!
//! Price of an addition: one locked instruction on a line that stays with the CPU, and the load that finds the stripe. A read: `N` loads. Memory: a line for each
//! stripe.
//!
//! When to use it: where there may be no rseq (it works the same in a sandbox that forbids it), in static data, without allocation. When not: where
//! [`percpu::Counter`](crate::percpu::Counter) can be had, which is three times cheaper.
//!
//! The stripe is chosen by the CPU's number where that is at hand, else by the thread's own address: unlike the adaptive multi-counter, which moves a thread on when
//! a compare-and-exchange fails, it needs no failure to find a quiet stripe.

use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

use super::Apart;
use crate::arch::tls;
use crate::rseq;

/// A counter in `N` stripes; `N` is a power of two, best at least the number of CPUs.
#[derive(Debug)]
pub struct StripedCounter<const N: usize> {
    stripes: [Apart<AtomicUsize>; N],
}

impl<const N: usize> StripedCounter<N> {
    /// 0.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(N.is_power_of_two()) };
        Self { stripes: [const { Apart(AtomicUsize::new(0)) }; N] }
    }

    /// Adds `n`, modulo 2^64. Async-signal-safe.
    #[inline]
    pub fn add(&self, n: usize) {
        let cpu = rseq::cpu_hint();
        let stripe = if (cpu as i32) < 0 { tls::thread_pointer() >> 12 } else { cpu as usize };
        self.stripes[stripe & (N - 1)].0.fetch_add(n, Relaxed); // Relaxed: a count orders nothing
    }

    /// The count: see [the module](super) for what it means while others add.
    #[must_use]
    pub fn sum(&self) -> usize {
        self.stripes.iter().map(|stripe| stripe.0.load(Relaxed)).fold(0, usize::wrapping_add)
    }
}

impl<const N: usize> Default for StripedCounter<N> {
    fn default() -> Self {
        Self::new()
    }
}
