//! The protocols on bare words, without data and guards.
//!
//! Each type is `repr(C)`, valid when all its bytes are zero, and may be moved while nobody uses it. Where processes share one, every
//! operation on it is given [`Scope::Shared`]; else [`Scope::Private`], which is cheaper in the kernel.

mod barrier;
mod condvar;
mod deadline;
mod mutex;
mod once;
mod rwlock;
mod semaphore;
mod spin;

pub use barrier::RawBarrier;
pub use condvar::RawCondvar;
pub use deadline::{Deadline, TimedOut};
pub use mutex::RawMutex;
pub use once::RawOnce;
pub use rwlock::{Preference, RawRwLock};
pub use semaphore::{Interrupted, RawSemaphore};
pub use spin::Spin;

pub use crate::sys::futex::{Clock, Scope};
