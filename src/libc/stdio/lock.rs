//! The recursive lock of a stream.
//!
//! ```text
//!   word    0 free    1 held    2 held, and somebody may sleep on it
//!   owner   thread pointer of the holder, 0 when free: only the holder itself can find its own value there
//!   depth   how often the owner entered
//! ```
//! While the process has a single thread, [`enter`] is one load and one branch and takes nothing; [`leave`] undoes exactly what its `enter`
//! did, so a thread that is made in between does no harm. `flockfile` always takes the lock: it may be held across the making of a thread.

use core::cell::Cell;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use crate::arch::tls::thread_pointer;
use crate::sys::futex;
use crate::thread;

/// Whether another thread may exist.
#[inline(always)]
pub fn threaded() -> bool {
    thread::is_multi_threaded()
}

/// A recursive futex lock.
#[repr(C)]
pub struct Lock {
    word: AtomicU32,
    depth: Cell<u32>,
    owner: AtomicUsize,
}

impl Lock {
    /// A free lock.
    pub const fn new() -> Lock {
        Lock { word: AtomicU32::new(0), depth: Cell::new(0), owner: AtomicUsize::new(0) }
    }

    /// Takes it, or takes it once more.
    #[inline(never)]
    pub fn acquire(&self) {
        if !self.try_acquire() {
            self.wait();
            self.owner.store(thread_pointer(), Ordering::Relaxed); // Relaxed: see try_acquire
            self.depth.set(1);
        }
    }

    /// Takes it unless another thread holds it.
    pub fn try_acquire(&self) -> bool {
        let me = thread_pointer();
        // Relaxed: a thread finds its own value here only if it stored it itself.
        if self.owner.load(Ordering::Relaxed) == me {
            self.depth.set(self.depth.get() + 1);
            return true;
        }
        // Acquire: pairs with the Release in `release`.
        if self.word.compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return false;
        }
        self.owner.store(me, Ordering::Relaxed);
        self.depth.set(1);
        true
    }

    /// Undoes one `acquire` of this thread.
    #[inline(never)]
    pub fn release(&self) {
        let depth = self.depth.get() - 1;
        self.depth.set(depth);
        if depth == 0 {
            self.owner.store(0, Ordering::Relaxed);
            // Release: pairs with the Acquire of the next holder.
            if self.word.swap(0, Ordering::Release) == 2 {
                futex::wake(&self.word, 1, futex::Scope::Private);
            }
        }
    }

    #[cold]
    fn wait(&self) {
        // Acquire: pairs with the Release in `release`. Storing 2 when it was free costs one needless wake, and is never wrong.
        while self.word.swap(2, Ordering::Acquire) != 0 {
            let _ = futex::wait(&self.word, 2, None, futex::Scope::Private); // woken, changed or interrupted: look again
        }
    }
}

/// Takes a stream's lock if anybody else could: whether it did, for [`leave`].
#[inline(always)]
pub fn enter(lock: &Lock) -> bool {
    let needed = threaded();
    if needed {
        lock.acquire();
    }
    needed
}

/// Undoes the [`enter`] that returned `entered`.
#[inline(always)]
pub fn leave(lock: &Lock, entered: bool) {
    if entered {
        lock.release();
    }
}
