//! Cutting strings into pieces: strtok strtok_r strsep; basename and dirname (libgen.h).

use core::ffi::c_int;
use core::ptr::null_mut;

use super::strlen;

unsafe extern "C" {
    fn strspn(string: *const u8, accept: *const u8) -> usize;
    fn strcspn(string: *const u8, reject: *const u8) -> usize;
    fn strrchr(string: *const u8, byte: c_int) -> *mut u8;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strtok_r(string: *mut u8, separators: *const u8, rest: *mut *mut u8) -> *mut u8 {
    let string = if string.is_null() { *rest } else { string };
    if string.is_null() {
        return null_mut();
    }
    let token = string.add(strspn(string, separators));
    if *token == 0 {
        *rest = token;
        return null_mut();
    }
    let end = token.add(strcspn(token, separators));
    *rest = end;
    if *end != 0 {
        *end = 0;
        *rest = end.add(1);
    }
    token
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __strtok_r(string: *mut u8, separators: *const u8, rest: *mut *mut u8) -> *mut u8 {
    strtok_r(string, separators, rest)
}

/// What is left of the string that [`strtok`] cuts: one for the whole process, as C has it.
static mut STRTOK_REST: *mut u8 = null_mut();

#[unsafe(no_mangle)]
unsafe extern "C" fn strtok(string: *mut u8, separators: *const u8) -> *mut u8 {
    strtok_r(string, separators, &raw mut STRTOK_REST)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strsep(string: *mut *mut u8, separators: *const u8) -> *mut u8 {
    let token = *string;
    if token.is_null() {
        return token;
    }
    let end = token.add(strcspn(token, separators));
    *string = if *end == 0 {
        null_mut()
    } else {
        *end = 0;
        end.add(1)
    };
    token
}

/// GNU's basename of string.h: what follows the last slash; does not write.
#[unsafe(no_mangle)]
unsafe extern "C" fn basename(path: *const u8) -> *mut u8 {
    let slash = strrchr(path, c_int::from(b'/'));
    if slash.is_null() { path.cast_mut() } else { slash.add(1) }
}

const DOT: *mut u8 = c".".as_ptr().cast::<u8>().cast_mut();
const ROOT: *mut u8 = c"/".as_ptr().cast::<u8>().cast_mut();

/// Drops slashes at the end, but not the first byte; the new length.
unsafe fn without_slashes(path: *const u8, mut len: usize) -> usize {
    while len > 1 && *path.add(len - 1) == b'/' {
        len -= 1;
    }
    len
}

/// POSIX's basename, which libgen.h calls by this name: may cut slashes off the end of `path`.
#[unsafe(no_mangle)]
unsafe extern "C" fn __xpg_basename(path: *mut u8) -> *mut u8 {
    if path.is_null() || *path == 0 {
        return DOT;
    }
    let len = without_slashes(path, strlen(path));
    if len == 1 && *path == b'/' {
        return path.add(strlen(path) - 1);
    }
    *path.add(len) = 0;
    basename(path)
}

/// May cut `path` behind the folder's name.
#[unsafe(no_mangle)]
unsafe extern "C" fn dirname(path: *mut u8) -> *mut u8 {
    if path.is_null() || *path == 0 {
        return DOT;
    }
    let mut len = without_slashes(path, strlen(path));
    while len > 0 && *path.add(len - 1) != b'/' {
        len -= 1;
    }
    if len == 0 {
        return DOT;
    }
    len = without_slashes(path, len);
    if len == 1 && *path == b'/' {
        // Exactly two slashes at the start are kept: POSIX lets them mean something, and glibc keeps them.
        if *path.add(1) != b'/' || *path.add(2) == b'/' {
            return ROOT;
        }
        len = 2;
    }
    *path.add(len) = 0;
    path
}
