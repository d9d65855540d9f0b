//! A counting semaphore in eight bytes.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicU32, AtomicU64};

use super::deadline::Deadline;
use super::spin::Spin;
use crate::sys::Errno;
use crate::sys::futex::{self, Scope};

// The double word:
//   bits 0 to 31     the count, 0 to MAX; sleepers watch this half
//   bits 32 to 63    how many threads sleep or are about to
// Both in one word, so that a post learns whether to wake from the very instruction that lets a waiter through.
const WAITER: u64 = 1 << 32;

/// Why [`RawSemaphore::wait`] returned without a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// The deadline came first.
    TimedOut,
    /// A signal handler ran.
    Signal,
    /// The deadline is not a time.
    Invalid,
}

/// A counting semaphore in eight bytes.
#[repr(transparent)]
#[derive(Debug)]
pub struct RawSemaphore {
    word: AtomicU64,
}

impl RawSemaphore {
    /// The largest count.
    pub const MAX: u32 = i32::MAX as u32;

    /// A semaphore with `count` units.
    #[must_use]
    pub const fn new(count: u32) -> Self {
        Self { word: AtomicU64::new(count as u64) }
    }

    fn count_half(&self) -> &AtomicU32 {
        // SAFETY: the first half of the double word, which is the low one on both CPUs; the kernel and the atomics agree on it.
        unsafe { AtomicU32::from_ptr(self.word.as_ptr().cast()) }
    }

    /// The count now.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.word.load(Relaxed) as u32
    }

    /// Takes a unit if there is one. Async-signal-safe.
    #[inline]
    #[must_use]
    pub fn try_wait(&self) -> bool {
        self.take(0)
    }

    #[inline]
    fn take(&self, and: u64) -> bool {
        let mut word = self.word.load(Relaxed);
        while word as u32 != 0 {
            // Acquire: pairs with Release in `post`.
            match self.word.compare_exchange_weak(word, word - 1 - and, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Takes a unit, sleeping until there is one. Price when there is: one compare-and-exchange.
    ///
    /// # Errors
    /// Those of [`Interrupted`].
    #[inline]
    pub fn wait(&self, deadline: Option<&Deadline>, scope: Scope) -> Result<(), Interrupted> {
        let slept = self.wait_by(|word| match deadline {
            None => futex::wait(word, 0, None, scope),
            Some(deadline) if deadline.at.seconds < 0 => Err(Errno::ETIMEDOUT),
            Some(deadline) => futex::wait_until(word, 0, Some(&deadline.at), deadline.clock, scope),
        });
        slept.map_err(|errno| match errno {
            Errno::ETIMEDOUT => Interrupted::TimedOut,
            Errno::EINVAL => Interrupted::Invalid,
            _ => Interrupted::Signal,
        })
    }

    /// Takes a unit, sleeping by `sleep` while the word that it is given is 0. EAGAIN of `sleep`'s: look again.
    ///
    /// # Errors
    /// Any other error of `sleep`'s, unless a unit came at the same time.
    #[inline]
    pub fn wait_by(&self, sleep: impl Fn(&AtomicU32) -> Result<(), Errno>) -> Result<(), Errno> {
        if self.try_wait() { Ok(()) } else { self.wait_slow(sleep) }
    }

    #[cold]
    fn wait_slow(&self, sleep: impl Fn(&AtomicU32) -> Result<(), Errno>) -> Result<(), Errno> {
        let mut spin = Spin::new();
        while self.word.load(Relaxed) == 0 && spin.again() {
            core::hint::spin_loop();
        }
        if self.try_wait() {
            return Ok(());
        }
        self.word.fetch_add(WAITER, Relaxed);
        loop {
            if self.take(WAITER) {
                return Ok(());
            }
            let why = match sleep(self.count_half()) {
                Ok(()) | Err(Errno::EAGAIN) => continue,
                Err(why) => why,
            };
            if self.take(WAITER) {
                return Ok(()); // a unit came at the same time: do not lose its wake
            }
            self.word.fetch_sub(WAITER, Relaxed);
            return Err(why);
        }
    }

    /// Gives a unit and wakes a sleeper if there is one; false if the count is at [`RawSemaphore::MAX`]. Async-signal-safe.
    ///
    /// Whoever takes the unit may free the memory.
    #[inline]
    #[must_use]
    pub fn post(&self, scope: Scope) -> bool {
        let key = (&raw const self.word).cast::<AtomicU32>();
        let mut word = self.word.load(Relaxed);
        loop {
            if word as u32 >= Self::MAX {
                return false;
            }
            // Release: pairs with Acquire in `take`.
            match self.word.compare_exchange_weak(word, word + 1, Release, Relaxed) {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        if word >= WAITER {
            futex::wake(key, 1, scope);
        }
        true
    }
}
