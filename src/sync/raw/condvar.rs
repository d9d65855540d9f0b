//! A condition variable: a sequence number that sleepers watch.

use core::ptr::null_mut;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicPtr, AtomicU32};

use super::deadline::{Deadline, TimedOut, sleep};
use super::mutex::RawMutex;
use crate::sys::futex::{self, Scope};

/// A condition variable.
///
/// 1. A waiter, holding the mutex, counts itself in, reads `sequence`, unlocks, and sleeps while `sequence` is unchanged.
/// 2. A notifier finds nobody counted in, and is done; or it moves `sequence` on and wakes.
/// 3. `notify_all` wakes one sleeper and moves the rest to the mutex, where each unlock wakes one: no stampede.
///
/// A notifier that changed the predicate under the mutex after a waiter had looked at it comes after that waiter's count in the mutex's order,
/// so it cannot miss it.
#[repr(C)]
#[derive(Debug)]
pub struct RawCondvar {
    /// Moved on by each notification that finds a waiter.
    sequence: AtomicU32,
    /// Threads between their count and their return.
    waiters: AtomicU32,
    /// The mutex of the latest waiter; sleepers are moved to it. Null where processes share the condition: addresses differ.
    mutex: AtomicPtr<RawMutex>,
}

impl RawCondvar {
    /// Nobody waits.
    #[must_use]
    pub const fn new() -> Self {
        Self { sequence: AtomicU32::new(0), waiters: AtomicU32::new(0), mutex: AtomicPtr::new(null_mut()) }
    }

    /// Unlocks `mutex`, sleeps until a notification or now and then without one, and locks it again.
    ///
    /// # Errors
    /// [`TimedOut`]: the deadline came; the mutex is locked in this case too.
    ///
    /// # Safety
    /// The caller holds `mutex`, and all who wait at the same time use the same one.
    pub unsafe fn wait(&self, mutex: &RawMutex, deadline: Option<&Deadline>, scope: Scope) -> Result<(), TimedOut> {
        let watched = self.enter((scope == Scope::Private).then_some(mutex));
        // SAFETY: the caller holds it.
        unsafe { mutex.unlock(scope) };
        let result = self.sleep(watched, deadline, scope);
        self.relock(mutex, scope);
        self.leave(scope);
        result
    }

    /// Step 1, while the mutex is held: what to give to [`RawCondvar::sleep`]. With `move_to`, sleepers may be moved to that mutex: only where
    /// both it and the condition are private to the process.
    pub fn enter(&self, move_to: Option<&RawMutex>) -> u32 {
        self.mutex.store(move_to.map_or(null_mut(), |mutex| (&raw const *mutex).cast_mut()), Relaxed);
        // Relaxed: the mutex orders it before the notifier's change of the predicate.
        self.waiters.fetch_add(1, Relaxed);
        self.sequence.load(Relaxed)
    }

    /// Step 1, after the mutex was unlocked: sleeps once.
    ///
    /// # Errors
    /// [`TimedOut`].
    pub fn sleep(&self, watched: u32, deadline: Option<&Deadline>, scope: Scope) -> Result<(), TimedOut> {
        sleep(&self.sequence, watched, deadline, scope)
    }

    /// What [`RawCondvar::sleep`] watches, for those who sleep in another way.
    pub fn watched(&self) -> &AtomicU32 {
        &self.sequence
    }

    /// Locks the mutex after [`RawCondvar::sleep`], as one whom others may have followed to it.
    pub fn relock(&self, mutex: &RawMutex, scope: Scope) {
        let _ = mutex.lock_contended(None, scope); // without a deadline it cannot time out
    }

    /// Counts the caller out; the last thing it does to the condition.
    pub fn leave(&self, scope: Scope) {
        let waiters = &raw const self.waiters;
        // Release: pairs with Acquire in `wait_until_unused`.
        let before = self.waiters.fetch_sub(1, Release);
        if before == DESTROYED + 1 {
            futex::wake(waiters, u32::MAX >> 1, scope);
        }
    }

    /// Wakes at least one waiter, if there is one. Without waiters: one load.
    #[inline]
    pub fn notify_one(&self, scope: Scope) {
        if self.waiters.load(Relaxed) != 0 {
            self.notify_slow(scope);
        }
    }

    #[cold]
    fn notify_slow(&self, scope: Scope) {
        self.sequence.fetch_add(1, Relaxed);
        futex::wake(&raw const self.sequence, 1, scope);
    }

    /// Wakes all waiters. Without waiters: one load.
    #[inline]
    pub fn notify_all(&self, scope: Scope) {
        if self.waiters.load(Relaxed) != 0 {
            self.notify_all_slow(scope);
        }
    }

    #[cold]
    fn notify_all_slow(&self, scope: Scope) {
        const ALL: u32 = u32::MAX >> 1; // the kernel's count is signed
        let mut now = self.sequence.fetch_add(1, Relaxed).wrapping_add(1);
        let mutex = self.mutex.load(Relaxed);
        if !mutex.is_null() && scope == Scope::Private {
            for _ in 0..4 {
                // The mutex is its word. A waiter that sleeps borrows it, so it lives; without sleepers nobody is moved there.
                match futex::requeue(&self.sequence, now, 1, ALL, mutex.cast(), scope) {
                    Ok(_) => return,
                    Err(_) => now = self.sequence.load(Relaxed), // another notifier was here
                }
            }
        }
        futex::wake(&raw const self.sequence, ALL, scope);
    }

    /// Returns when no thread uses the condition any more: all waiters were woken, and have left. For destroying it.
    pub fn wait_until_unused(&self, scope: Scope) {
        let mut left = self.waiters.fetch_or(DESTROYED, Acquire) | DESTROYED;
        // Acquire: pairs with Release in `leave`.
        while left != DESTROYED {
            let _ = sleep(&self.waiters, left, None, scope);
            left = self.waiters.load(Acquire);
        }
        self.waiters.store(0, Relaxed);
    }
}

/// In `waiters`: somebody waits in `wait_until_unused` for the count to become 0.
const DESTROYED: u32 = 1 << 31;

impl Default for RawCondvar {
    fn default() -> Self {
        Self::new()
    }
}
