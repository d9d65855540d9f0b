//! pthread_once. A thread that is cancelled in its action leaves it to another one.

use core::ffi::c_int;
use core::mem::MaybeUninit;

use super::cleanup::{_pthread_cleanup_pop, _pthread_cleanup_push};
use crate::sync::raw::{RawOnce, Scope};

unsafe extern "C" fn abandon(once: *mut ()) {
    (*once.cast::<RawOnce>()).abandon(Scope::Private);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_once(once: *const RawOnce, action: extern "C" fn()) -> c_int {
    (*once).call(Scope::Private, || {
        let mut cleanup = MaybeUninit::uninit();
        _pthread_cleanup_push(cleanup.as_mut_ptr(), Some(abandon), once.cast_mut().cast());
        action();
        _pthread_cleanup_pop(cleanup.as_mut_ptr(), 0);
    });
    0
}
