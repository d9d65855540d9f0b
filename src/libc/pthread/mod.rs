//! pthread.h. Each function is a thin coat over [`crate::thread`] or [`crate::sync::raw`]; errors are returned, errno is left alone.
//!
//! ```text
//!   thread attributes schedule cancel cleanup at_fork     threads
//!   mutex robust condition rwlock barrier spin once key   locks, and values by thread
//! ```
//! The types have glibc's sizes, and its static initialisers are valid in them: the lock word is the first word, a mutex's kind lies where
//! glibc has it. So objects that were compiled against glibc's headers link.
//!
//! A cancelled thread runs its cleanup handlers and its keys' destructors; its stack is not unwound, so destructors of C++ objects in it do not run.
//!
//! Not here: priority-inheriting mutexes: their attributes are accepted, and `pthread_mutex_init` says ENOTSUP.

mod at_fork;
mod attributes;
mod barrier;
mod cancel;
mod cleanup;
mod condition;
mod key;
mod mutex;
mod once;
mod robust;
mod rwlock;
mod schedule;
mod spin;
mod thread;

use core::ffi::{c_int, c_ulong};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::per_thread;
use crate::sync::raw::{Clock, Deadline, Scope};
use crate::sys::time::Timespec;
use crate::sys::{self, Errno};
use crate::thread::Control;
use crate::thread::cancel::wait_until;

/// `pthread_t`: the address of the thread's Control.
type Thread = c_ulong;

const PRIVATE: c_int = 0;
const SHARED: c_int = 1;

/// Sleeps while `word` holds `expected`, at a cancellation point: the caller undoes what it has begun and ends with `settle`. EINTR: a handler ran.
pub(super) fn sleep(word: &AtomicU32, expected: u32, deadline: Option<&Deadline>, scope: Scope) -> Result<(), Errno> {
    match deadline {
        None => wait_until(word, expected, None, Clock::Monotonic, scope),
        // The kernel refuses times before 1970, which have passed on every clock.
        Some(deadline) if deadline.at.seconds < 0 => Err(Errno::ETIMEDOUT),
        Some(deadline) => wait_until(word, expected, Some(&deadline.at), deadline.clock, scope),
    }
}

/// 0, or the error's number.
fn code(result: Result<(), Errno>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(errno) => c_int::from(errno.raw()),
    }
}

/// The thread behind a handle. ESRCH for the one value that is never a handle; any other wrong one is the program's mistake.
fn control(thread: Thread) -> Result<NonNull<Control>, Errno> {
    NonNull::new(thread as *mut Control).ok_or(Errno::ESRCH)
}

/// The calling thread's id: what says who owns a lock.
fn own_tid() -> u32 {
    let tid = &per_thread::current().tid;
    let known = tid.load(Ordering::Relaxed); // Relaxed: this thread's own
    if known != 0 {
        return known;
    }
    let asked = sys::thread::gettid();
    tid.store(asked, Ordering::Relaxed);
    asked
}

fn scope(shared: bool) -> Scope {
    if shared { Scope::Shared } else { Scope::Private }
}

/// An attribute that only takes PTHREAD_PROCESS_PRIVATE and PTHREAD_PROCESS_SHARED.
fn check_shared(shared: c_int) -> Result<bool, Errno> {
    match shared {
        PRIVATE => Ok(false),
        SHARED => Ok(true),
        _ => Err(Errno::EINVAL),
    }
}

/// CLOCK_REALTIME or CLOCK_MONOTONIC; no other clock wakes sleepers.
pub(super) fn clock(id: c_int) -> Result<Clock, Errno> {
    match id as u32 {
        linux_raw_sys::general::CLOCK_REALTIME => Ok(Clock::Realtime),
        linux_raw_sys::general::CLOCK_MONOTONIC => Ok(Clock::Monotonic),
        _ => Err(Errno::EINVAL),
    }
}

/// The deadline behind a C pointer. EINVAL: its nanoseconds are not 0 to 999,999,999.
pub(super) unsafe fn deadline(at: *const Timespec, clock: Clock) -> Result<Deadline, Errno> {
    let at = *at;
    if (0..1_000_000_000).contains(&at.nanos) { Ok(Deadline { at, clock }) } else { Err(Errno::EINVAL) }
}
