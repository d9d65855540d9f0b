//! pthread_once.

use core::ffi::c_int;

use crate::sync::raw::{RawOnce, Scope};

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_once(once: *const RawOnce, action: extern "C" fn()) -> c_int {
    (*once).call(Scope::Private, || action());
    0
}
