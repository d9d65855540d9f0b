//! A pointer that updaters publish and readers follow.

use core::fmt;
use core::ptr;
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use super::{Guard, qsbr};

/// A proof that the caller is in a read section, of whatever flavour.
pub trait ReadSection: sealed::Sealed {
    /// Where the domain lies that it is a section of: structures that belong to a domain compare it.
    fn domain(&self) -> *const ();
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Guard<'_> {}
    impl Sealed for super::qsbr::Reader<'_> {}
    impl Sealed for super::Unchecked {}
}

impl ReadSection for Guard<'_> {
    #[inline(always)]
    fn domain(&self) -> *const () {
        ptr::from_ref(self.domain).cast()
    }
}

impl ReadSection for qsbr::Reader<'_> {
    #[inline(always)]
    fn domain(&self) -> *const () {
        ptr::from_ref(self.domain).cast()
    }
}

/// The word of somebody who knows that there is a read section of the right domain: one by [`Domain::enter_raw`](super::Domain::enter_raw), or the lock that keeps
/// updaters out.
#[derive(Debug)]
pub struct Unchecked(());

impl Unchecked {
    /// Only for functions that are unsafe themselves; those that compare domains refuse it.
    ///
    /// # Safety
    /// As long as it lives, the caller is in a read section of the domain that it is used for, or keeps updaters out.
    #[must_use]
    pub const unsafe fn new() -> Self {
        Self(())
    }
}

impl ReadSection for Unchecked {
    fn domain(&self) -> *const () {
        ptr::null()
    }
}

/// A pointer that updaters publish and readers follow; null or to a `T`. One word.
///
/// It owns nothing: an updater takes the old pointee away, waits for a grace period, and frees it.
#[repr(transparent)]
pub struct Pointer<T> {
    word: AtomicPtr<T>,
}

impl<T> Pointer<T> {
    /// Null.
    #[must_use]
    pub const fn null() -> Self {
        Self::new(ptr::null_mut())
    }

    /// To `target`, or null.
    #[must_use]
    pub const fn new(target: *mut T) -> Self {
        Self { word: AtomicPtr::new(target) }
    }

    /// What it points to, for as long as the read section lasts: the kernel's `rcu_dereference`.
    ///
    /// # Safety
    /// The pointee may be shared by threads, and whoever publishes it keeps it valid, and unchanged but for atomics, until a grace period of the section's own domain has passed
    /// after it was taken away.
    #[inline(always)]
    pub unsafe fn load<'g>(&self, _section: &'g impl ReadSection) -> Option<&'g T> {
        // SAFETY: as our contract says. Acquire: pairs with Release in `store` and `swap`: the pointee was complete before.
        unsafe { self.word.load(Acquire).as_ref() }
    }

    /// The bare pointer, for updaters, who know by their own lock that it stays.
    #[inline]
    #[must_use]
    pub fn get(&self) -> *mut T {
        self.word.load(Relaxed)
    }

    /// Publishes `target`, complete as it is: the kernel's `rcu_assign_pointer`.
    #[inline]
    pub fn store(&self, target: *mut T) {
        self.word.store(target, Release); // Release: pairs with `load`
    }

    /// Publishes `target` and returns what was there: free it after a grace period.
    #[inline]
    #[must_use = "the old pointee is leaked if nobody frees it"]
    pub fn swap(&self, target: *mut T) -> *mut T {
        self.word.swap(target, AcqRel) // as `store`, and the old pointee is ours to look at
    }

    /// Publishes `new` if `current` is still there.
    ///
    /// # Errors
    /// What is there instead.
    #[inline]
    pub fn compare_exchange(&self, current: *mut T, new: *mut T) -> Result<*mut T, *mut T> {
        self.word.compare_exchange(current, new, AcqRel, Acquire) // as `swap`
    }
}

impl<T> Default for Pointer<T> {
    fn default() -> Self {
        Self::null()
    }
}

impl<T> fmt::Debug for Pointer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pointer").field(&self.get()).finish()
    }
}
