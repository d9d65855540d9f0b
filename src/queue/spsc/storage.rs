//! Where a ring lies: in memory of the user's, or in a mapping of its own.

use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::shared::Shared;
use super::{Consumer, Producer};
use crate::queue::fences::Fences;
use crate::sync::atomic::Slot;

/// Memory for a ring of `N` messages, a power of two: a local, a static, a field.
#[derive(Debug)]
pub struct Storage<T, F, const N: usize> {
    shared: MaybeUninit<Shared<T, F>>,
    slots: [Slot<T>; N],
}

impl<T, F: Fences, const N: usize> Storage<T, F, N> {
    /// Memory without a ring.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "it is memory, not a value")]
    pub fn new() -> Self {
        const { assert!(N.is_power_of_two(), "a ring's capacity is a power of two") };
        Self { shared: MaybeUninit::uninit(), slots: core::array::from_fn(|_| Slot::empty()) }
    }

    /// Both ends of a new, empty ring in this memory.
    pub fn split(&mut self, fences: F) -> (Producer<'_, T, F>, Consumer<'_, T, F>) {
        let shared = NonNull::from(self.shared.write(Shared::new(self.slots.as_ptr(), N - 1, fences, None)));
        // SAFETY: a new ring has no ends yet, and counts two; the borrow keeps the memory.
        unsafe { (Producer::new(shared), Consumer::new(shared)) }
    }
}
