//! Cleanup handlers, which pthread_exit and cancellation run.

use core::ffi::c_int;
use core::sync::atomic::{Ordering, compiler_fence};

use crate::thread::{Cleanup, current};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _pthread_cleanup_push(
    cleanup: *mut Cleanup,
    routine: Option<unsafe extern "C" fn(*mut ())>,
    argument: *mut (),
) {
    let list = &current().cleanup;
    cleanup.write(Cleanup { routine, argument, cancel_type: 0, below: list.get() });
    // A thread that may be cancelled anywhere can be cancelled between the two.
    compiler_fence(Ordering::Release);
    list.set(cleanup);
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn _pthread_cleanup_pop(cleanup: *mut Cleanup, execute: c_int) {
    current().cleanup.set((*cleanup).below);
    if execute != 0
        && let Some(routine) = (*cleanup).routine
    {
        routine((*cleanup).argument);
    }
}
