//! Locks that sleep in futex(2): no allocation, const constructors, a word or two each.
//!
//! ```text
//!   raw    the protocols on bare words; the C face puts them into pthread types, shared memory included
//!   mutex rwlock condvar once semaphore barrier parker      the same with data and guards
//!   ticket queued                                           locks that serve in order, and what that costs
//!   seqlock                                                 words that are read without a write
//!   event_count    waiting for a condition that is not under a lock
//!   atomic         what the protocols that are checked by a model are written in
//! ```
//! # Guarantees
//! 1. The uncontended path is one atomic instruction to take and one to give back; no system call.
//! 2. A notification, post or unlock without a sleeper makes no system call.
//! 3. After the instruction that releases a mutex or posts to a semaphore, the releaser reads none of its memory: whoever takes it next
//!    may free it. (Waking uses the address as a key only.)
//! 4. Waiters are not served in order (except by the ticket and the queued lock), and a running thread may overtake a woken one: throughput before fairness. Nobody who
//!    sleeps is forgotten.
//! 5. No poisoning: a panic in a freestanding program ends it.
//!
//! None of them may be used from a signal handler, except [`Semaphore::post`], [`Parker::unpark`] and the `try_` functions.
//!
//! Source: Drepper, "Futexes are tricky" (2011); futex(2).

pub(crate) mod atomic;
pub mod barrier;
pub mod condvar;
pub mod event_count;
pub mod mutex;
pub mod once;
pub mod parker;
pub mod queued;
pub mod raw;
pub mod rwlock;
pub mod semaphore;
pub mod seqlock;
pub mod ticket;

pub use barrier::Barrier;
pub use condvar::Condvar;
pub use event_count::EventCount;
pub use mutex::{Mutex, MutexGuard};
pub use once::{Once, OnceCell};
pub use parker::Parker;
pub use queued::QueuedLock;
pub use rwlock::{ReadGuard, RwLock, WriteGuard};
pub use semaphore::Semaphore;
pub use seqlock::SeqLock;
pub use ticket::{TicketGuard, TicketLock};
