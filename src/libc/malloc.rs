//! malloc.h, and stdlib.h's part of it: [`crate::malloc`] with errno and C's rules.
//!
//! Also the whole of the `preload` face, where `errno` is the host's.

use core::ffi::c_int;
use core::ptr::null_mut;

use super::errno;
use crate::arch;
use crate::malloc;
use crate::malloc::cpu_block::{MAP_OFFSET, MEDIUM_OFFSET, SLOTS_OFFSET};
use crate::malloc::hot::HOT;
use crate::malloc::size_class::SMALL;
use crate::sys::Errno;

const OS_PAGE: usize = 4096;

#[inline(always)]
fn or_enomem(block: *mut u8) -> *mut u8 {
    if block.is_null() { errno::fail_null(Errno::ENOMEM) } else { block }
}

arch::heap::allocate! {
    /// `malloc(size)`.
    #[unsafe(no_mangle)]
    pub fn malloc; hot HOT; slots SLOTS_OFFSET, MEDIUM_OFFSET; slow malloc_slow
}

extern "C" fn malloc_slow(size: usize) -> *mut u8 {
    or_enomem(malloc::allocate_slow(size))
}

arch::heap::free! {
    /// `free(block)`. Leaves errno alone.
    ///
    /// # Safety
    /// A live block or null.
    #[unsafe(no_mangle)]
    pub fn free; hot HOT; map MAP_OFFSET; slow malloc::deallocate_slow
}

/// `calloc(count, size)`. ENOMEM where the product overflows.
#[unsafe(no_mangle)]
pub extern "C" fn calloc(count: usize, size: usize) -> *mut u8 {
    match count.checked_mul(size) {
        Some(bytes) => or_enomem(malloc::allocate_zeroed(bytes)),
        None => errno::fail_null(Errno::ENOMEM),
    }
}

/// `realloc(block, size)`. Size 0 frees the block and returns null, as in glibc.
///
/// # Safety
/// A live block or null.
#[unsafe(no_mangle)]
#[inline(never)] // the library's own callers must come to a program's realloc, if it has one
pub unsafe extern "C" fn realloc(block: *mut u8, size: usize) -> *mut u8 {
    if malloc::stays(block, size) {
        return block;
    }
    // SAFETY: as the caller promises.
    unsafe { realloc_elsewhere(block, size) }
}

/// realloc where the block cannot just stay.
#[inline(never)]
unsafe fn realloc_elsewhere(block: *mut u8, size: usize) -> *mut u8 {
    if size == 0 && !block.is_null() {
        // SAFETY: as the caller promises.
        unsafe { malloc::deallocate(block) };
        return null_mut();
    }
    // SAFETY: as the caller promises.
    or_enomem(unsafe { malloc::reallocate_elsewhere(block, size) })
}

/// `reallocarray(block, count, size)`. ENOMEM where the product overflows.
///
/// # Safety
/// As [`realloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn reallocarray(block: *mut u8, count: usize, size: usize) -> *mut u8 {
    match count.checked_mul(size) {
        // SAFETY: as the caller promises.
        Some(bytes) => unsafe { realloc(block, bytes) },
        None => errno::fail_null(Errno::ENOMEM),
    }
}

arch::heap::allocate! {
    /// A block whose class has only blocks at multiples of what is asked for, since `size`, up to [`SMALL`], is one; `asked` is for the slow path.
    fn allocate_rounded(asked); hot HOT; slots SLOTS_OFFSET, MEDIUM_OFFSET; slow allocate_rounded_slow
}

extern "C" fn allocate_rounded_slow(rounded: usize, asked: usize) -> *mut u8 {
    // As much as the caller asked for, or more: it was rounded to a multiple of that.
    let align = rounded & rounded.wrapping_neg();
    or_enomem(malloc::allocate_aligned(align, asked))
}

/// `aligned_alloc(align, size)`. EINVAL where `align` is no power of two. Price, up to 1024 bytes: 10 instructions more than malloc.
#[unsafe(no_mangle)]
pub extern "C" fn aligned_alloc(align: usize, size: usize) -> *mut u8 {
    let last = size.wrapping_sub(1) | align.wrapping_sub(1); // beyond SMALL if either is 0
    if align & align.wrapping_sub(1) == 0 && last < SMALL {
        return allocate_rounded(last + 1, size);
    }
    aligned_alloc_slow(align, size)
}

#[inline(never)]
extern "C" fn aligned_alloc_slow(align: usize, size: usize) -> *mut u8 {
    if !align.is_power_of_two() {
        return errno::fail_null(Errno::EINVAL);
    }
    or_enomem(malloc::allocate_aligned(align, size))
}

/// `memalign(align, size)`: as glibc's, which rounds `align` up to a power of two.
#[unsafe(no_mangle)]
pub extern "C" fn memalign(align: usize, size: usize) -> *mut u8 {
    if align.is_power_of_two() {
        return aligned_alloc(align, size);
    }
    match align.max(1).checked_next_power_of_two() {
        Some(align) => or_enomem(malloc::allocate_aligned(align, size)),
        None => errno::fail_null(Errno::EINVAL),
    }
}

/// `posix_memalign(&block, align, size)`: 0, EINVAL or ENOMEM; errno stays.
///
/// # Safety
/// `result` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_memalign(result: *mut *mut u8, align: usize, size: usize) -> c_int {
    if !align.is_power_of_two() || !align.is_multiple_of(size_of::<usize>()) {
        return c_int::from(Errno::EINVAL.raw() as i16);
    }
    let block = malloc::allocate_aligned(align, size);
    if block.is_null() {
        return c_int::from(Errno::ENOMEM.raw() as i16);
    }
    // SAFETY: as the caller promises.
    unsafe { *result = block };
    0
}

/// `valloc(size)`: at a page.
#[unsafe(no_mangle)]
pub extern "C" fn valloc(size: usize) -> *mut u8 {
    or_enomem(malloc::allocate_aligned(OS_PAGE, size))
}

/// `pvalloc(size)`: whole pages.
#[unsafe(no_mangle)]
pub extern "C" fn pvalloc(size: usize) -> *mut u8 {
    match size.max(1).checked_next_multiple_of(OS_PAGE) {
        Some(size) => valloc(size),
        None => errno::fail_null(Errno::ENOMEM),
    }
}

/// `malloc_usable_size(block)`: 0 for null.
///
/// # Safety
/// A live block or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc_usable_size(block: *mut u8) -> usize {
    // SAFETY: as the caller promises.
    unsafe { malloc::usable_size(block) }
}

/// `malloc_trim(keep)`: 1 if memory went back to the kernel.
#[unsafe(no_mangle)]
pub extern "C" fn malloc_trim(keep: usize) -> c_int {
    c_int::from(malloc::trim(keep) > 0)
}

arch::heap::free! {
    /// `free_sized(block, size)` (C23): as [`free`]. `realloc` may leave a block in a class that is not its size's, so the size tells nothing;
    /// the checked heap compares it.
    ///
    /// # Safety
    /// A live block that `malloc`, `calloc` or `realloc` gave for this size, or null.
    #[unsafe(no_mangle)]
    pub fn free_sized; hot HOT; map MAP_OFFSET; slow malloc::deallocate_unsized
}

arch::heap::free! {
    /// `free_aligned_sized(block, align, size)` (C23).
    ///
    /// # Safety
    /// A live block that `aligned_alloc` gave for these, or null.
    #[unsafe(no_mangle)]
    pub fn free_aligned_sized; hot HOT; map MAP_OFFSET; slow malloc::deallocate_aligned_unsized
}
