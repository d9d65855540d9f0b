//! sched.h.

use core::ffi::{c_int, c_uint};

use super::errno::{fail, result};
use crate::rseq;
use crate::sys::time::Timespec;
use crate::sys::{Errno, sched};

#[unsafe(no_mangle)]
extern "C" fn sched_yield() -> c_int {
    sched::yield_now();
    0
}

/// One load where the thread has rseq.
#[unsafe(no_mangle)]
extern "C" fn sched_getcpu() -> c_int {
    rseq::current_cpu() as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getcpu(cpu: *mut c_uint, node: *mut c_uint) -> c_int {
    result(sched::getcpu_and_node().map(|(this_cpu, this_node)| {
        if !cpu.is_null() {
            *cpu = this_cpu;
        }
        if !node.is_null() {
            *node = this_node;
        }
    }))
}

/// Zeros what the kernel leaves alone of a mask of `size` bytes.
pub(super) unsafe fn get_affinity(tid: u32, size: usize, set: *mut u8) -> Result<(), Errno> {
    let written = sched::get_affinity_raw(tid, set, size)?;
    core::ptr::write_bytes(set.add(written), 0, size - written);
    Ok(())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sched_getaffinity(tid: c_int, size: usize, set: *mut u8) -> c_int {
    result(get_affinity(tid as u32, size, set))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sched_setaffinity(tid: c_int, size: usize, set: *const u8) -> c_int {
    result(sched::set_affinity_raw(tid as u32, set, size))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __sched_cpucount(size: usize, set: *const u8) -> c_int {
    (0..size).map(|at| (*set.add(at)).count_ones() as c_int).sum()
}

#[unsafe(no_mangle)]
extern "C" fn __sched_cpualloc(count: usize) -> *mut u8 {
    let size = count.div_ceil(usize::BITS as usize) * size_of::<usize>();
    let set = crate::malloc::allocate(size);
    if set.is_null() { super::errno::fail_null(Errno::ENOMEM) } else { set }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __sched_cpufree(set: *mut u8) {
    crate::malloc::deallocate(set);
}

#[unsafe(no_mangle)]
extern "C" fn sched_getscheduler(tid: c_int) -> c_int {
    match sched::scheduler(tid) {
        Ok(policy) => policy as c_int,
        Err(errno) => fail(errno),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sched_setscheduler(tid: c_int, policy: c_int, priority: *const c_int) -> c_int {
    result(sched::set_scheduler(tid, policy, *priority))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sched_getparam(tid: c_int, priority: *mut c_int) -> c_int {
    result(sched::priority(tid).map(|found| *priority = found))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sched_setparam(tid: c_int, priority: *const c_int) -> c_int {
    result(sched::set_priority(tid, *priority))
}

#[unsafe(no_mangle)]
extern "C" fn sched_get_priority_min(policy: c_int) -> c_int {
    sched::priorities(policy).map_or_else(fail, |(min, _)| min)
}

#[unsafe(no_mangle)]
extern "C" fn sched_get_priority_max(policy: c_int) -> c_int {
    sched::priorities(policy).map_or_else(fail, |(_, max)| max)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sched_rr_get_interval(tid: c_int, slice: *mut Timespec) -> c_int {
    result(sched::round_robin_slice(tid).map(|found| *slice = found))
}
