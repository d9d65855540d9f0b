//! Sixteen bytes at a time: what the string functions need of SSE2.

use core::arch::asm;
use core::arch::x86_64::{
    __m128i, _mm_add_epi8, _mm_and_si128, _mm_andnot_si128, _mm_cmpeq_epi8, _mm_cmpeq_epi32, _mm_cmplt_epi8,
    _mm_loadu_si128, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8, _mm_set1_epi32,
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

/// Four times the same word.
#[inline(always)]
#[must_use]
pub fn splat_word(word: u32) -> Block {
    // SAFETY: SSE2 is part of the baseline.
    unsafe { _mm_set1_epi32(word as i32) }
}

/// All ones where the words of 32 bits are equal, else 0.
#[inline(always)]
#[must_use]
pub fn equal_words(a: Block, b: Block) -> Block {
    // SAFETY: SSE2 is part of the baseline.
    unsafe { _mm_cmpeq_epi32(a, b) }
}

/// `b` where `a` is 0.
#[inline(always)]
#[must_use]
pub fn and_not(a: Block, b: Block) -> Block {
    // SAFETY: SSE2 is part of the baseline.
    unsafe { _mm_andnot_si128(a, b) }
}

/// ASCII upper-case letters as lower-case ones, any other byte as it is.
#[inline(always)]
#[must_use]
pub fn lower(block: Block) -> Block {
    // SAFETY: SSE2 is part of the baseline. Its comparison is signed, so the letters are moved to the lowest numbers.
    unsafe {
        let upper = _mm_cmplt_epi8(_mm_add_epi8(block, splat(0x80 - b'A')), splat(0x80 + 26));
        _mm_or_si128(block, _mm_and_si128(upper, splat(0x20)))
    }
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

/// Moves bytes up to where they do not overlap, or down: in a few instructions of its own, for the smallest programs, which then have no memcpy.
///
/// # Safety
/// As for memmove, and `to` does not lie inside the source.
#[inline(never)]
pub unsafe fn move_down(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: as the caller promises. Each load comes before the stores that could overwrite what it reads.
    unsafe {
        asm!(
            "sub {left}, 16",
            "jb 3f",
            "2: movdqu {block}, [{from}]",
            "movdqu [{to}], {block}",
            "add {from}, 16",
            "add {to}, 16",
            "sub {left}, 16",
            "jae 2b",
            "3: test {left:l}, 8", // the low bits of what is left are right, below zero too
            "jz 4f",
            "mov {part}, [{from}]",
            "mov [{to}], {part}",
            "add {from}, 8",
            "add {to}, 8",
            "4: test {left:l}, 4",
            "jz 5f",
            "mov {part:e}, [{from}]",
            "mov [{to}], {part:e}",
            "add {from}, 4",
            "add {to}, 4",
            "5: test {left:l}, 2",
            "jz 6f",
            "mov {part:x}, [{from}]",
            "mov [{to}], {part:x}",
            "add {from}, 2",
            "add {to}, 2",
            "6: test {left:l}, 1",
            "jz 7f",
            "mov {part:l}, [{from}]",
            "mov [{to}], {part:l}",
            "7:",
            left = inout(reg) len => _, from = inout(reg) from => _, to = inout(reg) to => _,
            block = out(xmm_reg) _, part = out(reg) _, options(nostack),
        )
    }
}
