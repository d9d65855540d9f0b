//! Processes: fork, waiting for them (sys/wait.h), their limits and priorities (sys/resource.h), sys/times.h.

use core::ffi::{c_int, c_uint, c_void};
use core::sync::atomic::{AtomicPtr, Ordering};

use super::super::kernel_calls::{cancellation_points, kernel_calls};
use crate::libc::errno;
use crate::malloc::fork as heap;
use crate::per_thread;
use crate::sys::{Errno, call, thread};

/// When a fork hook is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Phase {
    /// In the parent, before.
    Prepare,
    /// In the parent, after; also if the fork failed.
    Parent,
    /// In the child.
    Child,
}

/// `pthread_atfork`'s list, once somebody has used it: fork does not link it.
static FORK_HOOK: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

/// Has `hook` called around every fork; there is one, whose owner keeps the list.
pub(crate) fn set_fork_hook(hook: fn(Phase)) {
    FORK_HOOK.store(hook as *mut (), Ordering::Release);
}

fn run_fork_hook(phase: Phase) {
    let hook = FORK_HOOK.load(Ordering::Acquire);
    if !hook.is_null() {
        // SAFETY: set_fork_hook put a `fn(Phase)` there.
        let hook: fn(Phase) = unsafe { core::mem::transmute(hook) };
        hook(phase);
    }
}

/// A copy of this process with the calling thread alone: 0 in the child, the child's id in the parent.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn fork() -> c_int {
    run_fork_hook(Phase::Prepare);
    let held = heap::before();
    let mask = crate::thread::before_fork();
    let forked = call!(__NR_clone, linux_raw_sys::general::SIGCHLD as usize, 0, 0, 0, 0);
    if forked == Ok(0) {
        // The kernel keeps the rseq registration, but not the robust list; the thread's id is another one, and it is alone.
        // In the reverse order of before, so that the signal mask is in the end the caller's.
        crate::thread::after_fork_in_child(mask);
        heap::after(held);
        run_fork_hook(Phase::Child);
        return 0;
    }
    crate::thread::after_fork_in_parent(mask);
    heap::after(held);
    run_fork_hook(Phase::Parent);
    errno::result(forked.map(|pid| pid as i32))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _Fork() -> c_int {
    let forked = call!(__NR_clone, linux_raw_sys::general::SIGCHLD as usize, 0, 0, 0, 0);
    if forked == Ok(0) {
        per_thread::current().tid.store(thread::gettid(), Ordering::Relaxed);
        crate::thread::robust::after_fork_in_child();
    }
    errno::result(forked.map(|pid| pid as i32))
}

/// What `vfork` in `arch/<cpu>/exec.S` returns through: the kernel's answer as C's.
#[unsafe(no_mangle)]
extern "C" fn dacapo_vfork_result(returned: usize) -> c_int {
    errno::result(Errno::check(returned).map(|pid| pid as i32))
}

/// Changes to who may use how much: the kernel's pair of 64-bit numbers.
type Limit = *const [u64; 2];

cancellation_points! {
    c_int: wait4(pid: c_int, status: *mut c_int, options: c_int, usage: *mut c_void) = __NR_wait4(pid, status, options, usage);
    c_int: wait3(status: *mut c_int, options: c_int, usage: *mut c_void) = __NR_wait4(-1_isize, status, options, usage);
    c_int: waitpid(pid: c_int, status: *mut c_int, options: c_int) = __NR_wait4(pid, status, options, 0);
    c_int: wait(status: *mut c_int) = __NR_wait4(-1_isize, status, 0, 0);
    c_int: waitid(kind: c_uint, id: c_uint, info: *mut c_void, options: c_int) = __NR_waitid(kind, id, info, options, 0);
}

kernel_calls! {
    c_int: getrlimit(resource: c_int, out: Limit) = __NR_prlimit64(0, resource, 0, out);
    c_int: getrlimit64(resource: c_int, out: Limit) = __NR_prlimit64(0, resource, 0, out);
    c_int: setrlimit(resource: c_int, new: Limit) = __NR_prlimit64(0, resource, new, 0);
    c_int: setrlimit64(resource: c_int, new: Limit) = __NR_prlimit64(0, resource, new, 0);
    c_int: prlimit(pid: c_int, resource: c_int, new: Limit, old: Limit) = __NR_prlimit64(pid, resource, new, old);
    c_int: prlimit64(pid: c_int, resource: c_int, new: Limit, old: Limit) = __NR_prlimit64(pid, resource, new, old);
    c_int: getrusage(who: c_int, out: *mut c_void) = __NR_getrusage(who, out);
    c_int: setpriority(which: c_int, who: c_uint, priority: c_int) = __NR_setpriority(which, who, priority);
    i64: times(out: *mut c_void) = __NR_times(out);
    c_int: unshare(flags: c_int) = __NR_unshare(flags);
    c_int: setns(fd: c_int, kind: c_int) = __NR_setns(fd, kind);
}

/// The kernel gives 20 minus the priority, so that it is never negative.
#[unsafe(no_mangle)]
unsafe extern "C" fn getpriority(which: c_int, who: c_uint) -> c_int {
    match call!(__NR_getpriority, which as usize, who as usize) {
        Ok(value) => 20 - value as c_int,
        Err(e) => errno::fail(e),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nice(increment: c_int) -> c_int {
    const PRIO_PROCESS: c_int = 0;
    let now = getpriority(PRIO_PROCESS, 0).saturating_add(increment).clamp(-20, 19);
    if setpriority(PRIO_PROCESS, 0, now) < 0 {
        return errno::fail(Errno::EPERM);
    }
    now
}

/// Goes on as a background process: child of nobody, session of its own.
#[unsafe(no_mangle)]
unsafe extern "C" fn daemon(no_chdir: c_int, no_close: c_int) -> c_int {
    unsafe extern "C" {
        fn setsid() -> c_int;
        fn chdir(path: *const u8) -> c_int;
        fn open(path: *const u8, flags: c_int, mode: c_uint) -> c_int;
        fn dup2(fd: c_int, to: c_int) -> c_int;
        fn close(fd: c_int) -> c_int;
    }
    match fork() {
        -1 => return -1,
        0 => {}
        _ => crate::sys::process::exit_group(0),
    }
    if setsid() < 0 {
        return -1;
    }
    if no_chdir == 0 && chdir(c"/".as_ptr().cast()) < 0 {
        return -1;
    }
    if no_close == 0 {
        let null = open(c"/dev/null".as_ptr().cast(), 2, 0);
        if null < 0 {
            return -1;
        }
        for fd in 0..3 {
            if dup2(null, fd) < 0 {
                return -1;
            }
        }
        if null > 2 {
            close(null);
        }
    }
    0
}
