//! Blocks that are a run of units each, and how they grow.
//!
//! ```text
//!   run       span.kind == Run at its first unit
//!             | what the user may use: span.bytes | reserve: the rest of span.units |
//! ```
//! A block that grows has a reserve: growing into it is one store, without lock, system call or copy. When it is freed, its run is parked for the next one
//! (module `reserve`); other runs go back to the page heap.

use core::ptr::null_mut;
use core::sync::atomic::Ordering;

use super::check;
use super::cpu_block;
use super::lock::Quiet;
use super::options;
use super::page_heap::{self, PageHeap};
use super::region;
use super::reserve;
use super::size_class::{UNIT, UNIT_SHIFT};
use super::span::{Grows, Kind, Span};

/// The largest run, in bytes.
pub fn largest() -> usize {
    options::LARGEST_RUN.get()
}

/// With a quarter to spare: for a block that has grown, and will be back.
pub const fn roomy(size: usize) -> usize {
    size.saturating_add(size / 4)
}

/// A block of `size` bytes at a multiple of `align`, and whether it reads as zero; null if there is no run for it.
pub fn allocate(size: usize, align: usize, quiet: &Quiet) -> (*mut u8, bool) {
    let units = units(size);
    let run = page_heap::with(quiet, |heap| {
        let run = if align <= UNIT { heap.allocate(units) } else { heap.allocate_aligned(units, align) };
        run.inspect(|&(unit, _)| describe(unit, units, units, Grows::No))
    });
    run.map_or((null_mut(), false), |(unit, zeroed)| (region::address_of(unit), zeroed))
}

/// A block of `size` bytes that has grown, or soon will; null if there is no run for it.
pub fn allocate_growing(size: usize, grows: Grows) -> *mut u8 {
    if let Some(unit) = reserve::take() {
        let block = renew(unit, size, grows);
        if !block.is_null() {
            return block;
        }
    }
    let least = units(size);
    let unit = page_heap::with(&Quiet::enter(), |heap| {
        let most = reserve::room(size, heap.growth()).div_ceil(UNIT).max(least);
        let long = if most > least { heap.allocate_long(most) } else { None };
        let (held, run) = if long.is_some() { (most, long) } else { (least, heap.allocate(least)) };
        run.map(|(unit, _)| {
            describe(unit, least, held, grows);
            unit
        })
    });
    unit.map_or(null_mut(), region::address_of)
}

/// Units of a block of so many bytes.
const fn units(bytes: usize) -> usize {
    if bytes == 0 { 1 } else { bytes.div_ceil(UNIT) }
}

/// Writes down what a run is, of which its user may use so many units. Under the page heap's lock.
#[inline(never)]
fn describe(unit: usize, used: usize, held: usize, grows: Grows) {
    let span = region::span(unit);
    // SAFETY: the run is ours.
    unsafe {
        (*span).kind = Kind::Run;
        (*span).units = held as u32;
        (*span).grows = grows;
        (*span).bytes.store(used << UNIT_SHIFT, Ordering::Relaxed);
    }
    reserve::add((held - used) << UNIT_SHIFT);
}

/// Makes a run that was parked a block of `size` bytes; null if it is too short: then the page heap has it.
fn renew(unit: usize, size: usize, grows: Grows) -> *mut u8 {
    let span = region::span(unit);
    // SAFETY: the run is ours.
    unsafe {
        let held = ((*span).units as usize) << UNIT_SHIFT;
        if !reserve::serves(held, size) {
            page_heap::unpark(unit);
            return null_mut();
        }
        let bytes = size.next_multiple_of(UNIT);
        (*span).grows = grows;
        (*span).bytes.store(bytes, Ordering::Relaxed);
        reserve::add(held - bytes);
    }
    region::address_of(unit)
}

/// Parks the run of a block that is freed, if it is one that grows; whether it did. Aborts if it is parked already.
pub fn park(block: *mut u8) -> bool {
    let Some((unit, span)) = at(block) else { return false };
    // SAFETY: the run is its user's, who has given it up: from the exchange on it is ours.
    unsafe {
        if (*span).grows == Grows::No {
            return false;
        }
        match (*span).bytes.swap(0, Ordering::Relaxed) {
            0 => check::double_free(block as usize),
            bytes => {
                reserve::subtract((((*span).units as usize) << UNIT_SHIFT) - bytes);
                if (*span).grows == Grows::Soon
                    && let Some(starts) = cpu_block::starts()
                {
                    starts.unused(bytes);
                }
            }
        }
    }
    if let Some(other) = reserve::park(unit) {
        page_heap::unpark(other);
    }
    true
}

/// Takes the block at a unit's first byte back, if it is a run; whether it is. The unit is in use.
pub fn free(unit: usize, heap: &mut PageHeap) -> bool {
    let span = region::span(unit);
    // SAFETY: the span of a used unit, under the page heap's lock.
    unsafe {
        if (*span).kind != Kind::Run {
            return false;
        }
        let units = (*span).units as usize;
        reserve::subtract((units << UNIT_SHIFT) - (*span).bytes.load(Ordering::Relaxed));
        heap.free(unit, units);
    }
    true
}

/// The run that begins at this address, and its span; None if none does.
#[inline]
fn at(block: *mut u8) -> Option<(usize, *mut Span)> {
    let unit = region::unit_of(block as usize)?;
    if !region::is_used(unit) || !(block as usize).is_multiple_of(UNIT) {
        return None;
    }
    let span = region::span(unit);
    // SAFETY: spans of used units are committed, and the kind of a live block does not change.
    unsafe { ((*span).kind == Kind::Run).then_some((unit, span)) }
}

/// Bytes that the user of a run may use; None if no live one begins at this address.
#[inline]
pub fn bytes(block: *mut u8) -> Option<usize> {
    let (_, span) = at(block)?;
    // SAFETY: as above.
    let bytes = unsafe { (*span).bytes.load(Ordering::Relaxed) };
    if bytes == 0 { None } else { Some(bytes) }
}

/// Makes a live run hold `size` bytes in place; whether it could. Not if the unit is none's first.
pub fn resize(unit: usize, size: usize) -> bool {
    let span = region::span(unit);
    // SAFETY: the span of a used unit, which stays what it is while the block is live.
    unsafe {
        if (*span).kind != Kind::Run {
            return false; // of a class
        }
        let old = (*span).bytes.load(Ordering::Relaxed);
        if !into_reserve(span, size) && !by_page_heap(unit, size) {
            return false;
        }
        if size > old {
            if (*span).grows == Grows::Soon
                && let Some(starts) = cpu_block::starts()
            {
                starts.outgrown(old);
            }
            (*span).grows = Grows::Yes;
        }
    }
    true
}

/// Grows a live run into its reserve; false if it does not grow, or beyond that.
///
/// # Safety
/// The span of a live run, whose user alone is here: until the block is freed nobody else changes its `bytes`.
#[inline(always)]
unsafe fn into_reserve(span: *mut Span, size: usize) -> bool {
    // SAFETY: as the caller promises.
    unsafe {
        let (old, held) = ((*span).bytes.load(Ordering::Relaxed), ((*span).units as usize) << UNIT_SHIFT);
        if size <= old || size > held {
            return false;
        }
        let now = roomy(size).next_multiple_of(UNIT).min(held);
        reserve::subtract(now - old);
        (*span).bytes.store(now, Ordering::Relaxed);
    }
    true
}

/// Makes a live run longer or shorter in place, as the units behind it allow; whether it could.
fn by_page_heap(unit: usize, size: usize) -> bool {
    if size > largest() {
        return false;
    }
    let quiet = Quiet::enter();
    let least = units(size);
    page_heap::with(&quiet, |heap| {
        let span = region::span(unit);
        // SAFETY: a live run's, whose user is here.
        unsafe {
            let old = (*span).units as usize;
            let reserved = (old << UNIT_SHIFT) - (*span).bytes.load(Ordering::Relaxed);
            let (held, used) = if least <= old {
                (least, least)
            } else {
                heap.outgrown(size);
                let spare = roomy(size).div_ceil(UNIT);
                let longest = reserve::room(size, heap.growth()).div_ceil(UNIT).max(spare);
                match [longest, spare, least].into_iter().find(|&new| heap.grow(unit, old, new)) {
                    Some(held) => (held, held.min(spare)),
                    None => return false,
                }
            };
            if held < old {
                heap.shrink(unit, old, held);
            }
            (*span).units = held as u32;
            (*span).bytes.store(used << UNIT_SHIFT, Ordering::Relaxed);
            reserve::add((held - used) << UNIT_SHIFT);
            reserve::subtract(reserved);
        }
        true
    })
}
