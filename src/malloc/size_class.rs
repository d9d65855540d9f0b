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

/// A number for each class, by arithmetic at compile time: a table is smaller than the arithmetic at each of a hundred places.
macro_rules! table {
    ($name:ident: $type:ty = $of:ident) => {
        const $name: [$type; 64] = {
            let (mut table, mut class) = ([0; 64], 1);
            while class < COUNT {
                table[class] = $of(class) as $type;
                class += 1;
            }
            table
        };
    };
}
table!(BYTES: u32 = compute_bytes);
table!(UNITS: u8 = compute_units);
table!(CAPACITY: u16 = compute_capacity);

/// Bytes of a class's blocks.
#[inline(always)]
#[must_use]
pub const fn bytes(class: usize) -> usize {
    BYTES[class & 63] as usize
}

const fn compute_bytes(class: usize) -> usize {
    if class <= 8 {
        return class * 16;
    }
    let log2 = 7 + (class - 9) / 4;
    (1 << log2) + (((class - 9) % 4 + 1) << (log2 - 2))
}

/// The size whose class has blocks of at least `size` bytes at multiples of `align`, a power of two; None if there is no such class.
///
/// Runs start at multiples of [`UNIT`], so a block is as aligned as its size. The sizes between two powers of two are multiples of a quarter of the
/// lower one: if that is a multiple of `align`, so are they; else a multiple of `align` is one of theirs.
#[inline(always)]
#[must_use]
pub const fn rounded(size: usize, align: usize) -> Option<usize> {
    if size > LARGEST || align > UNIT {
        return None;
    }
    let rounded = (size.saturating_sub((size != 0) as usize) | (align - 1)) + 1;
    if rounded <= LARGEST { Some(rounded) } else { None }
}

/// Units in a run of a class: the fewest that lose at most an eighth to the end.
#[inline(always)]
#[must_use]
pub const fn units(class: usize) -> usize {
    UNITS[class & 63] as usize
}

const fn compute_units(class: usize) -> usize {
    let size = bytes(class);
    let mut units = size.div_ceil(UNIT);
    while (units * UNIT) % size > units * UNIT / 8 {
        units += 1;
    }
    units
}

/// Builds for tests (`--cfg dacapo_tiny_heap`): magazines of 4, runs of one page, so that every path is taken often.
pub const TINY: bool = cfg!(dacapo_tiny_heap);

/// Blocks up to 1 KiB in a full magazine: between a producer and a consumer it takes four locked instructions to cross, one in 68 operations.
const FULL: usize = 272;
/// Bytes of larger blocks in a full magazine, at most: 128 KiB up to blocks of 4 KiB, 1 MiB beyond, where few blocks are live at a time.
const MAGAZINE: usize = 128 * 1024;

/// Blocks that a magazine of this class may hold: 272 up to 1 KiB, 64 of 2 KiB, 32 of 4 KiB to 32 KiB, 16 of 64 KiB, 2 of the largest.
#[inline(always)]
#[must_use]
pub const fn capacity(class: usize) -> usize {
    CAPACITY[class & 63] as usize
}

const fn compute_capacity(class: usize) -> usize {
    let most = MAGAZINE / bytes(class);
    match most {
        _ if TINY => 4,
        _ if bytes(class) <= SMALL => FULL,
        32.. => most,
        _ if 8 * most > 32 => 32,
        _ => 8 * most + 2 * (most == 0) as usize,
    }
}

/// Blocks that a miss takes from the runs: 32, or a page of the smaller ones, and twice as many with each miss that follows, up to a magazine. A thread that frees what it has just allocated goes
/// round in as many, and changes the magazines each time it has been round.
#[must_use]
pub const fn batch(class: usize, level: usize) -> usize {
    let first = if bytes(class) <= 64 { 64 } else { 32 };
    let (batch, most) = (first << level, capacity(class));
    if batch < most { batch } else { most }
}

/// Steps of [`batch`].
pub const LEVELS: usize = 5;

/// Blocks in a run of this class.
#[must_use]
pub const fn blocks(class: usize) -> usize {
    let room = if TINY && bytes(class) <= 4096 { 4096 } else { units(class) << UNIT_SHIFT };
    room / bytes(class)
}

const _: () = {
    let mut class = 1;
    while class < COUNT {
        assert!(of(bytes(class)) == class);
        assert!(class + 1 == COUNT || of(bytes(class) + 1) == class + 1);
        assert!(units(class) <= 8);
        let mut align = 16;
        while align <= UNIT {
            if let Some(size) = rounded(bytes(class), align) {
                assert!(bytes(of(size)) >= bytes(class) && bytes(of(size)).is_multiple_of(align));
            }
            align *= 2;
        }
        class += 1;
    }
    assert!(bytes(COUNT - 1) == LARGEST && of(0) == 1 && of(LARGEST) == COUNT - 1);
};
