//! /etc/services and /etc/protocols: `name number[/protocol] alias ...`. Where a file is absent, the few that every machine knows.

use super::lines::{Lines, decimal, words};
use crate::sys::Errno;

/// What stands for a missing /etc/services. Source: IANA's registry.
const SERVICES: &[u8] = b"\
    echo 7/tcp\necho 7/udp\ndiscard 9/tcp\ndiscard 9/udp\nftp-data 20/tcp\nftp 21/tcp\nssh 22/tcp\ntelnet 23/tcp\nsmtp 25/tcp mail\n\
    time 37/tcp\ntime 37/udp\ndomain 53/tcp\ndomain 53/udp\nbootps 67/udp\nbootpc 68/udp\ntftp 69/udp\nhttp 80/tcp www\npop3 110/tcp\n\
    sunrpc 111/tcp\nsunrpc 111/udp\nntp 123/udp\nimap2 143/tcp imap\nsnmp 161/udp\nsnmp-trap 162/udp\nldap 389/tcp\nhttps 443/tcp\nhttps 443/udp\n\
    submissions 465/tcp ssmtp smtps\nsyslog 514/udp\nsubmission 587/tcp\nldaps 636/tcp\nimaps 993/tcp\npop3s 995/tcp\nmysql 3306/tcp\n\
    postgresql 5432/tcp\n";
/// What stands for a missing /etc/protocols. Source: IANA's registry.
const PROTOCOLS: &[u8] = b"\
    ip 0 IP\nicmp 1 ICMP\nigmp 2 IGMP\nipencap 4 IP-ENCAP\ntcp 6 TCP\nudp 17 UDP\ndccp 33 DCCP\nipv6 41 IPv6\nrsvp 46 RSVP\ngre 47 GRE\nesp 50 IPSEC-ESP\n\
    ah 51 IPSEC-AH\nipv6-icmp 58 IPv6-ICMP\nospf 89 OSPFIGP\npim 103 PIM\nsctp 132 SCTP\nudplite 136 UDPLite\n";

/// What a service or protocol is looked for by.
#[derive(Clone, Copy)]
pub enum Service<'a> {
    /// Its name or one of its aliases, in this case of letters.
    Name(&'a [u8]),
    /// Its number.
    Number(u32),
}

/// A line of one of the files.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    text: &'a [u8],
    /// Its own name.
    pub name: &'a [u8],
    /// Port or number.
    pub number: u32,
    /// The protocol of a service's port; empty for a protocol.
    pub protocol: &'a [u8],
}

impl<'a> Line<'a> {
    fn parse(text: &'a [u8]) -> Option<Self> {
        let mut words = words(text);
        let name = words.next()?;
        let mut parts = words.next()?.splitn(2, |&byte| byte == b'/');
        let number = decimal(parts.next()?)?;
        Some(Self { text, name, number, protocol: parts.next().unwrap_or_default() })
    }

    /// Its other names.
    pub fn aliases(&self) -> impl Iterator<Item = &'a [u8]> + Clone {
        words(self.text).skip(2)
    }

    fn is(&self, wanted: Service<'_>) -> bool {
        match wanted {
            Service::Name(name) => self.name == name || self.aliases().any(|alias| alias == name),
            Service::Number(number) => self.number == number,
        }
    }
}

/// The first service that is wanted, of any protocol or of one: what `take` makes of it.
///
/// # Errors
/// The file could not be opened, though it may be there.
pub fn find_service<T>(
    wanted: Service<'_>,
    protocol: Option<&[u8]>,
    take: &mut dyn FnMut(Line<'_>) -> T,
) -> Result<Option<T>, Errno> {
    let mut lines = Lines::open(c"/etc/services", SERVICES)?;
    while let Some(text) = lines.next_line() {
        let line =
            Line::parse(text).filter(|line| line.number <= 0xffff && !line.protocol.is_empty() && line.is(wanted));
        if let Some(line) = line.filter(|line| protocol.is_none_or(|protocol| line.protocol == protocol)) {
            return Ok(Some(take(line)));
        }
    }
    Ok(None)
}

/// The first protocol that is wanted: what `take` makes of it.
///
/// # Errors
/// The file could not be opened, though it may be there.
pub fn find_protocol<T>(wanted: Service<'_>, take: &mut dyn FnMut(Line<'_>) -> T) -> Result<Option<T>, Errno> {
    let mut lines = Lines::open(c"/etc/protocols", PROTOCOLS)?;
    while let Some(text) = lines.next_line() {
        if let Some(line) = Line::parse(text).filter(|line| line.is(wanted)) {
            return Ok(Some(take(line)));
        }
    }
    Ok(None)
}
