//! Cleanup handlers, which pthread_exit runs, and what a thread says about cancellation.

use core::ffi::c_int;

use super::code;
use crate::sys::Errno;
use crate::thread::{Cleanup, current};

// Control::pthread: [0] cancellation state, [1] cancellation type, as pthread.h numbers them.
const STATE: usize = 0;
const TYPE: usize = 1;

#[unsafe(no_mangle)]
unsafe extern "C" fn _pthread_cleanup_push(
    cleanup: *mut Cleanup,
    routine: Option<unsafe extern "C" fn(*mut ())>,
    argument: *mut (),
) {
    let list = &current().cleanup;
    cleanup.write(Cleanup { routine, argument, cancel_type: 0, below: list.get() });
    list.set(cleanup);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _pthread_cleanup_pop(cleanup: *mut Cleanup, execute: c_int) {
    current().cleanup.set((*cleanup).below);
    if execute != 0
        && let Some(routine) = (*cleanup).routine
    {
        routine((*cleanup).argument);
    }
}

unsafe fn exchange(which: usize, value: c_int, old: *mut c_int) -> c_int {
    if !(0..=1).contains(&value) {
        return code(Err(Errno::EINVAL));
    }
    let before = current().pthread[which].replace(value as usize);
    if !old.is_null() {
        *old = before as c_int;
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int {
    exchange(STATE, state, old)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_setcanceltype(kind: c_int, old: *mut c_int) -> c_int {
    exchange(TYPE, kind, old)
}

/// Nothing can be pending: there is no pthread_cancel.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_testcancel() {}
