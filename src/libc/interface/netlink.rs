//! What the kernel says about interfaces and their addresses: rtnetlink(7) dumps.
//!
//! ```text
//!   datagram: messages, each | length | type, flags | sequence | port | and its payload;  payload: a fixed struct, then attributes | length, type | value |
//! ```
//! Lengths are checked against what is there, though only the kernel can have sent them; lengths are padded to four bytes.

use crate::sys::socket::{self, AF_NETLINK, MSG_TRUNC, SOCK_CLOEXEC, SOCK_RAW};
use crate::sys::{Errno, file};

/// Ask for, and be told of, interfaces.
pub const GET_LINK: u16 = 18;
/// Ask for, and be told of, addresses.
pub const GET_ADDRESS: u16 = 22;

const HEADER: usize = 16;
/// The longest datagram that the kernel makes of a dump.
const BUFFER: usize = 32768;
/// Any number: the socket is new and has one request.
const SEQUENCE: u32 = 1;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut u8;
    fn free(block: *mut u8);
}

/// Asks for all interfaces or addresses: `take` gets the payload of each. Whether the list stayed as it was while it was told.
///
/// # Errors
/// EMFILE, ENFILE, ENOMEM, EAFNOSUPPORT; what `take` returns.
pub fn dump(what: u16, take: &mut dyn FnMut(Payload<'_>) -> Result<(), Errno>) -> Result<bool, Errno> {
    // SAFETY: any size will do.
    let block = unsafe { malloc(BUFFER) };
    if block.is_null() {
        return Err(Errno::ENOMEM);
    }
    // SAFETY: a fresh block of this size, zeroed before it is a slice; it is ours until it is freed below.
    let buffer = unsafe {
        block.write_bytes(0, BUFFER);
        core::slice::from_raw_parts_mut(block, BUFFER)
    };
    let done = socket::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0).and_then(|fd| {
        let done = ask(fd, what, buffer, take);
        let _ = file::close(fd); // everything was read, or is of no use
        done
    });
    // SAFETY: from malloc; payloads do not outlive their call.
    unsafe { free(block) };
    done
}

fn ask(
    fd: i32,
    what: u16,
    buffer: &mut [u8],
    take: &mut dyn FnMut(Payload<'_>) -> Result<(), Errno>,
) -> Result<bool, Errno> {
    const REQUEST_DUMP: u16 = 0x301;
    const INTERRUPTED: u16 = 0x10;
    const ERROR: u16 = 2;
    const DONE: u16 = 3;
    const LEN: u32 = HEADER as u32 + 16; // the struct of either question, all zero: every family
    let mut request = [0; LEN as usize];
    request[..4].copy_from_slice(&LEN.to_ne_bytes());
    request[4..6].copy_from_slice(&what.to_ne_bytes());
    request[6..8].copy_from_slice(&REQUEST_DUMP.to_ne_bytes());
    request[8..12].copy_from_slice(&SEQUENCE.to_ne_bytes());
    again(|| socket::send(fd, &request, 0))?;
    let mut steady = true;
    loop {
        let len = again(|| socket::receive(fd, buffer, MSG_TRUNC))?;
        let mut rest = buffer.get(..len).ok_or(Errno::EMSGSIZE)?;
        while let Some((size, kind, flags, sequence)) = header(rest) {
            let payload = rest.get(HEADER..size).ok_or(Errno::EBADMSG)?;
            steady &= flags & INTERRUPTED == 0;
            match kind {
                _ if sequence != SEQUENCE => {}
                DONE => return Ok(steady),
                ERROR => return Err(Errno::from_raw(word(payload, 0).map_or(0, u32::wrapping_neg) as u16)),
                _ => take(Payload(payload))?,
            }
            rest = rest.get(size.next_multiple_of(4)..).unwrap_or_default();
        }
    }
}

fn again<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    loop {
        match call() {
            Err(Errno::EINTR) => {}
            done => return done,
        }
    }
}

fn header(bytes: &[u8]) -> Option<(usize, u16, u16, u32)> {
    Some((word(bytes, 0)? as usize, half(bytes, 4)?, half(bytes, 6)?, word(bytes, 8)?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(half(bytes, at)?) | u32::from(half(bytes, at + 2)?) << 16)
}

/// One interface or address.
#[derive(Clone, Copy)]
pub struct Payload<'a>(&'a [u8]);

impl<'a> Payload<'a> {
    /// A byte of the fixed struct.
    pub fn byte(&self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or(0)
    }

    /// Two bytes of the fixed struct.
    pub fn half(&self, at: usize) -> u16 {
        half(self.0, at).unwrap_or(0)
    }

    /// Four bytes of the fixed struct.
    pub fn word(&self, at: usize) -> u32 {
        word(self.0, at).unwrap_or(0)
    }

    /// The first attribute of a type, behind a fixed struct of `fixed` bytes.
    pub fn attribute(&self, fixed: usize, wanted: u16) -> Option<&'a [u8]> {
        let mut rest = self.0.get(fixed..)?;
        loop {
            let (size, kind) = (usize::from(half(rest, 0)?), half(rest, 2)?);
            let value = rest.get(4..size)?;
            if kind == wanted {
                return Some(value);
            }
            rest = rest.get(size.next_multiple_of(4)..)?;
        }
    }
}
