//! Lines and strings: fgets, getline, puts.

use core::ptr::{copy_nonoverlapping, null_mut};

use super::character::put;
use super::stream::{self, AT_END, FAILED, File, standard_output};
use super::{EOF, lock, malloc, memchr, realloc, strlen};
use crate::libc::errno;
use crate::sys::Errno;

#[unsafe(no_mangle)]
unsafe extern "C" fn fputs_unlocked(string: *const u8, file: *mut File) -> i32 {
    let len = strlen(string);
    if len == 0 || stream::write(file, string, len) == len { 1 } else { EOF }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fputs(string: *const u8, file: *mut File) -> i32 {
    let entered = lock::enter(&(*file).lock);
    let result = fputs_unlocked(string, file);
    lock::leave(&(*file).lock, entered);
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn puts(string: *const u8) -> i32 {
    let file = standard_output();
    let entered = lock::enter(&(*file).lock);
    let len = strlen(string);
    let whole = stream::write(file, string, len) == len && put(b'\n', file) != EOF;
    let result = if whole { (len + 1).min(i32::MAX as usize) as i32 } else { EOF };
    lock::leave(&(*file).lock, entered);
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fgets_unlocked(to: *mut u8, size: i32, file: *mut File) -> *mut u8 {
    if size <= 0 {
        errno::fail(Errno::EINVAL);
        return null_mut();
    }
    let mut room = size as usize - 1;
    let mut at = to;
    let failed_before = (*file).flags & FAILED;
    (*file).flags &= !FAILED;
    while room != 0 {
        if (*file).read_at == (*file).read_end && !stream::fill(file) {
            break;
        }
        let ahead = ((*file).read_end as usize - (*file).read_at as usize).min(room);
        let newline = memchr((*file).read_at, i32::from(b'\n'), ahead);
        let step = if newline.is_null() { ahead } else { newline as usize - (*file).read_at as usize + 1 };
        copy_nonoverlapping((*file).read_at, at, step);
        (*file).read_at = (*file).read_at.wrapping_add(step);
        at = at.wrapping_add(step);
        room -= step;
        if !newline.is_null() {
            break;
        }
    }
    let failed = (*file).flags & FAILED != 0 && errno::get() != i32::from(Errno::EAGAIN.raw());
    (*file).flags |= failed_before;
    if failed || at == to && size != 1 {
        return null_mut();
    }
    *at = 0;
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fgets(to: *mut u8, size: i32, file: *mut File) -> *mut u8 {
    let entered = lock::enter(&(*file).lock);
    let result = fgets_unlocked(to, size, file);
    lock::leave(&(*file).lock, entered);
    result
}

/// `fgets` under _FORTIFY_SOURCE.
#[unsafe(no_mangle)]
unsafe extern "C" fn __fgets_chk(to: *mut u8, room: usize, size: i32, file: *mut File) -> *mut u8 {
    if size > 0 && size as usize > room {
        super::printf::overflow("fgets: ", size as usize);
    }
    fgets(to, size, file)
}

/// `fread` under _FORTIFY_SOURCE.
#[unsafe(no_mangle)]
unsafe extern "C" fn __fread_chk(to: *mut u8, room: usize, size: usize, count: usize, file: *mut File) -> usize {
    if size.checked_mul(count).is_none_or(|bytes| bytes > room) {
        super::printf::overflow("fread: ", size.wrapping_mul(count));
    }
    super::block::fread(to, size, count, file)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getdelim(line: *mut *mut u8, size: *mut usize, delimiter: i32, file: *mut File) -> isize {
    if line.is_null() || size.is_null() {
        return errno::fail(Errno::EINVAL) as isize;
    }
    let entered = lock::enter(&(*file).lock);
    let result = get_delimited(line, size, delimiter, file);
    lock::leave(&(*file).lock, entered);
    result
}

unsafe fn get_delimited(line: *mut *mut u8, size: *mut usize, delimiter: i32, file: *mut File) -> isize {
    if (*line).is_null() {
        *size = 0;
    }
    let mut len = 0_usize;
    loop {
        if (*file).read_at == (*file).read_end && !stream::fill(file) {
            if len == 0 || (*file).flags & AT_END == 0 {
                return -1;
            }
            break;
        }
        let ahead = (*file).read_end as usize - (*file).read_at as usize;
        let end = memchr((*file).read_at, delimiter, ahead);
        let step = if end.is_null() { ahead } else { end as usize - (*file).read_at as usize + 1 };
        let needed = len + step + 1;
        if needed > *size {
            let wanted = needed.max(*size * 2).max(120);
            let block = if (*line).is_null() { malloc(wanted) } else { realloc(*line, wanted) };
            if block.is_null() {
                (*file).flags |= FAILED;
                return errno::fail(Errno::ENOMEM) as isize; // what was read so far stays in *line
            }
            *line = block;
            *size = wanted;
        }
        copy_nonoverlapping((*file).read_at, (*line).wrapping_add(len), step);
        (*file).read_at = (*file).read_at.wrapping_add(step);
        len += step;
        if !end.is_null() {
            break;
        }
    }
    *(*line).wrapping_add(len) = 0;
    len as isize
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __getdelim(line: *mut *mut u8, size: *mut usize, delimiter: i32, file: *mut File) -> isize {
    getdelim(line, size, delimiter, file)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getline(line: *mut *mut u8, size: *mut usize, file: *mut File) -> isize {
    getdelim(line, size, i32::from(b'\n'), file)
}
