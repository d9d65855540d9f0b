//! Another size for a block: in place, if it fits and is not much too long; as a run that grows in place, if it is large; else elsewhere, with room to grow
//! if blocks here go on growing ([`super::growth`]).

use core::ptr::null_mut;

use super::early::EARLY;
use super::size_class::{self, LARGEST, SMALL, UNIT};
use super::{allocate, central, checked, cpu_block, deallocate, hot, large, options, page_map, usable_size};

/// A block of so many bytes that grows becomes a run with a reserve: from there on a copy costs more than the page heap's lock.
const GROWING: usize = UNIT;

/// Whether a block of `old` bytes may stay where it is: growing back and forth costs nothing while half of it is used. Not if `size` is 0.
#[inline(always)]
fn fits(old: usize, size: usize) -> bool {
    size.wrapping_sub(1) < old && (size >= old / 2 || old <= 64)
}

/// Whether a live block, or null, is one of a class that holds `size` bytes and stays as it is; false: [`reallocate_elsewhere`] knows. Not if `size` is 0.
///
/// Price: 30 instructions on x86-64; 54 if it fills less than half of what it got because it would grow.
#[inline(always)]
#[must_use]
pub fn stays(block: *mut u8, size: usize) -> bool {
    // The class of null is 0, and so is that of every block of the checked heap, which has no map.
    let class = page_map::class_of(block as usize);
    if class == 0 {
        return false;
    }
    let old = size_class::bytes(class);
    fits(old, size) || size.wrapping_sub(1) < old && cpu_block::room(size) >= old / 2
}

/// Makes a block hold `size` bytes, in place or elsewhere, with its contents; null if memory is short, and the old block stays. Null is a new one.
///
/// # Safety
/// The block is live, and not used by its old address unless that is returned.
#[inline(always)]
#[must_use]
pub unsafe fn reallocate(block: *mut u8, size: usize) -> *mut u8 {
    if stays(block, size) {
        return block;
    }
    // SAFETY: as the caller promises.
    unsafe { reallocate_elsewhere(block, size) }
}

/// As [`reallocate`], which has looked whether it [`stays`].
///
/// # Safety
/// As [`reallocate`].
#[inline(never)]
pub unsafe fn reallocate_elsewhere(block: *mut u8, size: usize) -> *mut u8 {
    // SAFETY: as the caller promises.
    unsafe { reallocate_if(block, size, |old| fits(old, size), true) }
}

/// As [`reallocate`], but the result is of the class of `size`, so that [`super::deallocate_sized`] works.
///
/// # Safety
/// As [`reallocate`].
#[must_use]
pub unsafe fn reallocate_exact(block: *mut u8, size: usize) -> *mut u8 {
    if size > SMALL {
        // SAFETY: as the caller promises.
        return unsafe { reallocate(block, size) }; // a sized free of so many bytes looks the class up
    }
    // SAFETY: as the caller promises.
    unsafe { reallocate_if(block, size, |old| old == size_class::bytes(size_class::of(size)), false) }
}

/// `may_stay`: whether a block of so many bytes is left as it is. `may_be_longer`: the result may be of a larger class than the size's.
#[inline(always)]
unsafe fn reallocate_if(block: *mut u8, size: usize, may_stay: impl Fn(usize) -> bool, may_be_longer: bool) -> *mut u8 {
    if block.is_null() {
        return allocate(size);
    }
    if options::check() && !EARLY.contains(block) {
        // SAFETY: as the caller promises.
        return unsafe { checked::reallocate(block, size) };
    }
    // SAFETY: as the caller promises.
    let old = unsafe { usable_size(block) };
    if may_stay(old) {
        return block;
    }
    if (old > LARGEST && size > LARGEST || old >= GROWING && size > old)
        && let Some(block) = large::resize(block, size)
    {
        return block;
    }
    let mut new = null_mut();
    if size > old && old >= GROWING {
        // Address space to spare costs no memory.
        new = large::allocate_growing(size);
    } else if may_be_longer
        && old <= UNIT
        && size <= UNIT
        && let Some(growth) = cpu_block::growth()
    {
        if size <= old && growth.room(size) >= old / 2 {
            return block; // as above, of a block that the map does not have
        }
        if size > old {
            let room = if growth.be_exact() { size } else { growth.room(size) };
            new = allocate(room);
            growth.moved(old, room);
        }
    }
    if new.is_null() {
        new = allocate(size);
    }
    if !new.is_null() {
        // SAFETY: both blocks are that large, and the old one is the caller's to give up.
        unsafe {
            new.copy_from_nonoverlapping(block, old.min(size));
            if size > old && old >= GROWING { free_outgrown(block, old) } else { deallocate(block) }
        }
    }
    new
}

/// Frees a block of so many bytes that had to be copied to a run: if such blocks begin as runs from now on, it is not to serve the next one.
///
/// # Safety
/// As [`deallocate`].
#[inline(never)]
unsafe fn free_outgrown(block: *mut u8, bytes: usize) {
    let class = page_map::class_of(block as usize);
    if class != 0
        && hot::is_open()
        && let Some(starts) = cpu_block::starts()
    {
        starts.outgrown(bytes);
        if starts.grows(bytes) {
            // SAFETY: a block of that class, says the map, which the caller has given up.
            return unsafe { central::give_one(class, block) };
        }
    }
    // SAFETY: as the caller promises.
    unsafe { deallocate(block) };
}
