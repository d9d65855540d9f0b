//! Size classes: which block sizes exist, by arithmetic alone.
//!
//! ```text
//!   class 1..=8     16, 32, ... 128                 16-byte steps
//!   class 9..=52    160, 192, 224, 256, 320, ...    four to a doubling, up to 256 KiB
//! ```
//! At most a fifth of a block is lost to rounding beyond 128 bytes. A power of two from 16 to 256 KiB is always a class.

/// Classes, counting class 0, which is none.
pub const COUNT: usize = 53;
/// The largest block that a class has: 256 KiB.
pub const LARGEST: usize = 256 * 1024;
/// Bytes that the innermost fast path handles: the block's table of classes ends here.
pub const SMALL: usize = 1024;
/// Bytes of a unit of the page heap: 64 KiB.
pub const UNIT: usize = 1 << UNIT_SHIFT;
/// log2 of [`UNIT`].
pub const UNIT_SHIFT: u32 = 16;

/// The class whose blocks hold `size` bytes. `size` is at most [`LARGEST`].
#[inline(always)]
#[must_use]
pub const fn of(size: usize) -> usize {
    if size <= 128 {
        let class = (size + 15) >> 4;
        return if class == 0 { 1 } else { class };
    }
    let last = size - 1;
    let log2 = (usize::BITS - 1 - last.leading_zeros()) as usize;
    9 + (log2 - 7) * 4 + ((last >> (log2 - 2)) & 3)
}

/// Bytes of a class's blocks.
#[inline(always)]
#[must_use]
pub const fn bytes(class: usize) -> usize {
    if class <= 8 {
        return class * 16;
    }
    let log2 = 7 + (class - 9) / 4;
    (1 << log2) + (((class - 9) % 4 + 1) << (log2 - 2))
}

/// The class whose blocks hold `size` bytes at a multiple of `align`, a power of two up to [`UNIT`]; None if there is none.
///
/// Runs start at multiples of [`UNIT`], so a block is as aligned as its size.
#[inline]
#[must_use]
pub const fn of_aligned(size: usize, align: usize) -> Option<usize> {
    if size > LARGEST || align > UNIT {
        return None;
    }
    let mut class = of(size);
    while class < COUNT {
        if bytes(class) & (align - 1) == 0 {
            return Some(class);
        }
        class += 1;
    }
    None
}

/// Units in a run of a class: the fewest that lose at most an eighth to the end.
#[must_use]
pub const fn units(class: usize) -> usize {
    let size = bytes(class);
    let mut units = size.div_ceil(UNIT);
    while (units * UNIT) % size > units * UNIT / 8 {
        units += 1;
    }
    units
}

/// Blocks that a list of this class may hold: 16 and doubling with each level up to [`LEVELS`], within 512 KiB and 512 blocks.
#[must_use]
pub const fn capacity(class: usize, level: usize) -> usize {
    let most = 2 * LARGEST / bytes(class);
    let most = if most > 512 { 512 } else { most };
    let wanted = 16 << level;
    let capacity = if wanted < most { wanted } else { most };
    if capacity < 2 { 2 } else { capacity }
}

/// Steps of [`capacity`].
pub const LEVELS: usize = 6;

const _: () = {
    let mut class = 1;
    while class < COUNT {
        assert!(of(bytes(class)) == class);
        assert!(class + 1 == COUNT || of(bytes(class) + 1) == class + 1);
        assert!(units(class) <= 8);
        class += 1;
    }
    assert!(bytes(COUNT - 1) == LARGEST && of(0) == 1 && of(LARGEST) == COUNT - 1);
};
