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

/// `getcpu(&cpu, &node)`: where the caller runs.
///
/// # Errors
/// ENOSYS under a filter.
pub fn getcpu_and_node() -> Result<(u32, u32), Errno> {
    let (mut cpu, mut node) = (0_u32, 0_u32);
    // SAFETY: the kernel writes four bytes each.
    unsafe { call!(__NR_getcpu, &raw mut cpu as usize, &raw mut node as usize, 0) }?;
    Ok((cpu, node))
}

/// `sched_getaffinity(tid, bytes, mask)` into memory of any length: bytes that the kernel wrote.
///
/// # Errors
/// As [`get_affinity`]; EINVAL also where `bytes` is no multiple of a word.
///
/// # Safety
/// `mask` has room for `bytes`.
pub unsafe fn get_affinity_raw(tid: u32, mask: *mut u8, bytes: usize) -> Result<usize, Errno> {
    // SAFETY: the kernel writes at most `bytes`.
    unsafe { call!(__NR_sched_getaffinity, tid as usize, bytes, mask as usize) }
}

/// `sched_setaffinity(tid, bytes, mask)` from memory of any length.
///
/// # Errors
/// As [`set_affinity`].
///
/// # Safety
/// `mask` holds `bytes`.
pub unsafe fn set_affinity_raw(tid: u32, mask: *const u8, bytes: usize) -> Result<(), Errno> {
    // SAFETY: the kernel reads at most `bytes`.
    unsafe { call!(__NR_sched_setaffinity, tid as usize, bytes, mask as usize) }.map(drop)
}

/// `sched_getscheduler(tid)`: the policy, perhaps with SCHED_RESET_ON_FORK.
///
/// # Errors
/// ESRCH, EINVAL.
pub fn scheduler(tid: i32) -> Result<u32, Errno> {
    // SAFETY: touches no memory of ours.
    unsafe { call!(__NR_sched_getscheduler, tid as isize as usize) }.map(|policy| policy as u32)
}

/// `sched_setscheduler(tid, policy, &priority)`.
///
/// # Errors
/// EPERM, ESRCH, EINVAL.
pub fn set_scheduler(tid: i32, policy: i32, priority: i32) -> Result<(), Errno> {
    // SAFETY: the kernel reads one sched_param, an int.
    unsafe {
        call!(__NR_sched_setscheduler, tid as isize as usize, policy as isize as usize, &raw const priority as usize)
    }
    .map(drop)
}

/// `sched_getparam(tid, &priority)`.
///
/// # Errors
/// ESRCH, EINVAL.
pub fn priority(tid: i32) -> Result<i32, Errno> {
    let mut priority = 0_i32;
    // SAFETY: the kernel writes one sched_param, an int.
    unsafe { call!(__NR_sched_getparam, tid as isize as usize, &raw mut priority as usize) }?;
    Ok(priority)
}

/// `sched_setparam(tid, &priority)`.
///
/// # Errors
/// EPERM, ESRCH, EINVAL.
pub fn set_priority(tid: i32, priority: i32) -> Result<(), Errno> {
    // SAFETY: the kernel reads one sched_param, an int.
    unsafe { call!(__NR_sched_setparam, tid as isize as usize, &raw const priority as usize) }.map(drop)
}

/// (`sched_get_priority_min(policy)`, `sched_get_priority_max(policy)`).
///
/// # Errors
/// EINVAL: no such policy.
pub fn priorities(policy: i32) -> Result<(i32, i32), Errno> {
    let policy = policy as isize as usize;
    // SAFETY: touch no memory of ours.
    unsafe {
        let min = call!(__NR_sched_get_priority_min, policy)?;
        let max = call!(__NR_sched_get_priority_max, policy)?;
        Ok((min as i32, max as i32))
    }
}

/// `sched_rr_get_interval(tid, &slice)`.
///
/// # Errors
/// ESRCH, EINVAL.
pub fn round_robin_slice(tid: i32) -> Result<super::time::Timespec, Errno> {
    let mut slice = super::time::Timespec::default();
    // SAFETY: the kernel writes one timespec.
    unsafe { call!(__NR_sched_rr_get_interval, tid as isize as usize, &raw mut slice as usize) }?;
    Ok(slice)
}
