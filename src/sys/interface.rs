//! Network interfaces by name and number: ioctl(2) with SIOCGIFINDEX and SIOCGIFNAME on any socket.

use linux_raw_sys::ioctl as raw;

use super::socket::{SOCK_CLOEXEC, SOCK_DGRAM, socket};
use super::{Errno, call, file};

/// Bytes of the longest name, with its zero.
pub const NAME_SIZE: usize = 16;
const AF_UNIX: u16 = 1;

/// `struct ifreq`, as these two requests use it.
#[repr(C)]
struct Request {
    name: [u8; NAME_SIZE],
    index: i32,
    rest: [u8; 20],
}

const _: () = assert!(size_of::<Request>() == 40);

/// `ioctl(socket, SIOCGIFINDEX, name)`: the interface's number, from 1 on.
///
/// # Errors
/// ENODEV: there is none of this name. EMFILE, ENFILE: no socket.
pub fn index(name: [u8; NAME_SIZE]) -> Result<u32, Errno> {
    let mut request = Request { name, index: 0, rest: [0; 20] };
    ask(raw::SIOCGIFINDEX, &mut request)?;
    Ok(request.index as u32)
}

/// `ioctl(socket, SIOCGIFNAME, index)`: the interface's name, ended by a zero.
///
/// # Errors
/// ENODEV: there is none of this number. EMFILE, ENFILE: no socket.
pub fn name(index: u32) -> Result<[u8; NAME_SIZE], Errno> {
    let mut request = Request { name: [0; NAME_SIZE], index: index as i32, rest: [0; 20] };
    ask(raw::SIOCGIFNAME, &mut request)?;
    request.name[NAME_SIZE - 1] = 0;
    Ok(request.name)
}

fn ask(what: u32, request: &mut Request) -> Result<(), Errno> {
    let fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)?;
    // SAFETY: the kernel reads and writes one struct ifreq.
    let done = unsafe { call!(__NR_ioctl, fd as usize, what as usize, &raw mut *request as usize) };
    let _ = file::close(fd); // nothing was sent
    done.map(drop)
}
