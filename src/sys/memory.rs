//! mmap(2), munmap(2), mremap(2), mprotect(2), madvise(2), mincore(2).

use linux_raw_sys::general as raw;

use super::{Errno, call};

/// What may be done with mapped pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection(pub u32);

impl Protection {
    /// Nothing: address space only.
    pub const NONE: Self = Self(raw::PROT_NONE);
    /// Reading.
    pub const READ: Self = Self(raw::PROT_READ);
    /// Reading and writing.
    pub const READ_WRITE: Self = Self(raw::PROT_READ | raw::PROT_WRITE);
}

/// Flags of an anonymous private mapping beyond those two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapFlags(pub u32);

impl MapFlags {
    /// None.
    pub const EMPTY: Self = Self(0);
    /// Do not count it against the overcommit limit.
    pub const NORESERVE: Self = Self(raw::MAP_NORESERVE);
    /// For a stack: no huge pages.
    pub const STACK: Self = Self(raw::MAP_STACK);
}

/// `mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags)`: fresh zeroed pages. Async-signal-safe.
///
/// # Errors
/// ENOMEM: no memory, no address space, a limit. EINVAL: `size` is 0. EAGAIN: locked memory limit.
pub fn map(size: usize, protection: Protection, flags: MapFlags) -> Result<*mut u8, Errno> {
    let flags = (raw::MAP_PRIVATE | raw::MAP_ANONYMOUS | flags.0) as usize;
    // SAFETY: a fresh private mapping where the kernel finds room disturbs nothing.
    unsafe { call!(__NR_mmap, 0, size, protection.0 as usize, flags, usize::MAX, 0) }.map(|address| address as *mut u8)
}

/// `mmap(address, size, protection, flags, fd, offset)`, as the caller says.
///
/// # Errors
/// Those of mmap(2).
///
/// # Safety
/// With MAP_FIXED, nothing that lies there is used any more.
pub unsafe fn map_raw(
    address: *mut u8,
    size: usize,
    protection: u32,
    flags: u32,
    fd: i32,
    offset: i64,
) -> Result<*mut u8, Errno> {
    // SAFETY: as the caller promises.
    unsafe {
        call!(
            __NR_mmap,
            address as usize,
            size,
            protection as usize,
            flags as usize,
            fd as isize as usize,
            offset as usize
        )
    }
    .map(|address| address as *mut u8)
}

/// `mmap(address, size, PROT_NONE, MAP_FIXED | MAP_NORESERVE | ...)`: address space in the place of what was there.
///
/// # Errors
/// ENOMEM: splitting a mapping would exceed the process's limit.
///
/// # Safety
/// Nobody uses those pages any more.
pub unsafe fn reserve_over(address: *mut u8, size: usize) -> Result<(), Errno> {
    let flags = raw::MAP_PRIVATE | raw::MAP_ANONYMOUS | raw::MAP_NORESERVE | raw::MAP_FIXED;
    // SAFETY: as the caller promises.
    unsafe { map_raw(address, size, raw::PROT_NONE, flags, -1, 0) }.map(drop)
}

/// `munmap(address, size)`.
///
/// # Errors
/// EINVAL: not page-aligned. ENOMEM: splitting a mapping would exceed the process's limit.
///
/// # Safety
/// Nobody uses those pages any more.
pub unsafe fn unmap(address: *mut u8, size: usize) -> Result<(), Errno> {
    // SAFETY: as the caller promises.
    unsafe { call!(__NR_munmap, address as usize, size) }.map(drop)
}

/// `mremap(address, old, new, MREMAP_MAYMOVE or 0)`: the mapping's new place.
///
/// # Errors
/// ENOMEM: no room (or none in place, if it may not move).
///
/// # Safety
/// `address..+old` is one mapping of the caller's; its old place is not used afterwards.
pub unsafe fn remap(address: *mut u8, old: usize, new: usize, may_move: bool) -> Result<*mut u8, Errno> {
    let flags = if may_move { raw::MREMAP_MAYMOVE as usize } else { 0 };
    // SAFETY: as the caller promises.
    unsafe { call!(__NR_mremap, address as usize, old, new, flags) }.map(|address| address as *mut u8)
}

/// `mprotect(address, size, protection)`.
///
/// # Errors
/// ENOMEM: pages there are not mapped, or splitting would exceed a limit. EACCES.
///
/// # Safety
/// Nobody relies on the access that is taken away.
pub unsafe fn protect(address: *mut u8, size: usize, protection: Protection) -> Result<(), Errno> {
    // SAFETY: as the caller promises.
    unsafe { call!(__NR_mprotect, address as usize, size, protection.0 as usize) }.map(drop)
}

/// What madvise may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Advice {
    /// Drop the contents now: the pages read as zero afterwards.
    DontNeed = raw::MADV_DONTNEED,
    /// The contents may go when memory is short.
    Free = raw::MADV_FREE,
    /// Back it with huge pages.
    HugePage = raw::MADV_HUGEPAGE,
    /// Never back it with huge pages.
    NoHugePage = raw::MADV_NOHUGEPAGE,
}

/// `madvise(address, size, advice)`.
///
/// # Errors
/// EINVAL: advice unknown to this kernel. ENOMEM: not mapped.
///
/// # Safety
/// With [`Advice::DontNeed`] and [`Advice::Free`]: nobody needs the contents.
pub unsafe fn advise(address: *mut u8, size: usize, advice: Advice) -> Result<(), Errno> {
    // SAFETY: as the caller promises.
    unsafe { call!(__NR_madvise, address as usize, size, advice as usize) }.map(drop)
}

/// `mincore(address, size, pages)`: which pages are in memory, in bit 0 of a byte for each; false if nothing is mapped there.
pub fn residence(address: *mut u8, pages: &mut [u8]) -> bool {
    const OS_PAGE: usize = 4096;
    // SAFETY: the kernel writes one byte for each page asked about.
    unsafe { call!(__NR_mincore, address as usize, pages.len() * OS_PAGE, pages.as_mut_ptr() as usize) }.is_ok()
}

/// `prlimit64(0, RLIMIT_AS, NULL, &limit)`: bytes of address space that this process may have; `usize::MAX` without a limit.
#[must_use]
pub fn address_space_limit() -> usize {
    let mut limit = [u64::MAX; 2];
    // SAFETY: the kernel writes two words.
    let result = unsafe { call!(__NR_prlimit64, 0, raw::RLIMIT_AS as usize, 0, limit.as_mut_ptr() as usize) };
    if result.is_ok() { limit[0] as usize } else { usize::MAX }
}
