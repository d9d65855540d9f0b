//! The per-CPU heap with its fast paths closed: every call comes through here, is counted (`count`) and fills what it hands over (`poison`,
//! mallopt's M_PERTURB).
//!
//! Price: a malloc and free pair takes four times as long as without (28 against 7 ns), filled five times; still no locked instruction, no lock.

use super::counts;
use super::cpu_cache;
use super::hot;
use super::options::{self, POISON};
use super::size_class;

/// A block of the class for `size` bytes; null if memory is short.
pub fn take(class: usize, size: usize) -> *mut u8 {
    if options::count() {
        counts::add(counts::Event::Allocation, class);
    }
    let mut block = cpu_cache::pop(class);
    if block.is_null() {
        block = cpu_cache::refill(class);
    }
    fill_new(block, size)
}

/// Fills a new block, if that is wanted; the block.
pub fn fill_new(block: *mut u8, size: usize) -> *mut u8 {
    let poison = POISON.get();
    if poison != 0 && !block.is_null() {
        // SAFETY: a block of that size that nobody uses yet.
        unsafe { block.write_bytes(!(poison as u8), size) };
    }
    block
}

/// Counts and fills a block that is about to be freed.
///
/// # Safety
/// A block of this class that its user has given up.
pub unsafe fn before_free(class: usize, block: *mut u8) {
    if options::count() {
        counts::add(counts::Event::Free, class);
    }
    let poison = POISON.get();
    if poison != 0 {
        // SAFETY: the block is that large.
        unsafe { block.write_bytes(poison as u8, size_class::bytes(class)) };
    }
}

/// mallopt's M_PERTURB: freed blocks are filled with `byte` from now on, new ones with its complement; 0 ends it.
pub fn perturb(byte: u8) {
    POISON.set(if byte == 0 { 0 } else { 256 + byte as usize });
    if byte != 0 {
        hot::close();
    }
}
