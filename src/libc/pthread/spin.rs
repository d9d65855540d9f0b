//! pthread_spin_*: a lock that never sleeps on the word, but yields to others when it takes long.

use core::ffi::c_int;
use core::sync::atomic::{AtomicU32, Ordering};

use super::code;
use crate::sync::raw::Spin;
use crate::sys::{Errno, sched};

// The word: 0 free, 1 held.

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_spin_init(lock: *mut AtomicU32, _shared: c_int) -> c_int {
    lock.write(AtomicU32::new(0));
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_spin_destroy(_lock: *mut AtomicU32) -> c_int {
    0
}

fn try_lock(lock: &AtomicU32) -> bool {
    // Acquire: pairs with Release in `pthread_spin_unlock`.
    lock.load(Ordering::Relaxed) == 0 && lock.swap(1, Ordering::Acquire) == 0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_spin_lock(lock: *const AtomicU32) -> c_int {
    let mut spin = Spin::new();
    while !try_lock(&*lock) {
        if !spin.again() {
            sched::yield_now(); // the holder was preempted, perhaps by us
            spin = Spin::new();
        }
    }
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_spin_trylock(lock: *const AtomicU32) -> c_int {
    if try_lock(&*lock) { 0 } else { code(Err(Errno::EBUSY)) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_spin_unlock(lock: *const AtomicU32) -> c_int {
    (*lock).store(0, Ordering::Release); // Release: pairs with Acquire in `try_lock`
    0
}
