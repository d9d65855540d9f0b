//! Sixteen bytes at a time: what the string functions need of SSE2.

use core::arch::asm;
use core::arch::x86_64::{
    __m128i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
};

/// Sixteen bytes.
pub type Block = __m128i;
/// Bits that each byte has in [`mask`].
pub const MASK_BITS: u32 = 1;

/// Sixteen bytes at an aligned address. Some may lie outside the object, never outside its page.
///
/// # Safety
/// `from` is a multiple of 16 and at least one of the bytes is readable.
#[inline(always)]
#[must_use]
pub unsafe fn load_aligned(from: *const u8) -> Block {
    let block;
    // SAFETY: an aligned block lies in one page. In assembly, because the compiler may assume that its own loads stay inside the object.
    unsafe {
        asm!("movdqa {}, [{}]", out(xmm_reg) block, in(reg) from, options(pure, readonly, nostack, preserves_flags))
    };
    block
}

/// Sixteen bytes that lie in one page; some may lie outside the object.
///
/// # Safety
/// At least one of the bytes is readable, and all are in its page.
#[inline(always)]
#[must_use]
pub unsafe fn load_in_page(from: *const u8) -> Block {
    let block;
    // SAFETY: one page, so all or none are readable. In assembly for the same reason as above.
    unsafe {
        asm!("movdqu {}, [{}]", out(xmm_reg) block, in(reg) from, options(pure, readonly, nostack, preserves_flags))
    };
    block
}

/// Sixteen readable bytes at any address.
///
/// # Safety
/// All are readable.
#[inline(always)]
#[must_use]
pub unsafe fn load(from: *const u8) -> Block {
    // SAFETY: as the caller promises.
    unsafe { _mm_loadu_si128(from.cast()) }
}

/// Sixteen times the same byte.
#[inline(always)]
#[must_use]
pub fn splat(byte: u8) -> Block {
    // SAFETY: SSE2 is part of the baseline.
    unsafe { _mm_set1_epi8(byte as i8) }
}

/// 0xff where the bytes are equal, else 0.
#[inline(always)]
#[must_use]
pub fn equal(a: Block, b: Block) -> Block {
    // SAFETY: SSE2 is part of the baseline.
    unsafe { _mm_cmpeq_epi8(a, b) }
}

/// Bitwise or.
#[inline(always)]
#[must_use]
pub fn or(a: Block, b: Block) -> Block {
    // SAFETY: SSE2 is part of the baseline.
    unsafe { _mm_or_si128(a, b) }
}

/// The lesser byte of each pair: zero where either is zero.
#[inline(always)]
#[must_use]
pub fn min(a: Block, b: Block) -> Block {
    // SAFETY: SSE2 is part of the baseline.
    unsafe { _mm_min_epu8(a, b) }
}

/// [`MASK_BITS`] bits for each byte, the lowest address in the lowest bits: all set for 0xff, clear for 0.
#[inline(always)]
#[must_use]
pub fn mask(block: Block) -> u64 {
    // SAFETY: SSE2 is part of the baseline.
    (unsafe { _mm_movemask_epi8(block) }) as u32 as u64
}
