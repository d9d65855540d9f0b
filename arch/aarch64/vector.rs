//! Sixteen bytes at a time: what the string functions need of NEON.

use core::arch::aarch64::{
    uint8x16_t, vceqq_u8, vdupq_n_u8, vget_lane_u64, vld1q_u8, vminq_u8, vorrq_u8, vreinterpret_u64_u8,
    vreinterpretq_u16_u8, vshrn_n_u16,
};
use core::arch::asm;

/// Sixteen bytes.
pub type Block = uint8x16_t;
/// Bits that each byte has in [`mask`].
pub const MASK_BITS: u32 = 4;

/// Sixteen bytes at an aligned address. Some may lie outside the object, never outside its page.
///
/// # Safety
/// `from` is a multiple of 16 and at least one of the bytes is readable.
#[inline(always)]
#[must_use]
pub unsafe fn load_aligned(from: *const u8) -> Block {
    let block;
    // SAFETY: an aligned block lies in one page. In assembly, because the compiler may assume that its own loads stay inside the object.
    unsafe { asm!("ldr {:q}, [{}]", out(vreg) block, in(reg) from, options(pure, readonly, nostack, preserves_flags)) };
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
    unsafe { asm!("ldr {:q}, [{}]", out(vreg) block, in(reg) from, options(pure, readonly, nostack, preserves_flags)) };
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
    unsafe { vld1q_u8(from) }
}

/// Sixteen times the same byte.
#[inline(always)]
#[must_use]
pub fn splat(byte: u8) -> Block {
    // SAFETY: NEON is part of the baseline.
    unsafe { vdupq_n_u8(byte) }
}

/// 0xff where the bytes are equal, else 0.
#[inline(always)]
#[must_use]
pub fn equal(a: Block, b: Block) -> Block {
    // SAFETY: NEON is part of the baseline.
    unsafe { vceqq_u8(a, b) }
}

/// Bitwise or.
#[inline(always)]
#[must_use]
pub fn or(a: Block, b: Block) -> Block {
    // SAFETY: NEON is part of the baseline.
    unsafe { vorrq_u8(a, b) }
}

/// The lesser byte of each pair: zero where either is zero.
#[inline(always)]
#[must_use]
pub fn min(a: Block, b: Block) -> Block {
    // SAFETY: NEON is part of the baseline.
    unsafe { vminq_u8(a, b) }
}

/// [`MASK_BITS`] bits for each byte, the lowest address in the lowest bits: all set for 0xff, clear for 0.
#[inline(always)]
#[must_use]
pub fn mask(block: Block) -> u64 {
    // SAFETY: NEON is part of the baseline.
    unsafe { vget_lane_u64::<0>(vreinterpret_u64_u8(vshrn_n_u16::<4>(vreinterpretq_u16_u8(block)))) }
}
