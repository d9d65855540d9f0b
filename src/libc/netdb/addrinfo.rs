//! getaddrinfo and freeaddrinfo.
//!
//! 1. Each entry is one block of the heap with its socket address in it; a canonical name is another, of the first entry. So any part of a list can be freed.
//! 2. AI_ADDRCONFIG leaves out the family of which the machine has no address but loopback; if it has none of either family, nothing. Numeric addresses are
//!    not looked at so.
//! 3. Ports beyond 65535 are no services: EAI_SERVICE.
//! 4. AI_IDN and AI_CANONIDN are unknown flags: EAI_BADFLAGS. A name's bytes are asked for as they are.

use core::ffi::c_int;
use core::ptr::null_mut;

use super::database::{self, Service};
use super::error::{
    EAI_ADDRFAMILY, EAI_BADFLAGS, EAI_FAMILY, EAI_MEMORY, EAI_NONAME, EAI_SERVICE, EAI_SOCKTYPE, EAI_SYSTEM, code,
};
use super::hosts::{self, Failure, Found, Host, Wanted};
use super::lines::decimal;
use super::order;
use crate::libc::errno;
use crate::libc::string::bytes;
use crate::sys::socket::{AF_INET, AF_INET6, Address, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM};

const AI_PASSIVE: c_int = 1;
const AI_CANONNAME: c_int = 2;
const AI_NUMERICHOST: c_int = 4;
const AI_V4MAPPED: c_int = 8;
const AI_ALL: c_int = 0x10;
const AI_ADDRCONFIG: c_int = 0x20;
const AI_NUMERICSERV: c_int = 0x400;
const KNOWN: c_int = AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_V4MAPPED | AI_ALL | AI_ADDRCONFIG | AI_NUMERICSERV;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut u8;
    fn free(block: *mut u8);
    fn strdup(text: *const u8) -> *mut u8;
}

/// `struct addrinfo`.
#[repr(C)]
pub struct AddrInfo {
    flags: c_int,
    family: c_int,
    kind: c_int,
    protocol: c_int,
    address_size: u32,
    address: *mut u8,
    name: *mut u8,
    next: *mut AddrInfo,
}

/// One block of the heap.
#[repr(C)]
struct Entry {
    info: AddrInfo,
    address: [u8; Address::MAX],
}

const _: () = assert!(size_of::<AddrInfo>() == 48);

/// A type of socket and the protocol that it speaks; `name` is what /etc/services calls it, empty if services mean nothing to it.
#[derive(Clone, Copy)]
struct Kind {
    kind: c_int,
    protocol: c_int,
    name: &'static [u8],
    /// Part of the answer if nothing in particular is asked for.
    usual: bool,
}

const fn kind(kind: u32, protocol: c_int, name: &'static [u8], usual: bool) -> Kind {
    Kind { kind: kind as c_int, protocol, name, usual }
}

const SEQPACKET: u32 = 5;
const DCCP: u32 = 6;
const KINDS: [Kind; 7] = [
    kind(SOCK_STREAM, 6, b"tcp", true),
    kind(SOCK_DGRAM, 17, b"udp", true),
    kind(DCCP, 33, b"dccp", false),
    kind(SOCK_DGRAM, 136, b"udplite", false),
    kind(SOCK_STREAM, 132, b"sctp", false),
    kind(SEQPACKET, 132, b"sctp", false),
    kind(SOCK_RAW, 0, b"", true),
];

/// Kinds that were asked for, each with its port.
struct Ports {
    list: [(Kind, u16); KINDS.len()],
    n: usize,
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getaddrinfo(
    node: *const u8,
    service: *const u8,
    hints: *const AddrInfo,
    list: *mut *mut AddrInfo,
) -> c_int {
    let (flags, family, kind, protocol) = match hints.as_ref() {
        Some(hints) => (hints.flags, hints.family, hints.kind, hints.protocol),
        None => (AI_V4MAPPED | AI_ADDRCONFIG, 0, 0, 0),
    };
    let text = |text: *const u8| (!text.is_null()).then(|| bytes(text));
    let (node, service) = (text(node), text(service));
    if node.is_none() && service.is_none() {
        return EAI_NONAME;
    }
    if flags & !KNOWN != 0 || (flags & AI_CANONNAME != 0 && node.is_none()) {
        return EAI_BADFLAGS;
    }
    let wanted = match u16::try_from(family) {
        Ok(0) => Wanted { v4: true, v6: true },
        Ok(AF_INET) => Wanted { v4: true, v6: false },
        Ok(AF_INET6) => Wanted { v4: false, v6: true },
        _ => return EAI_FAMILY,
    };
    let mut found = Found::new();
    let done = ports(service, flags, kind, protocol).and_then(|ports| {
        addresses(node, flags, wanted, &mut found)?;
        Ok(ports)
    });
    match done.and_then(|ports| build(&found, &ports, flags)) {
        Ok(built) => {
            *list = built;
            0
        }
        Err(code) => code,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn freeaddrinfo(mut list: *mut AddrInfo) {
    while !list.is_null() {
        let next = (*list).next;
        free((*list).name);
        free(list.cast());
        list = next;
    }
}

/// The kinds of sockets that are asked for, with the service's port for each.
fn ports(service: Option<&[u8]>, flags: c_int, wanted_kind: c_int, protocol: c_int) -> Result<Ports, c_int> {
    let fits = |kind: &Kind| {
        let any_protocol = kind.kind == SOCK_RAW as c_int;
        (wanted_kind == 0 || kind.kind == wanted_kind) && (protocol == 0 || any_protocol || kind.protocol == protocol)
    };
    let unasked = wanted_kind == 0 && protocol == 0;
    let number = service.map(decimal);
    if matches!(number, Some(None)) && flags & AI_NUMERICSERV != 0 {
        return Err(EAI_NONAME);
    }
    let fixed = match number.flatten() {
        Some(number) => Some(u16::try_from(number).map_err(|_| EAI_SERVICE)?),
        None => None,
    };
    let mut ports = Ports { list: [(KINDS[0], 0); KINDS.len()], n: 0 };
    let mut any = false;
    for mut kind in KINDS.into_iter().filter(|kind| fits(kind) && (kind.usual || !unasked)) {
        any = true;
        if protocol != 0 {
            kind.protocol = protocol;
        }
        let port = match (service, fixed) {
            (None, _) => 0,
            _ if kind.name.is_empty() && (!unasked || fixed.is_none()) => continue,
            (_, Some(port)) => port,
            (Some(name), None) => {
                let found =
                    database::find_service(Service::Name(name), Some(kind.name), &mut |line| line.number as u16);
                match found {
                    Ok(Some(port)) => port,
                    Ok(None) => continue,
                    Err(e) => {
                        errno::set(e);
                        return Err(EAI_SYSTEM);
                    }
                }
            }
        };
        ports.list[ports.n] = (kind, port);
        ports.n += 1;
        if !unasked && wanted_kind != 0 {
            break; // the first protocol that this type speaks
        }
    }
    match (any, ports.n) {
        (false, _) if wanted_kind != 0 => Err(EAI_SOCKTYPE),
        (_, 0) => Err(EAI_SERVICE),
        _ => Ok(ports),
    }
}

/// The node's addresses, sorted.
fn addresses(node: Option<&[u8]>, flags: c_int, wanted: Wanted, found: &mut Found) -> Result<(), c_int> {
    let wanted = |numeric: bool| -> Result<Wanted, c_int> {
        if flags & AI_ADDRCONFIG == 0 || numeric {
            return Ok(wanted);
        }
        let (v4, v6) = crate::libc::interface::families();
        match (wanted.v4 && v4, wanted.v6 && v6) {
            (false, false) if wanted.v4 && wanted.v6 => Ok(wanted),
            (false, false) => Err(EAI_NONAME),
            (v4, v6) => Ok(Wanted { v4, v6 }),
        }
    };
    let Some(node) = node else {
        let wanted = wanted(false)?;
        let any = [Host::v4([0; 4]), Host::v6([0; 16], 0)];
        let all = if flags & AI_PASSIVE != 0 { any } else { hosts::loopback() };
        for host in all.into_iter().filter(|host| wanted.has(host.family)) {
            found.add(host);
        }
        if flags & AI_PASSIVE == 0 {
            order::sort(found.list_mut());
        }
        return Ok(());
    };
    let numeric = hosts::numeric(node).map_err(code)?.is_some();
    if !numeric && flags & AI_NUMERICHOST != 0 {
        return Err(EAI_NONAME);
    }
    let wanted = wanted(numeric)?;
    let map = flags & AI_V4MAPPED != 0 && wanted.v6 && !wanted.v4;
    let asked = if map { Wanted { v4: true, v6: true } } else { wanted };
    hosts::find(node, asked, found).map_err(|failure| match failure {
        Failure::OtherFamily => EAI_ADDRFAMILY,
        other => code(other),
    })?;
    if map {
        let has_v6 = found.list().iter().any(|host| host.family == AF_INET6);
        if has_v6 && flags & AI_ALL == 0 {
            found.retain(|host| host.family == AF_INET6);
        }
        for host in found.list_mut() {
            *host = host.mapped();
        }
    }
    order::sort(found.list_mut());
    Ok(())
}

/// The list: for each address an entry for each kind of socket.
unsafe fn build(found: &Found, ports: &Ports, flags: c_int) -> Result<*mut AddrInfo, c_int> {
    let mut first = null_mut::<AddrInfo>();
    let mut end = &raw mut first;
    for host in found.list() {
        for &(kind, port) in &ports.list[..ports.n] {
            let entry = malloc(size_of::<Entry>()).cast::<Entry>();
            if entry.is_null() {
                freeaddrinfo(first);
                return Err(EAI_MEMORY);
            }
            let address = host.with_port(port);
            entry.write_bytes(0, 1);
            let place = (&raw mut (*entry).address).cast::<u8>();
            place.copy_from_nonoverlapping(address.bytes().as_ptr(), address.bytes().len());
            let info = &raw mut (*entry).info;
            info.write(AddrInfo {
                flags,
                family: host.family.into(),
                kind: kind.kind,
                protocol: kind.protocol,
                address_size: address.bytes().len() as u32,
                address: place,
                name: null_mut(),
                next: null_mut(),
            });
            *end = info;
            end = &raw mut (*info).next;
        }
    }
    if flags & AI_CANONNAME != 0 {
        let mut text = [0; super::packet::Name::MAX + 1];
        let name = found.name.bytes();
        text[..name.len()].copy_from_slice(name);
        (*first).name = strdup(text.as_ptr());
        if (*first).name.is_null() {
            freeaddrinfo(first);
            return Err(EAI_MEMORY);
        }
    }
    Ok(first)
}
