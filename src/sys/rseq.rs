//! rseq(2).

use super::{Errno, call};
use crate::arch::rseq::SIGNATURE;

const UNREGISTER: usize = 1;

/// `rseq(area, length, 0, SIGNATURE)`: the kernel writes the area of the current thread from now on.
///
/// # Errors
/// EINVAL: the length or alignment is wrong, or this thread has another area. EBUSY: it has this one. ENOSYS: no rseq.
///
/// # Safety
/// `area` is valid for `length` bytes, and stays so until it is unregistered or the thread ends.
pub unsafe fn register(area: *mut u8, length: u32) -> Result<(), Errno> {
    // SAFETY: as the caller promises; the area's format is `struct rseq`.
    unsafe { call!(__NR_rseq, area as usize, length as usize, 0, SIGNATURE as usize) }.map(drop)
}

/// `rseq(area, length, RSEQ_FLAG_UNREGISTER, SIGNATURE)`: the kernel forgets the current thread's area.
///
/// # Errors
/// EINVAL: that area is not registered with that length. EPERM: it was with another signature.
///
/// # Safety
/// `area` is the one that was registered, and still valid.
pub unsafe fn unregister(area: *mut u8, length: u32) -> Result<(), Errno> {
    // SAFETY: as the caller promises.
    unsafe { call!(__NR_rseq, area as usize, length as usize, UNREGISTER, SIGNATURE as usize) }.map(drop)
}
