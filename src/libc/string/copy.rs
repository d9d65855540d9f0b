//! Copying strings: strcpy stpcpy strncpy stpncpy strcat strncat strlcpy strlcat strdup strndup memccpy explicit_bzero bcopy bzero swab.

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

use super::strlen;
use crate::libc::errno;
use crate::sys::Errno;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut u8;
    fn strnlen(string: *const u8, most: usize) -> usize;
    fn memchr(from: *const u8, byte: c_int, n: usize) -> *mut u8;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn stpcpy(to: *mut u8, from: *const u8) -> *mut u8 {
    let len = strlen(from);
    to.copy_from_nonoverlapping(from, len + 1);
    to.add(len)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __stpcpy(to: *mut u8, from: *const u8) -> *mut u8 {
    stpcpy(to, from)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strcpy(to: *mut u8, from: *const u8) -> *mut u8 {
    to.copy_from_nonoverlapping(from, strlen(from) + 1);
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn stpncpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8 {
    let len = strnlen(from, n);
    to.copy_from_nonoverlapping(from, len);
    to.add(len).write_bytes(0, n - len);
    to.add(len)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strncpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8 {
    stpncpy(to, from, n);
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strcat(to: *mut u8, from: *const u8) -> *mut u8 {
    strcpy(to.add(strlen(to)), from);
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strncat(to: *mut u8, from: *const u8, n: usize) -> *mut u8 {
    let end = to.add(strlen(to));
    let len = strnlen(from, n);
    end.copy_from_nonoverlapping(from, len);
    *end.add(len) = 0;
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strlcpy(to: *mut u8, from: *const u8, size: usize) -> usize {
    let len = strlen(from);
    if size > 0 {
        let fits = len.min(size - 1);
        to.copy_from_nonoverlapping(from, fits);
        *to.add(fits) = 0;
    }
    len
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strlcat(to: *mut u8, from: *const u8, size: usize) -> usize {
    let before = strnlen(to, size);
    before + if before == size { strlen(from) } else { strlcpy(to.add(before), from, size - before) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strdup(string: *const u8) -> *mut u8 {
    duplicate(string, strlen(string))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __strdup(string: *const u8) -> *mut u8 {
    strdup(string)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strndup(string: *const u8, most: usize) -> *mut u8 {
    duplicate(string, strnlen(string, most))
}

unsafe fn duplicate(string: *const u8, len: usize) -> *mut u8 {
    let copy = malloc(len + 1);
    if copy.is_null() {
        return errno::fail_null(Errno::ENOMEM);
    }
    copy.copy_from_nonoverlapping(string, len);
    *copy.add(len) = 0;
    copy
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memccpy(to: *mut u8, from: *const u8, byte: c_int, n: usize) -> *mut u8 {
    let found = memchr(from, byte, n);
    let len = if found.is_null() { n } else { found as usize - from as usize + 1 };
    to.copy_from_nonoverlapping(from, len);
    if found.is_null() { null_mut() } else { to.add(len) }
}

/// The barrier makes the compiler believe that somebody reads the zeros.
#[unsafe(no_mangle)]
unsafe extern "C" fn explicit_bzero(to: *mut u8, n: usize) {
    to.write_bytes(0, n);
    core::hint::black_box(to);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn bzero(to: *mut u8, n: usize) {
    to.write_bytes(0, n);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn bcopy(from: *const u8, to: *mut u8, n: usize) {
    to.copy_from(from, n);
}

/// Copies pairs of bytes, swapped; an odd last byte is left out.
#[unsafe(no_mangle)]
unsafe extern "C" fn swab(from: *const u8, to: *mut u8, n: isize) {
    let mut at = 0;
    while at + 1 < n {
        let pair = (*from.offset(at), *from.offset(at + 1));
        *to.offset(at) = pair.1;
        *to.offset(at + 1) = pair.0;
        at += 2;
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn memfrob(at: *mut c_void, n: usize) -> *mut c_void {
    for i in 0..n {
        *at.cast::<u8>().add(i) ^= 42;
    }
    at
}
