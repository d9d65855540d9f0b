//! x86-64: facts and instructions.

pub mod rseq;
pub mod syscall;
pub mod tls;

/// Two 64-byte lines: the adjacent-line prefetcher fetches them in pairs.
pub const CACHE_LINE: usize = 128;
