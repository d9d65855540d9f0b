//! Something that happens once, in one word.

use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::deadline::sleep;
use crate::sys::futex::{self, Scope};

// The word:
//   0  NEVER     it has not begun
//   1  RUNNING   a thread is at it; nobody sleeps
//   2  AWAITED   a thread is at it, and others sleep or are about to
//   3  DONE      it has happened, visibly to all who see this
const NEVER: u32 = 0;
const RUNNING: u32 = 1;
const AWAITED: u32 = 2;
const DONE: u32 = 3;

/// Something that happens once, in one word.
#[repr(transparent)]
#[derive(Debug)]
pub struct RawOnce {
    word: AtomicU32,
}

impl RawOnce {
    /// It has not happened.
    #[must_use]
    pub const fn new() -> Self {
        Self { word: AtomicU32::new(NEVER) }
    }

    /// Whether it has happened. Async-signal-safe.
    #[inline]
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.word.load(Acquire) == DONE // Acquire: pairs with Release in `call_slow`
    }

    /// Makes it happen, or waits until the thread that is at it is done. Price afterwards: one load and one branch.
    ///
    /// `action` must not call this on the same word again: that never returns.
    #[inline]
    pub fn call(&self, scope: Scope, action: impl FnOnce()) {
        if !self.is_done() {
            let mut action = Some(action);
            self.call_slow(scope, &mut || {
                if let Some(action) = action.take() {
                    action();
                }
            });
        }
    }

    /// Undoes the beginning: for a thread whose `action` will not return, because the thread ends. Another one makes it happen.
    #[cold]
    pub fn abandon(&self, scope: Scope) {
        // Release: pairs with Acquire in `call_slow`, where the next thread begins.
        if self.word.swap(NEVER, Release) == AWAITED {
            futex::wake(&raw const self.word, u32::MAX >> 1, scope);
        }
    }

    #[cold]
    fn call_slow(&self, scope: Scope, action: &mut dyn FnMut()) {
        loop {
            match self.word.compare_exchange(NEVER, RUNNING, Acquire, Acquire) {
                Ok(_) => {
                    action();
                    // Release: pairs with Acquire in `is_done` and below.
                    if self.word.swap(DONE, Release) == AWAITED {
                        futex::wake(&raw const self.word, u32::MAX >> 1, scope);
                    }
                    return;
                }
                Err(DONE) => return, // Acquire: pairs with Release above
                Err(RUNNING) => {
                    let _ = self.word.compare_exchange(RUNNING, AWAITED, Relaxed, Relaxed); // or it changed: look again
                }
                Err(_) => {
                    let _ = sleep(&self.word, AWAITED, None, scope); // without a deadline it cannot time out
                }
            }
        }
    }
}

impl Default for RawOnce {
    fn default() -> Self {
        Self::new()
    }
}
