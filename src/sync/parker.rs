//! A place for one thread to sleep.

use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::time::Duration;

use super::raw::{Deadline, TimedOut};
use crate::sys::Errno;
use crate::sys::futex::{self, Scope};

// The word:
//   0        AWAKE    nothing to tell
//   1        TOKEN    unparked: the next park returns at once
//   2^32-1   PARKED   the thread sleeps or is about to
const AWAKE: u32 = 0;
const TOKEN: u32 = 1;
const PARKED: u32 = u32::MAX;

/// A place for one thread to sleep. An unpark before the park is not lost; several count as one.
#[derive(Debug)]
pub struct Parker {
    word: AtomicU32,
}

impl Parker {
    /// Nothing to tell.
    #[must_use]
    pub const fn new() -> Self {
        Self { word: AtomicU32::new(AWAKE) }
    }

    /// Sleeps until unparked, or returns at once if that has happened since the last park. One thread only.
    pub fn park(&self) {
        let _ = self.park_until(None); // without a deadline it cannot time out
    }

    /// As [`Parker::park`], for at most `timeout`.
    ///
    /// # Errors
    /// [`TimedOut`]: it passed first.
    pub fn park_timeout(&self, timeout: Duration) -> Result<(), TimedOut> {
        self.park_until(Deadline::after(timeout).as_ref())
    }

    fn park_until(&self, deadline: Option<&Deadline>) -> Result<(), TimedOut> {
        // TOKEN -> AWAKE, or AWAKE -> PARKED. Acquire: pairs with Release in `unpark`.
        if self.word.fetch_sub(1, Acquire) == TOKEN {
            return Ok(());
        }
        loop {
            let result = match deadline {
                None => futex::wait(&self.word, PARKED, None, Scope::Private),
                Some(d) => futex::wait_until(&self.word, PARKED, Some(&d.at), d.clock, Scope::Private),
            };
            // Acquire: pairs with Release in `unpark`.
            if result == Err(Errno::ETIMEDOUT) {
                return if self.word.swap(AWAKE, Acquire) == TOKEN { Ok(()) } else { Err(TimedOut) };
            }
            if self.word.compare_exchange(TOKEN, AWAKE, Acquire, Relaxed).is_ok() {
                return Ok(());
            }
        }
    }

    /// Wakes the thread, or keeps it from sleeping next time. It does not sleep: no system call. Async-signal-safe.
    #[inline]
    pub fn unpark(&self) {
        let word = &raw const self.word;
        // Release: pairs with Acquire in `park_until`.
        if self.word.swap(TOKEN, Release) == PARKED {
            futex::wake(word, 1, Scope::Private);
        }
    }
}

impl Default for Parker {
    fn default() -> Self {
        Self::new()
    }
}
