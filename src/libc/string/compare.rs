//! Ordering strings: strcasecmp strncasecmp strcoll strxfrm strverscmp; ffs.

use core::ffi::{c_int, c_long, c_longlong, c_void};

use super::{lower, strlen};
use crate::arch::vector::{self, Block, MASK_BITS};

const BLOCK: usize = size_of::<Block>();
const PAGE: usize = 4096;

unsafe extern "C" {
    fn strcmp(a: *const u8, b: *const u8) -> c_int;
}

/// How many bytes lie before the unit (`UNIT` bytes) where two strings differ or end, at most `most`.
///
/// `good` makes zero bytes of those units of two blocks, `ends` says it of one unit of each.
#[inline(always)]
pub(in crate::libc) unsafe fn common<const UNIT: usize>(
    a: *const u8,
    b: *const u8,
    most: usize,
    good: impl Fn(Block, Block) -> Block,
    ends: impl Fn(*const u8, *const u8) -> bool,
) -> usize {
    let zero = vector::splat(0);
    // Blocks that may read beyond a string's end but stay in its page.
    let good = |p: *const u8, q: *const u8| good(vector::load_in_page(p), vector::load_in_page(q));
    let mut at = 0;
    // Most strings differ or end early: one block without the arithmetic of the loop, where it stays in both pages.
    if most != 0 && (a as usize % PAGE).max(b as usize % PAGE) <= PAGE - BLOCK {
        let marked = vector::mask(vector::equal(good(a, b), zero));
        if marked != 0 {
            return ((marked.trailing_zeros() / MASK_BITS) as usize).min(most);
        }
        at = BLOCK;
    }
    while at < most {
        let (p, q) = (a.wrapping_add(at), b.wrapping_add(at));
        let room = PAGE - (p as usize % PAGE).max(q as usize % PAGE);
        let blocks = room / BLOCK;
        if blocks == 0 {
            if ends(p, q) {
                return at;
            }
            at += UNIT;
            continue;
        }
        let mut done = 0;
        while done + 4 <= blocks {
            let of =
                |block: usize| good(p.wrapping_add((done + block) * BLOCK), q.wrapping_add((done + block) * BLOCK));
            let least = vector::min(vector::min(of(0), of(1)), vector::min(of(2), of(3)));
            if vector::mask(vector::equal(least, zero)) != 0 || at.saturating_add((done + 4) * BLOCK) >= most {
                break;
            }
            done += 4;
        }
        let mut left = 4;
        while done < blocks && left > 0 {
            let of = done * BLOCK;
            let marked = vector::mask(vector::equal(good(p.wrapping_add(of), q.wrapping_add(of)), zero));
            if marked != 0 {
                return (at + of + (marked.trailing_zeros() / MASK_BITS) as usize).min(most);
            }
            done += 1;
            left -= 1;
        }
        at = at.saturating_add(done * BLOCK);
    }
    most
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strcoll(a: *const u8, b: *const u8) -> c_int {
    strcmp(a, b)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strcoll_l(a: *const u8, b: *const u8, _locale: *mut c_void) -> c_int {
    strcmp(a, b)
}

/// In the C locale a string is its own sort key.
#[unsafe(no_mangle)]
unsafe extern "C" fn strxfrm(to: *mut u8, from: *const u8, n: usize) -> usize {
    let len = strlen(from);
    if n > 0 {
        let fits = len.min(n - 1);
        to.copy_from_nonoverlapping(from, fits);
        if len < n {
            *to.add(len) = 0;
        }
    }
    len
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strxfrm_l(to: *mut u8, from: *const u8, n: usize, _locale: *mut c_void) -> usize {
    strxfrm(to, from, n)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strcasecmp(a: *const u8, b: *const u8) -> c_int {
    strncasecmp(a, b, usize::MAX)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strncasecmp(a: *const u8, b: *const u8, n: usize) -> c_int {
    let at = common::<1>(
        a,
        b,
        n,
        |x, y| vector::min(vector::equal(vector::lower(x), vector::lower(y)), x),
        |p, q| lower(*p) != lower(*q) || *p == 0,
    );
    if at == n { 0 } else { c_int::from(lower(*a.add(at))) - c_int::from(lower(*b.add(at))) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strcasecmp_l(a: *const u8, b: *const u8, _locale: *mut c_void) -> c_int {
    strcasecmp(a, b)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strncasecmp_l(a: *const u8, b: *const u8, n: usize, _locale: *mut c_void) -> c_int {
    strncasecmp(a, b, n)
}

/// Version order: runs of digits count as numbers, and as fractions when they begin with zero.
#[unsafe(no_mangle)]
unsafe extern "C" fn strverscmp(a: *const u8, b: *const u8) -> c_int {
    let mut at = 0;
    let mut run = 0; // where the run of digits that holds `at` began
    let mut zeros = true; // whether that run is zeros alone so far
    loop {
        let (x, y) = (*a.add(at), *b.add(at));
        if x != y {
            let difference = c_int::from(x) - c_int::from(y);
            let fraction = run < at && zeros_lead(a, run, at);
            return decide(a, b, at, run, fraction, zeros, difference);
        }
        if x == 0 {
            return 0;
        }
        if !x.is_ascii_digit() {
            run = at + 1;
            zeros = true;
        } else if x != b'0' {
            zeros = false;
        }
        at += 1;
    }
}

/// Whether the run of digits that begins at `run` begins with a zero.
unsafe fn zeros_lead(a: *const u8, run: usize, at: usize) -> bool {
    run < at && *a.add(run) == b'0'
}

/// The order of two strings that first differ at `at`, in or behind a run of digits that began at `run`.
unsafe fn decide(
    a: *const u8,
    b: *const u8,
    at: usize,
    run: usize,
    fraction: bool,
    zeros: bool,
    difference: c_int,
) -> c_int {
    let (x, y) = (*a.add(at), *b.add(at));
    if fraction {
        // After leading zeros: a fraction. All zeros so far and one goes on with a digit: the longer one is the smaller number.
        if zeros {
            return match (x.is_ascii_digit(), y.is_ascii_digit()) {
                (true, false) => -1,
                (false, true) => 1,
                _ => difference,
            };
        }
        return difference;
    }
    let starts_zero = run == at && (x == b'0' || y == b'0');
    if starts_zero && x.is_ascii_digit() && y.is_ascii_digit() {
        return difference; // "01" against "1": the fraction is less
    }
    if !(x.is_ascii_digit() || y.is_ascii_digit()) || (run == at && !(x.is_ascii_digit() && y.is_ascii_digit())) {
        return difference;
    }
    // An integral run: the longer one is the greater number.
    let (mut i, mut j) = (at, at);
    while (*a.add(i)).is_ascii_digit() {
        i += 1;
    }
    while (*b.add(j)).is_ascii_digit() {
        j += 1;
    }
    match i.cmp(&j) {
        core::cmp::Ordering::Less => -1,
        core::cmp::Ordering::Greater => 1,
        core::cmp::Ordering::Equal => difference,
    }
}

#[unsafe(no_mangle)]
extern "C" fn ffs(value: c_int) -> c_int {
    if value == 0 { 0 } else { value.trailing_zeros() as c_int + 1 }
}

#[unsafe(no_mangle)]
extern "C" fn ffsl(value: c_long) -> c_int {
    if value == 0 { 0 } else { value.trailing_zeros() as c_int + 1 }
}

#[unsafe(no_mangle)]
extern "C" fn ffsll(value: c_longlong) -> c_int {
    if value == 0 { 0 } else { value.trailing_zeros() as c_int + 1 }
}
