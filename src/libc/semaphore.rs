//! semaphore.h: unnamed semaphores, [`RawSemaphore`]. Waiting for one is a cancellation point.

use core::ffi::{c_int, c_uint};

use super::errno::{fail, point};
use super::pthread::{clock, deadline, sleep};
use crate::sync::raw::{Clock, Deadline, RawSemaphore, Scope};
use crate::sys::Errno;
use crate::sys::time::Timespec;
use crate::thread::cancel;

/// `sem_t`, 32 bytes in glibc.
#[repr(C)]
pub struct Semaphore {
    raw: RawSemaphore,
    shared: u32,
}

const _: () = assert!(size_of::<Semaphore>() <= 32);

impl Semaphore {
    fn scope(&self) -> Scope {
        if self.shared != 0 { Scope::Shared } else { Scope::Private }
    }

    fn wait(&self, deadline: Option<&Deadline>) -> c_int {
        cancel::test();
        point(self.raw.wait_by(|word| sleep(word, 0, deadline, self.scope())))
    }

    unsafe fn wait_until(&self, at: *const Timespec, clock: Clock) -> c_int {
        match deadline(at, clock) {
            Ok(deadline) => self.wait(Some(&deadline)),
            Err(errno) => fail(errno),
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sem_init(semaphore: *mut Semaphore, shared: c_int, value: c_uint) -> c_int {
    if value > RawSemaphore::MAX {
        return fail(Errno::EINVAL);
    }
    semaphore.write(Semaphore { raw: RawSemaphore::new(value), shared: u32::from(shared != 0) });
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sem_destroy(_semaphore: *mut Semaphore) -> c_int {
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sem_wait(semaphore: *const Semaphore) -> c_int {
    (*semaphore).wait(None)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sem_trywait(semaphore: *const Semaphore) -> c_int {
    if (*semaphore).raw.try_wait() { 0 } else { fail(Errno::EAGAIN) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sem_timedwait(semaphore: *const Semaphore, at: *const Timespec) -> c_int {
    (*semaphore).wait_until(at, Clock::Realtime)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sem_clockwait(semaphore: *const Semaphore, id: c_int, at: *const Timespec) -> c_int {
    match clock(id) {
        Ok(clock) => (*semaphore).wait_until(at, clock),
        Err(errno) => fail(errno),
    }
}

/// Async-signal-safe.
#[unsafe(no_mangle)]
unsafe extern "C" fn sem_post(semaphore: *const Semaphore) -> c_int {
    let scope = (*semaphore).scope(); // before the post: afterwards it may be gone
    if (*semaphore).raw.post(scope) { 0 } else { fail(Errno::EOVERFLOW) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sem_getvalue(semaphore: *const Semaphore, value: *mut c_int) -> c_int {
    *value = (*semaphore).raw.count() as c_int;
    0
}
