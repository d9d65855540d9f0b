//! Names in directories: unlinkat(2), renameat2(2).

use super::file::AT_FDCWD;
use super::{Errno, call};

/// `unlinkat(AT_FDCWD, path, flags)`: a file, or with AT_REMOVEDIR an empty directory.
///
/// # Errors
/// Those of unlinkat(2).
///
/// # Safety
/// `path` ends with a zero byte.
pub unsafe fn unlink(path: *const u8, flags: u32) -> Result<(), Errno> {
    // SAFETY: as the caller promises.
    unsafe { call!(__NR_unlinkat, AT_FDCWD as isize as usize, path as usize, flags as usize) }.map(drop)
}

/// `renameat2(from_directory, from, to_directory, to, flags)`.
///
/// # Errors
/// Those of renameat2(2).
///
/// # Safety
/// Both paths end with a zero byte.
pub unsafe fn rename(
    from_directory: i32,
    from: *const u8,
    to_directory: i32,
    to: *const u8,
    flags: u32,
) -> Result<(), Errno> {
    let (from_directory, to_directory) = (from_directory as isize as usize, to_directory as isize as usize);
    // SAFETY: as the caller promises.
    unsafe { call!(__NR_renameat2, from_directory, from as usize, to_directory, to as usize, flags as usize) }.map(drop)
}

/// `faccessat(AT_FDCWD, path, mode)`: whether the real user may.
///
/// # Errors
/// Those of faccessat(2).
///
/// # Safety
/// `path` ends with a zero byte.
pub unsafe fn access(path: *const u8, mode: u32) -> Result<(), Errno> {
    // SAFETY: as the caller promises.
    unsafe { call!(__NR_faccessat, AT_FDCWD as isize as usize, path as usize, mode as usize) }.map(drop)
}
