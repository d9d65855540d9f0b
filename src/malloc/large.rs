//! Blocks beyond the classes: runs of the page heap up to 32 MiB, above that one mapping each, with a few kept for the next one.
//!
//! ```text
//!   run       span.kind == Run at its first unit                          free: back to the page heap
//!             | what the user may use: span.bytes | reserve: the rest of span.units |
//!   mapping   an entry of the hash set in `mappings`: address -> (bytes mapped)             free: kept (16 of them, 128 MiB, for a second), or unmapped
//! ```
//! A run that was made by realloc has a reserve: growing into it is one store, without lock, system call or copy. How long reserves are is learned from
//! the blocks that outgrow theirs ([`PageHeap::growth`]); all together they hold at most 1 GiB, or a 64th of a limited address space, and what lies in them is
//! in use as far as decay and trim can tell. A clean reserve costs no memory until it is written to.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::check;
use super::limits;
use super::lock::Quiet;
use super::mappings::{MAPPINGS, Mapping, OS_PAGE, release, unmap_all};
use super::options;
use super::page_heap;
use super::region;
use super::size_class::{UNIT, UNIT_SHIFT};
use super::span::Kind;
use crate::sys::memory::{self, MapFlags, Protection};

/// The largest run, in bytes.
fn largest_run() -> usize {
    options::LARGEST_RUN.get()
}

/// Bytes of all runs together that lie beyond what their users may use.
static RESERVED: AtomicUsize = AtomicUsize::new(0);
/// The most of it.
const MOST_RESERVED: usize = 1 << 30;
/// A growing block's run is so many times as long as the block, or has so much to spare, at least.
const ROOM: usize = 4;
const SPARE: usize = 4 << 20;

/// Bytes of the run for a block that grows to `size` bytes, given how long others became; no more than `size` if there must be no reserve.
fn room(size: usize, growth: usize) -> usize {
    let most = MOST_RESERVED.min(region::first_bytes() / 16);
    let room = size.saturating_mul(ROOM).min(size.saturating_add(SPARE)).max(growth).min(largest_run()).max(size);
    let reserved = RESERVED.load(Ordering::Relaxed).saturating_add(room.saturating_sub(size));
    if reserved > most || options::LIMIT.get() != usize::MAX { size } else { room }
}

/// Bytes held for growing blocks beyond what they use.
pub fn reserved() -> usize {
    RESERVED.load(Ordering::Relaxed)
}

/// With a quarter to spare: for a block that has grown, and will be back.
const fn roomy(size: usize) -> usize {
    size.saturating_add(size / 4)
}

/// A block of `size` bytes at a multiple of `align`, and whether it reads as zero; null if memory is short.
#[cold]
#[inline(never)]
pub fn allocate(size: usize, align: usize) -> (*mut u8, bool) {
    const FAILED: (*mut u8, bool) = (core::ptr::null_mut(), false);
    if size > isize::MAX as usize - 2 * align.max(UNIT) {
        return FAILED;
    }
    let quiet = Quiet::enter();
    let most = largest_run();
    if size <= most && align <= most && super::init::is_up() {
        let (block, zeroed) = run(size, &quiet, |heap, units| {
            let (unit, zeroed) =
                if align <= UNIT { heap.allocate(units) } else { heap.allocate_aligned(units, align) }?;
            Some((unit, units, zeroed))
        });
        if !block.is_null() {
            return (block, zeroed);
        }
    }
    map(size, align, size.saturating_mul(2), &quiet)
}

/// A run for `size` bytes, null if there is none, and whether it reads as zero. `take` is asked for so many units and says what it found: unit, units, zeroed.
fn run(
    size: usize,
    quiet: &Quiet,
    take: impl FnOnce(&mut page_heap::PageHeap, usize) -> Option<(usize, usize, bool)>,
) -> (*mut u8, bool) {
    let units = size.div_ceil(UNIT).max(1);
    let run = page_heap::with(quiet, |heap| {
        let run = take(heap, units);
        if let Some((unit, held, _)) = run {
            let span = region::span(unit);
            // SAFETY: the run is ours.
            unsafe {
                (*span).kind = Kind::Run;
                (*span).units = held as u32;
                (*span).bytes = units << UNIT_SHIFT;
            }
            RESERVED.fetch_add((held - units) << UNIT_SHIFT, Ordering::Relaxed);
        }
        run
    });
    run.map_or((core::ptr::null_mut(), false), |(unit, _, zeroed)| (region::address_of(unit), zeroed))
}

/// As [`allocate`] for a block that is growing: with a quarter to spare, and a reserve behind that.
#[cold]
#[inline(never)]
pub fn allocate_growing(size: usize) -> *mut u8 {
    let spare = roomy(size);
    if spare > isize::MAX as usize / 4 {
        return allocate(spare, 16).0;
    }
    let quiet = Quiet::enter();
    if spare <= largest_run() && super::init::is_up() {
        let (block, _) = run(spare, &quiet, |heap, units| {
            let held = room(spare, heap.growth()).div_ceil(UNIT).max(units);
            let reserved = if held > units { heap.allocate_long(held) } else { None };
            let run = reserved.map(|(unit, zeroed)| (unit, held, zeroed));
            run.or_else(|| heap.allocate(units).map(|(unit, zeroed)| (unit, units, zeroed)))
        });
        if !block.is_null() {
            return block;
        }
    }
    map(spare, 16, spare * 4, &quiet).0
}

fn map(size: usize, align: usize, most: usize, quiet: &Quiet) -> (*mut u8, bool) {
    const FAILED: (*mut u8, bool) = (core::ptr::null_mut(), false);
    let bytes = size.max(1).next_multiple_of(OS_PAGE);
    if align <= OS_PAGE && bytes > largest_run() {
        let mut mappings = MAPPINGS.lock(quiet);
        if let Some(mapping) = mappings.reuse(bytes, most) {
            if mappings.insert(mapping) {
                return (mapping.address as *mut u8, false);
            }
            unmap_all(&[mapping]);
            return FAILED;
        }
    }
    let slack = if align <= OS_PAGE { 0 } else { align };
    let fresh = || {
        if !limits::charge(bytes) {
            return None;
        }
        let start = memory::map(bytes + slack, Protection::READ_WRITE, MapFlags::EMPTY);
        if start.is_err() {
            limits::refund(bytes);
        }
        start.ok()
    };
    // When memory is short, what is kept for later has to go.
    let Some(start) = fresh().or_else(|| if make_room(quiet) { fresh() } else { None }) else { return FAILED };
    let address = (start as usize).next_multiple_of(align.max(OS_PAGE));
    let before = address - start as usize;
    // SAFETY: the ends of a mapping that only we know.
    unsafe {
        if before > 0 {
            let _ = memory::unmap(start, before);
        }
        if slack > before {
            let _ = memory::unmap((address + bytes) as *mut u8, slack - before);
        }
    }
    options::advise_huge(address as *mut u8, bytes);
    let mapping = Mapping { address, bytes };
    if !MAPPINGS.lock(quiet).insert(mapping) {
        unmap_all(&[mapping]);
        return FAILED;
    }
    (address as *mut u8, true)
}

/// Gives all that is free back to the kernel, commitment and all; whether there was anything.
#[cold]
fn make_room(quiet: &Quiet) -> bool {
    release(quiet) + page_heap::with(quiet, |heap| heap.withdraw(0)) > 0
}

/// Bytes that the user of a run may use; None if no run begins at this address.
#[inline]
pub fn run_bytes(block: *mut u8) -> Option<usize> {
    let unit = region::unit_of(block as usize)?;
    if !region::is_used(unit) || !(block as usize).is_multiple_of(UNIT) {
        return None;
    }
    let span = region::span(unit);
    // SAFETY: spans of used units are committed, and that of a live block does not change.
    unsafe { ((*span).kind == Kind::Run).then(|| (*span).bytes) }
}

/// Bytes that the user of a mapping may use; None if there is none at this address.
#[cold]
pub fn mapping_bytes(block: *mut u8) -> Option<usize> {
    let quiet = Quiet::enter();
    let mappings = MAPPINGS.lock(&quiet);
    // SAFETY: `find` gave it, under this lock.
    mappings.find(block as usize).map(|slot| unsafe { (*slot).bytes })
}

/// Takes a large block back; aborts if it is none.
#[cold]
pub fn free(block: *mut u8) {
    let quiet = Quiet::enter();
    if let Some(unit) = region::unit_of(block as usize) {
        page_heap::with(&quiet, |heap| {
            if !region::is_used(unit) {
                check::not_a_block(block as usize);
            }
            let span = region::span(unit);
            // SAFETY: the span of a used unit, under the page heap's lock.
            unsafe {
                match (*span).kind {
                    Kind::Run if region::address_of(unit) == block => {
                        let units = (*span).units as usize;
                        RESERVED.fetch_sub((units << UNIT_SHIFT) - (*span).bytes, Ordering::Relaxed);
                        heap.free(unit, units);
                    }
                    Kind::Free | Kind::FreeEnd => check::double_free(block as usize),
                    _ => check::not_a_block(block as usize),
                }
            }
        });
        return;
    }
    let gone = {
        let mut mappings = MAPPINGS.lock(&quiet);
        match mappings.find(block as usize) {
            Some(slot) => {
                let mapping = mappings.remove(slot);
                mappings.keep(mapping)
            }
            None => {
                if mappings.kept.iter().any(|kept| kept.address == block as usize && kept.address != 0) {
                    check::double_free(block as usize);
                }
                check::not_a_block(block as usize)
            }
        }
    };
    unmap_all(&gone);
}

/// Grows a live run into its reserve; false if it does not grow, or beyond that. Only the block's user is here, and until the block is freed nobody
/// else reads its span's `bytes`.
fn into_reserve(unit: usize, size: usize) -> bool {
    let span = region::span(unit);
    // SAFETY: the span of a live run, says `usable_size`; only the run's user changes its `bytes`.
    unsafe {
        let (old, held) = ((*span).bytes, ((*span).units as usize) << UNIT_SHIFT);
        if size <= old || size > held {
            return false;
        }
        let now = roomy(size).next_multiple_of(UNIT).min(held);
        RESERVED.fetch_sub(now - old, Ordering::Relaxed);
        (*span).bytes = now;
    }
    true
}

/// Makes a live run longer or shorter in place; whether it could.
fn resize_run(unit: usize, size: usize) -> bool {
    if size > largest_run() {
        return false;
    }
    let quiet = Quiet::enter();
    let least = size.div_ceil(UNIT).max(1);
    page_heap::with(&quiet, |heap| {
        let span = region::span(unit);
        // SAFETY: as above.
        unsafe {
            let old = (*span).units as usize;
            let reserved = (old << UNIT_SHIFT) - (*span).bytes;
            let (held, used) = if least <= old {
                (least, least)
            } else {
                heap.outgrown(size);
                let spare = roomy(size).div_ceil(UNIT);
                let longest = room(size, heap.growth()).div_ceil(UNIT).max(spare);
                match [longest, spare, least].into_iter().find(|&new| heap.grow(unit, old, new)) {
                    Some(held) => (held, held.min(spare)),
                    None => return false,
                }
            };
            if held < old {
                heap.shrink(unit, old, held);
            }
            (*span).units = held as u32;
            (*span).bytes = used << UNIT_SHIFT;
            RESERVED.fetch_add((held - used) << UNIT_SHIFT, Ordering::Relaxed);
            RESERVED.fetch_sub(reserved, Ordering::Relaxed);
        }
        true
    })
}

/// Makes a live large block, or a long one of a class, hold `size` bytes without copying: in place, or by moving its pages. None: the caller has to copy.
#[cold]
pub fn resize(block: *mut u8, size: usize) -> Option<*mut u8> {
    if let Some(unit) = region::unit_of(block as usize) {
        // SAFETY: the span of a used unit, which stays what it is while the block is live.
        if unsafe { (*region::span(unit)).kind } != Kind::Run {
            return None; // of a class
        }
        return if into_reserve(unit, size) { Some(block) } else { resize_run(unit, size).then_some(block) };
    }
    let quiet = Quiet::enter();
    let bytes = size.checked_next_multiple_of(OS_PAGE)?;
    if bytes > isize::MAX as usize {
        return None;
    }
    let mut mappings = MAPPINGS.lock(&quiet);
    let slot = mappings.find(block as usize)?;
    // SAFETY: a mapping of ours; its user has asked for another size.
    unsafe {
        let old = (*slot).bytes;
        if bytes < old / 2 && bytes <= largest_run() {
            return None; // a run will do
        }
        let roomy = if bytes > old { roomy(bytes).next_multiple_of(OS_PAGE) } else { bytes };
        let to = |bytes| {
            if !limits::recharge(old, bytes) {
                return None;
            }
            let moved = memory::remap(block, old, bytes, true);
            if moved.is_err() {
                let _ = limits::recharge(bytes, old);
            }
            moved.ok().map(|address| (address, bytes))
        };
        let (address, bytes) = to(roomy).or_else(|| to(bytes))?;
        if address == block {
            (*slot).bytes = bytes;
            return Some(block);
        }
        mappings.remove(slot);
        // One slot was just given up, so there is a place for it.
        mappings.insert(Mapping { address: address as usize, bytes });
        Some(address)
    }
}
