//! The stream: C's `FILE`.
//!
//! ```text
//!   reading mode   buffer ..read_at..read_end        bytes at read_at..read_end are still to be read; `read_at` may go down by UNGET
//!   writing mode   buffer == write_from ..write_at   those bytes are still to be written; putc may store below write_fast
//!   neither        all those pointers null
//! ```
//! Invariants: at most one of `read_end`, `write_from` is non-null; `write_fast` is the buffer's end for a fully buffered stream in writing
//! mode and `write_from` else, so that `putc`'s one compare also sends line-buffered streams to the slow path.

use core::ptr::null_mut;

use super::BUFSIZ;
use super::lock::Lock;

mod list;
mod read;
mod write;

pub use list::{flush_all, link, unlink};
pub use read::{fill, give_back, read, seek};
pub use write::{begin_write, drain, has_newline, put_slow, write};

/// Bytes below the buffer that `ungetc` may always use.
pub const UNGET: usize = 8;

/// Not open for reading.
pub const NO_READ: u32 = 1 << 0;
/// Not open for writing.
pub const NO_WRITE: u32 = 1 << 1;
/// The end was met; reads return EOF until it is cleared.
pub const AT_END: u32 = 1 << 2;
/// Something failed.
pub const FAILED: u32 = 1 << 3;
/// Flush at every newline.
pub const LINE: u32 = 1 << 4;
/// No buffering at all.
pub const UNBUFFERED: u32 = 1 << 5;
/// Not decided yet: line-buffered if the first write finds a terminal.
pub const ASK_TERMINAL: u32 = 1 << 6;
/// Every write goes to the end of the file.
pub const APPEND: u32 = 1 << 7;
/// The struct itself came from `malloc`.
pub const ALLOCATED: u32 = 1 << 8;
/// Not in the list of streams: it joins when it first enters a mode, so that a standard stream costs nothing until it is used.
pub const UNLISTED: u32 = 1 << 10;
/// The caller locks (`__fsetlocking`).
pub const BY_CALLER: u32 = 1 << 9;

/// What a stream that is not a descriptor does. Each returns -1 with `errno` set on failure.
#[repr(C)]
pub struct Backend {
    /// Up to `len` bytes into `to`; 0 at the end.
    pub read: unsafe fn(file: *mut File, to: *mut u8, len: usize) -> isize,
    /// Up to `len` bytes from `from`; 0 is a failure too.
    pub write: unsafe fn(file: *mut File, from: *const u8, len: usize) -> isize,
    /// The new position.
    pub seek: unsafe fn(file: *mut File, offset: i64, whence: i32) -> i64,
    /// Frees what hangs on `context`: 0 or -1.
    pub close: unsafe fn(file: *mut File) -> i32,
}

/// `FILE`.
#[repr(C)]
pub struct File {
    pub read_at: *mut u8,
    pub read_end: *mut u8,
    pub write_at: *mut u8,
    pub write_fast: *mut u8,
    pub write_from: *mut u8,
    pub buffer: *mut u8,
    /// Bytes of the buffer: at least 1.
    pub size: usize,
    pub flags: u32,
    /// -1 if there is none.
    pub fd: i32,
    pub lock: Lock,
    /// None: a descriptor.
    pub backend: Option<&'static Backend>,
    /// The backend's own; the child's id in a stream of `popen`.
    pub context: *mut u8,
    pub previous: *mut File,
    pub next: *mut File,
    /// Room to unget below, and the buffer of an unbuffered stream.
    pub small: [u8; UNGET + 8],
}

impl File {
    /// A closed stream without a buffer.
    pub const fn new(flags: u32, fd: i32) -> File {
        File {
            read_at: null_mut(),
            read_end: null_mut(),
            write_at: null_mut(),
            write_fast: null_mut(),
            write_from: null_mut(),
            buffer: null_mut(),
            size: 0,
            flags,
            fd,
            lock: Lock::new(),
            backend: None,
            context: null_mut(),
            previous: null_mut(),
            next: null_mut(),
            small: [0; UNGET + 8],
        }
    }
}

/// A buffer with room below for `ungetc`.
#[repr(C, align(16))]
struct Buffer([u8; UNGET + BUFSIZ]);

static mut INPUT_BUFFER: Buffer = Buffer([0; UNGET + BUFSIZ]);
static mut OUTPUT_BUFFER: Buffer = Buffer([0; UNGET + BUFSIZ]);

const fn standard(flags: u32, fd: i32, buffer: *mut u8, size: usize) -> File {
    let mut file = File::new(flags, fd);
    file.buffer = buffer.wrapping_add(UNGET);
    file.size = size;
    file
}

/// The stream of descriptor 0.
pub static mut INPUT: File = standard(UNLISTED | NO_WRITE, 0, (&raw mut INPUT_BUFFER).cast(), BUFSIZ);
/// The stream of descriptor 1.
pub static mut OUTPUT: File = standard(UNLISTED | NO_READ | ASK_TERMINAL, 1, (&raw mut OUTPUT_BUFFER).cast(), BUFSIZ);
/// The stream of descriptor 2.
pub static mut ERROR: File = standard(UNLISTED | NO_READ | UNBUFFERED, 2, (&raw mut ERROR_BUFFER).cast(), 8);
static mut ERROR_BUFFER: [u8; UNGET + 8] = [0; UNGET + 8];

#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
static mut stdin: *mut File = &raw mut INPUT;
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
static mut stdout: *mut File = &raw mut OUTPUT;
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)]
static mut stderr: *mut File = &raw mut ERROR;

/// What C's `stdin` points to now.
#[inline(always)]
pub unsafe fn standard_input() -> *mut File {
    stdin
}

/// What C's `stdout` points to now.
#[inline(always)]
pub unsafe fn standard_output() -> *mut File {
    stdout
}

/// What C's `stderr` points to now.
#[inline(always)]
pub unsafe fn standard_error() -> *mut File {
    stderr
}
