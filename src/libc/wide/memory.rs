//! Arrays of wide characters.

use core::ffi::c_int;
use core::ptr::null_mut;

use super::Wide;

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
    for i in 0..n {
        if *a.add(i) != *b.add(i) {
            return if *a.add(i) < *b.add(i) { -1 } else { 1 };
        }
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wmemchr(from: *const Wide, c: Wide, n: usize) -> *mut Wide {
    for i in 0..n {
        if *from.add(i) == c {
            return from.add(i).cast_mut();
        }
    }
    null_mut()
}
