//! The locks of the slow paths, and the rule that makes them safe against signals.
//!
//! Whoever holds one has all signals blocked ([`Quiet`]), so no handler can interrupt a holder on its own thread and wait for it.
//! The fast path takes no lock. Order, outermost first: initialisation, blocks, shard (ascending), class
//! (ascending), page heap, mappings, early heap.
//!
//! ```text
//!   0 FREE   --lock-->  1 HELD   --another waits-->  2 CONTENDED (somebody may sleep)
//! ```
//! What waits, wakes and masks is not inlined: it is at a dozen places, and each is a call of the kernel.
//!
//! Source: Drepper, "Futexes Are Tricky", mutex 2.

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicU32, Ordering};

use crate::inject::{self, Point};
use crate::sys::futex::{self, Scope};
use crate::sys::signal::{self, How, Set};

const FREE: u32 = 0;
const HELD: u32 = 1;
const CONTENDED: u32 = 2;

/// Looks before sleeping: a holder is in for well under a microsecond.
const SPINS: u32 = 100;

/// All signals are blocked while it lives.
pub struct Quiet(Set);

impl Quiet {
    /// Blocks them. Price: two kernel entries, this one and the one at its end.
    #[must_use]
    #[inline(never)]
    pub fn enter() -> Quiet {
        Quiet(signal::mask(How::Block, &Set::ALL).unwrap_or(Set::EMPTY))
    }

    /// For a lock that is carried across fork: the mask to restore, without restoring it.
    #[must_use]
    pub fn keep(self) -> Set {
        let mask = self.0;
        core::mem::forget(self);
        mask
    }

    /// The other half of [`Quiet::keep`].
    #[must_use]
    pub fn resume(mask: Set) -> Quiet {
        Quiet(mask)
    }
}

impl Drop for Quiet {
    #[inline(never)]
    fn drop(&mut self) {
        let _ = signal::mask(How::Set, &self.0); // cannot fail for these arguments
    }
}

/// A value behind a futex lock.
#[derive(Debug)]
pub struct Lock<T> {
    word: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through a guard only, and one guard exists at a time; the pointers inside are to memory of the allocator's.
unsafe impl<T> Sync for Lock<T> {}

impl<T> Lock<T> {
    /// An open lock.
    pub const fn new(value: T) -> Self {
        Self { word: AtomicU32::new(FREE), value: UnsafeCell::new(value) }
    }

    /// Takes the lock, spinning for a moment and then sleeping.
    #[inline]
    pub fn lock<'a>(&'a self, _quiet: &'a Quiet) -> Guard<'a, T> {
        self.acquire();
        Guard { lock: self }
    }

    /// Takes the lock if it is free.
    #[inline]
    pub fn try_lock<'a>(&'a self) -> Option<Guard<'a, T>> {
        // Acquire: pairs with the Release in `release`
        self.word.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).ok().map(|_| Guard { lock: self })
    }

    /// Takes the lock without a guard: for fork, which opens it in another function. Signals are blocked.
    #[inline]
    pub fn acquire(&self) {
        if self.word.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_err() {
            wait_for(&self.word);
        }
        inject::delay(Point::HeapLocked);
    }

    /// Opens the lock that [`Lock::acquire`] took.
    #[inline]
    pub fn release(&self) {
        // Release: pairs with the Acquires above
        if self.word.swap(FREE, Ordering::Release) == CONTENDED {
            wake_one(&self.word);
        }
    }
}

/// Takes a lock that was not free.
#[cold]
#[inline(never)]
fn wait_for(word: &AtomicU32) {
    for _ in 0..SPINS {
        core::hint::spin_loop();
        if word.load(Ordering::Relaxed) == FREE
            && word.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_ok()
        {
            return;
        }
    }
    while word.swap(CONTENDED, Ordering::Acquire) != FREE {
        let _ = futex::wait(word, CONTENDED, None, Scope::Private); // any return: look again
    }
}

/// Wakes one of those who sleep there.
#[cold]
#[inline(never)]
fn wake_one(word: &AtomicU32) {
    futex::wake(word, 1, Scope::Private);
}

/// The lock is held while it lives.
#[derive(Debug)]
pub struct Guard<'a, T> {
    lock: &'a Lock<T>,
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: this guard holds the lock.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for Guard<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this guard holds the lock, and is borrowed exclusively.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for Guard<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        self.lock.release();
    }
}
