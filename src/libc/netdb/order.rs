//! The order of a name's addresses: those that will probably work, first. Source: RFC 6724, rules 1, 2, 5, 6, 8 and 9 with its default table.
//!
//! What an address is reached from is what the kernel says when a datagram socket is connected to it; nothing is sent. Rules 3, 4 and 7 need to know of
//! deprecated, home and tunnelled addresses, which the kernel's own choice of the source already looks at.

use super::hosts::Host;
use crate::sys::file;
use crate::sys::socket::{self, AF_INET, AF_INET6, SOCK_CLOEXEC, SOCK_DGRAM};

/// Sorts addresses; equal ones stay as they were. One address alone costs nothing.
pub fn sort(list: &mut [Host]) {
    if list.len() < 2 {
        return;
    }
    let mut ranks = [Rank::default(); super::hosts::MAX];
    for (rank, host) in ranks.iter_mut().zip(&*list) {
        *rank = Rank::of(host);
    }
    // Insertion: stable, without memory, and there are few.
    for from in 1..list.len().min(ranks.len()) {
        let mut at = from;
        while at > 0 && ranks[at].beats(&ranks[at - 1]) {
            ranks.swap(at, at - 1);
            list.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// What decides. The fields stand in the order of the rules; the greater one is better.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    reachable: bool,
    same_scope: bool,
    same_label: bool,
    precedence: u8,
    /// Smaller scopes are better.
    nearness: u8,
    /// Among addresses of version 6 only: leading bits that it and its source share, of their networks' 64.
    prefix: u8,
    v6: bool,
}

impl Rank {
    fn of(host: &Host) -> Self {
        let to = wide(host);
        let source = source_for(host);
        let (precedence, label) = policy(to);
        let shared = |from: [u8; 16]| (u128::from_be_bytes(to) ^ u128::from_be_bytes(from)).leading_zeros().min(64);
        let v6 = host.family == AF_INET6;
        Self {
            reachable: source.is_some(),
            same_scope: source.is_some_and(|from| scope(from) == scope(to)),
            same_label: source.is_some_and(|from| policy(from).1 == label),
            precedence,
            nearness: 16 - scope(to),
            prefix: source.filter(|_| v6).map_or(0, |from| shared(from) as u8),
            v6,
        }
    }

    fn beats(&self, other: &Self) -> bool {
        let comparable = self.v6 && other.v6;
        let without = |rank: &Self| Self { prefix: if comparable { rank.prefix } else { 0 }, v6: false, ..*rank };
        without(self) > without(other)
    }
}

/// An address of version 4 as one of version 6.
fn wide(host: &Host) -> [u8; 16] {
    let mapped = host.mapped();
    core::array::from_fn(|at| mapped.bytes()[at])
}

/// The address that the kernel would send from.
fn source_for(host: &Host) -> Option<[u8; 16]> {
    const ANY_PORT: u16 = 9;
    let fd = socket::socket(host.family, SOCK_DGRAM | SOCK_CLOEXEC, 0).ok()?;
    let name = socket::connect(fd, &host.with_port(ANY_PORT)).and_then(|()| socket::name(fd));
    let _ = file::close(fd); // nothing was sent
    let name = name.ok()?;
    let own = match *name.host() {
        [a, b, c, d] if name.family() == AF_INET => Host::v4([a, b, c, d]),
        ref bytes => Host::v6(core::array::from_fn(|at| bytes.get(at).copied().unwrap_or(0)), 0),
    };
    Some(wide(&own))
}

/// RFC 6724, 3.1 and 3.2: 2 link-local, 5 site-local, 14 global; of multicast what the address says.
fn scope(address: [u8; 16]) -> u8 {
    const LINK: u8 = 2;
    const SITE: u8 = 5;
    const GLOBAL: u8 = 14;
    match address {
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, ..] => LINK,
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 169, 254, ..] => LINK,
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] => LINK,
        [0xff, kind, ..] => kind & 15,
        [0xfe, second, ..] if second & 0xc0 == 0x80 => LINK,
        [0xfe, second, ..] if second & 0xc0 == 0xc0 => SITE,
        _ => GLOBAL,
    }
}

/// RFC 6724, 2.1: (precedence, label).
fn policy(address: [u8; 16]) -> (u8, u8) {
    match address {
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] => (50, 0),
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ..] => (35, 4),
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ..] => (1, 3),
        [0x20, 0x02, ..] => (30, 2),
        [0x20, 0x01, 0, 0, ..] => (5, 5),
        [0xfc | 0xfd, ..] => (3, 13),
        [0xfe, second, ..] if second & 0xc0 == 0xc0 => (1, 11),
        [0x3f, 0xfe, ..] => (1, 12),
        _ => (40, 1),
    }
}
