//! Data that many threads may read, or one may change.

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use super::raw::{Preference, RawRwLock, Scope};

/// Data that many threads may read, or one may change. Waiting writers go before new readers: a thread must not read recursively.
pub struct RwLock<T: ?Sized> {
    raw: RawRwLock,
    data: UnsafeCell<T>,
}

// SAFETY: a writer has the data alone, so it may go from thread to thread as T itself may.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: as above, and readers of several threads share it, which T allows.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

/// The right to read; ends when it is dropped.
#[must_use = "the lock is released at once if the guard is not kept"]
pub struct ReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    stays: PhantomData<*mut ()>,
}

/// The right to read and change; ends when it is dropped.
#[must_use = "the lock is released at once if the guard is not kept"]
pub struct WriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    stays: PhantomData<*mut ()>,
}

// SAFETY: shared guards give shared references to the data only.
unsafe impl<T: ?Sized + Sync> Sync for ReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Sync> Sync for WriteGuard<'_, T> {}

impl<T> RwLock<T> {
    /// A free lock.
    #[must_use]
    pub const fn new(data: T) -> Self {
        Self { raw: RawRwLock::new(), data: UnsafeCell::new(data) }
    }

    /// The data, without the lock.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Takes the right to read, sleeping while a writer has or awaits the lock.
    #[inline]
    pub fn read(&self) -> ReadGuard<'_, T> {
        let _ = self.raw.read(Preference::Writers, None, Scope::Private); // without a deadline it cannot time out
        ReadGuard { lock: self, stays: PhantomData }
    }

    /// As [`RwLock::read`], if that needs no waiting.
    #[inline]
    pub fn try_read(&self) -> Option<ReadGuard<'_, T>> {
        self.raw.try_read(Preference::Writers).then(|| ReadGuard { lock: self, stays: PhantomData })
    }

    /// Takes the right to change, sleeping while anyone has the lock.
    #[inline]
    pub fn write(&self) -> WriteGuard<'_, T> {
        let _ = self.raw.write(None, Scope::Private); // without a deadline it cannot time out
        WriteGuard { lock: self, stays: PhantomData }
    }

    /// As [`RwLock::write`], if nobody has the lock.
    #[inline]
    pub fn try_write(&self) -> Option<WriteGuard<'_, T>> {
        self.raw.try_write().then(|| WriteGuard { lock: self, stays: PhantomData })
    }

    /// The data: nobody else can have the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }
}

impl<T: ?Sized> Deref for ReadGuard<'_, T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held for reading: nobody changes the data.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> Deref for WriteGuard<'_, T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held for writing.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for WriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held for writing, and the guard is borrowed exclusively.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for ReadGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: a read guard exists only while the lock is held for reading.
        unsafe { self.lock.raw.unlock_read(Scope::Private) }
    }
}

impl<T: ?Sized> Drop for WriteGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: a write guard exists only while the lock is held for writing.
        unsafe { self.lock.raw.unlock_write(Scope::Private) }
    }
}

impl<T: Default> Default for RwLock<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RwLock").field("written", &self.raw.is_written()).finish_non_exhaustive()
    }
}
