//! assert.h: the message of a failed assertion, and the end of the process.

use core::ffi::{c_int, c_uint};

use crate::libc::string::bytes;
use crate::sys::file::write_all_vectored;
use crate::sys::process;

unsafe extern "C" {
    static program_invocation_short_name: *const u8;
}

/// The number in decimal, at the end of the buffer.
fn decimal(mut value: c_uint, buffer: &mut [u8; 10]) -> &[u8] {
    let mut at = buffer.len();
    for slot in buffer.iter_mut().rev() {
        *slot = b'0' + (value % 10) as u8;
        value /= 10;
        at -= 1;
        if value == 0 {
            break;
        }
    }
    buffer.get(at..).unwrap_or_default()
}

/// `program: file:line: function: Assertion `condition' failed.`
#[unsafe(no_mangle)]
unsafe extern "C" fn __assert_fail(condition: *const u8, file: *const u8, line: c_uint, function: *const u8) -> ! {
    let mut digits = [0; 10];
    let name = program_invocation_short_name;
    let (name, colon): (&[u8], &[u8]) = if name.is_null() { (b"", b"") } else { (bytes(name), b": ") };
    let (function, after): (&[u8], &[u8]) = if function.is_null() { (b"", b"") } else { (bytes(function), b": ") };
    let line = decimal(line, &mut digits);
    let message = [
        name,
        colon,
        bytes(file),
        b":",
        line,
        b": ",
        function,
        after,
        b"Assertion `",
        bytes(condition),
        b"' failed.\n",
    ];
    let _ = write_all_vectored(2, message); // nowhere else to complain
    process::abort()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __assert(condition: *const u8, file: *const u8, line: c_int) -> ! {
    __assert_fail(condition, file, line as c_uint, core::ptr::null())
}
