//! How a stream buffers: setvbuf and its shorthands.

use super::BUFSIZ;
use super::stream::{ASK_TERMINAL, File, LINE, UNBUFFERED, UNGET, drain};
use super::{EOF, lock};

const FULL: i32 = 0;
const BY_LINE: i32 = 1;
const NONE: i32 = 2;

/// The smallest buffer of a caller's that is used: below it is the room to unget.
const SMALLEST: usize = 2 * UNGET;

#[unsafe(no_mangle)]
unsafe extern "C" fn setvbuf(file: *mut File, buffer: *mut u8, mode: i32, size: usize) -> i32 {
    let entered = lock::enter(&(*file).lock);
    let result = set(file, buffer, mode, size);
    lock::leave(&(*file).lock, entered);
    result
}

unsafe fn set(file: *mut File, buffer: *mut u8, mode: i32, size: usize) -> i32 {
    let kind = match mode {
        FULL => 0,
        BY_LINE => LINE,
        NONE => UNBUFFERED,
        _ => return EOF,
    };
    if drain(file) != 0 {
        return EOF;
    }
    let f = &mut *file;
    f.flags = f.flags & !(LINE | UNBUFFERED | ASK_TERMINAL) | kind;
    if f.read_at != f.read_end {
        return 0; // the buffer is in use: only the mode changes
    }
    f.read_at = core::ptr::null_mut();
    f.read_end = core::ptr::null_mut();
    f.write_from = core::ptr::null_mut(); // the next write enters its mode anew
    f.write_at = core::ptr::null_mut();
    f.write_fast = core::ptr::null_mut();
    if mode != NONE && !buffer.is_null() && size >= SMALLEST {
        f.buffer = buffer.wrapping_add(UNGET);
        f.size = size - UNGET;
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn setbuffer(file: *mut File, buffer: *mut u8, size: usize) {
    setvbuf(file, buffer, if buffer.is_null() { NONE } else { FULL }, size);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn setbuf(file: *mut File, buffer: *mut u8) {
    setbuffer(file, buffer, BUFSIZ);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn setlinebuf(file: *mut File) {
    setvbuf(file, core::ptr::null_mut(), BY_LINE, 0);
}
