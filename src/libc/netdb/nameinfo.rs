//! getnameinfo: a socket address as names or numbers.

use core::ffi::c_int;

use super::database::{self, Service};
use super::error::{EAI_BADFLAGS, EAI_FAMILY, EAI_NONAME, EAI_OVERFLOW, EAI_SYSTEM, code};
use super::hosts::{self, Failure, Host, HostName, is_link_local};
use crate::libc::inet::Text;
use crate::libc::{errno, interface};
use crate::sys::socket::{AF_INET, AF_INET6};

const NI_NUMERICHOST: c_int = 1;
const NI_NUMERICSERV: c_int = 2;
const NI_NOFQDN: c_int = 4;
const NI_NAMEREQD: c_int = 8;
const NI_DGRAM: c_int = 16;
const KNOWN: c_int = NI_NUMERICHOST | NI_NUMERICSERV | NI_NOFQDN | NI_NAMEREQD | NI_DGRAM;

#[unsafe(no_mangle)]
unsafe extern "C" fn getnameinfo(
    address: *const u8,
    size: u32,
    host: *mut u8,
    host_size: u32,
    service: *mut u8,
    service_size: u32,
    flags: c_int,
) -> c_int {
    if flags & !KNOWN != 0 {
        return EAI_BADFLAGS;
    }
    if size < 2 {
        return EAI_FAMILY;
    }
    let family = address.cast::<u16>().read_unaligned();
    let port = || u16::from_be(address.add(2).cast::<u16>().read_unaligned());
    let there = match family {
        AF_INET if size >= 16 => Host::v4(address.add(4).cast::<[u8; 4]>().read()),
        AF_INET6 if size >= 28 => {
            Host::v6(address.add(8).cast::<[u8; 16]>().read(), address.add(24).cast::<u32>().read_unaligned())
        }
        _ => return EAI_FAMILY,
    };
    let (wants_host, wants_service) = (!host.is_null() && host_size > 0, !service.is_null() && service_size > 0);
    if host.is_null() && service.is_null() {
        return EAI_NONAME;
    }
    let done = || -> Result<(), c_int> {
        if wants_host {
            write_host(there, flags, core::slice::from_raw_parts_mut(host, host_size as usize))?;
        }
        if wants_service {
            write_service(port(), flags, core::slice::from_raw_parts_mut(service, service_size as usize))?;
        }
        Ok(())
    };
    done().err().unwrap_or(0)
}

fn write_host(host: Host, flags: c_int, to: &mut [u8]) -> Result<(), c_int> {
    if flags & NI_NUMERICHOST == 0 {
        match hosts::name_of(host) {
            Ok(name) => return put(to, if flags & NI_NOFQDN != 0 { without_own_domain(&name) } else { name.bytes() }),
            Err(Failure::System(e)) => return Err(code(Failure::System(e))),
            Err(Failure::Again) if flags & NI_NAMEREQD != 0 => return Err(code(Failure::Again)),
            Err(_) if flags & NI_NAMEREQD != 0 => return Err(EAI_NONAME),
            Err(_) => {}
        }
    }
    put(to, numeric(host).bytes())
}

/// The address; a scope behind `%` as the interface's name where the address is link-local and there is such an interface, else as its number.
fn numeric(host: Host) -> Text {
    let address: [u8; 16] = core::array::from_fn(|at| host.bytes().get(at).copied().unwrap_or(0));
    if host.family == AF_INET {
        return Text::v4([address[0], address[1], address[2], address[3]]);
    }
    let mut text = Text::v6(address);
    if host.scope != 0 {
        text.put(b"%");
        match interface::name(host.scope) {
            Ok(name) if is_link_local(address) => text.put(name.split(|&byte| byte == 0).next().unwrap_or_default()),
            _ => text.put_decimal(host.scope),
        }
    }
    text
}

/// Of a host in the machine's own domain, the name alone.
fn without_own_domain(name: &HostName) -> &[u8] {
    let own = hosts::own_name();
    let Some(dot) = own.bytes().iter().position(|&byte| byte == b'.') else { return name.bytes() };
    match name.bytes().len().checked_sub(own.bytes().len() - dot) {
        Some(at) if at > 0 && name.bytes()[at..].eq_ignore_ascii_case(&own.bytes()[dot..]) => &name.bytes()[..at],
        _ => name.bytes(),
    }
}

fn write_service(port: u16, flags: c_int, to: &mut [u8]) -> Result<(), c_int> {
    if flags & NI_NUMERICSERV == 0 {
        let protocol: &[u8] = if flags & NI_DGRAM != 0 { b"udp" } else { b"tcp" };
        let found =
            database::find_service(Service::Number(port.into()), Some(protocol), &mut |line| put(to, line.name));
        match found {
            Ok(Some(done)) => return done,
            Ok(None) => {}
            Err(e) => {
                errno::set(e);
                return Err(EAI_SYSTEM);
            }
        }
    }
    let mut text = Text::new();
    text.put_decimal(port.into());
    put(to, text.bytes())
}

/// The text and a zero.
fn put(to: &mut [u8], text: &[u8]) -> Result<(), c_int> {
    let place = to.get_mut(..=text.len()).ok_or(EAI_OVERFLOW)?;
    place[..text.len()].copy_from_slice(text);
    place[text.len()] = 0;
    Ok(())
}
