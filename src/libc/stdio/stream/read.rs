//! Reading mode.

use core::ptr::{copy_nonoverlapping, null_mut};

use super::{AT_END, FAILED, File, LINE, NO_READ, OUTPUT, UNLISTED, drain, link};
use crate::libc::errno;
use crate::sys::{Errno, file};

/// Leaves reading mode after giving back to the descriptor what was read ahead: false, with nothing changed, if that cannot seek.
#[inline(never)]
pub unsafe fn give_back(file: *mut File) -> bool {
    let f = &mut *file;
    let ahead = f.read_end as usize - f.read_at as usize;
    if ahead != 0 && seek(file, -(ahead as i64), 1).is_err() {
        return false;
    }
    let f = &mut *file;
    f.read_at = null_mut();
    f.read_end = null_mut();
    true
}

/// Moves the position of what lies under the stream; its buffer is not looked at.
pub unsafe fn seek(file: *mut File, offset: i64, whence: i32) -> Result<i64, Errno> {
    match (*file).backend {
        None => file::seek((*file).fd, offset, whence as u32).map(|position| position as i64),
        Some(backend) => match (backend.seek)(file, offset, whence) {
            -1 => Err(Errno::from_raw(errno::get() as u16)),
            position => Ok(position),
        },
    }
}

/// Reads once, into `to`: bytes read; 0 with the end or error flag set.
unsafe fn read_once(file: *mut File, to: *mut u8, len: usize) -> usize {
    let f = &mut *file;
    let result = match f.backend {
        None => file::read(f.fd, core::slice::from_raw_parts_mut(to, len)),
        Some(backend) => match (backend.read)(file, to, len) {
            count if count >= 0 => Ok(count as usize),
            _ => Err(Errno::from_raw(errno::get() as u16)),
        },
    };
    match result {
        Ok(0) => f.flags |= AT_END,
        Ok(count) => return count,
        Err(e) => {
            errno::set(e);
            f.flags |= FAILED;
        }
    }
    0
}

/// Enters reading mode, with nothing read yet: false if the stream is not open for reading, is at its end or cannot be flushed.
unsafe fn begin_read(file: *mut File) -> bool {
    let f = &mut *file;
    if f.flags & (NO_READ | AT_END) != 0 {
        if f.flags & NO_READ != 0 {
            f.flags |= FAILED;
            errno::fail(Errno::EBADF);
        }
        return false;
    }
    if !f.write_from.is_null() {
        if drain(file) != 0 {
            return false;
        }
        f.write_from = null_mut();
        f.write_at = null_mut();
        f.write_fast = null_mut();
    }
    // A question on the terminal is shown before its answer is awaited.
    let output = &raw mut OUTPUT;
    if (*output).flags & LINE != 0 && (*output).write_at != (*output).write_from {
        let entered = super::super::lock::enter(&(*output).lock);
        drain(output);
        super::super::lock::leave(&(*output).lock, entered);
    }
    if f.flags & UNLISTED != 0 {
        link(file);
    }
    let f = &mut *file;
    f.read_at = f.buffer;
    f.read_end = f.buffer;
    true
}

/// Fills the empty buffer: false at the end or on failure, with the flag set.
#[inline(never)]
pub unsafe fn fill(file: *mut File) -> bool {
    if !begin_read(file) {
        return false;
    }
    let f = &mut *file;
    let len = if f.flags & super::UNBUFFERED != 0 { 1 } else { f.size };
    let count = read_once(file, f.buffer, len);
    let f = &mut *file;
    f.read_at = f.buffer;
    f.read_end = f.buffer.wrapping_add(count);
    count != 0
}

/// Reads `len` bytes into `to`; pieces larger than the buffer go there directly: how many came before the end or a failure.
pub unsafe fn read(file: *mut File, to: *mut u8, len: usize) -> usize {
    let mut done = 0;
    loop {
        let f = &mut *file;
        let step = (f.read_end as usize - f.read_at as usize).min(len - done);
        if step != 0 {
            copy_nonoverlapping(f.read_at, to.wrapping_add(done), step);
            f.read_at = f.read_at.wrapping_add(step);
            done += step;
        }
        if done == len {
            return done;
        }
        if len - done >= f.size {
            if !begin_read(file) {
                return done;
            }
            match read_once(file, to.wrapping_add(done), len - done) {
                0 => return done,
                count => done += count,
            }
        } else if !fill(file) {
            return done;
        }
    }
}
