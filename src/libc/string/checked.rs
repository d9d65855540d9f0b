//! The `__*_chk` entry points that glibc's headers make of string calls under `_FORTIFY_SOURCE`: the last argument is the room that the
//! compiler saw at the destination. Too little of it ends the process, with the size on standard error.

use core::ffi::c_int;

use super::strlen;
use crate::sys::process;

unsafe extern "C" {
    fn memcpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8;
    fn memmove(to: *mut u8, from: *const u8, n: usize) -> *mut u8;
    fn mempcpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8;
    fn memset(to: *mut u8, byte: c_int, n: usize) -> *mut u8;
    fn explicit_bzero(to: *mut u8, n: usize);
    fn strcpy(to: *mut u8, from: *const u8) -> *mut u8;
    fn stpcpy(to: *mut u8, from: *const u8) -> *mut u8;
    fn strncpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8;
    fn stpncpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8;
    fn strcat(to: *mut u8, from: *const u8) -> *mut u8;
    fn strncat(to: *mut u8, from: *const u8, n: usize) -> *mut u8;
    fn strlcpy(to: *mut u8, from: *const u8, n: usize) -> usize;
    fn strlcat(to: *mut u8, from: *const u8, n: usize) -> usize;
    fn strnlen(string: *const u8, most: usize) -> usize;
}

/// Ends the process if `needed` bytes are more than the `room` the compiler saw. For all checked functions of the libc.
#[inline(always)]
pub(crate) fn check(needed: usize, room: usize) {
    if needed > room {
        overflow(needed);
    }
}

#[cold]
#[inline(never)]
fn overflow(needed: usize) -> ! {
    process::abort_with("buffer overflow: ", needed, " bytes do not fit into the destination")
}

/// What gcc's stack protector and older fortified objects call.
#[unsafe(no_mangle)]
extern "C" fn __chk_fail() -> ! {
    process::abort_with("buffer overflow detected, status ", 1, "")
}

macro_rules! checked {
    ($($name:ident = $plain:ident($to:ident: $to_type:ty $(, $argument:ident: $type:ty)*) -> $result:ty, needs $needed:expr;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($to: $to_type $(, $argument: $type)*, room: usize) -> $result {
            check($needed, room);
            $plain($to $(, $argument)*)
        }
    )*};
}
checked! {
    __memcpy_chk = memcpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8, needs n;
    __memmove_chk = memmove(to: *mut u8, from: *const u8, n: usize) -> *mut u8, needs n;
    __mempcpy_chk = mempcpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8, needs n;
    __memset_chk = memset(to: *mut u8, byte: c_int, n: usize) -> *mut u8, needs n;
    __explicit_bzero_chk = explicit_bzero(to: *mut u8, n: usize) -> (), needs n;
    __strcpy_chk = strcpy(to: *mut u8, from: *const u8) -> *mut u8, needs strlen(from) + 1;
    __stpcpy_chk = stpcpy(to: *mut u8, from: *const u8) -> *mut u8, needs strlen(from) + 1;
    __strncpy_chk = strncpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8, needs n;
    __stpncpy_chk = stpncpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8, needs n;
    __strcat_chk = strcat(to: *mut u8, from: *const u8) -> *mut u8, needs strlen(to) + strlen(from) + 1;
    __strncat_chk = strncat(to: *mut u8, from: *const u8, n: usize) -> *mut u8, needs strlen(to) + strnlen(from, n) + 1;
    __strlcpy_chk = strlcpy(to: *mut u8, from: *const u8, n: usize) -> usize, needs n;
    __strlcat_chk = strlcat(to: *mut u8, from: *const u8, n: usize) -> usize, needs n;
}
