//! The atomics and cells of the protocols that a model checker runs through: `tests/models` compiles the same source files with a module of this
//! name over loom's types.

pub use core::sync::atomic::Ordering;
pub use core::sync::atomic::{AtomicU32, AtomicUsize};

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

/// Room for one value, which an index elsewhere says is there or not.
#[repr(transparent)]
#[derive(Debug)]
pub struct Slot<T>(UnsafeCell<MaybeUninit<T>>);

impl<T> Slot<T> {
    /// Nothing in it.
    #[must_use]
    pub const fn empty() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// Puts a value in.
    ///
    /// # Safety
    /// It is the caller's turn to write the slot.
    #[inline(always)]
    pub unsafe fn write(&self, value: T) {
        // SAFETY: nobody else touches the slot meanwhile.
        unsafe { (*self.0.get()).write(value) };
    }

    /// Takes the value out.
    ///
    /// # Safety
    /// It is the caller's turn to read the slot, it holds a value, and nobody takes it a second time.
    #[inline(always)]
    pub unsafe fn read(&self) -> T {
        // SAFETY: nobody else touches the slot meanwhile, and it was written.
        unsafe { (*self.0.get()).assume_init_read() }
    }
}

/// Writes `values` into the `values.len()` slots from `slots` on.
///
/// # Safety
/// They are there, and it is the caller's turn to write them.
#[inline]
pub unsafe fn write_all<T: Copy>(slots: *const Slot<T>, values: &[T]) {
    // SAFETY: a slot is laid out as its value; the turn is the caller's.
    unsafe {
        core::ptr::copy_nonoverlapping(
            values.as_ptr(),
            UnsafeCell::raw_get(slots.cast::<UnsafeCell<T>>()),
            values.len(),
        )
    };
}

/// Reads `values.len()` slots from `slots` on.
///
/// # Safety
/// They are there and hold values, and it is the caller's turn to read them.
#[inline]
pub unsafe fn read_all<T: Copy>(slots: *const Slot<T>, values: &mut [T]) {
    // SAFETY: as in `write_all`.
    unsafe { core::ptr::copy_nonoverlapping(slots.cast::<T>(), values.as_mut_ptr(), values.len()) };
}
