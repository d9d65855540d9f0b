//! Finding a byte, a set of bytes, or a string: memchr memrchr rawmemchr strchr strchrnul strrchr strnlen, strspn strcspn strpbrk, memmem strstr strcasestr.

use core::ffi::c_int;
use core::ptr::null_mut;

use super::{bytes, lower, memcmp, strlen};
use crate::arch::vector::{self, Block, MASK_BITS};

const BLOCK: usize = size_of::<Block>();

/// How many bytes of a block come before the first one that the mask marks.
#[inline(always)]
fn first(mask: u64) -> usize {
    (mask.trailing_zeros() / MASK_BITS) as usize
}

/// Calls `test` on the aligned blocks from the one that holds `from` on, until it marks a byte at or after `from`; that byte's address.
/// Four blocks a round once the start is behind.
#[inline(always)]
unsafe fn scan(from: *const u8, test: impl Fn(Block) -> Block) -> *const u8 {
    let before = from as usize % BLOCK;
    let mut at = from.wrapping_sub(before);
    let marked = vector::mask(test(vector::load_aligned(at))) >> (before as u32 * MASK_BITS);
    if marked != 0 {
        return from.add(first(marked));
    }
    at = at.wrapping_add(BLOCK);
    while !(at as usize).is_multiple_of(4 * BLOCK) {
        let marked = vector::mask(test(vector::load_aligned(at)));
        if marked != 0 {
            return at.add(first(marked));
        }
        at = at.wrapping_add(BLOCK);
    }
    loop {
        let tests = [0, 1, 2, 3].map(|block| test(vector::load_aligned(at.wrapping_add(block * BLOCK))));
        let any = vector::or(vector::or(tests[0], tests[1]), vector::or(tests[2], tests[3]));
        if vector::mask(any) != 0 {
            for (block, test) in tests.into_iter().enumerate() {
                let marked = vector::mask(test);
                if marked != 0 {
                    return at.add(block * BLOCK + first(marked));
                }
            }
        }
        at = at.wrapping_add(4 * BLOCK);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memchr(from: *const u8, byte: c_int, n: usize) -> *mut u8 {
    if n == 0 {
        return null_mut();
    }
    let wanted = vector::splat(byte as u8);
    let before = from as usize % BLOCK;
    let mut at = from.wrapping_sub(before);
    // Bytes from `at` to the end; an end beyond the address space is none.
    let mut left = n.saturating_add(before);
    let marked = vector::mask(vector::equal(vector::load_aligned(at), wanted)) >> (before as u32 * MASK_BITS);
    if marked != 0 {
        let found = first(marked);
        return if found < n { from.add(found).cast_mut() } else { null_mut() };
    }
    loop {
        // Invariant: the block at `at` holds no match.
        if left <= BLOCK {
            return null_mut();
        }
        at = at.wrapping_add(BLOCK);
        left -= BLOCK;
        while left > 4 * BLOCK && (at as usize).is_multiple_of(4 * BLOCK) {
            let tests =
                [0, 1, 2, 3].map(|block| vector::equal(vector::load_aligned(at.wrapping_add(block * BLOCK)), wanted));
            let any = vector::or(vector::or(tests[0], tests[1]), vector::or(tests[2], tests[3]));
            if vector::mask(any) != 0 {
                break;
            }
            at = at.wrapping_add(4 * BLOCK);
            left -= 4 * BLOCK;
        }
        let marked = vector::mask(vector::equal(vector::load_aligned(at), wanted));
        if marked != 0 {
            let found = first(marked);
            return if found < left { at.add(found).cast_mut() } else { null_mut() };
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memrchr(from: *const u8, byte: c_int, n: usize) -> *mut u8 {
    let mut left = n;
    let wanted = vector::splat(byte as u8);
    while left >= BLOCK {
        let marked = vector::mask(vector::equal(vector::load(from.add(left - BLOCK)), wanted));
        if marked != 0 {
            return from
                .add(left - 1 - ((marked << (64 - BLOCK as u32 * MASK_BITS)).leading_zeros() / MASK_BITS) as usize)
                .cast_mut();
        }
        left -= BLOCK;
    }
    while left > 0 {
        left -= 1;
        if *from.add(left) == byte as u8 {
            return from.add(left).cast_mut();
        }
    }
    null_mut()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rawmemchr(from: *const u8, byte: c_int) -> *mut u8 {
    let wanted = vector::splat(byte as u8);
    scan(from, |block| vector::equal(block, wanted)).cast_mut()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strchrnul(string: *const u8, byte: c_int) -> *mut u8 {
    let (wanted, zero) = (vector::splat(byte as u8), vector::splat(0));
    scan(string, |block| vector::or(vector::equal(block, wanted), vector::equal(block, zero))).cast_mut()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strchr(string: *const u8, byte: c_int) -> *mut u8 {
    let found = strchrnul(string, byte);
    if *found == byte as u8 { found } else { null_mut() }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn index(string: *const u8, byte: c_int) -> *mut u8 {
    strchr(string, byte)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strrchr(string: *const u8, byte: c_int) -> *mut u8 {
    memrchr(string, byte, strlen(string) + 1)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rindex(string: *const u8, byte: c_int) -> *mut u8 {
    strrchr(string, byte)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strnlen(string: *const u8, most: usize) -> usize {
    let end = memchr(string, 0, most);
    if end.is_null() { most } else { end as usize - string as usize }
}

/// A set of bytes, one bit each.
struct Set([u64; 4]);

impl Set {
    unsafe fn of(mut members: *const u8) -> Set {
        let mut set = Set([0; 4]);
        while *members != 0 {
            set.0[usize::from(*members >> 6)] |= 1 << (*members & 63);
            members = members.add(1);
        }
        set
    }

    #[inline(always)]
    fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 != 0
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strspn(string: *const u8, accept: *const u8) -> usize {
    let set = Set::of(accept);
    let mut at = 0;
    while set.has(*string.add(at)) {
        at += 1;
    }
    at
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strcspn(string: *const u8, reject: *const u8) -> usize {
    if *reject == 0 {
        return strlen(string);
    }
    if *reject.add(1) == 0 {
        return strchrnul(string, c_int::from(*reject)) as usize - string as usize;
    }
    let mut set = Set::of(reject);
    set.0[0] |= 1;
    let mut at = 0;
    while !set.has(*string.add(at)) {
        at += 1;
    }
    at
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strpbrk(string: *const u8, accept: *const u8) -> *mut u8 {
    let found = string.add(strcspn(string, accept));
    if *found == 0 { null_mut() } else { found.cast_mut() }
}

/// Finds `needle` in `hay` in linear time: memchr for its first byte, and from the tenth false start on, the two-way algorithm.
#[unsafe(no_mangle)]
unsafe extern "C" fn memmem(hay: *const u8, hay_len: usize, needle: *const u8, needle_len: usize) -> *mut u8 {
    if needle_len == 0 {
        return hay.cast_mut();
    }
    if needle_len > hay_len {
        return null_mut();
    }
    let last = hay.add(hay_len - needle_len);
    let mut at = hay;
    for _ in 0..10 {
        at = memchr(at, c_int::from(*needle), last as usize - at as usize + 1);
        if at.is_null() {
            return null_mut();
        }
        if memcmp(at, needle, needle_len) == 0 {
            return at.cast_mut();
        }
        if at == last {
            return null_mut();
        }
        at = at.add(1);
    }
    two_way(at, last, needle, needle_len)
}

/// Where the needle is cut: (position, period) of its greatest suffix in the order `less`.
unsafe fn greatest_suffix(needle: *const u8, len: usize, less: impl Fn(u8, u8) -> bool) -> (usize, usize) {
    let (mut suffix, mut candidate, mut offset, mut period) = (0_usize, 1_usize, 0_usize, 1_usize);
    while candidate + offset < len {
        let (a, b) = (*needle.add(candidate + offset), *needle.add(suffix + offset));
        if less(a, b) {
            candidate += offset + 1;
            offset = 0;
            period = candidate - suffix;
        } else if a == b {
            offset += 1;
            if offset == period {
                candidate += period;
                offset = 0;
            }
        } else {
            suffix = candidate;
            candidate += 1;
            offset = 0;
            period = 1;
        }
    }
    (suffix, period)
}

/// Crochemore and Perrin, "Two-way string-matching" (1991): compares the part after the cut left to right, then the part before it;
/// linear time, constant space. `at..=last` are the places where the needle may begin.
unsafe fn two_way(mut at: *const u8, last: *const u8, needle: *const u8, len: usize) -> *mut u8 {
    let one = greatest_suffix(needle, len, |a, b| a < b);
    let other = greatest_suffix(needle, len, |a, b| a > b);
    let (cut, period) = if one.0 > other.0 { one } else { other };
    let periodic = cut + period <= len && memcmp(needle, needle.add(period), cut) == 0;
    let (shift, keep) = if periodic { (period, len - period) } else { (cut.max(len - cut) + 1, 0) };
    let mut known = 0; // bytes at the needle's start that are equal already
    while at <= last {
        let mut i = cut.max(known);
        while i < len && *needle.add(i) == *at.add(i) {
            i += 1;
        }
        if i < len {
            at = at.wrapping_add(i - cut + 1);
            known = 0;
            continue;
        }
        let mut i = cut;
        while i > known && *needle.add(i - 1) == *at.add(i - 1) {
            i -= 1;
        }
        if i <= known {
            return at.cast_mut();
        }
        at = at.wrapping_add(shift);
        known = keep;
    }
    null_mut()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strstr(hay: *const u8, needle: *const u8) -> *mut u8 {
    if *needle == 0 {
        return hay.cast_mut();
    }
    let start = strchr(hay, c_int::from(*needle));
    if start.is_null() || *needle.add(1) == 0 {
        return start;
    }
    memmem(start, strlen(start), needle, strlen(needle))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strcasestr(hay: *const u8, needle: *const u8) -> *mut u8 {
    let needle = bytes(needle);
    let mut at = hay;
    loop {
        let mut i = 0;
        while i < needle.len() && lower(*at.add(i)) == lower(*needle.as_ptr().add(i)) {
            i += 1;
        }
        if i == needle.len() {
            return at.cast_mut();
        }
        if *at == 0 {
            return null_mut();
        }
        at = at.add(1);
    }
}
