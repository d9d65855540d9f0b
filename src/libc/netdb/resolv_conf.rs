//! /etc/resolv.conf: which servers to ask, for how long, and which domains to try.
//!
//! `nameserver`, `search`, `domain`, and of `options` ndots, timeout, attempts and use-vc. The limits are those of resolv.conf(5): three servers, six
//! domains of 256 bytes together, 15 dots, 30 seconds, five attempts. Without a server, 127.0.0.1 is asked.

use super::hosts::{self, numeric};
use super::lines::{Lines, decimal, words};
use crate::sys::Errno;
use crate::sys::socket::Address;

const SERVERS: usize = 3;
const DOMAINS: usize = 6;
const SEARCH: usize = 256;
const PORT: u16 = 53;

/// What the file says.
pub struct Configuration {
    servers: [Address; SERVERS],
    server_count: usize,
    /// The domains, each followed by a blank.
    search: [u8; SEARCH],
    search_len: usize,
    /// A name with as many dots is tried as it is before the domains.
    pub ndots: usize,
    /// Seconds for which one server is waited for.
    pub timeout: u32,
    /// How often all servers are asked.
    pub attempts: u32,
    /// Ask over TCP from the start.
    pub tcp: bool,
}

impl Configuration {
    /// Reads the file.
    ///
    /// # Errors
    /// It could not be opened, though it may be there.
    pub fn read() -> Result<Self, Errno> {
        let mut configuration = Self {
            servers: [Address::v4([127, 0, 0, 1], PORT); SERVERS],
            server_count: 0,
            search: [b' '; SEARCH],
            search_len: 0,
            ndots: 1,
            timeout: 5,
            attempts: 2,
            tcp: false,
        };
        configuration.search_own_domain();
        let mut lines = Lines::open(c"/etc/resolv.conf", b"")?;
        while let Some(line) = lines.next_line() {
            configuration.apply(line);
        }
        configuration.server_count = configuration.server_count.max(1);
        Ok(configuration)
    }

    /// The servers, in the order in which they are asked.
    #[must_use]
    pub fn servers(&self) -> &[Address] {
        &self.servers[..self.server_count]
    }

    /// The domains, in the order in which they are tried.
    pub fn domains(&self) -> impl Iterator<Item = &[u8]> {
        words(&self.search[..self.search_len])
    }

    /// Takes one line; what it does not know, it leaves alone.
    fn apply(&mut self, line: &[u8]) {
        if line.first() == Some(&b';') {
            return;
        }
        let mut words = words(line);
        match words.next() {
            Some(b"nameserver") => {
                let server = words.next().and_then(|word| numeric(word).ok().flatten());
                if let (Some(host), Some(place)) = (server, self.servers.get_mut(self.server_count)) {
                    *place = host.with_port(PORT);
                    self.server_count += 1;
                }
            }
            Some(b"domain") => self.set_search(words.take(1)),
            Some(b"search") => self.set_search(words.take(DOMAINS)),
            Some(b"options") => words.for_each(|word| self.set_option(word)),
            _ => {}
        }
    }

    /// The last of several `search` and `domain` lines counts. A domain that no longer fits, and all behind it, are left out.
    fn set_search<'a>(&mut self, domains: impl Iterator<Item = &'a [u8]>) {
        self.search_len = 0;
        for domain in domains {
            let end = self.search_len + domain.len();
            let Some(place) = self.search.get_mut(self.search_len..end) else { return };
            place.copy_from_slice(domain);
            let Some(blank) = self.search.get_mut(end) else { return };
            *blank = b' ';
            self.search_len = end + 1;
        }
    }

    fn set_option(&mut self, word: &[u8]) {
        let mut parts = word.splitn(2, |&byte| byte == b':');
        let name = parts.next().unwrap_or_default();
        let value = parts.next().and_then(decimal);
        match (name, value) {
            (b"ndots", Some(value)) => self.ndots = value.min(15) as usize,
            (b"timeout", Some(value)) => self.timeout = value.clamp(1, 30),
            (b"attempts", Some(value)) => self.attempts = value.clamp(1, 5),
            (b"use-vc", None) => self.tcp = true,
            _ => {}
        }
    }

    /// Until the file says otherwise: what is behind the first dot of the machine's own name.
    fn search_own_domain(&mut self) {
        let name = hosts::own_name();
        let mut parts = name.bytes().splitn(2, |&byte| byte == b'.').skip(1);
        self.set_search(parts.next().into_iter());
    }
}
