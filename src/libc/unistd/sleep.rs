//! Waiting for time or for a signal: sleep usleep alarm pause; sys/time.h's interval timers.

use core::ffi::{c_int, c_uint, c_void};
use core::ptr::null_mut;

use super::super::kernel_calls::{cancellation_points, kernel_calls};
use crate::libc::errno;
use crate::libc::time::pause_for;
use crate::sys::time::Timespec;
use crate::thread::cancel;

const CLOCK_REALTIME: i32 = 0;
const ITIMER_REAL: c_int = 0;

#[repr(C)]
struct Itimerval {
    interval: [i64; 2],
    value: [i64; 2],
}

kernel_calls! {
    c_int: setitimer(which: c_int, new: *const c_void, old: *mut c_void) = __NR_setitimer(which, new, old);
    c_int: getitimer(which: c_int, out: *mut c_void) = __NR_getitimer(which, out);
}

cancellation_points! {
    /// Waits until a signal's handler has run: a poll of nothing without a limit.
    c_int: pause() = __NR_ppoll(null_mut::<c_void>(), 0, null_mut::<c_void>(), null_mut::<c_void>(), 8);
}

/// The seconds that were left when a signal came.
#[unsafe(no_mangle)]
unsafe extern "C" fn sleep(seconds: c_uint) -> c_uint {
    let request = Timespec { seconds: i64::from(seconds), nanos: 0 };
    let mut remaining = Timespec::default();
    match pause_for(CLOCK_REALTIME, 0, &request, &raw mut remaining) {
        Ok(()) => 0,
        Err(e) => {
            cancel::settle(e);
            remaining.seconds as c_uint + c_uint::from(remaining.nanos >= 500_000_000)
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn usleep(micros: c_uint) -> c_int {
    let request = Timespec { seconds: i64::from(micros / 1_000_000), nanos: i64::from(micros % 1_000_000) * 1000 };
    errno::point(pause_for(CLOCK_REALTIME, 0, &request, null_mut()))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn alarm(seconds: c_uint) -> c_uint {
    let new = Itimerval { interval: [0; 2], value: [i64::from(seconds), 0] };
    let mut old = Itimerval { interval: [0; 2], value: [0; 2] };
    setitimer(ITIMER_REAL, (&raw const new).cast(), (&raw mut old).cast());
    // A part of a second counts as one, so that 0 means that no alarm was set.
    (old.value[0] + i64::from(old.value[1] >= 500_000 || (old.value[0] == 0 && old.value[1] > 0))) as c_uint
}
