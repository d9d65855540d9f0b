//! Runs of units: free ones in bins by length, dirty and clean apart, neighbours merged; fresh ones by bump; idle ones given back.
//!
//! ```text
//!   allocate   dirty bins (warm) -> clean bins -> bump
//!   free       merge with free neighbours of the same cleanliness -> dirty bin -> (decay) -> clean bin
//! ```
//! Decay: memory that stayed free through a whole period (250 ms, option `decay`) goes back to the kernel. Nobody waits for the clock: every 64th visit here reads it.

use super::lock::{Lock, Quiet};
use super::options;
use super::region;
use super::size_class::UNIT_SHIFT;
use super::span::{Kind, Span};
use crate::sys::time;

/// Bins: runs of exactly 1 to 63 units, and longer ones.
const BINS: usize = 64;
/// Visits between two looks at the clock.
const TICK: u32 = 64;

struct Bins {
    /// unit + 1 of each bin's first run.
    first: [u32; BINS],
    /// Which are not empty.
    filled: u64,
    /// Units in all of them.
    units: usize,
}

/// The page heap. Invariants: no two free neighbours of the same cleanliness; every unit that is no first or last one of a free run and no
/// first one of a run is `Inside`.
pub struct PageHeap {
    /// 0 clean, 1 dirty.
    bins: [Bins; 2],
    ticks: u32,
    /// When the period began, in milliseconds.
    since: i64,
    /// The fewest dirty units since then: these were not needed.
    idle: usize,
}

/// The one page heap.
pub static PAGE_HEAP: Lock<PageHeap> = Lock::new(PageHeap {
    bins: [const { Bins { first: [0; BINS], filled: 0, units: 0 } }; 2],
    ticks: 0,
    since: 0,
    idle: 0,
});

#[inline(always)]
fn at(unit: usize) -> &'static mut Span {
    // SAFETY: spans of used units are committed; the page heap's lock is held, which guards those of free runs and of fresh ones.
    unsafe { &mut *region::span(unit) }
}

const fn bin(units: usize) -> usize {
    if units < BINS { units - 1 } else { BINS - 1 }
}

impl PageHeap {
    fn insert(&mut self, unit: usize, units: usize, dirty: bool) {
        let bins = &mut self.bins[dirty as usize];
        let index = bin(units);
        let next = bins.first[index & (BINS - 1)];
        let span = at(unit);
        *span = Span { kind: Kind::Free, dirty, units: units as u32, head: unit as u32, next, ..BLANK };
        if units > 1 {
            let end = at(unit + units - 1);
            *end = Span { kind: Kind::FreeEnd, dirty, head: unit as u32, ..BLANK };
        }
        if next != 0 {
            at(next as usize - 1).previous = unit as u32 + 1;
        }
        bins.first[index & (BINS - 1)] = unit as u32 + 1;
        bins.filled |= 1 << index;
        bins.units += units;
    }

    fn remove(&mut self, unit: usize) -> usize {
        let (units, dirty, previous, next) = {
            let span = at(unit);
            (span.units as usize, span.dirty, span.previous, span.next)
        };
        let bins = &mut self.bins[dirty as usize];
        let index = bin(units);
        if previous != 0 {
            at(previous as usize - 1).next = next;
        } else {
            bins.first[index & (BINS - 1)] = next;
            if next == 0 {
                bins.filled &= !(1 << index);
            }
        }
        if next != 0 {
            at(next as usize - 1).previous = previous;
        }
        bins.units -= units;
        at(unit).kind = Kind::Inside;
        at(unit + units - 1).kind = Kind::Inside;
        units
    }

    /// The shortest run of these bins that holds `units`; of the long ones, the first that does.
    fn find(&self, dirty: bool, units: usize) -> Option<usize> {
        let bins = &self.bins[dirty as usize];
        let mut left = bins.filled & (u64::MAX << bin(units));
        while left != 0 {
            let index = left.trailing_zeros() as usize;
            let mut unit = bins.first[index & (BINS - 1)];
            while unit != 0 {
                let span = at(unit as usize - 1);
                if span.units as usize >= units {
                    return Some(unit as usize - 1);
                }
                unit = span.next;
            }
            left &= left - 1;
        }
        None
    }

    /// A run of `units`, all `Inside` and the caller's, and whether it reads as zero; None if memory is short.
    pub fn allocate(&mut self, units: usize) -> Option<(usize, bool)> {
        self.tick();
        for dirty in [true, false] {
            if let Some(unit) = self.find(dirty, units) {
                let all = self.remove(unit);
                if all > units {
                    self.insert(unit + units, all - units, dirty);
                }
                if dirty {
                    self.idle = self.idle.min(self.bins[1].units);
                }
                return Some((unit, !dirty));
            }
        }
        region::bump(units).map(|unit| (unit, true))
    }

    /// A run of `units` that starts at a multiple of `align` bytes.
    pub fn allocate_aligned(&mut self, units: usize, align: usize) -> Option<(usize, bool)> {
        let slack = align >> UNIT_SHIFT;
        let (unit, zeroed) = self.allocate(units + slack)?;
        let address = region::address_of(unit) as usize;
        let before = (address.next_multiple_of(align) - address) >> UNIT_SHIFT;
        if before > 0 {
            self.give(unit, before, !zeroed);
        }
        if slack > before {
            self.give(unit + before + units, slack - before, !zeroed);
        }
        Some((unit + before, zeroed))
    }

    /// Takes a run back. All its units are `Inside` but the first, which is what it was.
    pub fn free(&mut self, unit: usize, units: usize) {
        at(unit).kind = Kind::Inside;
        self.give(unit, units, true);
        self.tick();
    }

    /// Puts a run into the bins, merged with its neighbours.
    fn give(&mut self, mut unit: usize, mut units: usize, dirty: bool) {
        if let Some(after) = region::neighbour(unit + units, unit) {
            // SAFETY: the span of a used unit, under the lock.
            let after = unsafe { &*after };
            if after.kind == Kind::Free && after.dirty == dirty {
                units += self.remove(unit + units);
            }
        }
        if let Some(before) = unit.checked_sub(1).and_then(|before| region::neighbour(before, unit)) {
            // SAFETY: as above.
            let before = unsafe { &*before };
            if matches!(before.kind, Kind::Free | Kind::FreeEnd) && before.dirty == dirty {
                unit = before.head as usize;
                units += self.remove(unit);
            }
        }
        self.insert(unit, units, dirty);
    }

    /// Makes a run longer in place, if what follows it is free or was never used; whether it did.
    pub fn grow(&mut self, unit: usize, old: usize, new: usize) -> bool {
        let Some(after) = region::neighbour(unit + old, unit) else {
            return region::bump_after(unit + old, unit, new - old);
        };
        // SAFETY: the span of a used unit, under the lock.
        let after = unsafe { &*after };
        if after.kind != Kind::Free || (after.units as usize) < new - old {
            return false;
        }
        let dirty = after.dirty;
        let all = self.remove(unit + old);
        if all > new - old {
            self.insert(unit + new, all - (new - old), dirty);
        }
        true
    }

    /// Takes back the end of a run.
    pub fn shrink(&mut self, unit: usize, old: usize, new: usize) {
        self.give(unit + new, old - new, true);
    }

    /// Gives back dirty runs, the longest first, until at most `keep` units are dirty. Bytes given back.
    pub fn release(&mut self, keep: usize) -> usize {
        let mut released = 0;
        while self.bins[1].units > keep {
            let index = (u64::BITS - 1 - self.bins[1].filled.leading_zeros()) as usize;
            let unit = self.bins[1].first[index & (BINS - 1)] as usize - 1;
            let units = self.remove(unit);
            let gone = region::discard(unit, units);
            self.give(unit, units, !gone);
            if !gone {
                break; // locked memory, or an old kernel: it stays as it is
            }
            released += units << UNIT_SHIFT;
        }
        self.idle = self.idle.min(self.bins[1].units);
        released
    }

    /// Free units: those that read as zero, and the dirty ones.
    pub fn free_units(&self) -> [usize; 2] {
        [self.bins[0].units, self.bins[1].units]
    }

    fn tick(&mut self) {
        self.ticks += 1;
        if self.ticks >= TICK {
            self.ticks = 0;
            self.look_at_the_clock();
        }
    }

    #[cold]
    fn look_at_the_clock(&mut self) {
        const CLOCK_MONOTONIC_COARSE: i32 = linux_raw_sys::general::CLOCK_MONOTONIC_COARSE as i32;
        let Ok(now) = time::clock_gettime(CLOCK_MONOTONIC_COARSE) else { return };
        let now = now.seconds * 1000 + now.nanos / 1_000_000;
        let period = options::DECAY.get(); // usize::MAX: never
        if ((now - self.since) as usize) < period {
            return;
        }
        let dirty = self.bins[1].units;
        let keep = (dirty - self.idle.min(dirty)).max(options::KEEP.get() >> UNIT_SHIFT);
        self.release(keep);
        self.since = now;
        super::large::expire(now);
        self.idle = self.bins[1].units;
    }
}

const BLANK: Span = Span {
    kind: Kind::Inside,
    class: 0,
    dirty: false,
    listed: false,
    units: 0,
    head: 0,
    previous: 0,
    next: 0,
    blocks: 0,
    carved: 0,
    free: 0,
    list: core::ptr::null_mut(),
    bytes: 0,
};

/// The page heap, for as long as the guard lives.
#[inline]
pub fn with<R>(quiet: &Quiet, action: impl FnOnce(&mut PageHeap) -> R) -> R {
    action(&mut PAGE_HEAP.lock(quiet))
}
