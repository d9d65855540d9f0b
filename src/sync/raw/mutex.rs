//! A mutex in one word.

use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::deadline::{Deadline, TimedOut, sleep};
use super::spin::Spin;
use crate::arch;
use crate::inject::{self, Point};
use crate::rseq;
use crate::sys::futex::{self, Scope};

// The word:
//   0              FREE
//   bit 0          SLEEPERS  somebody sleeps or is about to: who unlocks must wake
//   bit 1          HELD      always set while it is held
//   bits 2 to 31   the CPU where the holder took it, modulo 2^30; UNKNOWN if the holder had slept before, or has no rseq
const FREE: u32 = 0;
const SLEEPERS: u32 = 1;
const HELD: u32 = 2;
const UNKNOWN: u32 = u32::MAX << 2;
const CONTENDED: u32 = UNKNOWN | HELD | SLEEPERS;

/// What the word holds while a thread of this CPU has it and nobody sleeps. In a guest whose rseq nobody has looked for yet, any value: it is
/// a hint to those who wait, and they look for it.
#[inline(always)]
fn held_here() -> u32 {
    rseq::cpu_hint() << 2 | HELD
}

/// Looks at a held mutex before sleeping.
const LOOKS: u32 = 10;

/// A mutex in one word. No owner, no recursion: locking it twice in one thread never returns.
///
/// A thread that waits spins only as long as the holder can be running: not once somebody sleeps, and not if the holder took the mutex on
/// the CPU where the waiting thread itself now runs. Then it sleeps. It does not yield: sched_yield(2) costs a thread its claim to a whole time slice
/// (EEVDF schedulers move it behind its deadline), so that threads which yielded here came to a sixteenth of the others' processor time.
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
        let taken = self.word.compare_exchange(FREE, held_here(), Acquire, Relaxed).is_ok();
        arch::after_locked();
        taken
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
        rseq::find();
        let mut spin = Spin::behind_a_holder();
        for _ in 0..LOOKS {
            let word = self.word.load(Relaxed);
            if word == FREE {
                if self.try_lock() {
                    return Ok(());
                }
            } else if word & SLEEPERS != 0 || word == held_here() && word < UNKNOWN {
                break; // the queue is long enough to join it; or the holder cannot run, because we do
            } else if !spin.again() {
                break;
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
            inject::delay(Point::MutexMarked);
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
        if self.word.swap(FREE, RELEASE) & WAKE_IF != 0 {
            wake_one(word, scope);
        }
    }

    /// Whether a thread holds it now; the answer may be stale at once.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.word.load(Relaxed) != FREE
    }
}

// The negative controls of the models: an unlock that does not publish what was written under the lock, or forgets who sleeps.
const RELEASE: core::sync::atomic::Ordering =
    if cfg!(dacapo_broken = "mutex_relaxed_unlock") { Relaxed } else { Release };
const WAKE_IF: u32 = if cfg!(dacapo_broken = "mutex_no_wake") { 0 } else { SLEEPERS };

#[cold]
fn wake_one(word: *const AtomicU32, scope: Scope) {
    futex::wake(word, 1, scope);
}

impl Default for RawMutex {
    fn default() -> Self {
        Self::new()
    }
}
