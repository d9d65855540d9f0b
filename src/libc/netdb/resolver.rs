//! The stub resolver: which names are asked for, and what the answers come to.
//!
//! 1. A name with a dot at its end is asked for as it is, and nothing else.
//! 2. One with at least `ndots` dots is asked for as it is first, then with each domain of the search list; any other first with the domains, then as it is.
//! 3. The search goes on while names do not exist or have nothing of the wanted kind. It ends at a failure: else a server that is down would make a
//!    name mean another host.

use super::exchange::{self, Outcome};
use super::hosts::{Failure, Found, Host, HostName, Wanted};
use super::packet::{A, AAAA, Name, PTR};
use super::resolv_conf::Configuration;
use crate::libc::inet::Text;
use crate::sys::socket::AF_INET;

/// The addresses of a name by DNS; those of version 6 first.
///
/// # Errors
/// See [`Failure`].
pub fn addresses(name: &[u8], wanted: Wanted, found: &mut Found) -> Result<(), Failure> {
    let configuration = Configuration::read().map_err(Failure::System)?;
    let dots = name.iter().filter(|&&byte| byte == b'.').count();
    let mut worst = Failure::NoName;
    let mut attempt = |domain: Option<&[u8]>| -> Option<Result<(), Failure>> {
        match Name::parse(joined(name, domain)?.bytes()).map(|name| exact(&configuration, &name, wanted, found)) {
            None | Some(Err(Failure::NoName)) => None,
            Some(Err(Failure::NoData)) => {
                worst = Failure::NoData;
                None
            }
            Some(done) => Some(done),
        }
    };
    if name.ends_with(b".") {
        return attempt(None).unwrap_or(Err(worst));
    }
    let as_it_is_first = dots >= configuration.ndots;
    let first = if as_it_is_first { attempt(None) } else { None };
    let done = first.or_else(|| configuration.domains().find_map(|domain| attempt(Some(domain))));
    let done = if as_it_is_first { done } else { done.or_else(|| attempt(None)) };
    done.unwrap_or(Err(worst))
}

/// The name with a domain behind it, or alone; None if that is too long to be a name.
fn joined(name: &[u8], domain: Option<&[u8]>) -> Option<HostName> {
    let Some(domain) = domain else { return HostName::of(name) };
    let mut text = [0; Name::MAX];
    let len = name.len() + 1 + domain.len();
    let place = text.get_mut(..len)?;
    place[..name.len()].copy_from_slice(name);
    place[name.len()] = b'.';
    place[name.len() + 1..].copy_from_slice(domain);
    HostName::of(place)
}

/// The addresses of exactly this name.
fn exact(configuration: &Configuration, name: &Name, wanted: Wanted, found: &mut Found) -> Result<(), Failure> {
    let both = [AAAA, A];
    let kinds = match (wanted.v6, wanted.v4) {
        (true, true) => &both[..],
        (true, false) => &both[..1],
        _ => &both[1..],
    };
    let outcomes = exchange::ask(configuration, name, kinds, &mut |kind, answer| {
        found.name = HostName::from_dns(&answer.name).or_else(|| HostName::from_dns(name)).unwrap_or(HostName::NONE);
        for data in answer.data(kind) {
            match (kind, data.len()) {
                (A, 4) => found.add(Host::v4([data[0], data[1], data[2], data[3]])),
                (AAAA, 16) => found.add(Host::v6(core::array::from_fn(|at| data[at]), 0)),
                _ => {} // an address of another length is none
            }
        }
    })?;
    // The answers came in any order.
    found.list_mut().sort_unstable_by_key(|host| host.family == AF_INET);
    if !found.list().is_empty() {
        return Ok(());
    }
    if outcomes.contains(&Outcome::Unanswered) {
        return Err(Failure::Again);
    }
    Err(if outcomes[..kinds.len()].contains(&Outcome::Answered) { Failure::NoData } else { Failure::NoName })
}

/// The name of an address by DNS: the PTR record of its digits, backwards, under in-addr.arpa or ip6.arpa.
///
/// # Errors
/// See [`Failure`].
pub fn name(host: Host) -> Result<HostName, Failure> {
    let configuration = Configuration::read().map_err(Failure::System)?;
    let asked = reverse(host).ok_or(Failure::NoName)?;
    let mut name = None;
    let outcomes = exchange::ask(&configuration, &asked, &[PTR], &mut |kind, answer| {
        name = answer.first_name(kind).and_then(|name| HostName::from_dns(&name));
    })?;
    match (outcomes[0], name) {
        (_, Some(name)) => Ok(name),
        (Outcome::Unanswered, _) => Err(Failure::Again),
        (Outcome::Answered, _) => Err(Failure::NoData),
        (Outcome::NoName, _) => Err(Failure::NoName),
    }
}

fn reverse(host: Host) -> Option<Name> {
    let mut text = [0; 80]; // 32 digits, 32 dots, `ip6.arpa`
    let mut len = 0;
    let mut put = |bytes: &[u8]| {
        text[len..len + bytes.len()].copy_from_slice(bytes);
        len += bytes.len();
    };
    for &byte in host.bytes().iter().rev() {
        if host.family == AF_INET {
            let mut digits = Text::new();
            digits.put_decimal(byte.into());
            put(digits.bytes());
            put(b".");
        } else {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            put(&[DIGITS[usize::from(byte & 15)], b'.', DIGITS[usize::from(byte >> 4)], b'.']);
        }
    }
    put(if host.family == AF_INET { b"in-addr.arpa" } else { b"ip6.arpa" });
    Name::parse(&text[..len])
}
