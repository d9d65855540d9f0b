//! How many bytes the heap has from the kernel, and the hard limit on them (`limit=SIZE`).
//!
//! Counted is what could be written to: units that the page heap has handed out so far, mappings, and chunks of the checked heap. Free units
//! stay counted, for they are used again before new ones. The per-CPU blocks and tables, some pages for each CPU, are not counted.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::options;

static USED: AtomicUsize = AtomicUsize::new(0);

/// Bytes counted now.
pub fn used() -> usize {
    USED.load(Ordering::Relaxed)
}

/// Counts `bytes` more; false, and nothing is counted, if that would exceed the limit.
#[inline(never)]
pub fn charge(bytes: usize) -> bool {
    let limit = options::LIMIT.get();
    let add = |used: usize| used.checked_add(bytes).filter(|&sum| sum <= limit);
    // Relaxed: a count orders nothing. One atomic for each call of the kernel.
    USED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
}

/// Counts `bytes` less.
pub fn refund(bytes: usize) {
    USED.fetch_sub(bytes, Ordering::Relaxed);
}

/// Counts a mapping of `old` bytes as one of `new`; false, and nothing changes, if that would exceed the limit.
pub fn recharge(old: usize, new: usize) -> bool {
    if new > old {
        return charge(new - old);
    }
    refund(old - new);
    true
}
