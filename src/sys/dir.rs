//! Names in folders: mkdirat(2), readlinkat(2), getcwd(2), unlinkat(2), getdents64(2).

use super::{Errno, call};

/// `mkdirat(directory, path, mode)`.
///
/// # Errors
/// EEXIST, ENOENT, EACCES and the others of mkdir(2).
///
/// # Safety
/// `path` ends with a zero byte.
pub unsafe fn mkdirat(directory: i32, path: *const u8, mode: u32) -> Result<(), Errno> {
    // SAFETY: as the caller promises.
    unsafe { call!(__NR_mkdirat, directory as isize as usize, path as usize, mode as usize) }.map(drop)
}

/// `unlinkat(directory, path, flags)`.
///
/// # Errors
/// Those of unlink(2), and of rmdir(2) with AT_REMOVEDIR.
///
/// # Safety
/// `path` ends with a zero byte.
pub unsafe fn unlinkat(directory: i32, path: *const u8, flags: u32) -> Result<(), Errno> {
    // SAFETY: as the caller promises.
    unsafe { call!(__NR_unlinkat, directory as isize as usize, path as usize, flags as usize) }.map(drop)
}

/// `readlinkat(directory, path, buffer)`: bytes of the link's target, cut off at the buffer's end, without a zero.
///
/// # Errors
/// EINVAL: not a symbolic link. ENOENT, ENOTDIR, EACCES, ELOOP.
///
/// # Safety
/// `path` ends with a zero byte.
pub unsafe fn readlinkat(directory: i32, path: *const u8, buffer: &mut [u8]) -> Result<usize, Errno> {
    let (to, room) = (buffer.as_mut_ptr() as usize, buffer.len());
    // SAFETY: as the caller promises; the kernel writes at most the buffer's bytes.
    unsafe { call!(__NR_readlinkat, directory as isize as usize, path as usize, to, room) }
}

/// `getcwd(buffer)`: bytes of the current directory's path with its zero.
///
/// # Errors
/// ERANGE: the buffer is too short. ENOENT: the directory is gone.
pub fn getcwd(buffer: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes at most the buffer's bytes.
    unsafe { call!(__NR_getcwd, buffer.as_mut_ptr() as usize, buffer.len()) }
}

/// `getdents64(fd, buffer)`: bytes of whole `struct linux_dirent64` entries; 0 at the end.
///
/// # Errors
/// EBADF, ENOTDIR, EINVAL: the buffer is too short for one entry.
pub fn entries(fd: i32, buffer: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes at most the buffer's bytes.
    unsafe { call!(__NR_getdents64, fd as usize, buffer.as_mut_ptr() as usize, buffer.len()) }
}
