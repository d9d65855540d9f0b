//! pthread_barrier_*: [`RawBarrier`].

use core::ffi::{c_int, c_uint};

use super::{check_shared, code, scope};
use crate::sync::raw::RawBarrier;
use crate::sys::Errno;

/// `pthread_barrier_t`.
#[repr(C)]
pub struct Barrier {
    raw: RawBarrier,
    shared: u32,
}

const _: () = assert!(size_of::<Barrier>() <= 32);

const SERIAL_THREAD: c_int = -1;

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_barrier_init(barrier: *mut Barrier, attributes: *const u32, count: c_uint) -> c_int {
    if count == 0 || count > c_int::MAX as c_uint {
        return code(Err(Errno::EINVAL));
    }
    let shared = if attributes.is_null() { 0 } else { *attributes };
    barrier.write(Barrier { raw: RawBarrier::new(count), shared });
    0
}

/// Waits until the last round's threads have left it. EBUSY: threads wait for others, who cannot come any more.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_barrier_destroy(barrier: *mut Barrier) -> c_int {
    if (*barrier).raw.is_awaited() {
        return code(Err(Errno::EBUSY));
    }
    (*barrier).raw.wait_until_unused(scope((*barrier).shared != 0));
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_barrier_wait(barrier: *const Barrier) -> c_int {
    if (*barrier).raw.wait(scope((*barrier).shared != 0)) { SERIAL_THREAD } else { 0 }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_barrierattr_init(attributes: *mut u32) -> c_int {
    *attributes = 0;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_barrierattr_destroy(_attributes: *mut u32) -> c_int {
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_barrierattr_setpshared(attributes: *mut u32, shared: c_int) -> c_int {
    code(check_shared(shared).map(|shared| *attributes = u32::from(shared)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_barrierattr_getpshared(attributes: *const u32, shared: *mut c_int) -> c_int {
    *shared = *attributes as c_int;
    0
}
