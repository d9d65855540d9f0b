//! Finding a set of bytes, or a string: strnlen strrchr, strspn strcspn strpbrk, memmem strstr strcasestr.

use core::ffi::c_int;
use core::ptr::null_mut;

use super::{lower, strlen};
use crate::arch::vector::{self, Block, MASK_BITS};

const BLOCK: usize = size_of::<Block>();

unsafe extern "C" {
    fn memchr(from: *const u8, byte: c_int, n: usize) -> *mut u8;
    fn memrchr(from: *const u8, byte: c_int, n: usize) -> *mut u8;
    fn strchr(string: *const u8, byte: c_int) -> *mut u8;
    fn strchrnul(string: *const u8, byte: c_int) -> *mut u8;
}

/// How many bytes of a block come before the first one that the mask marks.
#[inline(always)]
fn first(mask: u64) -> usize {
    (mask.trailing_zeros() / MASK_BITS) as usize
}

/// How many bytes from `from` on come before the first one that `test` marks, in aligned blocks.
#[inline(always)]
unsafe fn scan(from: *const u8, test: impl Fn(Block) -> Block) -> usize {
    let before = from as usize % BLOCK;
    let mut at = from.wrapping_sub(before);
    let marked = vector::mask(test(vector::load_aligned(at))) >> (before as u32 * MASK_BITS);
    if marked != 0 {
        return first(marked);
    }
    loop {
        at = at.wrapping_add(BLOCK);
        let marked = vector::mask(test(vector::load_aligned(at)));
        if marked != 0 {
            return at as usize - from as usize + first(marked);
        }
    }
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

/// Up to so many members are each compared with whole blocks.
const FEW: usize = 8;

/// How many bytes at the string's start are no members of the set and not its end (`UNTIL`), or are members.
///
/// Price: for few members, two instructions for each with sixteen bytes; else a table of 256 bytes first, and a byte at a time.
#[inline(always)]
unsafe fn span<const UNTIL: bool>(string: *const u8, members: *const u8) -> usize {
    let mut count = 0;
    while count <= FEW && *members.add(count) != 0 {
        count += 1;
    }
    let all = vector::equal(vector::splat(0), vector::splat(0));
    // A set that is not full repeats its first member.
    let member = |index: usize| vector::splat(*members.add(if index < count { index } else { 0 }));
    // What stops the search: a member or the end, or anything but a member (the end is none).
    let ending = |block, marked| {
        if UNTIL { vector::or(marked, vector::equal(block, vector::splat(0))) } else { vector::and_not(marked, all) }
    };
    if count <= FEW / 2 {
        let set: [Block; FEW / 2] = [member(0), member(1), member(2), member(3)];
        return scan(string, |block| {
            let is = |index: usize| vector::equal(block, set[index]);
            ending(block, vector::or(vector::or(is(0), is(1)), vector::or(is(2), is(3))))
        });
    }
    if count <= FEW {
        let set: [Block; FEW] =
            [member(0), member(1), member(2), member(3), member(4), member(5), member(6), member(7)];
        return scan(string, |block| {
            let is = |index: usize| vector::equal(block, set[index]);
            let low = vector::or(vector::or(is(0), is(1)), vector::or(is(2), is(3)));
            ending(block, vector::or(low, vector::or(vector::or(is(4), is(5)), vector::or(is(6), is(7)))))
        });
    }
    let mut stops = [!UNTIL; 256];
    let mut each = members;
    while *each != 0 {
        stops[usize::from(*each)] = UNTIL;
        each = each.add(1);
    }
    stops[0] = true;
    let mut at = 0;
    while !stops[usize::from(*string.add(at))] {
        at += 1;
    }
    at
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strspn(string: *const u8, accept: *const u8) -> usize {
    if *accept == 0 { 0 } else { span::<false>(string, accept) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strcspn(string: *const u8, reject: *const u8) -> usize {
    if *reject == 0 {
        return strlen(string);
    }
    if *reject.add(1) == 0 {
        return strchrnul(string, c_int::from(*reject)) as usize - string as usize;
    }
    span::<true>(string, reject)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strpbrk(string: *const u8, accept: *const u8) -> *mut u8 {
    let found = string.add(strcspn(string, accept));
    if *found == 0 { null_mut() } else { found.cast_mut() }
}

/// The byte that decides whether two are the same: itself, or its lower-case letter.
#[inline(always)]
fn folded<const FOLD: bool>(byte: u8) -> u8 {
    if FOLD { lower(byte) } else { byte }
}

/// How many of `len` bytes are the same from the start on.
#[inline(always)]
unsafe fn same<const FOLD: bool>(a: *const u8, b: *const u8, len: usize) -> usize {
    let mut at = 0;
    while at < len && folded::<FOLD>(*a.add(at)) == folded::<FOLD>(*b.add(at)) {
        at += 1;
    }
    at
}

/// Finds `needle` in `hay` in linear time. Two neighbouring bytes of the needle, different ones if it has such, are looked for at sixteen places
/// at once; when what was compared in vain outweighs what was passed, the two-way algorithm goes on.
#[inline(always)]
unsafe fn find<const FOLD: bool>(hay: *const u8, hay_len: usize, needle: *const u8, needle_len: usize) -> *mut u8 {
    if needle_len == 0 {
        return hay.cast_mut();
    }
    if needle_len > hay_len {
        return null_mut();
    }
    let last = hay.add(hay_len - needle_len);
    let end = hay.add(hay_len);
    let byte = |index: usize| folded::<FOLD>(*needle.add(index));
    let mut pair = 0;
    while pair + 2 < needle_len && pair < 64 && byte(pair) == byte(pair + 1) {
        pair += 1;
    }
    // A needle of one byte is compared with its only byte twice.
    let other = usize::from(needle_len > 1);
    let (one, two) = (vector::splat(byte(pair)), vector::splat(byte(pair + other)));
    let fold = |block| if FOLD { vector::lower(block) } else { block };
    let (mut at, mut vain) = (hay, 0);
    let marks = |at: *const u8| {
        let here = vector::equal(fold(vector::load(at.add(pair))), one);
        let next = vector::equal(fold(vector::load(at.add(pair + other))), two);
        vector::min(here, next)
    };
    // The blocks at `at + pair` and one byte on lie in the hay.
    while at <= last && end as usize - at as usize >= pair + other + BLOCK {
        // Four blocks at once while there is nothing in them.
        if end as usize - at as usize >= pair + other + 4 * BLOCK {
            let of = |block: usize| marks(at.add(block * BLOCK));
            if vector::mask(vector::or(vector::or(of(0), of(1)), vector::or(of(2), of(3)))) == 0 {
                at = at.wrapping_add(4 * BLOCK);
                continue;
            }
        }
        let mut marked = vector::mask(marks(at));
        while marked != 0 {
            let place = at.add(first(marked));
            if place > last {
                return null_mut();
            }
            let equal = same::<FOLD>(place, needle, needle_len);
            if equal == needle_len {
                return place.cast_mut();
            }
            vain += 8 + equal;
            marked &= !(((1 << MASK_BITS) - 1) << (first(marked) as u32 * MASK_BITS));
        }
        at = at.wrapping_add(BLOCK);
        if vain > 256 + (at as usize - hay as usize) {
            return two_way::<FOLD>(at, last, needle, needle_len);
        }
    }
    while at <= last {
        if folded::<FOLD>(*at.add(pair)) == byte(pair) && same::<FOLD>(at, needle, needle_len) == needle_len {
            return at.cast_mut();
        }
        at = at.wrapping_add(1);
    }
    null_mut()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memmem(hay: *const u8, hay_len: usize, needle: *const u8, needle_len: usize) -> *mut u8 {
    find::<false>(hay, hay_len, needle, needle_len)
}

/// Where the needle is cut: (position, period) of its greatest suffix in the order `less`.
unsafe fn greatest_suffix<const FOLD: bool>(
    needle: *const u8,
    len: usize,
    less: impl Fn(u8, u8) -> bool,
) -> (usize, usize) {
    let (mut suffix, mut candidate, mut offset, mut period) = (0_usize, 1_usize, 0_usize, 1_usize);
    while candidate + offset < len {
        let byte = |index: usize| folded::<FOLD>(*needle.add(index));
        let (a, b) = (byte(candidate + offset), byte(suffix + offset));
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
#[inline(never)]
unsafe fn two_way<const FOLD: bool>(mut at: *const u8, last: *const u8, needle: *const u8, len: usize) -> *mut u8 {
    let one = greatest_suffix::<FOLD>(needle, len, |a, b| a < b);
    let other = greatest_suffix::<FOLD>(needle, len, |a, b| a > b);
    let (cut, period) = if one.0 > other.0 { one } else { other };
    let periodic = cut + period <= len && same::<FOLD>(needle, needle.add(period), cut) == cut;
    let (shift, keep) = if periodic { (period, len - period) } else { (cut.max(len - cut) + 1, 0) };
    let mut known = 0; // bytes at the needle's start that are equal already
    while at <= last {
        let start = cut.max(known);
        let i = start + same::<FOLD>(needle.add(start), at.add(start), len - start);
        if i < len {
            at = at.wrapping_add(i - cut + 1);
            known = 0;
            continue;
        }
        let mut i = cut;
        while i > known && folded::<FOLD>(*needle.add(i - 1)) == folded::<FOLD>(*at.add(i - 1)) {
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

/// The same in a string: by windows that double, so that what lies far behind the answer is not read.
#[inline(always)]
unsafe fn find_in_string<const FOLD: bool>(hay: *const u8, needle: *const u8, needle_len: usize) -> *mut u8 {
    let mut at = hay;
    let mut window = 512_usize.max(needle_len.saturating_mul(4));
    loop {
        let len = strnlen(at, window);
        let found = find::<FOLD>(at, len, needle, needle_len);
        if !found.is_null() || len < window {
            return found;
        }
        at = at.add(len - (needle_len - 1));
        window = window.saturating_mul(2);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strstr(hay: *const u8, needle: *const u8) -> *mut u8 {
    match strlen(needle) {
        0 => hay.cast_mut(),
        1 => strchr(hay, c_int::from(*needle)),
        len => find_in_string::<false>(hay, needle, len),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strcasestr(hay: *const u8, needle: *const u8) -> *mut u8 {
    match strlen(needle) {
        0 => hay.cast_mut(),
        len => find_in_string::<true>(hay, needle, len),
    }
}
