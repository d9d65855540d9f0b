//! sched_*(2) and getcpu(2).

use super::{Errno, call};

/// `getcpu(&cpu, NULL)`: the slow way; [`crate::rseq::current_cpu`] is one load.
#[must_use]
pub fn getcpu() -> u32 {
    let mut cpu: u32 = 0;
    // SAFETY: the kernel writes four bytes.
    let _ = unsafe { call!(__NR_getcpu, &raw mut cpu as usize, 0, 0) }; // ENOSYS under a filter: CPU 0
    cpu
}

/// `sched_yield()`.
pub fn yield_now() {
    // SAFETY: touches no memory of ours. It cannot fail.
    let _ = unsafe { call!(__NR_sched_yield) };
}

/// `sched_getaffinity(tid, bytes of mask, mask)`: bytes that the kernel wrote; 8 times that bounds every CPU number of this machine.
///
/// # Errors
/// EINVAL: the mask is too short for this kernel. ESRCH: no such thread (0 is the current one).
pub fn get_affinity(tid: u32, mask: &mut [usize]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes at most the mask's bytes.
    unsafe { call!(__NR_sched_getaffinity, tid as usize, size_of_val(mask), mask.as_mut_ptr() as usize) }
}

/// `sched_setaffinity(tid, bytes of mask, mask)`.
///
/// # Errors
/// EINVAL: no CPU of the mask exists or is allowed. ESRCH, EPERM.
pub fn set_affinity(tid: u32, mask: &[usize]) -> Result<(), Errno> {
    // SAFETY: the kernel reads the mask's bytes.
    unsafe { call!(__NR_sched_setaffinity, tid as usize, size_of_val(mask), mask.as_ptr() as usize) }.map(drop)
}
