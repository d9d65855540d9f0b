//! Strings of wide characters: the wide counterparts of string.h's functions.

use core::ffi::{c_int, c_uint};
use core::ptr::null_mut;

use super::class::towlower;
use super::{Wide, order, search};
use crate::arch::vector::{self, Block};
use crate::libc::errno;
use crate::sys::Errno;

/// Marks the zeros.
#[inline(always)]
fn zeros(block: Block) -> Block {
    vector::equal_words(block, vector::splat(0))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcslen(string: *const Wide) -> usize {
    search::find(string, usize::MAX, zeros)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsnlen(string: *const Wide, most: usize) -> usize {
    search::find(string, most, zeros)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcscpy(to: *mut Wide, from: *const Wide) -> *mut Wide {
    to.copy_from_nonoverlapping(from, wcslen(from) + 1);
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcpcpy(to: *mut Wide, from: *const Wide) -> *mut Wide {
    let len = wcslen(from);
    to.copy_from_nonoverlapping(from, len + 1);
    to.add(len)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcpncpy(to: *mut Wide, from: *const Wide, n: usize) -> *mut Wide {
    let len = wcsnlen(from, n);
    to.copy_from_nonoverlapping(from, len);
    to.add(len).write_bytes(0, n - len);
    to.add(len)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsncpy(to: *mut Wide, from: *const Wide, n: usize) -> *mut Wide {
    wcpncpy(to, from, n);
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcscat(to: *mut Wide, from: *const Wide) -> *mut Wide {
    wcscpy(to.add(wcslen(to)), from);
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsncat(to: *mut Wide, from: *const Wide, n: usize) -> *mut Wide {
    let end = to.add(wcslen(to));
    let len = wcsnlen(from, n);
    end.copy_from_nonoverlapping(from, len);
    *end.add(len) = 0;
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsdup(string: *const Wide) -> *mut Wide {
    unsafe extern "C" {
        fn malloc(size: usize) -> *mut u8;
    }
    let len = wcslen(string) + 1;
    let copy = malloc(len * size_of::<Wide>()).cast::<Wide>();
    if copy.is_null() {
        return errno::fail_null(Errno::ENOMEM);
    }
    copy.copy_from_nonoverlapping(string, len);
    copy
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsncmp(a: *const Wide, b: *const Wide, n: usize) -> c_int {
    let at = search::common(a, b, n);
    if at == n { 0 } else { order(*a.add(at), *b.add(at)) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcscmp(a: *const Wide, b: *const Wide) -> c_int {
    wcsncmp(a, b, usize::MAX)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcscoll(a: *const Wide, b: *const Wide) -> c_int {
    wcscmp(a, b)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsxfrm(to: *mut Wide, from: *const Wide, n: usize) -> usize {
    let len = wcslen(from);
    if n > 0 {
        let fits = len.min(n - 1);
        to.copy_from_nonoverlapping(from, fits);
        *to.add(fits) = 0;
    }
    len
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsncasecmp(a: *const Wide, b: *const Wide, n: usize) -> c_int {
    for i in 0..n {
        let (x, y) = (towlower(*a.add(i) as c_uint), towlower(*b.add(i) as c_uint));
        if x != y {
            return if x < y { -1 } else { 1 };
        }
        if x == 0 {
            break;
        }
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcscasecmp(a: *const Wide, b: *const Wide) -> c_int {
    wcsncasecmp(a, b, usize::MAX)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcschr(string: *const Wide, c: Wide) -> *mut Wide {
    let wanted = vector::splat_word(c as u32);
    let at = string
        .add(search::find(string, usize::MAX, |block| vector::or(vector::equal_words(block, wanted), zeros(block))));
    if *at == c { at.cast_mut() } else { null_mut() }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsrchr(string: *const Wide, c: Wide) -> *mut Wide {
    let mut n = wcslen(string) + 1;
    while n > 0 {
        n -= 1;
        if *string.add(n) == c {
            return string.add(n).cast_mut();
        }
    }
    null_mut()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsspn(string: *const Wide, accept: *const Wide) -> usize {
    let mut n = 0;
    while *string.add(n) != 0 && !wcschr(accept, *string.add(n)).is_null() {
        n += 1;
    }
    n
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcscspn(string: *const Wide, reject: *const Wide) -> usize {
    let mut n = 0;
    while *string.add(n) != 0 && wcschr(reject, *string.add(n)).is_null() {
        n += 1;
    }
    n
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcspbrk(string: *const Wide, accept: *const Wide) -> *mut Wide {
    let found = string.add(wcscspn(string, accept));
    if *found == 0 { null_mut() } else { found.cast_mut() }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcsstr(hay: *const Wide, needle: *const Wide) -> *mut Wide {
    let len = wcslen(needle);
    let mut at = hay;
    loop {
        if wcsncmp(at, needle, len) == 0 {
            return at.cast_mut();
        }
        if *at == 0 {
            return null_mut();
        }
        at = at.add(1);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn wcstok(string: *mut Wide, separators: *const Wide, rest: *mut *mut Wide) -> *mut Wide {
    let string = if string.is_null() { *rest } else { string };
    if string.is_null() {
        return null_mut();
    }
    let token = string.add(wcsspn(string, separators));
    if *token == 0 {
        *rest = null_mut();
        return null_mut();
    }
    let end = token.add(wcscspn(token, separators));
    *rest = null_mut();
    if *end != 0 {
        *end = 0;
        *rest = end.add(1);
    }
    token
}
