//! Writing mode.

use core::ptr::null_mut;

use super::super::EOF;
use super::{ASK_TERMINAL, FAILED, File, LINE, NO_WRITE, UNBUFFERED, UNLISTED, give_back, link};
use crate::arch::vector;
use crate::libc::errno;
use crate::sys::file::{self, IoVec};
use crate::sys::{Errno, terminal};

/// Enters writing mode: false, with `errno` and `ferror` set, if the stream is not open for writing.
#[inline(never)]
pub unsafe fn begin_write(file: *mut File) -> bool {
    let f = &mut *file;
    if f.flags & NO_WRITE != 0 {
        f.flags |= FAILED;
        errno::fail(Errno::EBADF);
        return false;
    }
    if !f.read_end.is_null() && !give_back(file) {
        f.read_at = null_mut(); // it cannot seek: what it read ahead is gone, as on every libc
        f.read_end = null_mut();
    }
    if f.flags & ASK_TERMINAL != 0 {
        f.flags &= !ASK_TERMINAL;
        if f.fd >= 0 && terminal::is_terminal(f.fd) {
            f.flags |= LINE;
        }
    }
    if f.flags & UNLISTED != 0 {
        link(file);
    }
    let f = &mut *file;
    f.write_from = f.buffer;
    f.write_at = f.buffer;
    f.write_fast = if f.flags & (LINE | UNBUFFERED) != 0 { f.buffer } else { f.buffer.wrapping_add(f.size) };
    true
}

/// Writes what is pending and then `len` bytes from `from`; goes on after short writes and signals: how many of those `len` were written.
///
/// On failure `errno` and `ferror` are set, and what was pending and refused stays pending.
#[inline(never)]
pub unsafe fn write_through(file: *mut File, from: *const u8, len: usize) -> usize {
    let f = &mut *file;
    let mut pieces =
        [IoVec { base: f.write_from, len: f.write_at as usize - f.write_from as usize }, IoVec { base: from, len }];
    loop {
        let first = usize::from(pieces[0].len == 0);
        if first == 1 && pieces[1].len == 0 {
            break;
        }
        let written = match f.backend {
            None => {
                let left = core::slice::from_raw_parts(pieces.as_ptr().wrapping_add(first), 2 - first);
                file::writev(f.fd, left)
            }
            Some(backend) => {
                let piece = *pieces.as_ptr().wrapping_add(first);
                match (backend.write)(file, piece.base, piece.len) {
                    written if written > 0 => Ok(written as usize),
                    _ => Err(Errno::from_raw(errno::get() as u16)),
                }
            }
        };
        match written {
            Ok(mut done) if done > 0 => {
                for piece in &mut pieces {
                    let step = done.min(piece.len);
                    piece.base = piece.base.wrapping_add(step);
                    piece.len -= step;
                    done -= step;
                }
            }
            Err(Errno::EINTR) if f.backend.is_none() => {}
            failed => {
                f.flags |= FAILED;
                errno::set(failed.err().unwrap_or(Errno::EIO));
                break;
            }
        }
    }
    vector::move_down(f.buffer, pieces[0].base, pieces[0].len);
    f.write_at = f.buffer.wrapping_add(pieces[0].len);
    len - pieces[1].len
}

/// Writes what is pending: 0, or EOF with `errno` and `ferror` set.
#[inline(never)]
pub unsafe fn drain(file: *mut File) -> i32 {
    if (*file).write_from.is_null() || (*file).write_at == (*file).write_from {
        return 0;
    }
    write_through(file, null_mut(), 0);
    if (*file).write_at == (*file).write_from { 0 } else { EOF }
}

/// Whether there is a newline among `len` bytes: looked for from the end, where it mostly is. (Not `memchr`: inlined here, its vector
/// constants would bring every such constant of the library into the smallest programs.)
#[inline(never)]
pub unsafe fn has_newline(from: *const u8, len: usize) -> bool {
    let mut at = from.wrapping_add(len);
    while at != from {
        at = at.wrapping_sub(1);
        if *at == b'\n' {
            return true;
        }
    }
    false
}

/// Writes `len` bytes from `from`, by way of the buffer: how many were taken. Less than `len`: `errno` and `ferror` are set.
#[inline(never)]
pub unsafe fn write(file: *mut File, from: *const u8, len: usize) -> usize {
    let f = &mut *file;
    if f.write_from.is_null() && !begin_write(file) {
        return 0;
    }
    let room = f.buffer as usize + f.size - f.write_at as usize;
    let flags = f.flags;
    let through = len > room || flags & (LINE | UNBUFFERED) != 0 && (flags & UNBUFFERED != 0 || has_newline(from, len));
    if through {
        return write_through(file, from, len);
    }
    vector::move_down(f.write_at, from, len);
    f.write_at = f.write_at.wrapping_add(len);
    len
}

/// `putc` where the fast compare failed: enters the mode, makes room, ends lines.
#[inline(never)]
pub unsafe fn put_slow(file: *mut File, byte: u8) -> i32 {
    if write(file, &raw const byte, 1) == 1 { i32::from(byte) } else { EOF }
}
