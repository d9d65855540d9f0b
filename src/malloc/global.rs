//! The heap as Rust's `#[global_allocator]`.

use core::alloc::{GlobalAlloc, Layout};

/// The per-CPU heap: `#[global_allocator] static HEAP: dacapo::malloc::Global = dacapo::malloc::Global;`
///
/// Deallocation knows the size from the layout, and so needs no look at the block's unit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Global;

/// What malloc aligns to anyway.
const NATURAL: usize = 16;

// SAFETY: blocks are as large and aligned as the layout says, do not overlap, and live until they are given back.
unsafe impl GlobalAlloc for Global {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= NATURAL {
            super::allocate(layout.size())
        } else {
            super::allocate_aligned(layout.align(), layout.size())
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's block; with natural alignment its class is its size's.
        unsafe {
            if layout.align() <= NATURAL {
                super::deallocate_sized(block, layout.size());
            } else {
                super::deallocate(block);
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if layout.align() <= NATURAL {
            return super::allocate_zeroed(layout.size());
        }
        let block = super::allocate_aligned(layout.align(), layout.size());
        if !block.is_null() {
            // SAFETY: as large as the layout.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.align() <= NATURAL {
            // SAFETY: the caller's block.
            return unsafe { super::reallocate_exact(block, size) };
        }
        let new = super::allocate_aligned(layout.align(), size);
        if !new.is_null() {
            // SAFETY: both blocks are as large as what is copied; the old one is the caller's to give up.
            unsafe {
                new.copy_from_nonoverlapping(block, layout.size().min(size));
                super::deallocate(block);
            }
        }
        new
    }
}
