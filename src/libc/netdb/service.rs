//! getservbyname, getservbyport, getprotobyname, getprotobynumber, and their forms with a buffer of the caller's.
//!
//! The forms without `_r` have one answer each for the whole process, which the next call overwrites: not for two threads at once. What does not fit into
//! [`ROOM`] is not found there.

use core::ffi::c_int;
use core::ptr::null_mut;

use super::database::{self, Line, Service};
use super::entry::{Room, give};
use crate::libc::errno;
use crate::libc::string::bytes;
use crate::sys::Errno;

/// As long as a line of the files may be, and its list.
const ROOM: usize = 4096;

/// `struct servent`; the port is in network order.
#[repr(C)]
struct ServiceEntry {
    name: *mut u8,
    aliases: *mut *mut u8,
    port: c_int,
    protocol: *mut u8,
}

/// `struct protoent`.
#[repr(C)]
struct ProtocolEntry {
    name: *mut u8,
    aliases: *mut *mut u8,
    number: c_int,
}

/// An answer of a function without a buffer.
struct Own<T> {
    buffer: [u8; ROOM],
    entry: T,
}

static mut SERVICE: Own<ServiceEntry> = Own {
    buffer: [0; ROOM],
    entry: ServiceEntry { name: null_mut(), aliases: null_mut(), port: 0, protocol: null_mut() },
};
static mut PROTOCOL: Own<ProtocolEntry> =
    Own { buffer: [0; ROOM], entry: ProtocolEntry { name: null_mut(), aliases: null_mut(), number: 0 } };

fn service(line: Line<'_>, mut room: Room) -> Result<ServiceEntry, Errno> {
    Ok(ServiceEntry {
        name: room.text(line.name)?,
        aliases: room.list(line.aliases(), Room::text)?,
        port: (line.number as u16).to_be().into(),
        protocol: room.text(line.protocol)?,
    })
}

fn protocol(line: Line<'_>, mut room: Room) -> Result<ProtocolEntry, Errno> {
    Ok(ProtocolEntry {
        name: room.text(line.name)?,
        aliases: room.list(line.aliases(), Room::text)?,
        number: line.number as c_int,
    })
}

unsafe fn find_service(
    wanted: Service<'_>,
    of: *const u8,
    entry: *mut ServiceEntry,
    buffer: *mut u8,
    size: usize,
    result: *mut *mut ServiceEntry,
) -> c_int {
    let of = (!of.is_null()).then(|| bytes(of));
    let found = database::find_service(wanted, of, &mut |line| service(line, Room::new(buffer, size)));
    give(found.and_then(Option::transpose), entry, result)
}

unsafe fn find_protocol(
    wanted: Service<'_>,
    entry: *mut ProtocolEntry,
    buffer: *mut u8,
    size: usize,
    result: *mut *mut ProtocolEntry,
) -> c_int {
    let found = database::find_protocol(wanted, &mut |line| protocol(line, Room::new(buffer, size)));
    give(found.and_then(Option::transpose), entry, result)
}

/// The result; an error number goes to errno.
fn own<T>(code: c_int, result: *mut T) -> *mut T {
    if code != 0 {
        errno::restore(code);
    }
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getservbyname(name: *const u8, protocol: *const u8) -> *mut ServiceEntry {
    let (entry, buffer) = (&raw mut SERVICE.entry, (&raw mut SERVICE.buffer).cast());
    let mut result = null_mut();
    let code = getservbyname_r(name, protocol, entry, buffer, ROOM, &raw mut result);
    own(code, result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getservbyport(port: c_int, protocol: *const u8) -> *mut ServiceEntry {
    let (entry, buffer) = (&raw mut SERVICE.entry, (&raw mut SERVICE.buffer).cast());
    let mut result = null_mut();
    let code = getservbyport_r(port, protocol, entry, buffer, ROOM, &raw mut result);
    own(code, result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getservbyname_r(
    name: *const u8,
    protocol: *const u8,
    entry: *mut ServiceEntry,
    buffer: *mut u8,
    size: usize,
    result: *mut *mut ServiceEntry,
) -> c_int {
    find_service(Service::Name(bytes(name)), protocol, entry, buffer, size, result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getservbyport_r(
    port: c_int,
    protocol: *const u8,
    entry: *mut ServiceEntry,
    buffer: *mut u8,
    size: usize,
    result: *mut *mut ServiceEntry,
) -> c_int {
    let port = u16::from_be(port as u16); // as getservbyname gave it
    find_service(Service::Number(port.into()), protocol, entry, buffer, size, result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getprotobyname(name: *const u8) -> *mut ProtocolEntry {
    let (entry, buffer) = (&raw mut PROTOCOL.entry, (&raw mut PROTOCOL.buffer).cast());
    let mut result = null_mut();
    let code = getprotobyname_r(name, entry, buffer, ROOM, &raw mut result);
    own(code, result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getprotobynumber(number: c_int) -> *mut ProtocolEntry {
    let (entry, buffer) = (&raw mut PROTOCOL.entry, (&raw mut PROTOCOL.buffer).cast());
    let mut result = null_mut();
    let code = getprotobynumber_r(number, entry, buffer, ROOM, &raw mut result);
    own(code, result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getprotobyname_r(
    name: *const u8,
    entry: *mut ProtocolEntry,
    buffer: *mut u8,
    size: usize,
    result: *mut *mut ProtocolEntry,
) -> c_int {
    find_protocol(Service::Name(bytes(name)), entry, buffer, size, result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getprotobynumber_r(
    number: c_int,
    entry: *mut ProtocolEntry,
    buffer: *mut u8,
    size: usize,
    result: *mut *mut ProtocolEntry,
) -> c_int {
    find_protocol(Service::Number(number as u32), entry, buffer, size, result)
}
