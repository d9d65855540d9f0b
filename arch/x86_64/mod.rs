//! x86-64: facts and instructions.

pub mod float;
pub mod heap;
#[cfg(feature = "libc")]
pub mod long_double;
#[cfg(feature = "start")]
pub mod relocate;
pub mod rseq;
pub mod syscall;
pub mod tls;
#[cfg(feature = "libc")]
pub mod variadic;
#[cfg(feature = "start")]
pub mod vdso;
pub mod vector;

/// Two 64-byte lines: the adjacent-line prefetcher fetches them in pairs.
pub const CACHE_LINE: usize = 128;

/// PTHREAD_STACK_MIN of this CPU's limits.h, in bytes.
pub const STACK_MIN: usize = 16384;

/// What C's ilogb says for 0.
pub const ILOGB0: i32 = i32::MIN;
/// What C's ilogb says for not-a-number.
pub const ILOGBNAN: i32 = i32::MIN;
