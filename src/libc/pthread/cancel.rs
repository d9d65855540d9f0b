//! pthread_cancel, pthread_testcancel, and what a thread says about being cancelled: [`crate::thread::cancel`].

use core::ffi::c_int;

use super::{Thread, code, control};
use crate::sys::Errno;
use crate::thread::cancel;

// As pthread.h numbers them.
const DISABLE: c_int = 1;
const ASYNCHRONOUS: c_int = 1;

/// 0 also for a thread that has ended: its result is what it is.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_cancel(handle: Thread) -> c_int {
    code(control(handle).and_then(|control| control.as_ref().cancel()))
}

#[unsafe(no_mangle)]
extern "C" fn pthread_testcancel() {
    cancel::test();
}

/// One of two values for `to`, the old one to `old`: `change` is told whether it is the second.
unsafe fn exchange(to: c_int, old: *mut c_int, change: impl FnOnce(bool) -> bool) -> c_int {
    if !(0..=1).contains(&to) {
        return code(Err(Errno::EINVAL));
    }
    let before = change(to == 1);
    if !old.is_null() {
        *old = c_int::from(before);
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int {
    const { assert!(DISABLE == 1) };
    exchange(state, old, |disable| !cancel::set_enabled(!disable))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_setcanceltype(kind: c_int, old: *mut c_int) -> c_int {
    const { assert!(ASYNCHRONOUS == 1) };
    exchange(kind, old, cancel::set_anywhere)
}
