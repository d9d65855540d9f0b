//! Files by descriptor: read(2), write(2), openat(2), close(2) and their family. Short transfers are the caller's to continue.

use super::{Errno, call};

/// `read(fd, buffer, bytes)`: bytes read; 0 at the end of the file.
///
/// # Errors
/// EINTR, EAGAIN, EBADF, EIO, EISDIR.
pub fn read(fd: i32, buffer: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes at most the buffer's bytes.
    unsafe { call!(__NR_read, fd as usize, buffer.as_mut_ptr() as usize, buffer.len()) }
}

/// `write(fd, bytes)`: bytes written, maybe fewer than given.
///
/// # Errors
/// EINTR, EAGAIN, EBADF, EPIPE, ENOSPC, EIO.
pub fn write(fd: i32, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel reads the bytes.
    unsafe { call!(__NR_write, fd as usize, bytes.as_ptr() as usize, bytes.len()) }
}

/// One piece of a vectored transfer: `struct iovec`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct IoVec {
    /// First byte.
    pub base: *const u8,
    /// Bytes.
    pub len: usize,
}

/// `writev(fd, pieces)`: bytes written, maybe fewer than given.
///
/// # Errors
/// As [`write`]; EINVAL: too many pieces.
///
/// # Safety
/// Every piece is readable.
pub unsafe fn writev(fd: i32, pieces: &[IoVec]) -> Result<usize, Errno> {
    // SAFETY: as the caller promises.
    unsafe { call!(__NR_writev, fd as usize, pieces.as_ptr() as usize, pieces.len()) }
}

/// `readv(fd, pieces)`: bytes read.
///
/// # Errors
/// As [`read`]; EINVAL: too many pieces.
///
/// # Safety
/// Every piece is writable.
pub unsafe fn readv(fd: i32, pieces: &[IoVec]) -> Result<usize, Errno> {
    // SAFETY: as the caller promises.
    unsafe { call!(__NR_readv, fd as usize, pieces.as_ptr() as usize, pieces.len()) }
}

/// Writes all pieces in one call where the kernel takes them whole; goes on after short writes and signals.
///
/// # Errors
/// As [`write`], without EINTR.
pub fn write_all_vectored<const N: usize>(fd: i32, pieces: [&[u8]; N]) -> Result<(), Errno> {
    let mut vectors = pieces.map(|piece| IoVec { base: piece.as_ptr(), len: piece.len() });
    let mut rest = &mut vectors[..];
    while let Some(first) = rest.first_mut() {
        if first.len == 0 {
            rest = &mut rest[1..];
            continue;
        }
        // SAFETY: each piece is what is left of a borrowed slice.
        let mut done = match unsafe { writev(fd, rest) } {
            Ok(0) => return Err(Errno::EIO),
            Ok(done) => done,
            Err(Errno::EINTR) => continue,
            Err(errno) => return Err(errno),
        };
        for vector in rest.iter_mut() {
            let step = done.min(vector.len);
            vector.base = vector.base.wrapping_add(step);
            vector.len -= step;
            done -= step;
        }
    }
    Ok(())
}

/// The current directory, for [`openat`] and its family.
pub const AT_FDCWD: i32 = linux_raw_sys::general::AT_FDCWD;

/// `openat(directory, path, flags, mode)`: a descriptor.
///
/// # Errors
/// Those of openat(2).
///
/// # Safety
/// `path` ends with a zero byte.
pub unsafe fn openat(directory: i32, path: *const u8, flags: u32, mode: u32) -> Result<i32, Errno> {
    // SAFETY: as the caller promises.
    unsafe { call!(__NR_openat, directory as isize as usize, path as usize, flags as usize, mode as usize) }
        .map(|fd| fd as i32)
}

/// `close(fd)`. The descriptor is gone whatever it returns.
///
/// # Errors
/// EBADF; EIO, ENOSPC: an earlier write failed.
pub fn close(fd: i32) -> Result<(), Errno> {
    // SAFETY: touches no memory of ours.
    unsafe { call!(__NR_close, fd as usize) }.map(drop)
}

/// `lseek(fd, offset, whence)`: the new position from the start.
///
/// # Errors
/// ESPIPE: not seekable. EINVAL: before the start. EBADF.
pub fn seek(fd: i32, offset: i64, whence: u32) -> Result<u64, Errno> {
    // SAFETY: touches no memory of ours.
    unsafe { call!(__NR_lseek, fd as usize, offset as usize, whence as usize) }.map(|position| position as u64)
}
