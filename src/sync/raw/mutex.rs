//! A mutex in one word.

use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::deadline::{Deadline, TimedOut, sleep};
use super::spin::Spin;
use crate::sys::futex::{self, Scope};

// The word:
//   0  FREE
//   1  HELD       by a thread; nobody sleeps
//   2  CONTENDED  held, and somebody sleeps or is about to: who unlocks must wake
const FREE: u32 = 0;
const HELD: u32 = 1;
const CONTENDED: u32 = 2;

/// A mutex in one word. No owner, no recursion: locking it twice in one thread never returns.
#[repr(transparent)]
#[derive(Debug)]
pub struct RawMutex {
    word: AtomicU32,
}

impl RawMutex {
    /// A free mutex.
    #[must_use]
    pub const fn new() -> Self {
        Self { word: AtomicU32::new(FREE) }
    }

    /// Takes it if it is free. Async-signal-safe.
    #[inline]
    #[must_use]
    pub fn try_lock(&self) -> bool {
        // Acquire: pairs with Release in `unlock`.
        self.word.compare_exchange(FREE, HELD, Acquire, Relaxed).is_ok()
    }

    /// Takes it, sleeping while another thread holds it. Price when free: one compare-and-exchange.
    #[inline]
    pub fn lock(&self, scope: Scope) {
        if !self.try_lock() {
            let _ = self.lock_slow(None, scope); // without a deadline it cannot time out
        }
    }

    /// As [`RawMutex::lock`], until `deadline`.
    ///
    /// # Errors
    /// [`TimedOut`]: it was not free before.
    #[inline]
    pub fn lock_until(&self, deadline: &Deadline, scope: Scope) -> Result<(), TimedOut> {
        if self.try_lock() { Ok(()) } else { self.lock_slow(Some(deadline), scope) }
    }

    #[cold]
    fn lock_slow(&self, deadline: Option<&Deadline>, scope: Scope) -> Result<(), TimedOut> {
        let mut spin = Spin::new();
        // Spinning helps while the holder runs. Once somebody sleeps, the queue is long enough to join it.
        while self.word.load(Relaxed) != CONTENDED && spin.again() {
            if self.word.load(Relaxed) == FREE && self.try_lock() {
                return Ok(());
            }
        }
        self.lock_contended(deadline, scope)
    }

    /// Takes it as one who has slept: leaves the word at CONTENDED, because others may sleep too.
    ///
    /// # Errors
    /// [`TimedOut`].
    pub(super) fn lock_contended(&self, deadline: Option<&Deadline>, scope: Scope) -> Result<(), TimedOut> {
        // Acquire: pairs with Release in `unlock`.
        while self.word.swap(CONTENDED, Acquire) != FREE {
            sleep(&self.word, CONTENDED, deadline, scope)?;
        }
        Ok(())
    }

    /// Gives it back. Price without sleepers: one exchange. The memory may be freed by whoever takes it next.
    ///
    /// # Safety
    /// The caller holds it.
    #[inline]
    pub unsafe fn unlock(&self, scope: Scope) {
        let word = &raw const self.word; // after the exchange, a key that is not read
        // Release: pairs with Acquire in `try_lock` and `lock_contended`.
        if self.word.swap(FREE, Release) == CONTENDED {
            wake_one(word, scope);
        }
    }

    /// Whether a thread holds it now; the answer may be stale at once.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.word.load(Relaxed) != FREE
    }
}

#[cold]
fn wake_one(word: *const AtomicU32, scope: Scope) {
    futex::wake(word, 1, scope);
}

impl Default for RawMutex {
    fn default() -> Self {
        Self::new()
    }
}
