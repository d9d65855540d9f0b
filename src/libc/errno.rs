//! errno.h: how a `Result` of the lower layers becomes C's -1 and `errno`.
//!
//! `errno` is the current thread's [`crate::per_thread::PerThread::errno`]; nothing outside this module writes it.

use core::ffi::{c_int, c_long};

use crate::per_thread;
use crate::sys::Errno;
use crate::thread::cancel;

/// `errno = e`. Async-signal-safe.
#[inline(always)]
pub fn set(e: Errno) {
    per_thread::current().errno.set(e.raw() as c_int);
}

/// `errno` as it is now.
#[inline(always)]
#[must_use]
pub fn get() -> c_int {
    per_thread::current().errno.get()
}

/// `errno = value`, for functions that promise to leave it alone.
#[inline(always)]
pub fn restore(value: c_int) {
    per_thread::current().errno.set(value);
}

/// `errno = e; return -1`.
#[cold]
#[inline(never)]
pub fn fail(e: Errno) -> c_int {
    set(e);
    -1
}

/// As [`fail`], where a cancellation point ends: ends the thread if it is to be cancelled.
#[cold]
#[inline(never)]
pub fn fail_point(e: Errno) -> c_int {
    fail(cancel::settle(e))
}

/// `errno = e; return NULL`.
#[cold]
#[inline(never)]
pub fn fail_null<T>(e: Errno) -> *mut T {
    set(e);
    core::ptr::null_mut()
}

/// What C calls see as success: the value in C's integer type.
pub trait Returned {
    /// The C type: `int`, or `long` for sizes and positions.
    type C;
    /// The value on success.
    fn into_c(self) -> Self::C;
    /// -1.
    fn minus_one() -> Self::C;
}

macro_rules! returned {
    ($($from:ty => $c:ty, $value:expr;)*) => {$(
        impl Returned for $from {
            type C = $c;
            #[inline(always)]
            fn into_c(self) -> $c {
                let convert: fn($from) -> $c = $value;
                convert(self)
            }
            #[inline(always)]
            fn minus_one() -> $c {
                -1
            }
        }
    )*};
}
returned! {
    () => c_int, |()| 0;
    i32 => c_int, |value| value;
    u32 => c_int, |value| value as c_int;
    usize => c_long, |value| value as c_long;
    u64 => c_long, |value| value as c_long;
}

/// The value on success; -1 with `errno` set on failure.
#[inline(always)]
pub fn result<T: Returned>(result: Result<T, Errno>) -> T::C {
    match result {
        Ok(value) => value.into_c(),
        Err(e) => {
            fail(e);
            T::minus_one()
        }
    }
}

/// As [`result`], where a cancellation point ends: ends the thread if it is to be cancelled.
#[inline(always)]
pub fn point<T: Returned>(result: Result<T, Errno>) -> T::C {
    match result {
        Ok(value) => value.into_c(),
        Err(e) => {
            fail_point(e);
            T::minus_one()
        }
    }
}

/// The pointer on success; NULL with `errno` set on failure.
#[inline(always)]
pub fn pointer<T>(result: Result<*mut T, Errno>) -> *mut T {
    match result {
        Ok(pointer) => pointer,
        Err(e) => fail_null(e),
    }
}

/// Where `errno` lies in this thread: `#define errno (*__errno_location())`.
#[unsafe(no_mangle)]
pub extern "C" fn __errno_location() -> *mut c_int {
    per_thread::current().errno.as_ptr()
}
