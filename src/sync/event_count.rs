//! Waiting for a condition that is not under a lock.
//!
//! ```text
//!     waiter                                  notifier
//!       1 key = prepare()   waiters + 1,        1 make the condition true (in its own data structure)
//!                           heavy fence         2 light fence; waiters == 0? done
//!       2 condition true?  cancel(key)          3 epoch + 1, futex_wake
//!       3 wait(key): sleeps while epoch == key
//! ```
//! Either the notifier sees the waiter in its step 2, or the waiter sees the condition in its step 2 ([`crate::fence`]): nobody sleeps on a condition that
//! holds. A notification between the waiter's steps 1 and 3 moves the epoch on, and the waiter does not sleep.
//!
//! Price: a notification without a waiter is one load (no locked instruction, no system call); a wait pays a membarrier(2), 0.35 to 9 us, before it sleeps.
//! Level 0 of the concurrency hierarchy for notifiers. Not for conditions that somebody waits for most of the time: then a
//! [`super::Condvar`] under the lock is cheaper.
//!
//! Source: Vyukov, "eventcount" (2008); Reed and Kanodia, "Synchronization with eventcounts and sequencers" (1979).

use core::time::Duration;

use super::atomic::AtomicU32;
use super::atomic::Ordering::{Acquire, Relaxed, Release};
use super::raw::{Deadline, TimedOut};
use crate::fence;
use crate::sys::Errno;
use crate::sys::futex::{self, Scope};

/// Waiting for a condition that is not under a lock.
#[derive(Debug)]
pub struct EventCount {
    /// Moved on by each notification that finds a waiter.
    epoch: AtomicU32,
    /// Threads between `prepare` and the end of `wait`, or `cancel`.
    waiters: AtomicU32,
}

/// What [`EventCount::prepare`] saw. It must be given to [`EventCount::wait`], or to [`EventCount::cancel`].
#[derive(Debug)]
#[must_use = "a waiter that is neither waited for nor cancelled makes every notification a system call"]
pub struct Key(u32);

/// The negative control leaves the waiter's fence out (`dacapo_broken`): the model finds a waiter that nobody wakes.
const FENCED: bool = cfg!(not(dacapo_broken = "event_count_no_fence"));

impl EventCount {
    /// Nobody waits.
    #[must_use]
    #[cfg(not(dacapo_model))]
    pub const fn new() -> Self {
        Self { epoch: AtomicU32::new(0), waiters: AtomicU32::new(0) }
    }

    /// Nobody waits. The model's atomics cannot be made at compile time.
    #[must_use]
    #[cfg(dacapo_model)]
    pub fn new() -> Self {
        Self { epoch: AtomicU32::new(0), waiters: AtomicU32::new(0) }
    }

    /// Step 1 of a waiter. The condition must be looked at afterwards.
    pub fn prepare(&self) -> Key {
        self.waiters.fetch_add(1, Relaxed);
        let key = Key(self.epoch.load(Acquire)); // Acquire: pairs with Release in `notify_slow`
        if FENCED {
            fence::heavy();
        }
        key
    }

    /// The condition holds: not waiting after all.
    pub fn cancel(&self, key: Key) {
        let _ = key;
        self.waiters.fetch_sub(1, Relaxed);
    }

    /// Step 3: sleeps until a notification, or returns at once if there was one since `prepare`.
    pub fn wait(&self, key: Key) {
        let _ = self.wait_until(key, None); // without a deadline it cannot time out
    }

    /// As [`EventCount::wait`], until `deadline`; `None` is never.
    ///
    /// # Errors
    /// [`TimedOut`].
    pub fn wait_until(&self, key: Key, deadline: Option<&Deadline>) -> Result<(), TimedOut> {
        let mut result = Ok(());
        // Acquire: pairs with Release in `notify_slow`.
        while self.epoch.load(Acquire) == key.0 {
            let slept = match deadline {
                None => futex::wait(&self.epoch, key.0, None, Scope::Private),
                Some(d) => futex::wait_until(&self.epoch, key.0, Some(&d.at), d.clock, Scope::Private),
            };
            if slept == Err(Errno::ETIMEDOUT) {
                result = Err(TimedOut);
                break;
            }
        }
        self.waiters.fetch_sub(1, Relaxed);
        result
    }

    /// Waits until `condition` gives something. Each look that finds nothing is followed by a wait for a notification.
    pub fn until<T>(&self, mut condition: impl FnMut() -> Option<T>) -> T {
        loop {
            if let Some(found) = condition() {
                return found;
            }
            let key = self.prepare();
            if let Some(found) = condition() {
                self.cancel(key);
                return found;
            }
            self.wait(key);
        }
    }

    /// As [`EventCount::until`], for at most `timeout`.
    ///
    /// # Errors
    /// [`TimedOut`].
    pub fn until_timeout<T>(&self, timeout: Duration, mut condition: impl FnMut() -> Option<T>) -> Result<T, TimedOut> {
        let deadline = Deadline::after(timeout);
        loop {
            let key = self.prepare();
            if let Some(found) = condition() {
                self.cancel(key);
                return Ok(found);
            }
            if let Err(late) = self.wait_until(key, deadline.as_ref()) {
                return condition().ok_or(late);
            }
        }
    }

    /// Wakes at least one waiter, if there is one; after the condition was made true. Nobody: one load, no system call. Async-signal-safe.
    #[inline]
    pub fn notify_one(&self) {
        fence::light();
        if self.waiters.load(Relaxed) != 0 {
            self.notify_slow(1);
        }
    }

    /// As [`EventCount::notify_one`], all waiters.
    #[inline]
    pub fn notify_all(&self) {
        fence::light();
        if self.waiters.load(Relaxed) != 0 {
            self.notify_slow(u32::MAX >> 1); // the kernel's count is signed
        }
    }

    #[cold]
    fn notify_slow(&self, count: u32) {
        self.epoch.fetch_add(1, Release); // Release: pairs with Acquire in `prepare` and `wait_until`
        futex::wake(&raw const self.epoch, count, Scope::Private);
    }
}

impl Default for EventCount {
    fn default() -> Self {
        Self::new()
    }
}
