//! membarrier(2).

use linux_raw_sys::general as raw;

use super::{Errno, call};

/// Which fence, or which registration for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Command {
    /// The set of commands this kernel has, as a bit mask.
    Query = 0,
    /// A full fence on every running thread of this process.
    PrivateExpedited = raw::membarrier_cmd::MEMBARRIER_CMD_PRIVATE_EXPEDITED as u32,
    /// Declares the intent to use [`Command::PrivateExpedited`].
    RegisterPrivateExpedited = raw::membarrier_cmd::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED as u32,
    /// As [`Command::PrivateExpedited`], and every restartable section in flight starts over.
    PrivateExpeditedRseq = raw::membarrier_cmd::MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ as u32,
    /// Declares the intent to use [`Command::PrivateExpeditedRseq`].
    RegisterPrivateExpeditedRseq = raw::membarrier_cmd::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ as u32,
}

/// `membarrier(command, 0, 0)`.
///
/// # Errors
/// ENOSYS: no membarrier. EINVAL: not this command. EPERM: this process has not registered for it.
pub fn membarrier(command: Command) -> Result<u32, Errno> {
    // SAFETY: touches no memory of ours.
    unsafe { call!(__NR_membarrier, command as usize, 0, 0) }.map(|mask| mask as u32)
}

/// `membarrier(command, MEMBARRIER_CMD_FLAG_CPU, cpu)`: on one CPU only.
///
/// # Errors
/// As [`membarrier`]; EINVAL also where the kernel is older than 5.10.
pub fn membarrier_on(command: Command, cpu: u32) -> Result<(), Errno> {
    const FLAG_CPU: usize = 1;
    // SAFETY: touches no memory of ours.
    unsafe { call!(__NR_membarrier, command as usize, FLAG_CPU, cpu as usize) }.map(drop)
}
