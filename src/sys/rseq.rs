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

/// `prctl(PR_RSEQ_SLICE_EXTENSION, PR_RSEQ_SLICE_EXTENSION_SET, PR_RSEQ_SLICE_EXT_ENABLE, 0, 0)`: this thread may ask for longer slices.
///
/// # Errors
/// EINVAL: the kernel does not know it (before Linux 7.0, or built without). ENXIO: this thread has no rseq area. ENOTSUPP: switched off.
pub fn enable_slice_extension() -> Result<(), Errno> {
    const PR_RSEQ_SLICE_EXTENSION: usize = 79;
    const SET: usize = 2;
    const ENABLE: usize = 1;
    // SAFETY: touches no memory of ours but the area, as announced there.
    unsafe { call!(__NR_prctl, PR_RSEQ_SLICE_EXTENSION, SET, ENABLE, 0, 0) }.map(drop)
}

/// `rseq_slice_yield()`: ends a granted extension; whether there was one to end. Any other system call ends it, too.
pub fn slice_yield() -> bool {
    const NUMBER: usize = 471; // on every CPU
    // SAFETY: touches no memory of ours.
    let ended = unsafe { crate::arch::syscall::syscall0(NUMBER) };
    ended == 1
}
