//! clock_*(2) and nanosleep(2). The vDSO's clock, without the kernel entry, is start's.

use linux_raw_sys::general as raw;

use super::{Errno, call};

/// Seconds and nanoseconds, as the kernel has them.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timespec {
    /// Whole seconds.
    pub seconds: i64,
    /// Nanoseconds: 0 to 999,999,999.
    pub nanos: i64,
}

const _: () = assert!(size_of::<Timespec>() == size_of::<raw::__kernel_timespec>());

/// `clock_gettime(clock, &time)`.
///
/// # Errors
/// EINVAL: no such clock.
pub fn clock_gettime(clock: i32) -> Result<Timespec, Errno> {
    let mut time = Timespec::default();
    // SAFETY: the kernel writes one timespec.
    unsafe { call!(__NR_clock_gettime, clock as usize, &raw mut time as usize) }?;
    Ok(time)
}

/// `clock_getres(clock, &resolution)`.
///
/// # Errors
/// EINVAL: no such clock.
pub fn clock_getres(clock: i32) -> Result<Timespec, Errno> {
    let mut time = Timespec::default();
    // SAFETY: the kernel writes one timespec.
    unsafe { call!(__NR_clock_getres, clock as usize, &raw mut time as usize) }?;
    Ok(time)
}

/// `clock_settime(clock, &time)`.
///
/// # Errors
/// EINVAL, EPERM.
pub fn clock_settime(clock: i32, time: &Timespec) -> Result<(), Errno> {
    // SAFETY: the kernel reads one timespec.
    unsafe { call!(__NR_clock_settime, clock as usize, &raw const *time as usize) }.map(drop)
}

/// `clock_nanosleep(clock, flags, &request, &remaining)`.
///
/// # Errors
/// EINTR: a signal came; `remaining` says how much was left of a relative sleep. EINVAL.
pub fn clock_nanosleep(
    clock: i32,
    flags: u32,
    request: &Timespec,
    remaining: Option<&mut Timespec>,
) -> Result<(), Errno> {
    let remaining = remaining.map_or(0, |r| &raw mut *r as usize);
    // SAFETY: the kernel reads one timespec and writes at most one.
    unsafe { call!(__NR_clock_nanosleep, clock as usize, flags as usize, &raw const *request as usize, remaining) }
        .map(drop)
}
