//! sys/random.h: the kernel's random bytes.

use core::ffi::{c_int, c_uint, c_void};

use super::kernel_calls::kernel_calls;
use crate::libc::errno;
use crate::sys::{Errno, random};

kernel_calls! {
    isize: getrandom(buffer: *mut c_void, n: usize, flags: c_uint) = __NR_getrandom(buffer, n, flags);
}

/// At most 256 bytes, all of them or none.
#[unsafe(no_mangle)]
unsafe extern "C" fn getentropy(buffer: *mut u8, n: usize) -> c_int {
    if n > 256 {
        return errno::fail(Errno::EIO);
    }
    let mut rest = core::slice::from_raw_parts_mut(buffer, n);
    while !rest.is_empty() {
        match random::getrandom(rest, 0) {
            Ok(done) => rest = rest.get_mut(done..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            Err(e) => return errno::fail(e),
        }
    }
    0
}
