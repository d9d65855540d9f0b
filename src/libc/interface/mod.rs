//! net/if.h and ifaddrs.h: network interfaces, their names, numbers and addresses.

mod addresses;
mod link;
mod netlink;

use crate::sys::socket::{AF_INET, AF_INET6};

pub(in crate::libc) use crate::sys::interface::name;
pub(in crate::libc) use link::index;

/// Whether the machine has addresses of IPv4 and of IPv6 besides loopback; both, if the kernel does not say.
pub(in crate::libc) fn families() -> (bool, bool) {
    const FIXED: usize = 8;
    const ADDRESS: u16 = 1;
    let (mut v4, mut v6) = (false, false);
    let told = netlink::dump(netlink::GET_ADDRESS, &mut |payload| {
        let address = payload.attribute(FIXED, ADDRESS).unwrap_or_default();
        match (u16::from(payload.byte(0)), address) {
            (AF_INET, [first, ..]) if *first != 127 => v4 = true,
            (AF_INET6, [first @ .., last]) if *last != 1 || first.iter().any(|&byte| byte != 0) => v6 = true,
            _ => {}
        }
        Ok(())
    });
    if told.is_ok() { (v4, v6) } else { (true, true) }
}
