//! pthread_cond_*: [`RawCondvar`] with a clock.

use core::ffi::c_int;

use super::mutex::Mutex;
use super::{check_shared, clock, code, deadline, scope, sleep};
use crate::sync::raw::{Clock, Deadline, RawCondvar, Scope};
use crate::sys::Errno;
use crate::sys::time::Timespec;
use crate::thread::cancel;

/// `pthread_cond_t`.
#[repr(C)]
pub struct Condition {
    raw: RawCondvar,
    /// The attributes: MONOTONIC, SHARED.
    flags: u32,
}

const _: () = assert!(size_of::<Condition>() <= 48 && align_of::<Condition>() <= 8);

/// Deadlines of pthread_cond_timedwait are on CLOCK_MONOTONIC, not CLOCK_REALTIME.
const MONOTONIC: u32 = 1;
/// Processes share it.
const SHARED: u32 = 2;

impl Condition {
    fn scope(&self) -> Scope {
        scope(self.flags & SHARED != 0)
    }

    fn clock(&self) -> Clock {
        if self.flags & MONOTONIC != 0 { Clock::Monotonic } else { Clock::Realtime }
    }

    unsafe fn wait(&self, mutex: &Mutex, deadline: Option<&Deadline>) -> Result<(), Errno> {
        let scope = self.scope();
        if mutex.is_robust() {
            return self.wait_robust(mutex, deadline);
        }
        let (count, mutex_scope) = mutex.give_up()?;
        let both_private = scope == Scope::Private && mutex_scope == Scope::Private;
        let watched = self.raw.enter(both_private.then_some(&mutex.raw));
        mutex.raw.unlock(mutex_scope);
        let result = sleep(self.raw.watched(), watched, deadline, scope);
        self.raw.leave(scope);
        self.raw.relock(&mutex.raw, mutex_scope);
        mutex.take_back(count);
        match result {
            Err(errno @ (Errno::ETIMEDOUT | cancel::CANCELLED)) => Err(cancel::settle(errno)), // the mutex is ours again
            _ => Ok(()),
        }
    }

    /// The same with a robust mutex: nobody is moved to it, and its last owner may have ended meanwhile.
    #[cold]
    unsafe fn wait_robust(&self, mutex: &Mutex, deadline: Option<&Deadline>) -> Result<(), Errno> {
        let scope = self.scope();
        let watched = self.raw.enter(None);
        let count = match mutex.unlock_robust() {
            Ok(count) => count,
            Err(errno) => {
                self.raw.leave(scope);
                return Err(errno);
            }
        };
        let result = sleep(self.raw.watched(), watched, deadline, scope);
        self.raw.leave(scope);
        let locked = mutex.lock_robust(None);
        if locked != Err(Errno::ENOTRECOVERABLE) {
            mutex.count.set(count);
        }
        match result {
            Err(cancel::CANCELLED) => Err(cancel::settle(cancel::CANCELLED)),
            Err(Errno::ETIMEDOUT) => locked.and(Err(Errno::ETIMEDOUT)),
            _ => locked,
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_cond_init(condition: *mut Condition, attributes: *const u32) -> c_int {
    let flags = if attributes.is_null() { 0 } else { *attributes };
    condition.write(Condition { raw: RawCondvar::new(), flags });
    0
}

/// Waits until those who were woken have left it.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_cond_destroy(condition: *mut Condition) -> c_int {
    (*condition).raw.wait_until_unused((*condition).scope());
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_cond_wait(condition: *const Condition, mutex: *const Mutex) -> c_int {
    code((*condition).wait(&*mutex, None))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_cond_timedwait(
    condition: *const Condition,
    mutex: *const Mutex,
    at: *const Timespec,
) -> c_int {
    let deadline = deadline(at, (*condition).clock());
    code(deadline.and_then(|deadline| (*condition).wait(&*mutex, Some(&deadline))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_cond_clockwait(
    condition: *const Condition,
    mutex: *const Mutex,
    id: c_int,
    at: *const Timespec,
) -> c_int {
    let deadline = clock(id).and_then(|clock| deadline(at, clock));
    code(deadline.and_then(|deadline| (*condition).wait(&*mutex, Some(&deadline))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_cond_signal(condition: *const Condition) -> c_int {
    (*condition).raw.notify_one((*condition).scope());
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_cond_broadcast(condition: *const Condition) -> c_int {
    (*condition).raw.notify_all((*condition).scope());
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_condattr_init(attributes: *mut u32) -> c_int {
    *attributes = 0;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_condattr_destroy(_attributes: *mut u32) -> c_int {
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_condattr_setclock(attributes: *mut u32, id: c_int) -> c_int {
    match clock(id) {
        Ok(Clock::Monotonic) => *attributes |= MONOTONIC,
        Ok(Clock::Realtime) => *attributes &= !MONOTONIC,
        Err(errno) => return code(Err(errno)),
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_condattr_getclock(attributes: *const u32, id: *mut c_int) -> c_int {
    *id = if *attributes & MONOTONIC != 0 {
        linux_raw_sys::general::CLOCK_MONOTONIC as c_int
    } else {
        linux_raw_sys::general::CLOCK_REALTIME as c_int
    };
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_condattr_setpshared(attributes: *mut u32, shared: c_int) -> c_int {
    match check_shared(shared) {
        Ok(true) => *attributes |= SHARED,
        Ok(false) => *attributes &= !SHARED,
        Err(errno) => return code(Err(errno)),
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_condattr_getpshared(attributes: *const u32, shared: *mut c_int) -> c_int {
    *shared = c_int::from(*attributes & SHARED != 0);
    0
}
