//! getifaddrs and freeifaddrs: an entry for each interface with its hardware address and counters, then one for each internet address.

use core::ffi::{c_int, c_uint, c_void};
use core::ptr::null_mut;

use super::link::{self, LINK};
use super::netlink::{self, GET_ADDRESS, GET_LINK, Payload};
use crate::libc::errno;
use crate::sys::Errno;
use crate::sys::interface::NAME_SIZE;
use crate::sys::socket::{AF_INET, AF_INET6};

/// Bytes of the longest socket address here: that of a link with an address of 20 bytes.
const ADDRESS: usize = 32;
/// Bytes of `struct rtnl_link_stats`.
const COUNTERS: usize = 96;
const AF_PACKET: u16 = 17;
/// Times that a list which changed while it was told is asked for.
const TRIES: u32 = 8;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut u8;
    fn free(block: *mut u8);
}

/// `struct ifaddrs`.
#[repr(C)]
struct IfAddrs {
    next: *mut IfAddrs,
    name: *mut u8,
    flags: c_uint,
    address: *mut u8,
    mask: *mut u8,
    /// The broadcast address, or the other end's.
    other: *mut u8,
    data: *mut c_void,
}

const _: () = assert!(size_of::<IfAddrs>() == 56);

/// One block of the heap: what an entry points to lies in it.
#[repr(C)]
struct Entry {
    list: IfAddrs,
    /// address, mask, other
    addresses: [Aligned; 3],
    counters: [u32; COUNTERS / 4],
    index: u32,
    name: [u8; NAME_SIZE],
}

#[repr(C, align(4))]
struct Aligned([u8; ADDRESS]);

/// The list while it grows.
struct List {
    first: *mut IfAddrs,
    last: *mut IfAddrs,
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getifaddrs(to: *mut *mut IfAddrs) -> c_int {
    for _ in 0..TRIES {
        let mut list = List { first: null_mut(), last: null_mut() };
        let done = netlink::dump(GET_LINK, &mut |payload| list.add_link(payload))
            .and_then(|steady| Ok(steady & netlink::dump(GET_ADDRESS, &mut |payload| list.add_address(payload))?));
        match done {
            Ok(true) => {
                *to = list.first;
                return 0;
            }
            Ok(false) => freeifaddrs(list.first),
            Err(e) => {
                freeifaddrs(list.first);
                return errno::fail(e);
            }
        }
    }
    errno::fail(Errno::EAGAIN)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn freeifaddrs(mut list: *mut IfAddrs) {
    while !list.is_null() {
        let next = (*list).next;
        free(list.cast());
        list = next;
    }
}

impl List {
    /// Appends an empty entry.
    fn entry(&mut self, index: u32, name: &[u8], flags: c_uint) -> Result<&mut Entry, Errno> {
        // SAFETY: a fresh block, all of whose fields may be zero; the list owns it from here on.
        let entry = unsafe {
            let entry = malloc(size_of::<Entry>()).cast::<Entry>();
            if entry.is_null() {
                return Err(Errno::ENOMEM);
            }
            entry.write_bytes(0, 1);
            &mut *entry
        };
        (entry.index, entry.list.flags) = (index, flags);
        for (to, from) in entry.name[..NAME_SIZE - 1].iter_mut().zip(name) {
            *to = *from;
        }
        entry.list.name = entry.name.as_mut_ptr();
        let here = &raw mut entry.list;
        if self.first.is_null() {
            self.first = here;
        } else {
            // SAFETY: the last entry is alive, and no reference to it is.
            unsafe { (*self.last).next = here };
        }
        self.last = here;
        Ok(entry)
    }

    fn add_link(&mut self, payload: Payload<'_>) -> Result<(), Errno> {
        const BROADCAST: u16 = 2;
        const STATS: u16 = 7;
        const ADDRESS_OF_LINK: u16 = 1;
        let index = payload.word(link::INDEX);
        let entry = self.entry(index, link::name(payload), payload.word(link::FLAGS))?;
        let hardware = payload.half(link::HARDWARE);
        for (slot, attribute) in [(0, ADDRESS_OF_LINK), (2, BROADCAST)] {
            if let Some(bytes) = payload.attribute(LINK, attribute) {
                let to = &mut entry.addresses[slot].0;
                to[..2].copy_from_slice(&AF_PACKET.to_ne_bytes());
                to[4..8].copy_from_slice(&index.to_ne_bytes());
                to[8..10].copy_from_slice(&hardware.to_ne_bytes());
                let len = bytes.len().min(ADDRESS - 12);
                to[11] = len as u8;
                to[12..12 + len].copy_from_slice(&bytes[..len]);
                entry.point(slot);
            }
        }
        if let Some(bytes) = payload.attribute(LINK, STATS) {
            for (to, from) in entry.counters.iter_mut().zip(bytes.chunks_exact(4)) {
                *to = u32::from_ne_bytes([from[0], from[1], from[2], from[3]]);
            }
            entry.list.data = entry.counters.as_mut_ptr().cast();
        }
        Ok(())
    }

    fn add_address(&mut self, payload: Payload<'_>) -> Result<(), Errno> {
        const FIXED: usize = 8;
        const ADDRESS_OR_PEER: u16 = 1;
        const LOCAL: u16 = 2;
        const LABEL: u16 = 3;
        const BROADCAST: u16 = 4;
        let (family, prefix, index) = (u16::from(payload.byte(0)), payload.byte(1), payload.word(4));
        if family != AF_INET && family != AF_INET6 {
            return Ok(());
        }
        let Some((name, flags)) = self.link(index) else { return Ok(()) }; // it came after the links were told
        let peer = payload.attribute(FIXED, ADDRESS_OR_PEER);
        let local = payload.attribute(FIXED, LOCAL);
        let label =
            payload.attribute(FIXED, LABEL).map(|label| label.split(|&byte| byte == 0).next().unwrap_or_default());
        let entry = self.entry(index, label.unwrap_or(&name), flags)?;
        let other = payload.attribute(FIXED, BROADCAST).or(if local.is_some() && local != peer { peer } else { None });
        for (slot, bytes) in [(0, local.or(peer)), (2, other)] {
            if let Some(bytes) = bytes {
                entry.put(slot, family, bytes, index);
            }
        }
        let mask: [u8; 16] = core::array::from_fn(|at| match usize::from(prefix).saturating_sub(8 * at) {
            bits @ 0..8 => !(0xff_u8 >> bits),
            _ => 0xff,
        });
        entry.put(1, family, if family == AF_INET { &mask[..4] } else { &mask }, 0);
        Ok(())
    }

    /// Name and flags of an interface that is in the list.
    fn link(&self, index: u32) -> Option<([u8; NAME_SIZE], c_uint)> {
        let mut at = self.first;
        while !at.is_null() {
            // SAFETY: each entry begins with its `list`, and is alive; no reference to one is.
            let entry = unsafe { &*at.cast::<Entry>() };
            if entry.index == index {
                return Some((entry.name, entry.list.flags));
            }
            at = entry.list.next;
        }
        None
    }
}

impl Entry {
    fn put(&mut self, slot: usize, family: u16, bytes: &[u8], index: u32) {
        let to = &mut self.addresses[slot].0;
        let at = if family == AF_INET { 4 } else { 8 };
        let len = if family == AF_INET { 4 } else { 16 };
        let Some(bytes) = bytes.get(..len) else { return };
        to[..2].copy_from_slice(&family.to_ne_bytes());
        to[at..at + len].copy_from_slice(bytes);
        let link_local = bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80;
        if family == AF_INET6 && link_local {
            to[24..28].copy_from_slice(&index.to_ne_bytes());
        }
        self.point(slot);
    }

    fn point(&mut self, slot: usize) {
        let address = self.addresses[slot].0.as_mut_ptr();
        match slot {
            0 => self.list.address = address,
            1 => self.list.mask = address,
            _ => self.list.other = address,
        }
    }
}
