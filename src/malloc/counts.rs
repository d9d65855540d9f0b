//! How often things happened: for each CPU and class, in counters that each CPU adds to by a restartable section.
//!
//! Misses and batches are always counted: they are rare. Allocations and frees only with the option `count`, which closes the fast paths.
//! Hits are then allocations less misses.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering};

use super::size_class::COUNT;
use crate::percpu::Counters;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// An allocation; with the option `count` only.
    Allocation = 0,
    /// A free; with the option `count` only.
    Free = 1,
    /// An allocation that found the CPU's lists empty.
    Miss = 2,
    /// A chain that came from the middle.
    Fetched = 3,
    /// A chain that went to the middle, because the CPU's lists were full.
    Flushed = 4,
}

/// How many events there are.
pub const EVENTS: usize = 5;

type All = Counters<{ COUNT * EVENTS }>;

struct Cells(UnsafeCell<MaybeUninit<All>>);
// SAFETY: written once, before MADE says so.
unsafe impl Sync for Cells {}
static CELLS: Cells = Cells(UnsafeCell::new(MaybeUninit::uninit()));
static MADE: AtomicBool = AtomicBool::new(false);

/// Makes the counters; without memory for them nothing is counted. Under the initialisation lock.
pub fn init() {
    if let Ok(cells) = All::new() {
        // SAFETY: nobody looks before MADE is set.
        unsafe { (*CELLS.0.get()).write(cells) };
        MADE.store(true, Ordering::Release); // Release: pairs with `all`
    }
}

fn all() -> Option<&'static All> {
    // Acquire: pairs with `init`
    // SAFETY: made, and never changed as a whole.
    MADE.load(Ordering::Acquire).then(|| unsafe { (*CELLS.0.get()).assume_init_ref() })
}

/// Counts an event of a class. Async-signal-safe. Price: 2 ns.
#[inline]
pub fn add(event: Event, class: usize) {
    if let Some(all) = all() {
        all.add(class.min(COUNT - 1) * EVENTS + event as usize, 1);
    }
}

/// How often an event of a class happened on the CPU with this index; `None`: in threads without rseq.
pub fn of(event: Event, class: usize, index: Option<usize>) -> usize {
    all().map_or(0, |all| all.at(class.min(COUNT - 1) * EVENTS + event as usize, index))
}
