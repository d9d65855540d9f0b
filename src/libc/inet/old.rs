//! The older functions for IPv4: one to four numbers, each decimal, octal or hexadecimal, the last of which fills all the bytes that are left.

use core::ffi::c_int;

use super::Text;
use crate::libc::string::bytes;

const NONE: u32 = u32::MAX;

/// The address that the whole text is.
#[must_use]
pub fn parse(text: &[u8]) -> Option<[u8; 4]> {
    match scan(text)? {
        (address, []) => Some(address),
        _ => None,
    }
}

/// The address at the text's start, and what is behind it.
fn scan(text: &[u8]) -> Option<([u8; 4], &[u8])> {
    let mut address = 0_u32;
    let mut rest = text;
    for at in 0..4 {
        let (value, after) = number(rest)?;
        if let ([b'.', after @ ..], 0..3) = (after, at) {
            if value > 0xff {
                return None;
            }
            address |= value << (24 - 8 * at);
            rest = after;
            continue;
        }
        if u64::from(value) >> (32 - 8 * at) != 0 {
            return None;
        }
        return Some(((address | value).to_be_bytes(), after));
    }
    None
}

/// A number as C writes it, up to 32 bits, and what is behind it.
fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let (base, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] if rest.first().is_some_and(u8::is_ascii_hexdigit) => (16, rest),
        [b'0', ..] => (8, text),
        _ => (10, text),
    };
    let len = digits.iter().position(|&byte| !char::from(byte).is_digit(base)).unwrap_or(digits.len());
    if len == 0 {
        return None;
    }
    let value = digits[..len]
        .iter()
        .try_fold(0_u32, |value, &digit| value.checked_mul(base)?.checked_add(char::from(digit).to_digit(base)?))?;
    Some((value, &digits[len..]))
}

/// 1 if the text begins with an address that ends there or before white space.
#[unsafe(no_mangle)]
unsafe extern "C" fn inet_aton(text: *const u8, to: *mut [u8; 4]) -> c_int {
    match scan(bytes(text)) {
        Some((address, [] | [b' ' | b'\t'..=b'\r', ..])) => {
            if !to.is_null() {
                to.write(address);
            }
            1
        }
        _ => 0,
    }
}

/// All ones for what is no address, and for 255.255.255.255.
#[unsafe(no_mangle)]
unsafe extern "C" fn inet_addr(text: *const u8) -> u32 {
    let mut address = [0; 4];
    if inet_aton(text, &raw mut address) == 0 { NONE } else { u32::from_ne_bytes(address) }
}

/// In a buffer of its own that the next call overwrites: not for two threads at once.
#[unsafe(no_mangle)]
unsafe extern "C" fn inet_ntoa(address: u32) -> *const u8 {
    static mut BUFFER: [u8; 16] = [0; 16];
    let text = Text::v4(address.to_ne_bytes());
    let to = (&raw mut BUFFER).cast::<u8>();
    to.copy_from_nonoverlapping(text.with_zero().as_ptr(), text.with_zero().len());
    to
}

/// One to four numbers of a byte each, in host order, as far right as they come.
#[unsafe(no_mangle)]
unsafe extern "C" fn inet_network(text: *const u8) -> u32 {
    let (mut rest, mut value) = (bytes(text), 0_u32);
    for _ in 0..4 {
        let Some((part, after)) = number(rest).filter(|&(part, _)| part <= 0xff) else { return NONE };
        value = value << 8 | part;
        match after {
            [b'.', after @ ..] => rest = after,
            // White space may follow, and nothing else.
            _ if after.iter().all(|byte| matches!(byte, b' ' | b'\t'..=b'\r')) => return value,
            _ => return NONE,
        }
    }
    NONE
}

/// Bits of an address's host part by its class.
const fn host_bits(address: u32) -> u32 {
    match address >> 29 {
        0..=3 => 24,
        4 | 5 => 16,
        _ => 8,
    }
}

/// A network number with its trailing zero bytes left out, and a host's number in it.
#[unsafe(no_mangle)]
extern "C" fn inet_makeaddr(network: u32, host: u32) -> u32 {
    let bits = match network {
        0..0x80 => 24,
        0x80..0x1_0000 => 16,
        0x1_0000..0x100_0000 => 8,
        _ => return (network | host).to_be(),
    };
    (network << bits | host & ((1 << bits) - 1)).to_be()
}

#[unsafe(no_mangle)]
extern "C" fn inet_lnaof(address: u32) -> u32 {
    let address = u32::from_be(address);
    address & ((1 << host_bits(address)) - 1)
}

#[unsafe(no_mangle)]
extern "C" fn inet_netof(address: u32) -> u32 {
    let address = u32::from_be(address);
    address >> host_bits(address)
}
