//! A double word whose low half is looked at alone. loom has no accesses of mixed size: a look at the half is one at the whole.

use loom::sync::atomic::Ordering;

#[derive(Debug)]
#[repr(transparent)]
pub struct AtomicU64(loom::sync::atomic::AtomicU64);

impl AtomicU64 {
    pub fn new(value: u64) -> Self {
        Self(loom::sync::atomic::AtomicU64::new(value))
    }

    /// Where it lies; nobody reads there but through [`AtomicU32::from_ptr`].
    pub fn as_ptr(&self) -> *mut Self {
        (&raw const *self).cast_mut()
    }

    pub fn load(&self, order: Ordering) -> u64 {
        self.0.load(order)
    }

    pub fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
        self.0.fetch_add(value, order)
    }

    pub fn compare_exchange(&self, expected: u64, new: u64, ok: Ordering, not: Ordering) -> Result<u64, u64> {
        self.0.compare_exchange(expected, new, ok, not)
    }
}

/// The low half.
#[derive(Debug)]
#[repr(transparent)]
pub struct AtomicU32(AtomicU64);

impl AtomicU32 {
    /// # Safety
    /// From [`AtomicU64::as_ptr`].
    pub unsafe fn from_ptr<'a>(word: *mut Self) -> &'a Self {
        // SAFETY: the whole word, which is laid out as this.
        unsafe { &*word }
    }

    pub fn load(&self, order: Ordering) -> u32 {
        self.0.load(order) as u32
    }
}
