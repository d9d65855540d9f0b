//! AArch64: facts and instructions.

pub mod barrier;
#[cfg(any(dacapo_broken = "input_overwritten", dacapo_broken = "two_stores", dacapo_broken = "missing_clobber"))]
pub mod broken;
#[cfg(dacapo_count_aborts)]
pub mod by_hand;
#[cfg(feature = "start")]
pub mod cancel;
pub mod float;
#[cfg(feature = "preload")]
pub mod forward;
pub mod heap;
#[cfg(feature = "libc")]
pub mod long_double;
#[cfg(feature = "start")]
pub mod relocate;
pub mod rseq;
mod steps;
pub mod syscall;
pub mod tls;
#[cfg(feature = "libc")]
pub mod variadic;
#[cfg(feature = "start")]
pub mod vdso;
pub mod vector;

/// 64 bytes on most cores, 128 on some (Apple, A64FX has 256): 128 keeps neighbours apart on nearly all.
pub const CACHE_LINE: usize = 128;

/// Only with acquire, release or a barrier.
pub const LOADS_PRECEDE_LATER_STORES: bool = false;

/// As above, or with addresses that depend on what was loaded.
pub const LOADS_IN_ORDER: bool = false;

/// Bits of the addresses that the kernel gives to programs which do not ask for more.
pub const ADDRESS_BITS: u32 = 48;

/// PTHREAD_STACK_MIN of this CPU's limits.h, in bytes.
pub const STACK_MIN: usize = 131072;

/// What C's ilogb says for 0.
pub const ILOGB0: i32 = -i32::MAX;
/// What C's ilogb says for not-a-number.
pub const ILOGBNAN: i32 = i32::MAX;

/// Keeps the first use of what a lock guards away from the instruction that took it, on CPUs where that helps: not known of any here.
#[inline(always)]
pub fn after_locked() {}
