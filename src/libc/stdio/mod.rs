//! stdio.h: buffered streams, formatted output and input.
//!
//! ```text
//!   printf, sprintf ... -> format/ (engine) -> Sink -.            .-> descriptor (sys::file)
//!   fputs, fwrite, putc ---------------------------- stream/ ------+-> backend: memory, cookie
//!   scanf, sscanf ...   -> scan/ (engine) -> Source -'            '
//! ```
//!
//! 1. A [`stream::File`] is in reading mode, in writing mode or in neither; a mode is entered by its first operation, which also
//!    leaves the other one: pending output is written first, unread input is given back to the descriptor by a seek.
//! 2. `getc` and `putc` compare two pointers and touch nothing else while the process has one thread; every other operation takes the
//!    stream's recursive lock ([`lock`]).
//! 3. Nothing is lost silently: output that the kernel refused stays in the buffer, `ferror` and `errno` tell, a later flush retries.
//!    Writes go on after signals and short writes; a read that a signal interrupts fails with EINTR, as POSIX wants it.
//! 4. Streams that still hold output are flushed at exit through a hook that is set when a stream first enters a mode: a program
//!    without stdio links none of this.
//! 5. `puts` needs no formatting, formatting of integers no file positions, and so on: a function's file says what it pulls in.

pub mod format;
pub mod lock;
pub mod scan;

pub mod stream;

mod block;
pub(super) use block::put;
mod character;
mod extension;
mod line;
mod memory_stream;
mod name;
mod open;
mod pipe;
mod position;
mod printf;
mod scanf;

mod setting;
mod status;

/// End of file or failure, where a character is expected.
pub const EOF: i32 = -1;
/// `BUFSIZ`: bytes of a stream's own buffer.
pub const BUFSIZ: usize = 8192;

unsafe extern "C" {
    // Memory that the C program may free or replace the allocator of: by symbol, so that its own definition wins.
    pub(crate) fn malloc(size: usize) -> *mut u8;
    pub(crate) fn realloc(block: *mut u8, size: usize) -> *mut u8;
    pub(crate) fn free(block: *mut u8);
    pub(crate) fn strlen(string: *const u8) -> usize;
    pub(crate) fn memchr(bytes: *const u8, byte: i32, len: usize) -> *mut u8;
}
