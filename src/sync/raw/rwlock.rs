//! A read-write lock in two words.

use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::deadline::{Deadline, TimedOut, sleep};
use super::spin::Spin;
use crate::sys::futex::{self, Scope};

// `state`:
//   bits 0 to 29    0: free; 1 to MAX_READERS: so many readers hold it; WRITTEN (all ones): a writer holds it
//   bit 30          READERS_WAIT: a reader sleeps on `state` or is about to
//   bit 31          WRITERS_WAIT: a writer sleeps on `turn` or is about to
// Free with a flag set exists only between a release and the wake that follows it.
const HOLDERS: u32 = (1 << 30) - 1;
const WRITTEN: u32 = HOLDERS;
const MAX_READERS: u32 = HOLDERS - 1;
const READERS_WAIT: u32 = 1 << 30;
const WRITERS_WAIT: u32 = 1 << 31;
const WAIT: u32 = READERS_WAIT | WRITERS_WAIT;

/// Who goes first where a writer waits and another reader comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preference {
    /// The reader joins those that hold the lock: a thread may read recursively; writers may starve.
    Readers,
    /// The reader waits: writers do not starve; reading recursively may deadlock.
    Writers,
}

/// A read-write lock in two words.
#[repr(C)]
#[derive(Debug)]
pub struct RawRwLock {
    /// Who holds it, who waits.
    state: AtomicU32,
    /// Moved on each time that a writer is woken; writers sleep on it, so that they are woken one at a time.
    turn: AtomicU32,
}

impl Preference {
    #[inline(always)]
    fn admits_reader(self, state: u32) -> bool {
        match self {
            Preference::Readers => state & HOLDERS < MAX_READERS,
            Preference::Writers => state < MAX_READERS, // no flag either
        }
    }
}

impl RawRwLock {
    /// A free lock.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: AtomicU32::new(0), turn: AtomicU32::new(0) }
    }

    /// Takes it for reading if that needs no waiting. Async-signal-safe.
    #[inline]
    #[must_use]
    pub fn try_read(&self, preference: Preference) -> bool {
        let mut state = self.state.load(Relaxed);
        while preference.admits_reader(state) {
            // Acquire: pairs with Release in `unlock_write`.
            match self.state.compare_exchange_weak(state, state + 1, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// Whether as many readers hold it as it can count.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.state.load(Relaxed) & HOLDERS == MAX_READERS
    }

    /// Takes it for reading. Price when no writer is about: one compare-and-exchange.
    ///
    /// # Errors
    /// [`TimedOut`]: the deadline came first.
    #[inline]
    pub fn read(&self, preference: Preference, deadline: Option<&Deadline>, scope: Scope) -> Result<(), TimedOut> {
        if self.try_read(preference) { Ok(()) } else { self.read_slow(preference, deadline, scope) }
    }

    #[cold]
    fn read_slow(&self, preference: Preference, deadline: Option<&Deadline>, scope: Scope) -> Result<(), TimedOut> {
        let mut spin = Spin::new();
        while self.state.load(Relaxed) == WRITTEN && spin.again() {
            core::hint::spin_loop();
        }
        loop {
            if self.try_read(preference) {
                return Ok(());
            }
            let state = self.state.load(Relaxed);
            if preference.admits_reader(state) {
                continue;
            }
            let waiting = state | READERS_WAIT;
            if state == waiting || self.state.compare_exchange(state, waiting, Relaxed, Relaxed).is_ok() {
                sleep(&self.state, waiting, deadline, scope)?;
            }
        }
    }

    /// Takes it for writing if it is free. Async-signal-safe.
    #[inline]
    #[must_use]
    pub fn try_write(&self) -> bool {
        let mut state = self.state.load(Relaxed);
        while state & HOLDERS == 0 {
            // Acquire: pairs with Release in `unlock_read` and `unlock_write`.
            match self.state.compare_exchange_weak(state, state | WRITTEN, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// Takes it for writing. Price when free: one compare-and-exchange.
    ///
    /// # Errors
    /// [`TimedOut`]: the deadline came first.
    #[inline]
    pub fn write(&self, deadline: Option<&Deadline>, scope: Scope) -> Result<(), TimedOut> {
        // Acquire: pairs with Release in `unlock_read` and `unlock_write`.
        if self.state.compare_exchange(0, WRITTEN, Acquire, Relaxed).is_ok() {
            return Ok(());
        }
        self.write_slow(deadline, scope)
    }

    #[cold]
    fn write_slow(&self, deadline: Option<&Deadline>, scope: Scope) -> Result<(), TimedOut> {
        let mut spin = Spin::new();
        while self.state.load(Relaxed) & WAIT == 0 && spin.again() {
            if self.try_write() {
                return Ok(());
            }
        }
        // One who has slept does not know whether others still do.
        let mut others = 0;
        loop {
            let state = self.state.load(Relaxed);
            if state & HOLDERS == 0 {
                // Acquire: pairs with Release in `unlock_read` and `unlock_write`.
                if self.state.compare_exchange(state, state | WRITTEN | others, Acquire, Relaxed).is_ok() {
                    return Ok(());
                }
                continue;
            }
            if state & WRITERS_WAIT == 0
                && self.state.compare_exchange(state, state | WRITERS_WAIT, Relaxed, Relaxed).is_err()
            {
                continue;
            }
            others = WRITERS_WAIT;
            let turn = self.turn.load(Acquire); // Acquire: pairs with Release in `wake_writer`; `state` is looked at after it
            let state = self.state.load(Relaxed);
            if state & HOLDERS != 0 && state & WRITERS_WAIT != 0 {
                sleep(&self.turn, turn, deadline, scope)?;
            }
        }
    }

    /// Gives back what [`RawRwLock::read`] took.
    ///
    /// # Safety
    /// The caller holds it for reading.
    #[inline]
    pub unsafe fn unlock_read(&self, scope: Scope) {
        // Release: pairs with Acquire in `try_write` and `write`.
        let state = self.state.fetch_sub(1, Release) - 1;
        if state & HOLDERS == 0 && state & WAIT != 0 {
            self.wake(state, scope);
        }
    }

    /// Gives back what [`RawRwLock::write`] took.
    ///
    /// # Safety
    /// The caller holds it for writing.
    #[inline]
    pub unsafe fn unlock_write(&self, scope: Scope) {
        // Release: pairs with Acquire in all who take it.
        let state = self.state.fetch_sub(WRITTEN, Release) - WRITTEN;
        if state & WAIT != 0 {
            self.wake(state, scope);
        }
    }

    /// Whether anyone holds it; stale at once, except to those who do.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.state.load(Relaxed) & HOLDERS != 0
    }

    /// Whether a writer holds it; stale at once, except to that writer.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.state.load(Relaxed) & HOLDERS == WRITTEN
    }

    /// The lock was free with `state`'s flags set: wakes one writer, else all readers. Whoever took it meanwhile will do so instead.
    #[cold]
    fn wake(&self, mut state: u32, scope: Scope) {
        if state == WRITERS_WAIT {
            match self.state.compare_exchange(state, 0, Relaxed, Relaxed) {
                Ok(_) => {
                    self.wake_writer(scope);
                    return;
                }
                Err(now) => state = now, // a reader may have come to wait
            }
        }
        if state == WAIT {
            if self.state.compare_exchange(state, READERS_WAIT, Relaxed, Relaxed).is_err() {
                return; // somebody took it
            }
            if self.wake_writer(scope) {
                return; // it will take the lock, and wake the readers when it gives it back
            }
            state = READERS_WAIT; // the writers had given up
        }
        if state == READERS_WAIT && self.state.compare_exchange(state, 0, Relaxed, Relaxed).is_ok() {
            futex::wake(&raw const self.state, u32::MAX >> 1, scope);
        }
    }

    fn wake_writer(&self, scope: Scope) -> bool {
        self.turn.fetch_add(1, Release); // Release: pairs with Acquire in `write_slow`
        futex::wake(&raw const self.turn, 1, scope) > 0
    }
}

impl Default for RawRwLock {
    fn default() -> Self {
        Self::new()
    }
}
