//! A hardware breakpoint on the calling thread's visits to an address, delivered as a synchronous SIGTRAP.
//!
//! Source: perf_event_open(2), `sigtrap`.

use std::io;

use crate::trap::on_x86;

/// The part of `struct perf_event_attr` that a breakpoint needs; the rest is zero.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup_events: u32,
    breakpoint_type: u32,
    breakpoint_address: u64,
    breakpoint_length: u64,
    rest: [u64; 7],
}

const _: () = assert!(size_of::<Attributes>() == 128);

const PERF_TYPE_BREAKPOINT: u32 = 5;
const HW_BREAKPOINT_X: u32 = 4;
const PERF_FLAG_FD_CLOEXEC: usize = 8;
// Bits of `flags`.
const EXCLUDE_KERNEL: u64 = 1 << 5;
const EXCLUDE_HV: u64 = 1 << 6;
const REMOVE_ON_EXEC: u64 = 1 << 36;
const SIGTRAP: u64 = 1 << 37;
const IOC_DISABLE: libc::c_ulong = 0x2401;

/// The length that an execution breakpoint must have.
const LENGTH: u64 = if on_x86() { 8 } else { 4 };

/// Sets a breakpoint for the calling thread, wherever it runs: it traps at its `visit`-th visit to `address`. The file descriptor.
///
/// # Errors
/// What perf_event_open(2) says: EACCES and EPERM where it is forbidden, ENOSYS, ENOSPC without breakpoint registers.
pub fn set(address: usize, visit: u64) -> io::Result<i32> {
    let attributes = Attributes {
        kind: PERF_TYPE_BREAKPOINT,
        size: size_of::<Attributes>() as u32,
        sample_period: visit,
        flags: EXCLUDE_KERNEL | EXCLUDE_HV | REMOVE_ON_EXEC | SIGTRAP,
        breakpoint_type: HW_BREAKPOINT_X,
        breakpoint_address: address as u64,
        breakpoint_length: LENGTH,
        ..Attributes::default()
    };
    // SAFETY: the attributes are complete; pid 0 and cpu -1 mean this thread wherever it runs.
    let descriptor = unsafe {
        libc::syscall(libc::SYS_perf_event_open, &raw const attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC) as i32
    };
    if descriptor < 0 { Err(io::Error::last_os_error()) } else { Ok(descriptor) }
}

/// It traps no more. Async-signal-safe.
pub fn disable(descriptor: i32) {
    // SAFETY: touches no memory.
    unsafe { libc::ioctl(descriptor, IOC_DISABLE as _, 0) };
}
