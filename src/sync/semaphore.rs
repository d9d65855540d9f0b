//! A counting semaphore.

use core::time::Duration;

use super::raw::{Deadline, Interrupted, RawSemaphore, Scope, TimedOut};

/// A counting semaphore.
#[derive(Debug)]
pub struct Semaphore {
    raw: RawSemaphore,
}

impl Semaphore {
    /// A semaphore with `count` units, at most 2,147,483,647.
    #[must_use]
    pub const fn new(count: u32) -> Self {
        assert!(count <= RawSemaphore::MAX);
        Self { raw: RawSemaphore::new(count) }
    }

    /// Takes a unit, sleeping until there is one.
    #[inline]
    pub fn wait(&self) {
        while self.raw.wait(None, Scope::Private).is_err() {} // a signal came: go on waiting
    }

    /// Takes a unit if there is one. Async-signal-safe.
    #[inline]
    #[must_use]
    pub fn try_wait(&self) -> bool {
        self.raw.try_wait()
    }

    /// As [`Semaphore::wait`], for at most `timeout`.
    ///
    /// # Errors
    /// [`TimedOut`]: it passed first.
    pub fn wait_timeout(&self, timeout: Duration) -> Result<(), TimedOut> {
        let deadline = Deadline::after(timeout);
        loop {
            match self.raw.wait(deadline.as_ref(), Scope::Private) {
                Ok(()) => return Ok(()),
                Err(Interrupted::TimedOut) => return Err(TimedOut),
                Err(_) => {}
            }
        }
    }

    /// Gives a unit; false if it would be one too many. Nobody waits: no system call. Async-signal-safe.
    #[inline]
    pub fn post(&self) -> bool {
        self.raw.post(Scope::Private)
    }

    /// The count now; stale at once.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.raw.count()
    }
}
