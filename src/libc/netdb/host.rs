//! gethostbyname and gethostbyaddr, and their forms with a buffer of the caller's.
//!
//! The forms without `_r` have one answer for the whole process, which the next call overwrites: not for two threads at once. The only alias is the name
//! that was asked for, if it is not the host's own.

use core::ffi::c_int;
use core::ptr::null_mut;

use super::entry::{Room, give};
use super::error;
use super::error::{NETDB_INTERNAL, TRY_AGAIN, host_code};
use super::hosts::{self, Failure, Found, Host, HostName, Wanted};
use crate::libc::errno;
use crate::libc::string::bytes;
use crate::sys::Errno;
use crate::sys::socket::{AF_INET, AF_INET6};

/// Enough for every answer that we give: 48 addresses, their list, and two names.
const ROOM: usize = 4096;

/// `struct hostent`.
#[repr(C)]
pub struct HostEntry {
    name: *mut u8,
    aliases: *mut *mut u8,
    family: c_int,
    size: c_int,
    addresses: *mut *mut u8,
}

const _: () = assert!(size_of::<HostEntry>() == 32);

static mut BUFFER: [u8; ROOM] = [0; ROOM];
static mut ENTRY: HostEntry =
    HostEntry { name: null_mut(), aliases: null_mut(), family: 0, size: 0, addresses: null_mut() };

#[unsafe(no_mangle)]
unsafe extern "C" fn gethostbyname(name: *const u8) -> *mut HostEntry {
    gethostbyname2(name, AF_INET.into())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn gethostbyname2(name: *const u8, family: c_int) -> *mut HostEntry {
    let mut result = null_mut();
    let (entry, buffer) = (&raw mut ENTRY, (&raw mut BUFFER).cast());
    gethostbyname2_r(name, family, entry, buffer, ROOM, &raw mut result, error::__h_errno_location());
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn gethostbyname_r(
    name: *const u8,
    entry: *mut HostEntry,
    buffer: *mut u8,
    size: usize,
    result: *mut *mut HostEntry,
    error: *mut c_int,
) -> c_int {
    gethostbyname2_r(name, AF_INET.into(), entry, buffer, size, result, error)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn gethostbyname2_r(
    name: *const u8,
    family: c_int,
    entry: *mut HostEntry,
    buffer: *mut u8,
    size: usize,
    result: *mut *mut HostEntry,
    error: *mut c_int,
) -> c_int {
    let name = bytes(name);
    let mut found = Found::new();
    let wanted = match u16::try_from(family) {
        Ok(AF_INET) => Ok(Wanted { v4: true, v6: false }),
        Ok(AF_INET6) => Ok(Wanted { v4: false, v6: true }),
        _ => Err(Failure::System(Errno::EAFNOSUPPORT)),
    };
    let done = wanted.and_then(|wanted| hosts::find(name, wanted, &mut found));
    let made = done.map(|()| {
        let alias = Some(name).filter(|name| !name.eq_ignore_ascii_case(found.name.bytes()));
        make(&mut Room::new(buffer, size), &found.name, alias, found.list())
    });
    finish(made, entry, result, error)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn gethostbyaddr(address: *const u8, length: u32, family: c_int) -> *mut HostEntry {
    let mut result = null_mut();
    let (entry, buffer) = (&raw mut ENTRY, (&raw mut BUFFER).cast());
    gethostbyaddr_r(address, length, family, entry, buffer, ROOM, &raw mut result, error::__h_errno_location());
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn gethostbyaddr_r(
    address: *const u8,
    length: u32,
    family: c_int,
    entry: *mut HostEntry,
    buffer: *mut u8,
    size: usize,
    result: *mut *mut HostEntry,
    error: *mut c_int,
) -> c_int {
    let host = match (u16::try_from(family), length) {
        (Ok(AF_INET), 4) => Ok(Host::v4(address.cast::<[u8; 4]>().read())),
        (Ok(AF_INET6), 16) => Ok(Host::v6(address.cast::<[u8; 16]>().read(), 0)),
        (Ok(AF_INET | AF_INET6), _) => Err(Failure::System(Errno::EINVAL)),
        _ => Err(Failure::System(Errno::EAFNOSUPPORT)),
    };
    let made = host.and_then(|host| {
        let name = hosts::name_of(host)?;
        Ok(make(&mut Room::new(buffer, size), &name, None, &[host]))
    });
    finish(made, entry, result, error)
}

fn make(room: &mut Room, name: &HostName, alias: Option<&[u8]>, list: &[Host]) -> Result<HostEntry, Errno> {
    let (family, size) = match list.first() {
        Some(first) => (first.family, first.bytes().len()),
        None => (AF_INET, 4),
    };
    Ok(HostEntry {
        name: room.text(name.bytes())?,
        aliases: room.list(alias.into_iter(), Room::text)?,
        family: family.into(),
        size: size as c_int,
        addresses: room.list(list.iter().map(Host::bytes), Room::put)?,
    })
}

/// 0 and a null result where there is no such host; an error number where the answer is not known.
unsafe fn finish(
    made: Result<Result<HostEntry, Errno>, Failure>,
    entry: *mut HostEntry,
    result: *mut *mut HostEntry,
    error: *mut c_int,
) -> c_int {
    match made {
        Ok(made) => {
            if let Err(e) = made {
                *error = NETDB_INTERNAL;
                errno::set(e);
            }
            give(made.map(Some), entry, result)
        }
        Err(failure) => {
            *error = host_code(failure);
            *result = null_mut();
            match *error {
                NETDB_INTERNAL => errno::get(),
                TRY_AGAIN => c_int::from(Errno::EAGAIN.raw()),
                _ => 0,
            }
        }
    }
}
