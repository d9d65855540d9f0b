//! How many indices a section can meet.

use core::sync::atomic::{AtomicUsize, Ordering};

use crate::sys::sched;

/// More CPUs than any Linux kernel can be built for.
pub const MOST: usize = 8192;

static SLOTS: AtomicUsize = AtomicUsize::new(0);

/// A bound for every CPU number and concurrency id on this machine, CPUs that are yet to be plugged in included.
///
/// The kernel copies its whole CPU mask, so the mask's size says what it has room for. [`MOST`] where a filter forbids to ask.
#[must_use]
pub fn slots() -> usize {
    let known = SLOTS.load(Ordering::Relaxed); // Relaxed: everyone finds the same number
    if known != 0 {
        return known;
    }
    let mut mask = [0_usize; MOST / usize::BITS as usize];
    let slots = match sched::get_affinity(0, &mut mask) {
        Ok(bytes) if bytes > 0 => bytes * 8,
        _ => MOST,
    };
    SLOTS.store(slots, Ordering::Relaxed);
    slots
}

/// CPUs that the calling thread may run on; at least 1.
#[must_use]
pub fn allowed() -> usize {
    let mut mask = [0_usize; MOST / usize::BITS as usize];
    let _ = sched::get_affinity(0, &mut mask); // refused: the mask stays empty
    mask.iter().map(|word| word.count_ones() as usize).sum::<usize>().max(1)
}
