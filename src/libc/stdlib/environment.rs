//! The environment: getenv secure_getenv setenv putenv unsetenv clearenv.
//!
//! `environ` is the program's to read and replace. The list that we allocated for it is remembered, so that it is freed when it grows;
//! strings that setenv made are not freed, because programs keep what getenv gave them. As in POSIX, changing the environment while
//! another thread reads it is the program's error.

use core::ffi::c_int;
use core::ptr::null_mut;

use crate::libc::errno;
use crate::libc::string::{memcmp, strlen};
use crate::start::auxv::auxv;
use crate::sys::Errno;

unsafe extern "C" {
    static mut environ: *mut *mut u8;
    fn malloc(size: usize) -> *mut u8;
    fn realloc(block: *mut u8, size: usize) -> *mut u8;
}

/// The list that `environ` points to, if it is ours.
static mut OURS: *mut *mut u8 = null_mut();

/// Index of the variable, or of the list's end; and its value.
unsafe fn find(name: *const u8, len: usize) -> (usize, *mut u8) {
    let list = environ;
    let mut index = 0;
    if list.is_null() {
        return (0, null_mut());
    }
    while !(*list.add(index)).is_null() {
        let entry = *list.add(index);
        // The first byte decides most of the time; memcmp may not read beyond the entry's zero, so compare byte by byte.
        let mut i = 0;
        while i < len && *entry.add(i) == *name.add(i) {
            i += 1;
        }
        if i == len && *entry.add(len) == b'=' {
            return (index, entry.add(len + 1));
        }
        index += 1;
    }
    (index, null_mut())
}

/// Bytes of a variable's name; none if it is not one: empty, or with a `=`.
unsafe fn name_len(name: *const u8) -> Option<usize> {
    if name.is_null() {
        return None;
    }
    let mut len = 0;
    while *name.add(len) != 0 {
        if *name.add(len) == b'=' {
            return None;
        }
        len += 1;
    }
    if len == 0 { None } else { Some(len) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getenv(name: *const u8) -> *mut u8 {
    match name_len(name) {
        Some(len) => find(name, len).1,
        None => null_mut(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn secure_getenv(name: *const u8) -> *mut u8 {
    if auxv().secure() { null_mut() } else { getenv(name) }
}

/// Puts `entry`, whose name has `len` bytes, into the list.
unsafe fn put(entry: *mut u8, len: usize) -> Result<(), Errno> {
    let (index, value) = find(entry, len);
    if !value.is_null() {
        *environ.add(index) = entry;
        return Ok(());
    }
    // One more entry and the null. A list that grew by us doubles at powers of two.
    let list = environ;
    if list != OURS || list.is_null() {
        let fresh = malloc((index + 2).next_power_of_two() * size_of::<*mut u8>()).cast::<*mut u8>();
        if fresh.is_null() {
            return Err(Errno::ENOMEM);
        }
        if index > 0 {
            fresh.copy_from_nonoverlapping(list, index);
        }
        OURS = fresh;
    } else if (index + 2).next_power_of_two() != (index + 1).next_power_of_two() {
        let bytes = (index + 2).next_power_of_two() * size_of::<*mut u8>();
        let grown = realloc(list.cast(), bytes).cast::<*mut u8>();
        if grown.is_null() {
            return Err(Errno::ENOMEM);
        }
        OURS = grown;
    }
    *OURS.add(index) = entry;
    *OURS.add(index + 1) = null_mut();
    environ = OURS;
    Ok(())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn setenv(name: *const u8, value: *const u8, overwrite: c_int) -> c_int {
    let Some(len) = name_len(name) else { return errno::fail(Errno::EINVAL) };
    let old = find(name, len).1;
    if !old.is_null() && overwrite == 0 {
        return 0;
    }
    let value_len = strlen(value);
    if !old.is_null() && strlen(old) == value_len && memcmp(old, value, value_len) == 0 {
        return 0;
    }
    let entry = malloc(len + value_len + 2);
    if entry.is_null() {
        return errno::fail(Errno::ENOMEM);
    }
    entry.copy_from_nonoverlapping(name, len);
    *entry.add(len) = b'=';
    entry.add(len + 1).copy_from_nonoverlapping(value, value_len + 1);
    errno::result(put(entry, len))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn putenv(entry: *mut u8) -> c_int {
    let mut len = 0;
    while *entry.add(len) != b'=' {
        if *entry.add(len) == 0 {
            return unsetenv(entry); // GNU: a name without a value
        }
        len += 1;
    }
    errno::result(put(entry, len))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn unsetenv(name: *const u8) -> c_int {
    let Some(len) = name_len(name) else { return errno::fail(Errno::EINVAL) };
    loop {
        let (mut index, value) = find(name, len);
        if value.is_null() {
            return 0;
        }
        while !(*environ.add(index)).is_null() {
            *environ.add(index) = *environ.add(index + 1);
            index += 1;
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn clearenv() -> c_int {
    environ = null_mut();
    0
}

/// Cuts `name=value` pairs at commas: getsubopt(3).
#[unsafe(no_mangle)]
unsafe extern "C" fn getsubopt(options: *mut *mut u8, tokens: *const *const u8, value: *mut *mut u8) -> c_int {
    let option = *options;
    let mut end = option;
    while *end != 0 && *end != b',' {
        end = end.add(1);
    }
    *options = if *end == 0 {
        end
    } else {
        *end = 0;
        end.add(1)
    };
    let mut name_end = option;
    while *name_end != 0 && *name_end != b'=' {
        name_end = name_end.add(1);
    }
    let len = name_end as usize - option as usize;
    let mut index = 0;
    while !(*tokens.add(index)).is_null() {
        let token = *tokens.add(index);
        if strlen(token) == len && memcmp(token, option, len) == 0 {
            *value = if *name_end == b'=' { name_end.add(1) } else { null_mut() };
            return index as c_int;
        }
        index += 1;
    }
    *value = option;
    -1
}
