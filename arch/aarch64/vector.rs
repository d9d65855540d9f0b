//! Sixteen bytes at a time: what the string functions need of NEON.

use core::arch::aarch64::{
    uint8x16_t, vandq_u8, vbicq_u8, vceqq_u8, vceqq_u32, vcltq_u8, vdupq_n_u8, vdupq_n_u32, vget_lane_u64, vld1q_u8,
    vminq_u8, vorrq_u8, vreinterpret_u64_u8, vreinterpretq_u8_u32, vreinterpretq_u16_u8, vreinterpretq_u32_u8,
    vshrn_n_u16, vsubq_u8,
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

/// Four times the same word.
#[inline(always)]
#[must_use]
pub fn splat_word(word: u32) -> Block {
    // SAFETY: NEON is part of the baseline.
    unsafe { vreinterpretq_u8_u32(vdupq_n_u32(word)) }
}

/// All ones where the words of 32 bits are equal, else 0.
#[inline(always)]
#[must_use]
pub fn equal_words(a: Block, b: Block) -> Block {
    // SAFETY: NEON is part of the baseline.
    unsafe { vreinterpretq_u8_u32(vceqq_u32(vreinterpretq_u32_u8(a), vreinterpretq_u32_u8(b))) }
}

/// `b` where `a` is 0.
#[inline(always)]
#[must_use]
pub fn and_not(a: Block, b: Block) -> Block {
    // SAFETY: NEON is part of the baseline.
    unsafe { vbicq_u8(b, a) }
}

/// ASCII upper-case letters as lower-case ones, any other byte as it is.
#[inline(always)]
#[must_use]
pub fn lower(block: Block) -> Block {
    // SAFETY: NEON is part of the baseline.
    unsafe { vorrq_u8(block, vandq_u8(vcltq_u8(vsubq_u8(block, splat(b'A')), splat(26)), splat(0x20))) }
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

/// Moves bytes up to where they do not overlap, or down: in a few instructions of its own, for the smallest programs, which then have no memcpy.
///
/// # Safety
/// As for memmove, and `to` does not lie inside the source.
#[inline(never)]
pub unsafe fn move_down(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: as the caller promises. Each load comes before the stores that could overwrite what it reads.
    unsafe {
        asm!(
            "subs {left}, {left}, #16",
            "b.lo 3f",
            "2: ldr {block:q}, [{from}], #16",
            "str {block:q}, [{to}], #16",
            "subs {left}, {left}, #16",
            "b.hs 2b",
            "3: tbz {left}, #3, 4f", // the low bits of what is left are right, below zero too
            "ldr {part}, [{from}], #8",
            "str {part}, [{to}], #8",
            "4: tbz {left}, #2, 5f",
            "ldr {part:w}, [{from}], #4",
            "str {part:w}, [{to}], #4",
            "5: tbz {left}, #1, 6f",
            "ldrh {part:w}, [{from}], #2",
            "strh {part:w}, [{to}], #2",
            "6: tbz {left}, #0, 7f",
            "ldrb {part:w}, [{from}]",
            "strb {part:w}, [{to}]",
            "7:",
            left = inout(reg) len => _, from = inout(reg) from => _, to = inout(reg) to => _,
            block = out(vreg) _, part = out(reg) _, options(nostack),
        )
    }
}
