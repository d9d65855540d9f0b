//! dlfcn.h: a static program loads no libraries; every call fails, and dlerror says why.

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, Ordering};

/// Whether a call has failed since dlerror was asked last.
static FAILED: AtomicBool = AtomicBool::new(false);

fn refuse() -> *mut c_void {
    FAILED.store(true, Ordering::Relaxed);
    null_mut()
}

/// With a null path: a handle for the program itself, in which no symbol is ever found.
#[unsafe(no_mangle)]
extern "C" fn dlopen(path: *const u8, _flags: c_int) -> *mut c_void {
    if path.is_null() { (&raw const FAILED).cast_mut().cast() } else { refuse() }
}

#[unsafe(no_mangle)]
extern "C" fn dlsym(_handle: *mut c_void, _name: *const u8) -> *mut c_void {
    refuse()
}

#[unsafe(no_mangle)]
extern "C" fn dlclose(handle: *mut c_void) -> c_int {
    if handle == (&raw const FAILED).cast_mut().cast() {
        return 0;
    }
    refuse();
    -1
}

/// 0: the address belongs to no object that we could name.
#[unsafe(no_mangle)]
extern "C" fn dladdr(_address: *const c_void, _info: *mut c_void) -> c_int {
    0
}

#[unsafe(no_mangle)]
extern "C" fn dlerror() -> *const u8 {
    const WHY: &core::ffi::CStr = c"this program is linked statically: it cannot load libraries or look up symbols";
    if FAILED.swap(false, Ordering::Relaxed) { WHY.as_ptr().cast() } else { core::ptr::null() }
}
