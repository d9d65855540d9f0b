//! Arrays of wide characters.

use core::ffi::c_int;
use core::ptr::null_mut;

use super::{Wide, order, search};
use crate::arch::vector;

#[unsafe(no_mangle)]
unsafe extern "C" fn wmemcpy(to: *mut Wide, from: *const Wide, n: usize) -> *mut Wide {
    to.copy_from_nonoverlapping(from, n);
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wmemmove(to: *mut Wide, from: *const Wide, n: usize) -> *mut Wide {
    to.copy_from(from, n);
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wmempcpy(to: *mut Wide, from: *const Wide, n: usize) -> *mut Wide {
    to.copy_from_nonoverlapping(from, n);
    to.add(n)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wmemset(to: *mut Wide, c: Wide, n: usize) -> *mut Wide {
    for i in 0..n {
        *to.add(i) = c;
    }
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wmemcmp(a: *const Wide, b: *const Wide, n: usize) -> c_int {
    let at = search::same(a, b, n);
    if at == n { 0 } else { order(*a.add(at), *b.add(at)) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wmemchr(from: *const Wide, c: Wide, n: usize) -> *mut Wide {
    let wanted = vector::splat_word(c as u32);
    let at = search::find(from, n, |block| vector::equal_words(block, wanted));
    if at == n { null_mut() } else { from.add(at).cast_mut() }
}
