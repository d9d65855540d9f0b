//! Sockets: socket(2), bind(2), connect(2), sendto(2), recvfrom(2), getsockname(2); and ppoll(2) to wait for them.

use linux_raw_sys::net as raw;

use super::time::Timespec;
use super::{Errno, call};

/// Internet, version 4.
pub const AF_INET: u16 = raw::AF_INET as u16;
/// Internet, version 6.
pub const AF_INET6: u16 = raw::AF_INET6 as u16;
/// The kernel's messages about interfaces, addresses and routes.
pub const AF_NETLINK: u16 = raw::AF_NETLINK as u16;
/// A stream of bytes.
pub const SOCK_STREAM: u32 = 1;
/// Datagrams.
pub const SOCK_DGRAM: u32 = 2;
/// Datagrams of the family's own protocol.
pub const SOCK_RAW: u32 = 3;
/// Closed by a successful execve(2).
pub const SOCK_CLOEXEC: u32 = 0o2_000_000;
/// Calls answer EAGAIN instead of waiting.
pub const SOCK_NONBLOCK: u32 = 0o4_000;
/// A broken stream is EPIPE only, no signal.
pub const MSG_NOSIGNAL: u32 = 0x4000;
/// Receive: the result is a datagram's true size, even if the buffer was shorter.
pub const MSG_TRUNC: u32 = 0x20;

/// An internet socket address: `struct sockaddr_in` or `struct sockaddr_in6`, whichever the family says.
#[repr(C, align(4))]
#[derive(Clone, Copy, Debug)]
pub struct Address {
    bytes: [u8; Address::MAX],
    len: u32,
}

impl Address {
    /// Bytes of the longer of the two.
    pub const MAX: usize = 28;

    /// An address of version 4.
    #[must_use]
    pub fn v4(host: [u8; 4], port: u16) -> Self {
        let mut bytes = [0; Self::MAX];
        bytes[..2].copy_from_slice(&AF_INET.to_ne_bytes());
        bytes[2..4].copy_from_slice(&port.to_be_bytes());
        bytes[4..8].copy_from_slice(&host);
        Self { bytes, len: 16 }
    }

    /// An address of version 6; `scope` is the index of the interface that a link-local one belongs to.
    #[must_use]
    pub fn v6(host: [u8; 16], port: u16, scope: u32) -> Self {
        let mut bytes = [0; Self::MAX];
        bytes[..2].copy_from_slice(&AF_INET6.to_ne_bytes());
        bytes[2..4].copy_from_slice(&port.to_be_bytes());
        bytes[8..24].copy_from_slice(&host);
        bytes[24..28].copy_from_slice(&scope.to_ne_bytes());
        Self { bytes, len: Self::MAX as u32 }
    }

    /// The kernel's struct, as long as its family makes it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len as usize).unwrap_or_default()
    }

    /// Its family.
    #[must_use]
    pub fn family(&self) -> u16 {
        u16::from_ne_bytes([self.bytes[0], self.bytes[1]])
    }

    /// The host's address: 4 or 16 bytes.
    #[must_use]
    pub fn host(&self) -> &[u8] {
        if self.family() == AF_INET { &self.bytes[4..8] } else { &self.bytes[8..24] }
    }
}

/// `socket(family, kind, protocol)`: a descriptor.
///
/// # Errors
/// EAFNOSUPPORT, EPROTONOSUPPORT, EMFILE, ENFILE, ENOBUFS, EACCES.
pub fn socket(family: u16, kind: u32, protocol: u32) -> Result<i32, Errno> {
    // SAFETY: touches no memory of ours.
    unsafe { call!(__NR_socket, family.into(), kind as usize, protocol as usize) }.map(|fd| fd as i32)
}

/// `connect(fd, address)`. For datagrams: from now on only this peer's arrive, and its refusals are errors.
///
/// # Errors
/// EINPROGRESS: not blocking, poll for writing. ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, ETIMEDOUT, EINTR.
pub fn connect(fd: i32, address: &Address) -> Result<(), Errno> {
    let bytes = address.bytes();
    // SAFETY: the kernel reads the address.
    unsafe { call!(__NR_connect, fd as usize, bytes.as_ptr() as usize, bytes.len()) }.map(drop)
}

/// `getsockname(fd)`: the socket's own address.
///
/// # Errors
/// EBADF, ENOTSOCK.
pub fn name(fd: i32) -> Result<Address, Errno> {
    let mut address = Address { bytes: [0; Address::MAX], len: Address::MAX as u32 };
    let (to, len) = (address.bytes.as_mut_ptr() as usize, &raw mut address.len as usize);
    // SAFETY: the kernel writes at most `len` bytes of address, and how many there are.
    unsafe { call!(__NR_getsockname, fd as usize, to, len) }?;
    Ok(address)
}

/// `sendto(fd, bytes, flags)` to the peer: bytes sent.
///
/// # Errors
/// EAGAIN, EINTR, EPIPE, ECONNRESET, ECONNREFUSED: the peer refused something sent before. ENOBUFS.
pub fn send(fd: i32, bytes: &[u8], flags: u32) -> Result<usize, Errno> {
    // SAFETY: the kernel reads the bytes.
    unsafe { call!(__NR_sendto, fd as usize, bytes.as_ptr() as usize, bytes.len(), flags as usize, 0, 0) }
}

/// `recvfrom(fd, buffer, flags)`: bytes received; 0 at the end of a stream.
///
/// # Errors
/// EAGAIN, EINTR, ECONNREFUSED, ECONNRESET.
pub fn receive(fd: i32, buffer: &mut [u8], flags: u32) -> Result<usize, Errno> {
    // SAFETY: the kernel writes at most the buffer's bytes.
    unsafe { call!(__NR_recvfrom, fd as usize, buffer.as_mut_ptr() as usize, buffer.len(), flags as usize, 0, 0) }
}

/// There is something to read.
pub const POLLIN: i16 = 1;
/// There is room to write.
pub const POLLOUT: i16 = 4;

/// `ppoll` of one descriptor: whether something of what `events` names, or an error, came before the time was over.
///
/// # Errors
/// EINTR, ENOMEM.
pub fn wait(fd: i32, events: i16, timeout: Timespec) -> Result<bool, Errno> {
    #[repr(C)]
    struct PollFd {
        fd: i32,
        events: i16,
        revents: i16,
    }
    let (mut poll, mut left) = (PollFd { fd, events, revents: 0 }, timeout);
    // SAFETY: the kernel reads and writes one struct pollfd and one timespec.
    unsafe { call!(__NR_ppoll, &raw mut poll as usize, 1, &raw mut left as usize, 0, 0) }.map(|ready| ready != 0)
}
