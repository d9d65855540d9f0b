//! Counting, by what it costs: the concurrency cost hierarchy, one level a file.
//!
//! ```text
//!   level   what an operation does                 here                                      2 threads, ns an addition in one thread
//!     0     plain loads and stores, nobody shares  percpu::Counter (rseq), per_thread        0.6  (2.1 where a load waits for the store before it)
//!     1     an atomic that nobody else wants       striped                                   6
//!     2     an atomic that others want             shared; sync::Mutex while its holder runs 20 to 60
//!     3     a system call                          a mutex or ticket lock that yields        1,000
//!     4     a context switch                       TicketLock, QueuedLock with contention    10,000
//!     5     a time slice                           spinning on tickets; not in this library  1,000,000
//! ```
//! Each level costs about ten times the one above it. `x.py bench hierarchy` measures all of them here and counts their instructions.
//!
//! # Which one
//!
//! | you need | take | read costs |
//! | --- | --- | --- |
//! | to count events, often | [`Counter`](crate::percpu::Counter) | a load for each possible CPU |
//! | the same in threads that you own, at the price of a plain addition | [`per_thread::ThreadCounter`] | a load for each thread |
//! | the same where there is no rseq and no thread to hang anything on | [`striped::StripedCounter`] | a load for each stripe |
//! | each addition's own result, or a limit that holds exactly | [`shared::SharedCounter`] | one load |
//! | how values are spread | [`Histogram`] | a load for each possible CPU and bucket |
//! | how many, how much, the extremes | [`Statistics`] | four loads for each possible CPU |
//!
//! # What a read means while others write
//! A. It counts every addition that happened before it began, none that happens after it ended, and perhaps those between. B. Of one counter that only grows, two reads
//! one after the other never go backwards, and where all additions are of 1 a read is some value that the counter had during the read. C. With additions of other sizes,
//! or with subtractions, it may be a value that the counter never had. [`exact`](crate::percpu::Counters::exact) is one that it had. D. Two counters read together
//! are two reads.
//!
//! Source: Travis Downs, "A concurrency cost hierarchy" (2020).

pub mod histogram;
pub mod per_thread;
pub mod shared;
pub mod statistics;
pub mod striped;

pub use histogram::Histogram;
pub use per_thread::ThreadCounter;
pub use shared::SharedCounter;
pub use statistics::Statistics;
pub use striped::StripedCounter;

/// Bytes that keep two CPUs' words apart.
#[repr(align(128))]
#[derive(Debug)]
struct Apart<T>(T);

const _: () = assert!(align_of::<Apart<u8>>() >= crate::arch::CACHE_LINE);
