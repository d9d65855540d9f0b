//! Blocks beyond the classes: runs of the page heap up to 32 MiB, above that one mapping each, with a few kept for the next one.
//!
//! ```text
//!   run       module `runs`                                                      free: parked, or back to the page heap
//!   mapping   an entry of the hash set in `mappings`: address -> (bytes mapped)             free: kept (16 of them, 128 MiB, for a second), or unmapped
//! ```
//! A block that realloc makes longer becomes a run with a reserve. How long reserves are is learned from the blocks that outgrow theirs ([`page_heap::PageHeap::growth`]);
//! all together they hold at most 1 GiB, or a 64th of a limited address space, and what lies in them is in use as far as decay and trim can tell. A clean reserve
//! costs no memory until it is written to.

use super::check;
use super::init;
use super::limits;
use super::lock::Quiet;
use super::mappings::{MAPPINGS, Mapping, OS_PAGE, release, unmap_all};
use super::options;
use super::page_heap;
use super::region;
use super::runs;
use super::size_class::UNIT;
use super::span::{Grows, Kind};
use crate::sys::memory::{self, MapFlags, Protection};

/// A block of `size` bytes at a multiple of `align`, and whether it reads as zero; null if memory is short.
#[cold]
#[inline(never)]
pub fn allocate(size: usize, align: usize) -> (*mut u8, bool) {
    const FAILED: (*mut u8, bool) = (core::ptr::null_mut(), false);
    if size > isize::MAX as usize - 2 * align.max(UNIT) {
        return FAILED;
    }
    let quiet = Quiet::enter();
    let most = runs::largest();
    if size <= most && align <= most && init::is_up() {
        let (block, zeroed) = runs::allocate(size, align, &quiet);
        if !block.is_null() {
            return (block, zeroed);
        }
    }
    map(size, align, size.saturating_mul(2), &quiet)
}

/// As [`allocate`] for a block that is growing: with a quarter to spare, and a reserve behind that.
#[cold]
#[inline(never)]
pub fn allocate_growing(size: usize) -> *mut u8 {
    let spare = runs::roomy(size);
    if spare > isize::MAX as usize / 4 {
        return allocate(spare, 16).0;
    }
    if spare <= runs::largest() && init::is_up() {
        let block = runs::allocate_growing(spare, Grows::Yes);
        if !block.is_null() {
            return block;
        }
    }
    map(spare, 16, spare * 4, &Quiet::enter()).0
}

/// A block of `size` bytes, no more than the largest class has, that will grow most likely; null if there is no run for it.
#[inline(never)]
pub fn begin(size: usize) -> *mut u8 {
    runs::allocate_growing(size, Grows::Soon)
}

fn map(size: usize, align: usize, most: usize, quiet: &Quiet) -> (*mut u8, bool) {
    const FAILED: (*mut u8, bool) = (core::ptr::null_mut(), false);
    let bytes = size.max(1).next_multiple_of(OS_PAGE);
    if align <= OS_PAGE && bytes > runs::largest() {
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
    if runs::park(block) {
        return;
    }
    let quiet = Quiet::enter();
    if let Some(unit) = region::unit_of(block as usize) {
        page_heap::with(&quiet, |heap| {
            if !region::is_used(unit) {
                check::not_a_block(block as usize);
            }
            if region::address_of(unit) == block && runs::free(unit, heap) {
                return;
            }
            // SAFETY: the span of a used unit, under the page heap's lock.
            match unsafe { (*region::span(unit)).kind } {
                Kind::Free | Kind::FreeEnd => check::double_free(block as usize),
                _ => check::not_a_block(block as usize),
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

/// Makes a live large block, or a long one of a class, hold `size` bytes without copying: in place, or by moving its pages. None: the caller has to copy.
#[cold]
pub fn resize(block: *mut u8, size: usize) -> Option<*mut u8> {
    if let Some(unit) = region::unit_of(block as usize) {
        return runs::resize(unit, size).then_some(block);
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
        if bytes < old / 2 && bytes <= runs::largest() {
            return None; // a run will do
        }
        let roomy = if bytes > old { runs::roomy(bytes).next_multiple_of(OS_PAGE) } else { bytes };
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
