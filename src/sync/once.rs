//! Something that happens once, and a value that is made once.

use core::cell::UnsafeCell;
use core::fmt;
use core::mem::MaybeUninit;

use super::raw::{RawOnce, Scope};

/// Something that happens once.
#[derive(Debug, Default)]
pub struct Once {
    raw: RawOnce,
}

impl Once {
    /// It has not happened.
    #[must_use]
    pub const fn new() -> Self {
        Self { raw: RawOnce::new() }
    }

    /// Makes it happen, or waits until the thread that is at it is done. `action` must not come back here: that never returns.
    #[inline]
    pub fn call_once(&self, action: impl FnOnce()) {
        self.raw.call(Scope::Private, action);
    }

    /// Whether it has happened.
    #[inline]
    #[must_use]
    pub fn is_completed(&self) -> bool {
        self.raw.is_done()
    }
}

/// A value that is made once, by whoever needs it first. Price of a look afterwards: one load and one branch.
pub struct OnceCell<T> {
    once: RawOnce,
    /// Initialised exactly when `once` is done.
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: the value is made in one thread and may be dropped in another.
unsafe impl<T: Send> Send for OnceCell<T> {}
// SAFETY: as above, and afterwards all threads share it.
unsafe impl<T: Send + Sync> Sync for OnceCell<T> {}

impl<T> OnceCell<T> {
    /// No value yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { once: RawOnce::new(), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// The value, if it has been made.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        // SAFETY: done means initialised, and nobody writes it again.
        self.once.is_done().then(|| unsafe { (*self.value.get()).assume_init_ref() })
    }

    /// The value; `make` makes it if nobody has, while others wait. `make` must not come back here: that never returns.
    #[inline]
    pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        self.once.call(Scope::Private, || {
            // SAFETY: the one thread that is at it writes before anyone may read.
            unsafe { (*self.value.get()).write(make()) };
        });
        // SAFETY: `call` has returned: it is done.
        unsafe { (*self.value.get()).assume_init_ref() }
    }

    /// Puts a value in.
    ///
    /// # Errors
    /// There was one: the new one comes back.
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.once.call(Scope::Private, || {
            if let Some(value) = value.take() {
                // SAFETY: as in `get_or_init`.
                unsafe { (*self.value.get()).write(value) };
            }
        });
        value.map_or(Ok(()), Err)
    }
}

impl<T> Drop for OnceCell<T> {
    fn drop(&mut self) {
        if self.once.is_done() {
            // SAFETY: done means initialised, and this is the only reference.
            unsafe { self.value.get_mut().assume_init_drop() }
        }
    }
}

impl<T> Default for OnceCell<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnceCell").field(&self.get()).finish()
    }
}
