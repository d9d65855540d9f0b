//! The errors of names: EAI_ codes and their texts, `h_errno` and its texts.

use core::ffi::c_int;

use super::hosts::Failure;
use crate::libc::errno;
use crate::per_thread;
use crate::sys::Errno;

/// A flag that getaddrinfo or getnameinfo does not know, or that does not fit the others.
pub const EAI_BADFLAGS: c_int = -1;
/// No such name or service.
pub const EAI_NONAME: c_int = -2;
/// No server answered: later perhaps.
pub const EAI_AGAIN: c_int = -3;
/// The answer will not change, and is none.
pub const EAI_FAIL: c_int = -4;
/// The name exists, but has nothing of the wanted kind.
pub const EAI_NODATA: c_int = -5;
/// No such family.
pub const EAI_FAMILY: c_int = -6;
/// No such type of socket.
pub const EAI_SOCKTYPE: c_int = -7;
/// No such service for this type of socket.
pub const EAI_SERVICE: c_int = -8;
/// The address is one of another family.
pub const EAI_ADDRFAMILY: c_int = -9;
/// No memory.
pub const EAI_MEMORY: c_int = -10;
/// `errno` says what.
pub const EAI_SYSTEM: c_int = -11;
/// The caller's buffer is too short.
pub const EAI_OVERFLOW: c_int = -12;

/// `h_errno`: `errno` says what.
pub const NETDB_INTERNAL: c_int = -1;
/// `h_errno`: no such host.
pub const HOST_NOT_FOUND: c_int = 1;
/// `h_errno`: no server answered: later perhaps.
pub const TRY_AGAIN: c_int = 2;
/// `h_errno`: the name exists, but has nothing of the wanted kind.
pub const NO_DATA: c_int = 4;

/// The EAI_ code of a failure; for EAI_SYSTEM, `errno` is set.
pub fn code(failure: Failure) -> c_int {
    match failure {
        Failure::NoName => EAI_NONAME,
        Failure::NoData => EAI_NODATA,
        Failure::OtherFamily => EAI_ADDRFAMILY,
        Failure::Again => EAI_AGAIN,
        Failure::System(Errno::ENOMEM) => EAI_MEMORY,
        Failure::System(e) => {
            errno::set(e);
            EAI_SYSTEM
        }
    }
}

/// The `h_errno` of a failure; for NETDB_INTERNAL, `errno` is set.
pub fn host_code(failure: Failure) -> c_int {
    match failure {
        Failure::NoName | Failure::OtherFamily => HOST_NOT_FOUND,
        Failure::NoData => NO_DATA,
        Failure::Again => TRY_AGAIN,
        Failure::System(e) => {
            errno::set(e);
            NETDB_INTERNAL
        }
    }
}

/// Async-signal-safe.
#[unsafe(no_mangle)]
extern "C" fn gai_strerror(code: c_int) -> *const u8 {
    let text = match code {
        0 => c"No error",
        EAI_BADFLAGS => c"Flags that do not go together",
        EAI_NONAME => c"No such host or service",
        EAI_AGAIN => c"The name servers do not answer at the moment",
        EAI_FAIL => c"The name servers cannot answer",
        EAI_NODATA => c"The host has no address of this kind",
        EAI_FAMILY => c"No such address family",
        EAI_SOCKTYPE => c"No such socket type",
        EAI_SERVICE => c"No such service for this socket type",
        EAI_ADDRFAMILY => c"The address is of another family",
        EAI_MEMORY => c"Out of memory",
        EAI_SYSTEM => c"System error",
        EAI_OVERFLOW => c"The buffer is too short",
        _ => c"Unknown error",
    };
    text.as_ptr().cast()
}

/// Where this thread's `h_errno` lies.
#[unsafe(no_mangle)]
pub extern "C" fn __h_errno_location() -> *mut c_int {
    per_thread::current().h_errno.as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn hstrerror(code: c_int) -> *const u8 {
    const NO_RECOVERY: c_int = 3;
    let text = match code {
        NETDB_INTERNAL => c"System error",
        0 => c"No error",
        HOST_NOT_FOUND => c"No such host",
        TRY_AGAIN => c"The name servers do not answer at the moment",
        NO_RECOVERY => c"The name servers cannot answer",
        NO_DATA => c"The host has no address of this kind",
        _ => c"Unknown error",
    };
    text.as_ptr().cast()
}

/// To standard error: `before: `, if it is not empty, the text of `h_errno`, a newline.
#[unsafe(no_mangle)]
unsafe extern "C" fn herror(before: *const u8) {
    let before = if before.is_null() { b"" } else { crate::libc::string::bytes(before) };
    let colon: &[u8] = if before.is_empty() { b"" } else { b": " };
    let text = crate::libc::string::bytes(hstrerror(per_thread::current().h_errno.get()));
    let _ = crate::sys::file::write_all_vectored(2, [before, colon, text, b"\n"]); // herror has no way to fail
}
