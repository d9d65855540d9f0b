//! A lock with a queue in which each thread watches a word of its own.
//!
//! Level of the [cost hierarchy](crate::counter): 1 without contention (two locked instructions); with it **2** while every waiter runs, since a hand-over touches one
//! line that only two threads know; **4** as soon as the next in line sleeps. It is fair, so it convoys as [`super::TicketLock`] does.
//!
//! When to use it: many CPUs, no more threads than CPUs, short holds, and a need for fairness. When not: more threads than CPUs; a mutex is 100 times
//! faster then.
//!
//! # Protocol (MCS)
//! 1. A thread puts its node behind the last one by exchanging `tail`; nobody before it: the lock is its own.
//! 2. Else it links itself to the one before, and waits for its own node's word: a while running, then asleep.
//! 3. Unlock: nobody behind: `tail` goes back to null. Else grant to the next, and wake it if it sleeps.
//!
//! The node lies on the waiting thread's stack, hence [`QueuedLock::with`] takes a closure.
//!
//! # Guarantees
//! A. First come, first served, from the exchange of `tail` on. B. The granting thread does not read the granted node any more: its owner may be gone.
//!
//! Source: Mellor-Crummey and Scott, "Algorithms for scalable synchronization on shared-memory multiprocessors" (1991).

use core::cell::UnsafeCell;
use core::fmt;
use core::ptr::null_mut;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicPtr, AtomicU32};

use super::raw::Spin;
use crate::sys::futex::{self, Scope};
use crate::sys::sched;

// A node's word:
//   0  WAITING   its thread runs and looks
//   1  ASLEEP    its thread sleeps or is about to
//   2  GRANTED   the lock is its own
const WAITING: u32 = 0;
const ASLEEP: u32 = 1;
const GRANTED: u32 = 2;

/// The negative control of the models grants without publishing what was written under the lock.
const GRANT: core::sync::atomic::Ordering =
    if cfg!(dacapo_broken = "queued_relaxed_grant") { Relaxed } else { Release };

/// One thread's place in the queue, on a line of its own.
#[repr(align(64))]
struct Node {
    next: AtomicPtr<Node>,
    word: AtomicU32,
}

/// Data that threads may use in the order in which they came, each waiting at a place of its own.
pub struct QueuedLock<T: ?Sized> {
    /// The last one in the queue; null: the lock is free.
    tail: AtomicPtr<Node>,
    data: UnsafeCell<T>,
}

// SAFETY: the lock hands the data to one thread at a time, so it may go from thread to thread as T itself may.
unsafe impl<T: ?Sized + Send> Send for QueuedLock<T> {}
// SAFETY: as above: `with` is the only way to the data through a shared reference.
unsafe impl<T: ?Sized + Send> Sync for QueuedLock<T> {}

/// Leaves the queue when it is dropped, by a panic too.
struct Turn<'a> {
    tail: &'a AtomicPtr<Node>,
    node: &'a Node,
}

impl<T> QueuedLock<T> {
    /// A free lock.
    #[must_use]
    pub const fn new(data: T) -> Self {
        Self { tail: AtomicPtr::new(null_mut()), data: UnsafeCell::new(data) }
    }

    /// The data, without the lock.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> QueuedLock<T> {
    /// Gives `hold` the data, after all who came before. Within `hold` the same lock must not be taken: that never returns.
    #[inline]
    pub fn with<R>(&self, hold: impl FnOnce(&mut T) -> R) -> R {
        let node = Node { next: AtomicPtr::new(null_mut()), word: AtomicU32::new(WAITING) };
        let place = (&raw const node).cast_mut();
        // AcqRel: Release publishes the node; Acquire pairs with Release in `drop`, where it set `tail` to null.
        let before = self.tail.swap(place, AcqRel);
        if !before.is_null() {
            // SAFETY: a node stays where it is until its owner has found and granted the next one, which is us.
            unsafe { (*before).next.store(place, Release) }; // Release: pairs with Acquire in `following`
            node.wait();
        }
        let _turn = Turn { tail: &self.tail, node: &node };
        // SAFETY: it is this thread's turn until `_turn` is dropped.
        hold(unsafe { &mut *self.data.get() })
    }

    /// The data: nobody else can have the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    /// Whether a thread has it now; the answer may be stale at once.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        !self.tail.load(Relaxed).is_null()
    }
}

impl Node {
    #[cold]
    fn wait(&self) {
        let mut spin = Spin::new();
        // Acquire: pairs with Release in `grant`.
        while self.word.load(Acquire) != GRANTED {
            if !spin.again() {
                if self.word.compare_exchange(WAITING, ASLEEP, Relaxed, Acquire) == Err(GRANTED) {
                    return;
                }
                while self.word.load(Acquire) == ASLEEP {
                    let _ = futex::wait(&self.word, ASLEEP, None, Scope::Private); // granted, or a signal came: look again
                }
                return;
            }
        }
    }

    /// The next node. Its thread has exchanged `tail` and is about to link itself, so this is short unless it was preempted just there.
    #[cold]
    fn following(&self) -> *mut Node {
        let mut spin = Spin::new();
        loop {
            let next = self.next.load(Acquire); // Acquire: pairs with Release in `with`
            if !next.is_null() {
                return next;
            }
            if !spin.again() {
                sched::yield_now();
            }
        }
    }
}

impl Drop for Turn<'_> {
    #[inline]
    fn drop(&mut self) {
        let mut next = self.node.next.load(Acquire); // Acquire: pairs with Release in `with`
        if next.is_null() {
            let place = core::ptr::from_ref(self.node).cast_mut();
            // Release: pairs with AcqRel in `with`.
            if self.tail.compare_exchange(place, null_mut(), Release, Relaxed).is_ok() {
                return;
            }
            next = self.node.following();
        }
        grant(next);
    }
}

fn grant(next: *mut Node) {
    // SAFETY: the next node waits for this very word, so it is there until the exchange; after that the address is only a key.
    let word = unsafe { &raw const (*next).word };
    // SAFETY: as above. Release: pairs with Acquire in `wait`.
    if unsafe { (*word).swap(GRANTED, GRANT) } == ASLEEP {
        futex::wake(word, 1, Scope::Private);
    }
}

impl<T: ?Sized> fmt::Debug for QueuedLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueuedLock").field("locked", &self.is_locked()).finish_non_exhaustive()
    }
}
