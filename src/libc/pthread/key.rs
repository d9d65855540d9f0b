//! pthread_key_*, pthread_getspecific, pthread_setspecific: [`crate::thread::keys`].

use core::ffi::{c_int, c_uint};

use super::code;
use crate::thread::keys::{Destructor, Key};

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_key_create(key: *mut c_uint, destructor: Option<Destructor>) -> c_int {
    code(Key::create(destructor).map(|new| *key = new.raw()))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_key_delete(key: c_uint) -> c_int {
    code(Key::from_raw(key).delete())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_getspecific(key: c_uint) -> *mut () {
    Key::from_raw(key).get()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_setspecific(key: c_uint, value: *mut ()) -> c_int {
    code(Key::from_raw(key).set(value))
}
