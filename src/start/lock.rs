//! The lock of start-up and threads: three states, one word, a futex below.
//!
//! ```text
//!   FREE 0 --lock--> HELD 1 --another locks--> CONTENDED 2 --unlock: wake one--> FREE
//! ```
//! Held for a few dozen instructions, never across a call of the user's. Not to be taken in a signal handler unless the holder blocked
//! signals. Source: Drepper, "Futexes Are Tricky", mutex2.

use core::sync::atomic::{AtomicU32, Ordering};

use crate::sys::futex::{self, Scope};

const FREE: u32 = 0;
const HELD: u32 = 1;
const CONTENDED: u32 = 2;

pub(crate) struct Lock(AtomicU32);

impl Lock {
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(FREE))
    }

    /// Takes the lock. Price where nobody holds it: one locked instruction.
    #[inline]
    pub(crate) fn lock(&self) {
        // Acquire: pairs with Release in `unlock`
        if self.0.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.wait();
        }
    }

    #[cold]
    fn wait(&self) {
        // Acquire: pairs with Release in `unlock`
        while self.0.swap(CONTENDED, Ordering::Acquire) != FREE {
            let _ = futex::wait(&self.0, CONTENDED, None, Scope::Private); // EAGAIN, EINTR: look again
        }
    }

    /// Gives it back. Only its holder may.
    #[inline]
    pub(crate) fn unlock(&self) {
        // Release: pairs with Acquire in `lock`
        if self.0.swap(FREE, Ordering::Release) == CONTENDED {
            futex::wake(&raw const self.0, 1, Scope::Private);
        }
    }

    /// Whether somebody holds it, at this moment.
    pub(crate) fn is_locked(&self) -> bool {
        self.0.load(Ordering::Relaxed) != FREE // Relaxed: only a hint, but in a process of one thread
    }

    /// In a forked child, whose other threads are gone with what they held.
    pub(crate) fn reset(&self) {
        self.0.store(FREE, Ordering::Relaxed); // the child has one thread
    }
}
