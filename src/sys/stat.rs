//! What a file is: newfstatat(2).

use core::mem::MaybeUninit;

use linux_raw_sys::general as raw;

use super::{Errno, call};

/// The kernel's answer, in the CPU's own `struct stat`.
#[repr(transparent)]
pub struct Stat(pub raw::stat);

impl Stat {
    /// Kind of file and permissions: S_IFMT and the rest.
    #[inline(always)]
    #[must_use]
    pub fn mode(&self) -> u32 {
        self.0.st_mode
    }
}

/// `newfstatat(directory, path, &stat, flags)`.
///
/// # Errors
/// ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, EBADF.
///
/// # Safety
/// `path` ends with a zero byte.
pub unsafe fn fstatat(directory: i32, path: *const u8, flags: u32) -> Result<Stat, Errno> {
    let mut out = MaybeUninit::<Stat>::uninit();
    // SAFETY: as the caller promises; the kernel writes one struct.
    unsafe {
        call!(__NR_newfstatat, directory as isize as usize, path as usize, out.as_mut_ptr() as usize, flags as usize)?;
        Ok(out.assume_init())
    }
}
