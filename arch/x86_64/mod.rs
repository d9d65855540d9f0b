//! x86-64: facts and instructions.

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

/// Two 64-byte lines: the adjacent-line prefetcher fetches them in pairs.
pub const CACHE_LINE: usize = 128;

/// Total store order.
pub const LOADS_PRECEDE_LATER_STORES: bool = true;

/// As above.
pub const LOADS_IN_ORDER: bool = true;

/// Bits of the addresses that the kernel gives to programs which do not ask for more.
pub const ADDRESS_BITS: u32 = 47;

/// PTHREAD_STACK_MIN of this CPU's limits.h, in bytes.
pub const STACK_MIN: usize = 16384;

/// What C's ilogb says for 0.
pub const ILOGB0: i32 = i32::MIN;
/// What C's ilogb says for not-a-number.
pub const ILOGBNAN: i32 = i32::MIN;

/// Keeps the first use of what a lock guards a few instructions away from the locked instruction that took it.
///
/// Intel's cores from Ice Lake on issue a load of the lock's own cache line together with the locked instruction if both are handed to the
/// scheduler in one group of five, find the line held, and issue it again: 5.6 cycles (2.0 ns of a lock and unlock at 2.8 GHz). Any five
/// instructions between them avoid it; these are the cheapest.
#[inline(always)]
pub fn after_locked() {
    // SAFETY: does nothing.
    unsafe { core::arch::asm!("nop", "nop", "nop", "nop", "nop", options(nostack, nomem, preserves_flags)) }
}
