//! string.h and strings.h: one module for each of its subjects.
//!
//! memcpy, memmove, mempcpy, memset, memcmp and bcmp are in `arch/<cpu>/memory.S`: compilers call them by themselves, and a
//! compiler would turn a Rust loop for them into a call of themselves. strlen, strchr, strchrnul, rawmemchr, memchr, memrchr, strcmp and strncmp, on which most of
//! the others stand, are in `arch/<cpu>/string.S`. The others read blocks of sixteen bytes (`arch::vector`), which may
//! begin before and end after the string but never leave its pages.

mod checked;
mod compare;
mod copy;
mod messages;
mod search;
mod tokens;

pub(crate) use checked::check;
pub(in crate::libc) use compare::common;
pub use messages::{error_name, error_text};

unsafe extern "C" {
    /// Bytes before the terminating zero: `arch/<cpu>/string.S`.
    pub fn strlen(string: *const u8) -> usize;
    pub(crate) fn memcmp(a: *const u8, b: *const u8, n: usize) -> i32;
}

/// The string's bytes, without its zero.
///
/// # Safety
/// `string` ends with a zero byte and outlives the slice.
#[must_use]
pub unsafe fn bytes<'a>(string: *const u8) -> &'a [u8] {
    core::slice::from_raw_parts(string, strlen(string))
}

/// The lower-case letter of an ASCII upper-case one; any other byte as it is.
#[inline(always)]
pub(crate) const fn lower(byte: u8) -> u8 {
    if byte.wrapping_sub(b'A') < 26 { byte | 0x20 } else { byte }
}
