//! arpa/inet.h and netinet/in.h: byte order, and internet addresses as text. Everything but inet_ntoa is async-signal-safe, and nothing allocates.

mod old;
mod text;

use core::ffi::{c_int, c_uint};

use super::errno;
use crate::libc::string::bytes;
use crate::sys::Errno;
use crate::sys::socket::{AF_INET, AF_INET6};

pub(in crate::libc) use old::parse as parse_old;
pub(in crate::libc) use text::{Text, parse_v4, parse_v6};

/// `struct in6_addr`, which C reads by words too.
#[repr(C, align(4))]
struct In6Address([u8; 16]);

#[unsafe(no_mangle)]
static in6addr_any: In6Address = In6Address([0; 16]);
#[unsafe(no_mangle)]
static in6addr_loopback: In6Address = In6Address([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);

#[unsafe(no_mangle)]
extern "C" fn htonl(host: u32) -> u32 {
    host.to_be()
}

#[unsafe(no_mangle)]
extern "C" fn htons(host: u16) -> u16 {
    host.to_be()
}

#[unsafe(no_mangle)]
extern "C" fn ntohl(network: u32) -> u32 {
    u32::from_be(network)
}

#[unsafe(no_mangle)]
extern "C" fn ntohs(network: u16) -> u16 {
    u16::from_be(network)
}

/// 1 if the text was an address; 0 if not, `to` untouched.
#[unsafe(no_mangle)]
unsafe extern "C" fn inet_pton(family: c_int, text: *const u8, to: *mut u8) -> c_int {
    let text = bytes(text);
    let done = match u16::try_from(family) {
        Ok(AF_INET) => parse_v4(text).map(|address| to.copy_from_nonoverlapping(address.as_ptr(), 4)),
        Ok(AF_INET6) => parse_v6(text).map(|address| to.copy_from_nonoverlapping(address.as_ptr(), 16)),
        _ => return errno::fail(Errno::EAFNOSUPPORT),
    };
    c_int::from(done.is_some())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn inet_ntop(family: c_int, address: *const u8, to: *mut u8, size: c_uint) -> *const u8 {
    let text = match u16::try_from(family) {
        Ok(AF_INET) => Text::v4(address.cast::<[u8; 4]>().read()),
        Ok(AF_INET6) => Text::v6(address.cast::<[u8; 16]>().read()),
        _ => return errno::fail_null(Errno::EAFNOSUPPORT),
    };
    let text = text.with_zero();
    if text.len() > size as usize {
        return errno::fail_null(Errno::ENOSPC);
    }
    to.copy_from_nonoverlapping(text.as_ptr(), text.len());
    to
}
