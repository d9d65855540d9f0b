//! Waiting until something about a mutex's data has changed.

use core::time::Duration;

use super::mutex::MutexGuard;
use super::raw::{Deadline, RawCondvar, Scope, TimedOut};

/// Waiting until something about a mutex's data has changed. All who wait at the same time use the same mutex.
#[derive(Debug, Default)]
pub struct Condvar {
    raw: RawCondvar,
}

impl Condvar {
    /// Nobody waits.
    #[must_use]
    pub const fn new() -> Self {
        Self { raw: RawCondvar::new() }
    }

    /// Unlocks the mutex, sleeps until a notification (or now and then without one), and locks it again.
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        // SAFETY: a guard exists only while the mutex is held.
        let _ = unsafe { self.raw.wait(guard.raw(), None, Scope::Private) }; // without a deadline it cannot time out
    }

    /// Waits while `condition` holds.
    pub fn wait_while<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, mut condition: impl FnMut(&mut T) -> bool) {
        while condition(guard) {
            self.wait(guard);
        }
    }

    /// As [`Condvar::wait`], until `deadline`.
    ///
    /// # Errors
    /// [`TimedOut`]: it came first. The mutex is locked again in this case too.
    pub fn wait_until<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, deadline: &Deadline) -> Result<(), TimedOut> {
        // SAFETY: a guard exists only while the mutex is held.
        unsafe { self.raw.wait(guard.raw(), Some(deadline), Scope::Private) }
    }

    /// As [`Condvar::wait`], for at most `timeout`.
    ///
    /// # Errors
    /// [`TimedOut`]: it passed first. The mutex is locked again in this case too.
    pub fn wait_timeout<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, timeout: Duration) -> Result<(), TimedOut> {
        match Deadline::after(timeout) {
            Some(deadline) => self.wait_until(guard, &deadline),
            None => {
                self.wait(guard);
                Ok(())
            }
        }
    }

    /// Wakes at least one who waits, if anyone does. Nobody: one load, no system call.
    #[inline]
    pub fn notify_one(&self) {
        self.raw.notify_one(Scope::Private);
    }

    /// Wakes all who wait; one at a time gets the mutex, and the others are not disturbed before. Nobody: one load, no system call.
    #[inline]
    pub fn notify_all(&self) {
        self.raw.notify_all(Scope::Private);
    }
}
