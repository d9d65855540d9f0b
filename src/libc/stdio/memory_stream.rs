//! Streams over memory and over a caller's functions: fmemopen, open_memstream, fopencookie.

use core::ffi::c_char;
use core::ptr::{copy_nonoverlapping, null_mut, write_bytes};

use super::open::{Mode, allocate_backend};
use super::stream::{Backend, File, NO_READ, UNBUFFERED};
use super::{free, malloc, memchr, realloc};
use crate::libc::errno;
use crate::sys::Errno;
use crate::thread::cancel::without;

/// A position from `whence` (0, 1, 2 as in lseek): -1 with `errno` set if it is outside `0..=limit`.
fn moved(offset: i64, whence: i32, current: usize, end: usize, limit: usize) -> i64 {
    let base = match whence {
        0 => 0,
        1 => current,
        _ => end,
    };
    match (base as i64).checked_add(offset) {
        Some(to) if to >= 0 && to as u64 <= limit as u64 => to,
        _ => i64::from(errno::fail(Errno::EINVAL)),
    }
}

// ---- fmemopen

/// A fixed buffer: `position <= size`, `len <= size`.
struct Fixed {
    data: *mut u8,
    size: usize,
    /// Where the contents end.
    len: usize,
    position: usize,
    append: bool,
    /// The buffer is ours.
    owned: bool,
}

static FIXED: Backend = Backend { read: fixed_read, write: fixed_write, seek: fixed_seek, close: fixed_close };

unsafe fn fixed_read(file: *mut File, to: *mut u8, len: usize) -> isize {
    let fixed = &mut *(*file).context.cast::<Fixed>();
    let count = len.min(fixed.len.saturating_sub(fixed.position));
    copy_nonoverlapping(fixed.data.wrapping_add(fixed.position), to, count);
    fixed.position += count;
    count as isize
}

unsafe fn fixed_write(file: *mut File, from: *const u8, len: usize) -> isize {
    if len == 0 {
        return 0;
    }
    let fixed = &mut *(*file).context.cast::<Fixed>();
    if fixed.append {
        fixed.position = fixed.len;
    }
    // What is written ends in a zero byte, its own or one more if it fits.
    let ends_in_zero = *from.wrapping_add(len - 1) == 0;
    let room = fixed.size - fixed.position;
    if len > room && room <= usize::from(!ends_in_zero) {
        errno::fail(Errno::ENOSPC);
        return 0;
    }
    let count = len.min(room);
    copy_nonoverlapping(from, fixed.data.wrapping_add(fixed.position), count);
    fixed.position += count;
    if fixed.position > fixed.len {
        fixed.len = fixed.position;
        if !ends_in_zero {
            if fixed.len < fixed.size {
                *fixed.data.wrapping_add(fixed.len) = 0;
            } else if !fixed.append {
                *fixed.data.wrapping_add(fixed.size - 1) = 0;
            }
        }
    }
    count as isize
}

unsafe fn fixed_seek(file: *mut File, offset: i64, whence: i32) -> i64 {
    let fixed = &mut *(*file).context.cast::<Fixed>();
    let to = moved(offset, whence, fixed.position, fixed.len, fixed.size);
    if to >= 0 {
        fixed.position = to as usize;
    }
    to
}

unsafe fn fixed_close(file: *mut File) -> i32 {
    let fixed = (*file).context.cast::<Fixed>();
    if (*fixed).owned {
        free((*fixed).data);
    }
    free(fixed.cast());
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fmemopen(buffer: *mut u8, size: usize, mode: *const u8) -> *mut File {
    let parsed = match Mode::parse(mode) {
        Ok(parsed) => parsed,
        Err(e) => return errno::fail_null(e),
    };
    let fixed = malloc(size_of::<Fixed>()).cast::<Fixed>();
    if fixed.is_null() {
        return errno::fail_null(Errno::ENOMEM);
    }
    let owned = buffer.is_null();
    let data = if owned { malloc(size.max(1)) } else { buffer };
    if data.is_null() {
        free(fixed.cast());
        return errno::fail_null(Errno::ENOMEM);
    }
    let kind = *mode;
    if size != 0 && (owned || kind == b'w') {
        *data = 0;
    }
    let zero = memchr(data, 0, size);
    let text = if zero.is_null() { size } else { zero as usize - data as usize };
    let append = kind == b'a';
    fixed.write(Fixed {
        data,
        size,
        len: if kind == b'r' { size } else { text },
        position: if append { text } else { 0 },
        append,
        owned,
    });
    let file = allocate_backend(parsed.stream, &FIXED, fixed.cast());
    if file.is_null() {
        if owned {
            free(data);
        }
        free(fixed.cast());
    }
    file
}

// ---- open_memstream

/// A growing buffer whose place and length the caller sees after each flush.
struct Growing {
    place: *mut *mut u8,
    length: *mut usize,
    data: *mut u8,
    /// `len < capacity`: there is always a zero byte behind the contents.
    capacity: usize,
    len: usize,
    position: usize,
}

static GROWING: Backend =
    Backend { read: growing_read, write: growing_write, seek: growing_seek, close: growing_close };

unsafe fn growing_read(_file: *mut File, _to: *mut u8, _len: usize) -> isize {
    errno::fail(Errno::EBADF) as isize // the stream is not for reading: not reached
}

unsafe fn growing_write(file: *mut File, from: *const u8, len: usize) -> isize {
    let growing = &mut *(*file).context.cast::<Growing>();
    let Some(end) = growing.position.checked_add(len).filter(|end| *end < isize::MAX as usize / 2) else {
        return errno::fail(Errno::ENOMEM) as isize;
    };
    if end >= growing.capacity {
        let capacity = (end + 1).max(growing.capacity * 2);
        let data = realloc(growing.data, capacity);
        if data.is_null() {
            return errno::fail(Errno::ENOMEM) as isize;
        }
        growing.data = data;
        growing.capacity = capacity;
    }
    if len != 0 {
        if growing.position > growing.len {
            write_bytes(growing.data.wrapping_add(growing.len), 0, growing.position - growing.len);
        }
        copy_nonoverlapping(from, growing.data.wrapping_add(growing.position), len);
        growing.position = end;
        growing.len = growing.len.max(end);
        *growing.data.wrapping_add(growing.len) = 0;
    }
    *growing.place = growing.data;
    *growing.length = growing.position.min(growing.len);
    len as isize
}

unsafe fn growing_seek(file: *mut File, offset: i64, whence: i32) -> i64 {
    let growing = &mut *(*file).context.cast::<Growing>();
    let to = moved(offset, whence, growing.position, growing.len, isize::MAX as usize / 2);
    if to >= 0 {
        growing.position = to as usize;
    }
    to
}

unsafe fn growing_close(file: *mut File) -> i32 {
    growing_write(file, core::ptr::null(), 0);
    let growing = &*(*file).context.cast::<Growing>();
    *growing.data.wrapping_add(*growing.length) = 0; // the text ends where the writer stopped
    free((*file).context); // the data is the caller's from now on
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn open_memstream(place: *mut *mut u8, length: *mut usize) -> *mut File {
    const FIRST: usize = 128;
    let growing = malloc(size_of::<Growing>()).cast::<Growing>();
    let data = malloc(FIRST);
    let file = if growing.is_null() || data.is_null() {
        null_mut()
    } else {
        *data = 0;
        growing.write(Growing { place, length, data, capacity: FIRST, len: 0, position: 0 });
        allocate_backend(NO_READ, &GROWING, growing.cast())
    };
    if file.is_null() {
        free(growing.cast());
        free(data);
        return errno::fail_null(Errno::ENOMEM);
    }
    *place = data;
    *length = 0;
    file
}

// ---- fopencookie

type CookieRead = unsafe extern "C" fn(*mut u8, *mut c_char, usize) -> isize;
type CookieWrite = unsafe extern "C" fn(*mut u8, *const c_char, usize) -> isize;
type CookieSeek = unsafe extern "C" fn(*mut u8, *mut i64, i32) -> i32;
type CookieClose = unsafe extern "C" fn(*mut u8) -> i32;

/// `cookie_io_functions_t`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CookieFunctions {
    read: Option<CookieRead>,
    write: Option<CookieWrite>,
    seek: Option<CookieSeek>,
    close: Option<CookieClose>,
}

struct Cookie {
    cookie: *mut u8,
    functions: CookieFunctions,
}

// The stream is locked while its functions run: a thread that was cancelled there would take the lock with it, so it is not.
static COOKIE: Backend = Backend { read: cookie_read, write: cookie_write, seek: cookie_seek, close: cookie_close };

unsafe fn cookie_read(file: *mut File, to: *mut u8, len: usize) -> isize {
    let cookie = &*(*file).context.cast::<Cookie>();
    match cookie.functions.read {
        Some(read) => without(|| read(cookie.cookie, to.cast(), len)),
        None => 0, // without a function there is nothing to read
    }
}

unsafe fn cookie_write(file: *mut File, from: *const u8, len: usize) -> isize {
    let cookie = &*(*file).context.cast::<Cookie>();
    match cookie.functions.write {
        _ if len == 0 => 0,
        Some(write) => without(|| write(cookie.cookie, from.cast(), len)),
        None => len as isize, // without a function output is thrown away
    }
}

unsafe fn cookie_seek(file: *mut File, offset: i64, whence: i32) -> i64 {
    let cookie = &*(*file).context.cast::<Cookie>();
    let Some(seek) = cookie.functions.seek else {
        return i64::from(errno::fail(Errno::EOPNOTSUPP));
    };
    let mut position = offset;
    let result = without(|| seek(cookie.cookie, &raw mut position, whence));
    if result != 0 { -1 } else { position }
}

unsafe fn cookie_close(file: *mut File) -> i32 {
    let cookie = (*file).context.cast::<Cookie>();
    let result = match (*cookie).functions.close {
        Some(close) => without(|| close((*cookie).cookie)),
        None => 0,
    };
    free(cookie.cast());
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fopencookie(cookie: *mut u8, mode: *const u8, functions: CookieFunctions) -> *mut File {
    let mode = match Mode::parse(mode) {
        Ok(mode) => mode,
        Err(e) => return errno::fail_null(e),
    };
    let own = malloc(size_of::<Cookie>()).cast::<Cookie>();
    if own.is_null() {
        return errno::fail_null(Errno::ENOMEM);
    }
    own.write(Cookie { cookie, functions });
    let file = allocate_backend(mode.stream & !UNBUFFERED, &COOKIE, own.cast());
    if file.is_null() {
        free(own.cast());
    }
    file
}
