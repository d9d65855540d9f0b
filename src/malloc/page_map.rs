//! Which class a block is of, in one load: a byte for each 64 KiB that a program can address.
//!
//! ```text
//!   slot = MAP[pointer >> 16]        2 * class; 0: no class run, or not the first unit of a block larger than a unit
//! ```
//! The map is 2 GiB of address space (x86-64; 4 on AArch64) behind the table of blocks, read-only but for the regions' part, so it costs memory only
//! for units in use: 16 bytes a MiB. No pointer has to be compared with a region's ends. A process whose address space is limited to less than four
//! times that has no map: there every free takes the slow path, which asks the unit's span.

use core::sync::atomic::{AtomicPtr, Ordering};

use super::size_class::UNIT_SHIFT;
use crate::arch;
use crate::sys::memory::{self, Advice, Protection};

/// Addresses that the map covers: all that the kernel gives to programs that do not ask for more.
pub const EXTENT: usize = 1 << arch::ADDRESS_BITS;
/// Bytes of the map.
pub const BYTES: usize = EXTENT >> UNIT_SHIFT;
const OS_PAGE: usize = 4096;

static MAP: AtomicPtr<u8> = AtomicPtr::new(core::ptr::null_mut());

/// Sets the map: reserved, readable, zero. Under the initialisation lock.
pub fn init(map: *mut u8) {
    MAP.store(map, Ordering::Relaxed);
}

/// Whether there is a map.
pub fn exists() -> bool {
    !MAP.load(Ordering::Relaxed).is_null()
}

/// Makes the map writable for a region; false if memory is short. Before the region is used.
pub fn cover(base: usize, bytes: usize) -> bool {
    let map = MAP.load(Ordering::Relaxed);
    if map.is_null() {
        return true;
    }
    if base + bytes > EXTENT {
        return false;
    }
    let first = (map as usize + (base >> UNIT_SHIFT)) & !(OS_PAGE - 1);
    let end = (map as usize + ((base + bytes) >> UNIT_SHIFT)).next_multiple_of(OS_PAGE);
    // SAFETY: pages of the map, which only become writable. A huge page would cost 2 MiB for the first byte.
    unsafe {
        let _ = memory::advise(first as *mut u8, end - first, Advice::NoHugePage);
        memory::protect(first as *mut u8, end - first, Protection::READ_WRITE).is_ok()
    }
}

/// The class of the unit that an address lies in; 0: none, or not in the map. The price of free's look-up.
#[inline(always)]
pub fn class_of(address: usize) -> usize {
    let map = MAP.load(Ordering::Relaxed);
    if !address.is_multiple_of(16) || address >= EXTENT || map.is_null() {
        return 0;
    }
    // SAFETY: the map covers the extent; a plain byte that others may write at any time.
    let slot = unsafe { map.add(address >> UNIT_SHIFT).read_volatile() };
    slot as usize / 2
}

/// Notes that `units` from the one at `address` on hold blocks of a class; 0: none. The class's lock is held.
pub fn set(address: *mut u8, units: usize, class: usize) {
    let map = MAP.load(Ordering::Relaxed);
    if !map.is_null() {
        for unit in 0..units {
            // SAFETY: a region's part of the map; plain bytes that the fast path reads at any time, each written whole.
            unsafe { map.add((address as usize >> UNIT_SHIFT) + unit).write_volatile(2 * class as u8) };
        }
    }
}
