//! From a host's name to its addresses and back: a numeric address, /etc/hosts, localhost (RFC 6761, 6.3), DNS; the first that knows the name.

use super::lines::{Lines, words};
use super::packet::Name;
use super::resolver;
use crate::libc::inet::{parse_old, parse_v4, parse_v6};
use crate::libc::string::bytes;
use crate::sys::Errno;
use crate::sys::socket::{AF_INET, AF_INET6, Address};

/// Addresses of one name that are found.
pub const MAX: usize = 48;

/// A host's address.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// AF_INET or AF_INET6.
    pub family: u16,
    /// The first 4 or all 16 are its address; the others are zero.
    bytes: [u8; 16],
    /// The index of the interface that a link-local address of version 6 belongs to, else 0.
    pub scope: u32,
}

impl Host {
    /// An address of version 4.
    #[must_use]
    pub fn v4(address: [u8; 4]) -> Self {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&address);
        Self { family: AF_INET, bytes, scope: 0 }
    }

    /// An address of version 6.
    #[must_use]
    pub const fn v6(bytes: [u8; 16], scope: u32) -> Self {
        Self { family: AF_INET6, bytes, scope }
    }

    /// The address of version 6 that stands for one of version 4 (RFC 4291, 2.5.5.2); one of version 6 is itself.
    #[must_use]
    pub fn mapped(self) -> Self {
        if self.family == AF_INET6 {
            return self;
        }
        let [a, b, c, d, ..] = self.bytes;
        Self::v6([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d], 0)
    }

    /// 4 or 16 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        if self.family == AF_INET { &self.bytes[..4] } else { &self.bytes }
    }

    /// With a port, as the kernel has it.
    #[must_use]
    pub fn with_port(&self, port: u16) -> Address {
        let [a, b, c, d, ..] = self.bytes;
        if self.family == AF_INET { Address::v4([a, b, c, d], port) } else { Address::v6(self.bytes, port, self.scope) }
    }
}

/// Which families are wanted.
#[derive(Clone, Copy)]
pub struct Wanted {
    /// Version 4.
    pub v4: bool,
    /// Version 6.
    pub v6: bool,
}

impl Wanted {
    /// Whether addresses of this family are.
    #[must_use]
    pub const fn has(self, family: u16) -> bool {
        if family == AF_INET { self.v4 } else { self.v6 }
    }
}

/// A host's name as text.
#[derive(Clone, Copy)]
pub struct HostName {
    bytes: [u8; Name::MAX],
    len: usize,
}

impl HostName {
    /// The empty one.
    pub const NONE: HostName = HostName { bytes: [0; Name::MAX], len: 0 };

    /// A text, if it is short enough to be a name.
    #[must_use]
    pub fn of(text: &[u8]) -> Option<Self> {
        let mut name = Self::NONE;
        name.bytes.get_mut(..text.len())?.copy_from_slice(text);
        name.len = text.len();
        Some(name)
    }

    /// The text of a name from DNS, if a host may have it.
    #[must_use]
    pub fn from_dns(from: &Name) -> Option<Self> {
        let mut name = Self::NONE;
        name.len = from.host_name(&mut name.bytes)?;
        Some(name)
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// Addresses, and the host's own name among all that it has.
pub struct Found {
    list: [Host; MAX],
    n: usize,
    /// Empty until one is known.
    pub name: HostName,
}

impl Found {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { list: [Host::v6([0; 16], 0); MAX], n: 0, name: HostName::NONE }
    }

    /// Adds an address that is not there yet. Beyond [`MAX`] of them it is left out.
    pub fn add(&mut self, host: Host) {
        if self.n < MAX && !self.list().contains(&host) {
            self.list[self.n] = host;
            self.n += 1;
        }
    }

    /// The addresses.
    #[must_use]
    pub fn list(&self) -> &[Host] {
        &self.list[..self.n]
    }

    /// The addresses, to put them in another order.
    pub fn list_mut(&mut self) -> &mut [Host] {
        &mut self.list[..self.n]
    }

    /// Keeps the addresses that `keep` says.
    pub fn retain(&mut self, keep: impl Fn(&Host) -> bool) {
        let mut n = 0;
        for at in 0..self.n {
            if keep(&self.list[at]) {
                self.list[n] = self.list[at];
                n += 1;
            }
        }
        self.n = n;
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There is no such name.
    NoName,
    /// There is such a name, but nothing of the wanted kind.
    NoData,
    /// An address, but not of the wanted family.
    OtherFamily,
    /// No server answered, or none could: later perhaps.
    Again,
    /// The kernel refused.
    System(Errno),
}

/// The addresses of a name.
///
/// # Errors
/// See [`Failure`].
pub fn find(name: &[u8], wanted: Wanted, found: &mut Found) -> Result<(), Failure> {
    if let Some(host) = numeric(name)? {
        found.name = HostName::of(name).unwrap_or(HostName::NONE);
        found.add(host);
        return if wanted.has(host.family) { Ok(()) } else { Err(Failure::OtherFamily) };
    }
    if name.is_empty() {
        return Err(Failure::NoName);
    }
    from_file(name, wanted, found).map_err(Failure::System)?;
    if found.list().is_empty() && is_localhost(name) {
        found.name = HostName::of(name).unwrap_or(HostName::NONE);
        for host in loopback().into_iter().filter(|host| wanted.has(host.family)) {
            found.add(host);
        }
    }
    if found.list().is_empty() { resolver::addresses(name, wanted, found) } else { Ok(()) }
}

/// The address that a text is: IPv4 in any form of inet_aton's, or IPv6, maybe with `%` and an interface. None: it is no address.
///
/// # Errors
/// `NoName`: an address with an interface that does not exist.
pub fn numeric(text: &[u8]) -> Result<Option<Host>, Failure> {
    if let Some(address) = parse_old(text) {
        return Ok(Some(Host::v4(address)));
    }
    let mut parts = text.splitn(2, |&byte| byte == b'%');
    let Some(address) = parse_v6(parts.next().unwrap_or_default()) else { return Ok(None) };
    let Some(scope) = parts.next() else { return Ok(Some(Host::v6(address, 0))) };
    match scope_of(address, scope) {
        Some(scope) => Ok(Some(Host::v6(address, scope))),
        None => Err(Failure::NoName),
    }
}

/// The interface behind a `%`: its name, where the address is link-local; or its number.
fn scope_of(address: [u8; 16], text: &[u8]) -> Option<u32> {
    if is_link_local(address)
        && let Ok(index) = crate::libc::interface::index(text)
    {
        return Some(index);
    }
    super::lines::decimal(text)
}

/// Whether an address means nothing without its interface: fe80::/10, ff01::/16 and ff02::/16, the multicast flags aside.
#[must_use]
pub const fn is_link_local(address: [u8; 16]) -> bool {
    (address[0] == 0xfe && address[1] & 0xc0 == 0x80) || (address[0] == 0xff && matches!(address[1] & 15, 1 | 2))
}

/// ::1 and 127.0.0.1.
#[must_use]
pub fn loopback() -> [Host; 2] {
    [Host::v6([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 0), Host::v4([127, 0, 0, 1])]
}

fn is_localhost(name: &[u8]) -> bool {
    const NAME: &[u8] = b"localhost";
    let name = name.strip_suffix(b".").unwrap_or(name);
    match name.len().checked_sub(NAME.len()) {
        Some(at) => name[at..].eq_ignore_ascii_case(NAME) && (at == 0 || name[at - 1] == b'.'),
        None => false,
    }
}

/// Adds what /etc/hosts says of a name, of every line that has it.
fn from_file(name: &[u8], wanted: Wanted, found: &mut Found) -> Result<(), Errno> {
    let mut lines = Lines::open(c"/etc/hosts", b"")?;
    while let Some(line) = lines.next_line() {
        let mut words = words(line);
        let Some(host) = words.next().and_then(address_in_file).filter(|host| wanted.has(host.family)) else {
            continue;
        };
        if words.clone().any(|word| word.eq_ignore_ascii_case(name)) {
            if found.list().is_empty() {
                found.name = words.next().and_then(HostName::of).unwrap_or(HostName::NONE);
            }
            found.add(host);
        }
    }
    Ok(())
}

fn address_in_file(word: &[u8]) -> Option<Host> {
    parse_v4(word).map(Host::v4).or_else(|| numeric(word).ok().flatten().filter(|host| host.family == AF_INET6))
}

/// Goes through the line of /etc/hosts that has an address: calls `take` with each of its names, the host's own first. Whether there is one.
///
/// # Errors
/// The file could not be opened, though it may be there.
pub fn names_in_file(host: Host, take: &mut dyn FnMut(&[u8])) -> Result<bool, Errno> {
    let mut lines = Lines::open(c"/etc/hosts", b"")?;
    while let Some(line) = lines.next_line() {
        let mut words = words(line);
        if words.next().and_then(address_in_file).is_some_and(|there| there.bytes() == host.bytes()) {
            let mut any = false;
            for name in words {
                take(name);
                any = true;
            }
            if any {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// A host's name: from /etc/hosts, else from DNS.
///
/// # Errors
/// See [`Failure`].
pub fn name_of(host: Host) -> Result<HostName, Failure> {
    let mut name = None;
    let there = names_in_file(host, &mut |word| {
        name.get_or_insert_with(|| HostName::of(word));
    });
    match (there.map_err(Failure::System)?, name.flatten()) {
        (true, Some(name)) => Ok(name),
        _ => resolver::name(host),
    }
}

/// The machine's own name, without its zero.
#[must_use]
pub fn own_name() -> HostName {
    let mut all = core::mem::MaybeUninit::<linux_raw_sys::system::new_utsname>::uninit();
    // SAFETY: the kernel writes the struct; its texts end with a zero.
    let name = unsafe {
        if crate::sys::call!(__NR_uname, all.as_mut_ptr() as usize).is_err() {
            return HostName::NONE;
        }
        bytes((&raw const (*all.as_ptr()).nodename).cast())
    };
    HostName::of(name).unwrap_or(HostName::NONE)
}
