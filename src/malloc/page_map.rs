//! Which class a block is of, in one load: a byte for each unit of the first region.
//!
//! ```text
//!   slot = MAP[(pointer - base) >> 16]        2 * class; 0: no class run, or not the first unit of a block larger than a unit
//! ```
//! Later regions are not in the map; their blocks take the slow path, which asks the unit's span.

use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use super::cpu_cache::{HOT, MAP_OFFSET};
use super::size_class::UNIT_SHIFT;

static MAP: AtomicPtr<u8> = AtomicPtr::new(core::ptr::null_mut());
static LENGTH: AtomicUsize = AtomicUsize::new(0);

/// Sets the map of `length` bytes. Under the initialisation lock.
pub fn init(map: *mut u8, length: usize) {
    LENGTH.store(length, Ordering::Relaxed);
    MAP.store(map, Ordering::Relaxed);
}

/// The class of the unit that a 16-aligned address lies in; 0: none, or not in the map. The price of free's look-up.
#[inline(always)]
pub fn class_of(address: usize) -> usize {
    let granule = address.wrapping_sub(HOT.base.load(Ordering::Relaxed)).rotate_right(4);
    if granule >= HOT.extent.load(Ordering::Relaxed) {
        return 0;
    }
    // SAFETY: the map covers the extent; a plain byte that others may write at any time.
    let slot =
        unsafe { HOT.table.load(Ordering::Relaxed).add(MAP_OFFSET + (granule >> (UNIT_SHIFT - 4))).read_volatile() };
    slot as usize / 2
}

/// Notes that `units` from `unit` on hold blocks of a class; 0: none. The class's lock is held.
pub fn set(unit: usize, units: usize, class: usize) {
    for unit in unit..unit + units {
        if unit < LENGTH.load(Ordering::Relaxed) {
            // SAFETY: inside the map; plain bytes that the fast path reads at any time, each written whole.
            unsafe { MAP.load(Ordering::Relaxed).add(unit).write_volatile(2 * class as u8) };
        }
    }
}
