//! A lock that serves threads in the order in which they came.
//!
//! Level of the [cost hierarchy](crate::counter): 1 without contention (two locked instructions, as [`super::Mutex`]); **4** with it: the lock is handed to a thread
//! that has to be woken first, so that nearly every hold costs a context switch (a convoy), 10 to 50 microseconds where a mutex costs tens of nanoseconds.
//!
//! When to use it: where a bound on how often one may be overtaken matters more than throughput, and holds are long or meetings rare. When not: short holds
//! with contention, more threads than CPUs, everything a [`super::Mutex`] does well enough. Never spin on tickets: with more threads than CPUs each
//! hand-over then waits for the end of a time slice (level 5).
//!
//! # Protocol
//! 1. `ticket = next++`; it is ours while `serving == ticket`.
//! 2. A waiter looks a few times, then sleeps on `serving` under one of 32 keys, its ticket's low bits.
//! 3. Unlock: `serving++`, and if anyone has a ticket, wake the key of the new `serving`: the right thread, not the herd.
//!
//! Both numbers lie in one double word, so that the releasing instruction itself says whether anyone waits.
//!
//! # Guarantees
//! A. First come, first served, from the instruction that draws the ticket on. B. After the releasing instruction the releaser does not read the lock:
//! whoever has it next may free it.
//!
//! Source: Mellor-Crummey and Scott (1991); Downs, "A concurrency cost hierarchy" (2020), whose blocking ticket lock wakes all waiters each time.

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicU32, AtomicU64};

use super::raw::Spin;
use crate::sys::futex;

/// In the double word: one ticket drawn. Bits 0 to 31: `serving`; bits 32 to 63: `next`.
const DRAWN: u64 = 1 << 32;

/// Data that threads may use in the order in which they came.
pub struct TicketLock<T: ?Sized> {
    word: AtomicU64,
    data: UnsafeCell<T>,
}

// SAFETY: the lock hands the data to one thread at a time, so it may go from thread to thread as T itself may.
unsafe impl<T: ?Sized + Send> Send for TicketLock<T> {}
// SAFETY: as above: `lock` is the only way to the data through a shared reference.
unsafe impl<T: ?Sized + Send> Sync for TicketLock<T> {}

/// The right to use the data; ends when it is dropped.
#[must_use = "the lock is released at once if the guard is not kept"]
pub struct TicketGuard<'a, T: ?Sized> {
    lock: &'a TicketLock<T>,
    ticket: u32,
    /// Not Send, as the other guards.
    stays: PhantomData<*mut ()>,
}

impl<T> TicketLock<T> {
    /// A free lock.
    #[must_use]
    pub const fn new(data: T) -> Self {
        Self { word: AtomicU64::new(0), data: UnsafeCell::new(data) }
    }

    /// The data, without the lock.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> TicketLock<T> {
    fn serving(&self) -> &AtomicU32 {
        // SAFETY: the first half of the double word, which is the low one on both CPUs; the kernel and the atomics agree on it.
        unsafe { AtomicU32::from_ptr(self.word.as_ptr().cast()) }
    }

    /// Takes the right to use the data after all who came before.
    #[inline]
    pub fn lock(&self) -> TicketGuard<'_, T> {
        // Acquire: pairs with Release in `unlock`.
        let word = self.word.fetch_add(DRAWN, Acquire);
        let ticket = (word >> 32) as u32;
        if word as u32 != ticket {
            self.wait(ticket);
        }
        TicketGuard { lock: self, ticket, stays: PhantomData }
    }

    #[cold]
    fn wait(&self, ticket: u32) {
        let mut spin = Spin::new();
        loop {
            // Acquire: pairs with Release in `unlock`.
            let serving = self.serving().load(Acquire);
            if serving == ticket {
                return;
            }
            // Only the next in line may be served within a spin's time.
            if ticket.wrapping_sub(serving) > 1 || !spin.again() {
                let _ = futex::wait_masked(self.serving(), serving, key(ticket)); // it changed, or a signal came: look again
            }
        }
    }

    /// As [`TicketLock::lock`], if nobody has it or waits for it. Async-signal-safe.
    #[inline]
    pub fn try_lock(&self) -> Option<TicketGuard<'_, T>> {
        let word = self.word.load(Relaxed);
        let ticket = (word >> 32) as u32;
        // Acquire: pairs with Release in `unlock`.
        let taken = word as u32 == ticket
            && self.word.compare_exchange(word, word.wrapping_add(DRAWN), Acquire, Relaxed).is_ok();
        taken.then(|| TicketGuard { lock: self, ticket, stays: PhantomData })
    }

    /// The data: nobody else can have the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    #[inline]
    fn unlock(&self, ticket: u32) {
        let key_of_lock: *const AtomicU32 = self.serving(); // after the addition, a key that is not read
        // `serving` is `ticket`, since only the holder changes it: when it turns over, take its carry back from `next`.
        let step = if ticket == u32::MAX { 1_u64.wrapping_sub(DRAWN) } else { 1 };
        // Release: pairs with Acquire in all who take it.
        let word = self.word.fetch_add(step, RELEASE);
        let following = ticket.wrapping_add(1);
        if (word >> 32) as u32 != following {
            wake(key_of_lock, following.wrapping_add(WRONG));
        }
    }
}

// The negative controls of the models: an unlock that does not publish what was written under the lock, or wakes the one after the next.
const RELEASE: core::sync::atomic::Ordering =
    if cfg!(dacapo_broken = "ticket_relaxed_unlock") { Relaxed } else { Release };
const WRONG: u32 = if cfg!(dacapo_broken = "ticket_wrong_key") { 1 } else { 0 };

fn key(ticket: u32) -> u32 {
    1 << (ticket % 32)
}

#[cold]
fn wake(serving: *const AtomicU32, ticket: u32) {
    futex::wake_masked(serving, key(ticket));
}

impl<T: ?Sized> Deref for TicketGuard<'_, T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard's thread is being served.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for TicketGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard's thread is being served, and the guard is borrowed exclusively.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for TicketGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.unlock(self.ticket);
    }
}

impl<T: ?Sized> fmt::Debug for TicketLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word.load(Relaxed);
        f.debug_struct("TicketLock")
            .field("serving", &(word as u32))
            .field("next", &(word >> 32))
            .finish_non_exhaustive()
    }
}
