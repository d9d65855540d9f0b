//! Data that one thread at a time may use.
//!
//! Level of the [cost hierarchy](crate::counter): 1 while threads do not meet (two locked instructions), 2 when they do and the holder runs; a waiter whose
//! holder does not run, or which has waited for a few microseconds, sleeps (3 and 4), and is overtaken rather than waited for.
//!
//! When not to use it: to count (levels 0 and 1 of [`crate::counter`]); around data that are mostly read ([`super::SeqLock`], RCU); where
//! threads must be served in order ([`super::TicketLock`], [`super::QueuedLock`], at their price); in signal handlers.

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use super::raw::{RawMutex, Scope};
use crate::rseq::slice;

/// Data that one thread at a time may use.
pub struct Mutex<T: ?Sized> {
    raw: RawMutex,
    data: UnsafeCell<T>,
}

// SAFETY: the mutex hands the data to one thread at a time, so it may go from thread to thread as T itself may.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: as above: `lock` is the only way to the data through a shared reference.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

/// The right to use the data; ends when it is dropped.
#[must_use = "the mutex is unlocked at once if the guard is not kept"]
pub struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
    /// Not Send: unlocking is the locking thread's business.
    stays: PhantomData<*mut ()>,
}

// SAFETY: a shared guard gives shared references to the data only.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<T> Mutex<T> {
    /// A free mutex.
    #[must_use]
    pub const fn new(data: T) -> Self {
        Self { raw: RawMutex::new(), data: UnsafeCell::new(data) }
    }

    /// The data, without the mutex.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Takes the right to use the data, sleeping while another thread has it.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.raw.lock(Scope::Private);
        MutexGuard { mutex: self, stays: PhantomData }
    }

    /// As [`Mutex::lock`], if no other thread has it.
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.raw.try_lock().then(|| MutexGuard { mutex: self, stays: PhantomData })
    }

    /// Takes the right to use the data for as long as `hold` takes, which should be under a microsecond: meanwhile the kernel is asked not to preempt
    /// this thread, where it grants such wishes (Linux 7.0), so that nobody waits for one who does not run. Elsewhere: as [`Mutex::lock`].
    #[inline]
    pub fn with<R>(&self, hold: impl FnOnce(&mut T) -> R) -> R {
        let _until_unlocked = slice::extend();
        hold(&mut self.lock())
    }

    /// The data: nobody else can have the mutex.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    pub(super) fn raw(&self) -> &'a RawMutex {
        &self.mutex.raw
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard's thread holds the mutex.
        unsafe { &*self.mutex.data.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the guard's thread holds the mutex, and the guard is borrowed exclusively.
        unsafe { &mut *self.mutex.data.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: a guard exists only while the mutex is held.
        unsafe { self.mutex.raw.unlock(Scope::Private) }
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").field("locked", &self.raw.is_locked()).finish_non_exhaustive()
    }
}
