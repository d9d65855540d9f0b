//! Runs of units: free ones in bins by length, each state apart, neighbours merged; fresh ones by bump; idle ones given back.
//!
//! ```text
//!   allocate   dirty bins (warm) -> clean bins -> bare bins, committed again -> bump
//!   free       merge with free neighbours of the same state -> dirty bin -> (decay) -> clean bin
//!   trim, or memory is short:  dirty and clean bins -> bare bins
//! ```
//! A clean run costs no memory, but it is still promised to this process: under `vm.overcommit_memory=2` and RLIMIT_DATA it counts. A bare one
//! is address space only.
//! Decay: memory that stayed free through a whole period (250 ms, option `decay`) goes back to the kernel. Nobody waits for the clock: every 64th visit here reads it, and
//! once a second whoever fetches or gives back a magazine: where all traffic is served by magazines, nobody comes here.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::lock::{Lock, Quiet};
use super::options;
use super::region;
use super::reserve;
use super::size_class::UNIT_SHIFT;
use super::span::{Grows, Kind, Span, State};
use super::verify::Broken;
use crate::sys::time;

/// Bins: runs of exactly 1 to 63 units, and longer ones.
const BINS: usize = 64;
const STATES: usize = 3;
/// Long runs that are looked at for the one that fits best.
const LOOKS: usize = 32;
/// A bare run is committed in steps of 4 MiB.
const STEP: usize = (4 << 20) >> UNIT_SHIFT;
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

/// The page heap. Invariants: no two free neighbours of the same state; every unit that is no first or last one of a free run and no
/// first one of a run is `Inside`.
pub struct PageHeap {
    /// By [`State`].
    bins: [Bins; STATES],
    ticks: u32,
    /// When the period began, in milliseconds.
    since: i64,
    /// The fewest dirty units since then: these were not needed.
    idle: usize,
    /// Bytes that growing blocks have lately become, more or less.
    growth: usize,
}

/// The one page heap.
pub static PAGE_HEAP: Lock<PageHeap> = Lock::new(PageHeap {
    bins: [const { Bins { first: [0; BINS], filled: 0, units: 0 } }; STATES],
    ticks: 0,
    since: 0,
    idle: 0,
    growth: 0,
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
    fn insert(&mut self, unit: usize, units: usize, state: State) {
        let bins = &mut self.bins[state as usize];
        let index = bin(units);
        let next = bins.first[index & (BINS - 1)];
        let span = at(unit);
        *span = Span { kind: Kind::Free, state, units: units as u32, head: unit as u32, next, ..BLANK };
        if units > 1 {
            let end = at(unit + units - 1);
            *end = Span { kind: Kind::FreeEnd, state, head: unit as u32, ..BLANK };
        }
        if next != 0 {
            at(next as usize - 1).previous = unit as u32 + 1;
        }
        bins.first[index & (BINS - 1)] = unit as u32 + 1;
        bins.filled |= 1 << index;
        bins.units += units;
    }

    fn remove(&mut self, unit: usize) -> usize {
        let (units, state, previous, next) = {
            let span = at(unit);
            (span.units as usize, span.state, span.previous, span.next)
        };
        let bins = &mut self.bins[state as usize];
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

    /// The shortest run of these bins that holds `units`; of the long ones, the shortest of the first few that do.
    fn find(&self, state: State, units: usize) -> Option<usize> {
        let bins = &self.bins[state as usize];
        let mut left = bins.filled & (u64::MAX << bin(units));
        while left != 0 {
            let index = left.trailing_zeros() as usize;
            let (mut unit, mut best, mut looks) = (bins.first[index & (BINS - 1)], None, 0);
            while unit != 0 && (best.is_none() || looks < LOOKS) {
                let span = at(unit as usize - 1);
                let here = span.units as usize;
                if here >= units && best.is_none_or(|(_, length)| here < length) {
                    best = Some((unit as usize - 1, here));
                    if here == units || index < BINS - 1 {
                        break;
                    }
                }
                (unit, looks) = (span.next, looks + 1);
            }
            if let Some((unit, _)) = best {
                return Some(unit);
            }
            left &= left - 1;
        }
        None
    }

    /// Takes a free run of `units` out of the bins, its rest going back; and whether it reads as zero.
    fn reuse(&mut self, units: usize) -> Option<(usize, bool)> {
        for state in [State::Dirty, State::Clean] {
            if let Some(unit) = self.find(state, units) {
                return Some(self.cut(unit, units, state));
            }
        }
        let unit = self.find(State::Bare, units)?;
        let all = self.remove(unit);
        // A generous step first; when memory is short, exactly what is needed.
        let step = all.min(units.max(STEP));
        let Some(length) = [step, units].into_iter().find(|&length| region::recommit(unit, length)) else {
            self.insert(unit, all, State::Bare);
            return None;
        };
        if all > length {
            self.insert(unit + length, all - length, State::Bare);
        }
        if length > units {
            self.give(unit + units, length - units, State::Clean); // what follows the bare run may be clean
        }
        Some((unit, true))
    }

    /// The first `units` of a dirty or clean free run.
    #[inline(never)]
    fn cut(&mut self, unit: usize, units: usize, state: State) -> (usize, bool) {
        let all = self.remove(unit);
        if all > units {
            self.insert(unit + units, all - units, state);
        }
        if state == State::Dirty {
            self.idle = self.idle.min(self.dirty());
        }
        (unit, state != State::Dirty)
    }

    fn dirty(&self) -> usize {
        self.bins[State::Dirty as usize].units
    }

    /// A run of `units`, all `Inside` and the caller's, and whether it reads as zero; None if memory is short.
    pub fn allocate(&mut self, units: usize) -> Option<(usize, bool)> {
        self.tick(units);
        let mut found = self.reuse(units).or_else(|| region::bump(units).map(|unit| (unit, true)));
        if found.is_none() && super::mappings::give_up() + self.withdraw(0) > 0 {
            found = self.reuse(units).or_else(|| region::bump(units).map(|unit| (unit, true)));
        }
        found
    }

    /// As [`PageHeap::allocate`] for a run that is to have a reserve: not worth anybody's free memory.
    pub fn allocate_long(&mut self, units: usize) -> Option<(usize, bool)> {
        self.tick(units);
        for state in [State::Dirty, State::Clean] {
            if let Some(unit) = self.find(state, units) {
                return Some(self.cut(unit, units, state));
            }
        }
        region::bump(units).map(|unit| (unit, true))
    }

    /// How long a growing block's run should be, in bytes, as far as is known.
    pub fn growth(&self) -> usize {
        self.growth
    }

    /// A block has outgrown its run, and needs `size` bytes now.
    pub fn outgrown(&mut self, size: usize) {
        self.growth = self.growth.max(size.saturating_mul(2));
    }

    /// A run of `units` that starts at a multiple of `align` bytes.
    pub fn allocate_aligned(&mut self, units: usize, align: usize) -> Option<(usize, bool)> {
        let slack = align >> UNIT_SHIFT;
        let (unit, zeroed) = self.allocate(units + slack)?;
        let address = region::address_of(unit) as usize;
        let before = (address.next_multiple_of(align) - address) >> UNIT_SHIFT;
        let state = if zeroed { State::Clean } else { State::Dirty };
        if before > 0 {
            self.give(unit, before, state);
        }
        if slack > before {
            self.give(unit + before + units, slack - before, state);
        }
        Some((unit + before, zeroed))
    }

    /// Takes a run back. All its units are `Inside` but the first, which is what it was.
    pub fn free(&mut self, unit: usize, units: usize) {
        at(unit).kind = Kind::Inside;
        self.give(unit, units, State::Dirty);
        self.tick(units);
    }

    /// Takes a run back that was parked.
    #[inline(never)]
    fn unpark(&mut self, unit: usize) {
        at(unit).kind = Kind::Inside;
        self.give(unit, at(unit).units as usize, State::Dirty);
    }

    /// Takes all back that are.
    fn unpark_all(&mut self) {
        reserve::take_all().for_each(|unit| self.unpark(unit));
    }

    /// Puts a run into the bins, merged with its neighbours.
    #[inline(never)]
    fn give(&mut self, mut unit: usize, mut units: usize, state: State) {
        if let Some(after) = region::neighbour(unit + units, unit) {
            // SAFETY: the span of a used unit, under the lock.
            let after = unsafe { &*after };
            if after.kind == Kind::Free && after.state == state {
                units += self.remove(unit + units);
            }
        }
        if let Some(before) = unit.checked_sub(1).and_then(|before| region::neighbour(before, unit)) {
            // SAFETY: as above.
            let before = unsafe { &*before };
            if matches!(before.kind, Kind::Free | Kind::FreeEnd) && before.state == state {
                unit = before.head as usize;
                units += self.remove(unit);
            }
        }
        self.insert(unit, units, state);
    }

    /// Makes a run longer in place, if what follows it is free or was never used; whether it did.
    #[inline(never)]
    pub fn grow(&mut self, unit: usize, old: usize, new: usize) -> bool {
        let Some(after) = region::neighbour(unit + old, unit) else {
            return region::bump_after(unit + old, unit, new - old);
        };
        // SAFETY: the span of a used unit, under the lock.
        let after = unsafe { &*after };
        if after.kind != Kind::Free || (after.units as usize) < new - old {
            return false;
        }
        let state = after.state;
        if state == State::Bare && !region::recommit(unit + old, new - old) {
            return false;
        }
        let all = self.remove(unit + old);
        if all > new - old {
            self.insert(unit + new, all - (new - old), state);
        }
        if state == State::Dirty {
            self.idle = self.idle.min(self.dirty());
        }
        true
    }

    /// Takes back the end of a run.
    pub fn shrink(&mut self, unit: usize, old: usize, new: usize) {
        self.give(unit + new, old - new, State::Dirty);
    }

    /// The first of the longest runs in these bins.
    fn longest(&self, state: State) -> Option<usize> {
        let bins = &self.bins[state as usize];
        let index = bins.filled.checked_ilog2()? as usize;
        (bins.first[index & (BINS - 1)] as usize).checked_sub(1)
    }

    /// Gives the contents of dirty runs back, the longest first, until at most `keep` units are dirty. Bytes given back.
    pub fn release(&mut self, keep: usize) -> usize {
        let mut released = 0;
        while self.dirty() > keep
            && let Some(unit) = self.longest(State::Dirty)
        {
            let units = self.remove(unit);
            let gone = region::discard(unit, units);
            self.give(unit, units, if gone { State::Clean } else { State::Dirty });
            if !gone {
                break; // locked memory, or an old kernel: it stays as it is
            }
            released += units << UNIT_SHIFT;
        }
        self.idle = self.idle.min(self.dirty());
        released
    }

    /// Gives free runs back, contents and commitment, until at most `keep` units are left. Bytes.
    pub fn withdraw(&mut self, keep: usize) -> usize {
        self.unpark_all();
        let mut released = 0;
        for state in [State::Clean, State::Dirty] {
            while self.dirty() + self.bins[State::Clean as usize].units > keep
                && let Some(unit) = self.longest(state)
            {
                let units = self.remove(unit);
                let gone = region::uncommit(unit, units);
                self.give(unit, units, if gone { State::Bare } else { state });
                if !gone {
                    break;
                }
                released += units << UNIT_SHIFT;
            }
        }
        self.idle = self.idle.min(self.dirty());
        released
    }

    /// Free units that are committed: those that read as zero, and the dirty ones.
    pub fn free_units(&self) -> [usize; 2] {
        [self.bins[State::Clean as usize].units, self.dirty()]
    }

    /// Takes the parked runs back, and checks them: see [`super::verify`].
    pub fn check_parked(&mut self) -> Result<(), Broken> {
        for unit in reserve::take_all() {
            if at(unit).kind != Kind::Run || at(unit).bytes.load(Ordering::Relaxed) != 0 {
                return Err(Broken { rule: "what is parked is a run that nobody uses", class: 0, place: unit });
            }
            self.unpark(unit);
        }
        Ok(())
    }

    /// Checks the bins: see [`super::verify`].
    pub fn check(&self) -> Result<(), Broken> {
        let broken = |rule, unit: usize| Err(Broken { rule, class: 0, place: unit });
        for (state, bins) in [State::Clean, State::Dirty, State::Bare].into_iter().zip(&self.bins) {
            let mut all = 0;
            for (index, &first) in bins.first.iter().enumerate() {
                if (first != 0) != (bins.filled >> index & 1 != 0) {
                    return broken("a bin is marked as filled if it is", index);
                }
                let (mut unit, mut previous) = (first, 0);
                while unit != 0 {
                    let here = unit as usize - 1;
                    let span = at(here);
                    let units = span.units as usize;
                    if span.kind != Kind::Free
                        || span.state != state
                        || bin(units) != index
                        || span.previous != previous
                    {
                        return broken("a bin holds free runs of its length", here);
                    }
                    if units > 1
                        && (at(here + units - 1).kind != Kind::FreeEnd || at(here + units - 1).head as usize != here)
                    {
                        return broken("a free run's end knows its beginning", here);
                    }
                    if let Some(after) = region::neighbour(here + units, here) {
                        // SAFETY: the span of a used unit, under the lock.
                        let after = unsafe { &*after };
                        if after.kind == Kind::Free && after.state == state {
                            return broken("free neighbours are merged", here);
                        }
                    }
                    all += units;
                    (previous, unit) = (unit, span.next);
                }
            }
            if all != bins.units {
                return broken("the bins know how much they hold", all);
            }
        }
        Ok(())
    }

    /// Long runs count more: there may be few of them.
    fn tick(&mut self, units: usize) {
        self.ticks += 1 + (units / BINS) as u32;
        if self.ticks >= TICK {
            self.ticks = 0;
            self.look_at_the_clock();
        }
    }

    /// Gives back what was free for a whole period.
    #[cold]
    pub fn look_at_the_clock(&mut self) {
        let now = now();
        let period = options::DECAY.get(); // usize::MAX: never
        if ((now - self.since) as usize) < period {
            return;
        }
        let dirty = self.dirty();
        let keep = (dirty - self.idle.min(dirty)).max(options::KEEP.get() >> UNIT_SHIFT);
        self.release(keep);
        self.growth -= self.growth / 8; // unless it is so still, which the next block that outgrows its run will tell
        self.since = now;
        super::mappings::expire(now);
        self.unpark_all(); // who needs them takes them from the bins
        self.idle = self.dirty();
    }
}

/// Milliseconds on the coarse monotonic clock.
pub fn now() -> i64 {
    let now = time::clock_gettime(linux_raw_sys::general::CLOCK_MONOTONIC_COARSE as i32).unwrap_or_default();
    now.seconds * 1000 + now.nanos / 1_000_000
}

#[expect(clippy::declare_interior_mutable_const, reason = "a value to copy from")]
const BLANK: Span = Span {
    kind: Kind::Inside,
    class: 0,
    state: State::Clean,
    listed: false,
    units: 0,
    head: 0,
    previous: 0,
    next: 0,
    blocks: 0,
    carved: 0,
    free: 0,
    grows: Grows::No,
    list: core::ptr::null_mut(),
    bytes: AtomicUsize::new(0),
};

/// Gives a run that was parked, and is the caller's, to the page heap.
#[cold]
#[inline(never)]
pub fn unpark(unit: usize) {
    with(&Quiet::enter(), |heap| heap.unpark(unit));
}

/// The page heap, for as long as the guard lives.
#[inline]
pub fn with<R>(quiet: &Quiet, action: impl FnOnce(&mut PageHeap) -> R) -> R {
    action(&mut PAGE_HEAP.lock(quiet))
}
