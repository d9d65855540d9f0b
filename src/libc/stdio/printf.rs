//! The printf family: what each member's output goes to.
//!
//! ```text
//!   snprintf, sprintf    the caller's array
//!   fprintf, printf      the stream's own buffer; of an unbuffered stream, an array on the stack that is written in one piece
//!   dprintf              the same array
//!   asprintf             the same array; a block that grows once that is full
//! ```
//! The variadic functions are in `arch/<cpu>/variadic.S`: they build a `va_list` and call those here.

use core::mem::MaybeUninit;
use core::ptr::{copy_nonoverlapping, null_mut};

use super::format::{Sink, format};
use super::stream::{self, File, LINE, UNBUFFERED, standard_output};
use super::{free, lock, malloc, realloc};
use crate::arch::variadic::VaList;
use crate::libc::errno;
use crate::sys::{Errno, file, process};

/// Bytes that a call collects before it writes to something unbuffered.
const ARRAY: usize = 1024;

#[unsafe(no_mangle)]
unsafe extern "C" fn vsnprintf(to: *mut u8, size: usize, text: *const u8, list: *mut VaList) -> i32 {
    // The last byte is for the zero; of no room at all, nothing is touched.
    let mut sink = Sink::bounded(to, size.saturating_sub(1));
    let result = format(&mut sink, text, list);
    if size != 0 {
        *sink.at = 0;
    }
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn vsprintf(to: *mut u8, text: *const u8, list: *mut VaList) -> i32 {
    vsnprintf(to, usize::MAX, text, list)
}

// ---- streams

#[unsafe(no_mangle)]
unsafe extern "C" fn vprintf(text: *const u8, list: *mut VaList) -> i32 {
    vfprintf(standard_output(), text, list)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn vfprintf(file: *mut File, text: *const u8, list: *mut VaList) -> i32 {
    let entered = lock::enter(&(*file).lock);
    let result = if (*file).write_from.is_null() && !stream::begin_write(file) {
        -1
    } else if (*file).flags & UNBUFFERED != 0 {
        collected(file, text, list)
    } else {
        in_place(file, text, list)
    };
    lock::leave(&(*file).lock, entered);
    result
}

/// Formats into the stream's buffer.
unsafe fn in_place(file: *mut File, text: *const u8, list: *mut VaList) -> i32 {
    let start = (*file).write_at;
    let end = (*file).buffer.wrapping_add((*file).size);
    let mut sink = Sink { start, at: start, end, gone: 0, spill: into_stream, context: file.cast(), failed: false };
    let result = format(&mut sink, text, list);
    let fresh = sink.at as usize - sink.start as usize;
    (*file).write_at = sink.at;
    if (*file).flags & LINE != 0 && stream::has_newline(sink.start, fresh) && stream::drain(file) != 0 {
        return -1;
    }
    result
}

unsafe fn into_stream(sink: &mut Sink, from: *const u8, len: usize) {
    let file = sink.context.cast::<File>();
    sink.gone = sink.written() + len;
    (*file).write_at = sink.at;
    if stream::write(file, from, len) != len {
        sink.failed = true;
    }
    sink.start = (*file).write_at;
    sink.at = sink.start;
}

/// Formats into an array on the stack, and writes that in one piece if it is large enough.
#[inline(never)]
unsafe fn collected(file: *mut File, text: *const u8, list: *mut VaList) -> i32 {
    let mut array = MaybeUninit::<[u8; ARRAY]>::uninit();
    let mut sink = Sink::bounded(array.as_mut_ptr().cast(), ARRAY);
    sink.spill = through_stream;
    sink.context = file.cast();
    let result = format(&mut sink, text, list);
    through_stream(&mut sink, null_mut(), 0);
    if sink.failed { -1 } else { result }
}

unsafe fn through_stream(sink: &mut Sink, from: *const u8, len: usize) {
    let file = sink.context.cast::<File>();
    let collected = sink.at as usize - sink.start as usize;
    sink.gone += collected + len;
    sink.at = sink.start;
    if stream::write(file, sink.start, collected) != collected || stream::write(file, from, len) != len {
        sink.failed = true;
    }
}

// ---- descriptors

#[unsafe(no_mangle)]
unsafe extern "C" fn vdprintf(fd: i32, text: *const u8, list: *mut VaList) -> i32 {
    let mut array = MaybeUninit::<[u8; ARRAY]>::uninit();
    let mut sink = Sink::bounded(array.as_mut_ptr().cast(), ARRAY);
    sink.spill = to_descriptor;
    sink.context = fd as usize as *mut ();
    let result = format(&mut sink, text, list);
    to_descriptor(&mut sink, null_mut(), 0);
    if sink.failed { -1 } else { result }
}

unsafe fn to_descriptor(sink: &mut Sink, from: *const u8, len: usize) {
    let collected = sink.at as usize - sink.start as usize;
    let first = core::slice::from_raw_parts(sink.start, collected);
    let second = if len == 0 { &[] } else { core::slice::from_raw_parts(from, len) };
    sink.gone += collected + len;
    sink.at = sink.start;
    if !sink.failed
        && let Err(e) = file::write_all_vectored(sink.context as usize as i32, [first, second])
    {
        errno::set(e);
        sink.failed = true;
    }
}

// ---- memory

/// The growing block of `asprintf`.
struct Block {
    at: *mut u8,
    len: usize,
    capacity: usize,
}

#[unsafe(no_mangle)]
unsafe extern "C" fn vasprintf(place: *mut *mut u8, text: *const u8, list: *mut VaList) -> i32 {
    let mut array = MaybeUninit::<[u8; ARRAY]>::uninit();
    let mut block = Block { at: null_mut(), len: 0, capacity: 0 };
    let mut sink = Sink::bounded(array.as_mut_ptr().cast(), ARRAY);
    sink.spill = into_block;
    sink.context = (&raw mut block).cast();
    let result = format(&mut sink, text, list);
    // The zero byte brings what is still in the array along.
    into_block(&mut sink, [0].as_ptr(), 1);
    let block = &mut *sink.context.cast::<Block>();
    if sink.failed || result < 0 {
        free(block.at);
        *place = null_mut();
        return -1;
    }
    *place = block.at;
    result
}

unsafe fn into_block(sink: &mut Sink, from: *const u8, len: usize) {
    let block = &mut *sink.context.cast::<Block>();
    let collected = sink.at as usize - sink.start as usize;
    sink.gone += collected + len;
    sink.at = sink.start;
    if sink.failed {
        return;
    }
    let needed = block.len + collected + len;
    if needed > block.capacity {
        // Exact the first time, as most results never grow.
        let capacity = if block.capacity == 0 { needed } else { needed.max(2 * block.capacity) };
        let at = if block.at.is_null() { malloc(capacity) } else { realloc(block.at, capacity) };
        if at.is_null() {
            errno::fail(Errno::ENOMEM);
            sink.failed = true;
            return;
        }
        block.at = at;
        block.capacity = capacity;
    }
    copy_nonoverlapping(sink.start, block.at.wrapping_add(block.len), collected);
    copy_nonoverlapping(from, block.at.wrapping_add(block.len + collected), len);
    block.len = needed;
}

// ---- what programs compiled with _FORTIFY_SOURCE call; `_flag` asks for a check of %n that is not made

/// A fortified call would overrun its array.
#[cold]
pub fn overflow(function: &str, size: usize) -> ! {
    process::abort_with(function, size, ": more bytes than the array has")
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __vprintf_chk(_flag: i32, text: *const u8, list: *mut VaList) -> i32 {
    vprintf(text, list)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __vfprintf_chk(file: *mut File, _flag: i32, text: *const u8, list: *mut VaList) -> i32 {
    vfprintf(file, text, list)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __vdprintf_chk(fd: i32, _flag: i32, text: *const u8, list: *mut VaList) -> i32 {
    vdprintf(fd, text, list)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __vasprintf_chk(place: *mut *mut u8, _flag: i32, text: *const u8, list: *mut VaList) -> i32 {
    vasprintf(place, text, list)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __vsnprintf_chk(
    to: *mut u8,
    size: usize,
    _flag: i32,
    room: usize,
    text: *const u8,
    list: *mut VaList,
) -> i32 {
    if size > room {
        overflow("snprintf: ", size);
    }
    vsnprintf(to, size, text, list)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __vsprintf_chk(to: *mut u8, _flag: i32, room: usize, text: *const u8, list: *mut VaList) -> i32 {
    let result = vsnprintf(to, room, text, list);
    if result >= 0 && result as usize >= room {
        overflow("sprintf: ", result as usize);
    }
    result
}
