//! What `src/sync/atomic.rs` is to the library, over loom. Before each access, the thread may be interrupted by a membarrier.

use std::mem::MaybeUninit;

pub use loom::sync::atomic::Ordering;

use crate::fence::interrupt;
use crate::note;

macro_rules! atomic {
    ($name:ident, $value:ty) => {
        #[derive(Debug)]
        pub struct $name(loom::sync::atomic::$name);

        impl $name {
            pub fn new(value: $value) -> Self {
                Self(loom::sync::atomic::$name::new(value))
            }

            pub fn load(&self, order: Ordering) -> $value {
                interrupt();
                let found = self.0.load(order);
                note(|| format!("{:x} load found {found}", self.key()));
                found
            }

            pub fn store(&self, value: $value, order: Ordering) {
                interrupt();
                self.0.store(value, order);
                note(|| format!("{:x} = {value}", self.key()));
            }

            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                interrupt();
                let found = self.0.swap(value, order);
                note(|| format!("{:x} swap found {found}", self.key()));
                found
            }

            pub fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                interrupt();
                let found = self.0.fetch_add(value, order);
                note(|| format!("{:x} fetch_add found {found}", self.key()));
                found
            }

            pub fn fetch_sub(&self, value: $value, order: Ordering) -> $value {
                interrupt();
                let found = self.0.fetch_sub(value, order);
                note(|| format!("{:x} fetch_sub found {found}", self.key()));
                found
            }

            pub fn compare_exchange(
                &self,
                expected: $value,
                new: $value,
                ok: Ordering,
                not: Ordering,
            ) -> Result<$value, $value> {
                interrupt();
                let result = self.0.compare_exchange(expected, new, ok, not);
                note(|| format!("{:x} {expected} -> {new}: {result:?}", self.key()));
                result
            }

            /// The kernel's look at a futex word, between full fences.
            pub fn kernel_load(&self) -> $value {
                let found = self.0.fetch_add(0, Ordering::SeqCst);
                note(|| format!("{:x} futex found {found}", self.key()));
                found
            }

            /// What tells it from others in the notes.
            fn key(&self) -> usize {
                (&raw const *self).addr() & 0xfff
            }
        }
    };
}

atomic!(AtomicU32, u32);
atomic!(AtomicUsize, usize);

/// loom sees who reads and writes it, and whether one is ordered before the other.
#[derive(Debug)]
pub struct Slot<T>(loom::cell::UnsafeCell<MaybeUninit<T>>);

impl<T> Slot<T> {
    pub fn empty() -> Self {
        Self(loom::cell::UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// # Safety
    /// As in the library.
    pub unsafe fn write(&self, value: T) {
        interrupt();
        // SAFETY: loom checks that nobody else touches it.
        self.0.with_mut(|place| unsafe { (*place).write(value) });
    }

    /// # Safety
    /// As in the library.
    pub unsafe fn read(&self) -> T {
        interrupt();
        // SAFETY: loom checks that it was written before.
        self.0.with(|place| unsafe { (*place).assume_init_read() })
    }
}

/// # Safety
/// As in the library.
pub unsafe fn write_all<T: Copy>(slots: *const Slot<T>, values: &[T]) {
    for (index, value) in values.iter().enumerate() {
        // SAFETY: the caller's slots.
        unsafe { (*slots.add(index)).write(*value) };
    }
}

/// # Safety
/// As in the library.
pub unsafe fn read_all<T: Copy>(slots: *const Slot<T>, values: &mut [T]) {
    for (index, value) in values.iter_mut().enumerate() {
        // SAFETY: the caller's slots.
        *value = unsafe { (*slots.add(index)).read() };
    }
}
