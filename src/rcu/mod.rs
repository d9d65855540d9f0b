//! Read-copy-update: readers that never wait and never write what other CPUs read; updaters that wait until no reader can still see what they
//! took away.
//!
//! ```text
//!   reader                              updater
//!     guard = domain.enter()              old = pointer.swap(new)     publish: no new reader finds `old`
//!     p = pointer.load(&guard)            domain.synchronize()        a grace period: every reader that was there has left
//!     ... *p ...                          free(old)
//!     drop(guard)
//! ```
//! | flavour | a reader is | for |
//! | --- | --- | --- |
//! | [`Domain`] | one restartable section that takes its CPU's seat, and a store that leaves it | anything: any thread, signal handlers, long reads |
//! | [`Qsbr`] | plain loads | threads with a loop that can say once in a while that they hold nothing |
//! | [`RcuCell`] | one section: the value's slot and a reference to it | one value that is replaced now and then |
//!
//! ```text
//!   pointer    publish and follow              list    intrusive lists that are walked while they change
//!   callbacks  work for after a grace period   grace   periods by number: one serves all who wait
//!   readers    seats and counts per CPU: what domain and cell stand on
//! ```
//!
//! # Guarantees
//! Of the general flavour, [`Domain`]:
//!
//! A. Grace period. Whatever a thread stored before [`GracePeriods::synchronize`] is seen by every reader that is not known to have left when it
//!    returns. So what was unreachable before the call is used by nobody after it.
//! B. Readers are wait-free: no loop, no lock, no system call, no atomic read-modify-write, and no wait for updaters or for other readers. A reader
//!    that sleeps, is preempted or never leaves delays updaters only.
//! C. Any thread may read, without registration, and signal handlers too, nested at will, whatever they interrupted: a reader, an updater, a fork.
//! D. A guard may be dropped in another thread than the one that entered, and on another CPU.
//! E. State is O(CPUs): 128 bytes for each CPU that readers ran on (of an [`RcuCell`] 256), none for each thread. Domains do not know of each other: readers of one do not
//!    delay the updaters of another.
//! F. One grace period serves everyone who asked before it began ([`GracePeriods::synchronize`] is batched), and [`GracePeriods::poll_state`] lets a thread ask now
//!    and look later.
//! G. A reader must not wait for a grace period of its own domain: it would wait for itself.
//! H. In a forked child only the forking thread exists; [`Domain::after_fork_in_child`] forgets the readers that were other threads.
//!
//! Of [`Qsbr`]: A, E with 128 bytes for each registered thread, F and G; not C and D, and a registered thread that stays online and never calls
//! [`qsbr::Reader::quiescent`] stops all grace periods.
//!
//! # Without rseq
//! Threads without rseq count in shared cells, chosen by a hash of the thread, with two atomic additions a read: B without its "no atomic".
//!
//! Source: McKenney, "Is Parallel Programming Hard"; the kernel's SRCU (`kernel/rcu/srcutree.c`), whose counters these are; Desnoyers et al.,
//! "User-level implementations of read-copy update" (2012), for the names.

pub mod callbacks;
pub mod cell;
pub mod domain;
mod grace;
pub mod list;
pub mod pointer;
pub mod qsbr;
mod readers;

pub use callbacks::Callback;
pub use cell::{RcuCell, Ref};
pub use domain::{Domain, Guard};
pub use grace::{GracePeriods, PollState};
pub use list::{HList, HNode, List, Node};
pub use pointer::{Pointer, ReadSection, Unchecked};
pub use qsbr::Qsbr;
