//! netdb.h: names of hosts, services and protocols, and their addresses.
//!
//! ```text
//!   getaddrinfo --> hosts::find -- numeric address? -- /etc/hosts? -- localhost? -- DNS --> order::sort --> one block of the heap an entry
//!                                                                      |
//!                        resolver: /etc/resolv.conf, search list --> exchange: UDP, TCP where an answer is cut off --> packet
//! ```
//! 1. Files are read anew in every call, through a buffer on the stack: nothing is kept between calls, so nothing can be stale, and no lock is taken.
//! 2. Everything that is not one of the functions with a buffer of their own (gethostbyname, gethostbyaddr, getservbyname, ...) is safe to call from many
//!    threads. None is async-signal-safe.
//! 3. Of one name at most [`hosts::MAX`] addresses are found.
//! 4. Not here: nsswitch.conf and its modules, /etc/gai.conf, internationalised names, DNSSEC, EDNS.

mod addrinfo;
mod database;
pub mod entry;
mod error;
mod exchange;
mod host;
mod hosts;
pub mod lines;
mod nameinfo;
mod order;
mod packet;
mod resolv_conf;
mod resolver;
mod service;
