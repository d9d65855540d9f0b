//! uname(2) and reboot(2): the machine as a whole.

use super::{Errno, call};
use linux_raw_sys::system;

/// What the kernel calls itself and the machine; each field zero-terminated.
pub type Name = system::new_utsname;

/// `uname(name)`.
#[must_use]
pub fn uname() -> Name {
    // SAFETY: an array of bytes may be all zero.
    let mut name: Name = unsafe { core::mem::zeroed() };
    // SAFETY: the kernel fills in the struct; it cannot fail.
    let _ = unsafe { call!(__NR_uname, &raw mut name as usize) };
    name
}

/// What becomes of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The power goes off.
    PowerOff,
    /// It starts again.
    Restart,
    /// It stands still.
    Halt,
}

/// `reboot(MAGIC1, MAGIC2, command, NULL)`: at once, without writing anything back: see sync(2).
///
/// # Errors
/// EPERM: not the machine's administrator. In a PID namespace of one's own it is the namespace that ends.
pub fn reboot(end: End) -> Errno {
    const MAGIC: [usize; 2] = [0xfee1_dead, 0x2812_1969];
    let command: u32 = match end {
        End::PowerOff => 0x4321_fedc,
        End::Restart => 0x0123_4567,
        End::Halt => 0xcdef_0123,
    };
    // SAFETY: touches no memory.
    match unsafe { call!(__NR_reboot, MAGIC[0], MAGIC[1], command as usize, 0) } {
        Err(errno) => errno,
        Ok(_) => Errno::EPERM, // it does not return
    }
}

/// `sync()`: writes back what the kernel keeps of files.
pub fn sync() {
    // SAFETY: touches no memory; it cannot fail.
    let _ = unsafe { call!(__NR_sync) };
}
