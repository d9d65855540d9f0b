//! Positions: fseek, ftell, rewind, fgetpos.

use super::lock;
use super::stream::{self, APPEND, AT_END, FAILED, File};
use crate::libc::errno;
use crate::sys::Errno;

const SET: i32 = 0;
const CURRENT: i32 = 1;
const END: i32 = 2;

/// `fpos_t`: sixteen bytes, as glibc's; the conversion state is always the initial one.
#[repr(C)]
struct Position {
    offset: i64,
    state: [u32; 2],
}

/// Moves; the lock is the caller's.
pub unsafe fn seek(file: *mut File, offset: i64, whence: i32) -> Result<(), Errno> {
    if !(SET..=END).contains(&whence) {
        return Err(Errno::EINVAL);
    }
    let f = &mut *file;
    let mut offset = offset;
    if whence == CURRENT && !f.read_end.is_null() {
        // The descriptor is ahead of the program by what was read ahead.
        let ahead = f.read_end as usize - f.read_at as usize;
        offset = offset.checked_sub(ahead as i64).ok_or(Errno::EOVERFLOW)?;
    }
    if stream::drain(file) != 0 {
        return Err(Errno::from_raw(errno::get() as u16));
    }
    stream::seek(file, offset, whence)?;
    let f = &mut *file;
    f.read_at = core::ptr::null_mut();
    f.read_end = core::ptr::null_mut();
    f.write_from = core::ptr::null_mut();
    f.write_at = core::ptr::null_mut();
    f.write_fast = core::ptr::null_mut();
    f.flags &= !AT_END;
    Ok(())
}

/// Where the program is; the lock is the caller's.
pub unsafe fn tell(file: *mut File) -> Result<i64, Errno> {
    let pending = (*file).write_at as usize - (*file).write_from as usize;
    // Pending output of an appending stream will land at the end.
    let whence = if (*file).flags & APPEND != 0 && pending != 0 { END } else { CURRENT };
    let position = stream::seek(file, 0, whence)?;
    let ahead = (*file).read_end as usize - (*file).read_at as usize;
    Ok(position - ahead as i64 + pending as i64)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fseeko(file: *mut File, offset: i64, whence: i32) -> i32 {
    let entered = lock::enter(&(*file).lock);
    let result = seek(file, offset, whence);
    lock::leave(&(*file).lock, entered);
    errno::result(result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fseeko64(file: *mut File, offset: i64, whence: i32) -> i32 {
    fseeko(file, offset, whence)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fseek(file: *mut File, offset: i64, whence: i32) -> i32 {
    fseeko(file, offset, whence)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftello(file: *mut File) -> i64 {
    let entered = lock::enter(&(*file).lock);
    let result = tell(file);
    lock::leave(&(*file).lock, entered);
    errno::result(result.map(|position| position as u64))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftello64(file: *mut File) -> i64 {
    ftello(file)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftell(file: *mut File) -> i64 {
    ftello(file)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rewind(file: *mut File) {
    fseeko(file, 0, SET);
    (*file).flags &= !FAILED;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fgetpos(file: *mut File, position: *mut Position) -> i32 {
    let offset = ftello(file);
    if offset < 0 {
        return -1;
    }
    position.write(Position { offset, state: [0; 2] });
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fgetpos64(file: *mut File, position: *mut Position) -> i32 {
    fgetpos(file, position)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fsetpos(file: *mut File, position: *const Position) -> i32 {
    fseeko(file, (*position).offset, SET)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fsetpos64(file: *mut File, position: *const Position) -> i32 {
    fsetpos(file, position)
}
