//! Where and when a thread runs: affinity, policy and priority.

use core::ffi::c_int;

use super::{Thread, code, control};
use crate::sys::{Errno, sched};

unsafe fn tid(handle: Thread) -> Result<u32, Errno> {
    match control(handle)?.as_ref().tid() {
        0 => Err(Errno::ESRCH),
        tid => Ok(tid),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_setaffinity_np(handle: Thread, size: usize, set: *const u8) -> c_int {
    code(tid(handle).and_then(|tid| sched::set_affinity_raw(tid, set, size)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_getaffinity_np(handle: Thread, size: usize, set: *mut u8) -> c_int {
    code(tid(handle).and_then(|tid| crate::libc::sched::get_affinity(tid, size, set)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_getschedparam(handle: Thread, policy: *mut c_int, priority: *mut c_int) -> c_int {
    code(tid(handle).and_then(|tid| {
        *policy = sched::scheduler(tid as c_int)? as c_int;
        *priority = sched::priority(tid as c_int)?;
        Ok(())
    }))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_setschedparam(handle: Thread, policy: c_int, priority: *const c_int) -> c_int {
    code(tid(handle).and_then(|tid| sched::set_scheduler(tid as c_int, policy, *priority)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_setschedprio(handle: Thread, priority: c_int) -> c_int {
    code(tid(handle).and_then(|tid| sched::set_priority(tid as c_int, priority)))
}

#[unsafe(no_mangle)]
extern "C" fn pthread_yield() -> c_int {
    sched::yield_now();
    0
}

/// 0: there is nothing to set, each thread is scheduled by the kernel.
#[unsafe(no_mangle)]
extern "C" fn pthread_getconcurrency() -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn pthread_setconcurrency(level: c_int) -> c_int {
    if level < 0 { code(Err(Errno::EINVAL)) } else { 0 }
}
