//! time.h and sys/time.h: clocks here; [`calendar`] turns seconds into dates, [`zone`] knows local time, [`format`] and [`parse`] are text.

mod calendar;
mod format;
mod parse;
mod zone;

use core::ffi::{c_int, c_long, c_void};

use super::kernel_calls::kernel_calls;
use crate::libc::errno;
use crate::sys::time::{self, Timespec};
use crate::sys::{Errno, call};
use crate::thread::cancel::{self, cancellable};

const CLOCK_REALTIME: c_int = 0;
const CLOCK_PROCESS_CPUTIME: c_int = 2;

/// The clock, without entering the kernel where the vDSO has it.
fn now(clock: c_int) -> Result<Timespec, Errno> {
    crate::start::vdso::clock_gettime(clock)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: c_int, out: *mut Timespec) -> c_int {
    errno::result(crate::start::vdso::clock_gettime_into(clock, out))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn clock_getres(clock: c_int, out: *mut Timespec) -> c_int {
    errno::result(time::clock_getres(clock).map(|resolution| {
        if !out.is_null() {
            *out = resolution;
        }
    }))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn clock_settime(clock: c_int, new: *const Timespec) -> c_int {
    errno::result(time::clock_settime(clock, &*new))
}

/// An error number, not -1.
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_nanosleep(
    clock: c_int,
    flags: c_int,
    request: *const Timespec,
    left: *mut Timespec,
) -> c_int {
    let done = pause_for(clock, flags as u32, request, left).map_err(cancel::settle);
    done.map_or_else(|e| c_int::from(e.raw()), |()| 0)
}

/// `clock_nanosleep(clock, flags, request, left)` at a cancellation point. The caller ends with [`cancel::settle`].
///
/// # Errors
/// EINTR: `left`, if it is not null, says how much was left of a relative sleep. EINVAL, EFAULT; [`cancel::CANCELLED`].
///
/// # Safety
/// `request` may be read, and `left` is null or may be written.
pub unsafe fn pause_for(clock: c_int, flags: u32, request: *const Timespec, left: *mut Timespec) -> Result<(), Errno> {
    cancellable!(__NR_clock_nanosleep, clock as usize, flags as usize, request as usize, left as usize).map(drop)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nanosleep(request: *const Timespec, left: *mut Timespec) -> c_int {
    errno::point(pause_for(CLOCK_REALTIME, 0, request, left))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn time(out: *mut i64) -> i64 {
    let seconds = crate::start::vdso::seconds();
    if !out.is_null() {
        *out = seconds;
    }
    seconds
}

#[unsafe(no_mangle)]
unsafe extern "C" fn gettimeofday(out: *mut [i64; 2], zone: *mut [c_int; 2]) -> c_int {
    if !out.is_null() {
        let time = now(CLOCK_REALTIME).unwrap_or_default();
        *out = [time.seconds, time.nanos / 1000];
    }
    if !zone.is_null() {
        *zone = [0; 2];
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn timespec_get(out: *mut Timespec, base: c_int) -> c_int {
    const TIME_UTC: c_int = 1;
    match now(CLOCK_REALTIME) {
        Ok(time) if base == TIME_UTC => {
            *out = time;
            base
        }
        _ => 0,
    }
}

/// Processor time of the process in microseconds.
#[unsafe(no_mangle)]
extern "C" fn clock() -> c_long {
    now(CLOCK_PROCESS_CPUTIME).map_or(-1, |time| time.seconds * 1_000_000 + time.nanos / 1000)
}

#[unsafe(no_mangle)]
extern "C" fn difftime(end: i64, begin: i64) -> f64 {
    end.wrapping_sub(begin) as f64
}

/// The kernel packs the process into the clock's number: the complement, and 2 for "time on a processor".
#[unsafe(no_mangle)]
unsafe extern "C" fn clock_getcpuclockid(pid: c_int, out: *mut c_int) -> c_int {
    let clock = !pid << 3 | 2;
    match time::clock_getres(clock) {
        Ok(_) => {
            *out = clock;
            0
        }
        Err(Errno::EINVAL) => c_int::from(Errno::ESRCH.raw()),
        Err(e) => c_int::from(e.raw()),
    }
}

kernel_calls! {
    c_int: settimeofday(new: *const c_void, zone: *const c_void) = __NR_settimeofday(new, zone);
    c_int: adjtimex(out: *mut c_void) = __NR_adjtimex(out);
    c_int: timer_delete(timer: usize) = __NR_timer_delete(timer);
    c_int: timer_settime(timer: usize, flags: c_int, new: *const c_void, old: *mut c_void) = __NR_timer_settime(timer, flags, new, old);
    c_int: timer_gettime(timer: usize, out: *mut c_void) = __NR_timer_gettime(timer, out);
    c_int: timer_getoverrun(timer: usize) = __NR_timer_getoverrun(timer);
}

/// The kernel's timers are numbers, C's `timer_t` is a pointer's size. Not for SIGEV_THREAD, which needs a thread of the library's.
#[unsafe(no_mangle)]
unsafe extern "C" fn timer_create(clock: c_int, event: *const [u64; 8], out: *mut usize) -> c_int {
    const SIGEV_THREAD: u64 = 2;
    if !event.is_null() && (*event)[1] >> 32 == SIGEV_THREAD {
        return errno::fail(Errno::ENOSYS);
    }
    let mut timer: c_int = 0;
    errno::result(call!(__NR_timer_create, clock as usize, event as usize, &raw mut timer as usize).map(|_| {
        *out = timer as usize;
    }))
}
