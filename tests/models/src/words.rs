//! The library's atomics by address: as large as words are, so that layouts, zeroed mappings and arithmetic on addresses stay what they are in the library. What
//! is in them, loom has: an atomic for each address, made at the first access.
//!
//! Until a test says [`begin`], they are plain memory, so that what is made can still be moved. Whoever makes loom's must come before all who use it: after that,
//! a test goes through everything once before its threads begin.

use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use loom::sync::atomic;
pub use loom::sync::atomic::Ordering;

use crate::fence::interrupt;
use crate::note;

loom::lazy_static! {
    /// By address, for one execution; none before it has begun.
    static ref WORDS: Mutex<Option<HashMap<usize, Arc<atomic::AtomicUsize>>>> = Mutex::new(None);
}

/// From now on, words are loom's.
pub fn begin() {
    *WORDS.lock().expect("no panic") = Some(HashMap::new());
}

/// The execution is over for these words: what is left is taken apart by one thread.
pub fn end() {
    *WORDS.lock().expect("no panic") = None;
}

/// A fence like any other.
pub fn fence(order: Ordering) {
    atomic::fence(order);
}

pub trait Value: Copy {
    fn to(self) -> usize;
    fn from(word: usize) -> Self;
}

impl Value for usize {
    fn to(self) -> usize {
        self
    }
    fn from(word: usize) -> Self {
        word
    }
}

impl Value for u64 {
    fn to(self) -> usize {
        usize::try_from(self).expect("as wide here")
    }
    fn from(word: usize) -> Self {
        word as Self
    }
}

impl Value for bool {
    fn to(self) -> usize {
        self.into()
    }
    fn from(word: usize) -> Self {
        word != 0
    }
}

impl Value for u8 {
    fn to(self) -> usize {
        self.into()
    }
    fn from(word: usize) -> Self {
        word as Self
    }
}

impl Value for i64 {
    fn to(self) -> usize {
        self as usize
    }
    fn from(word: usize) -> Self {
        word as Self
    }
}

impl Value for u32 {
    fn to(self) -> usize {
        self as usize
    }
    fn from(word: usize) -> Self {
        word as Self
    }
}

impl<T> Value for *mut T {
    fn to(self) -> usize {
        self.expose_provenance()
    }
    fn from(word: usize) -> Self {
        std::ptr::with_exposed_provenance_mut(word)
    }
}

/// What memory holds until somebody stores.
#[derive(Debug)]
#[repr(transparent)]
pub struct Atomic<V>(UnsafeCell<V>);

// SAFETY: the memory itself is never changed.
unsafe impl<V> Sync for Atomic<V> {}
// SAFETY: as above.
unsafe impl<V> Send for Atomic<V> {}

pub type AtomicUsize = Atomic<usize>;
pub type AtomicU8 = Atomic<u8>;
pub type AtomicI64 = Atomic<i64>;
pub type AtomicU32 = Atomic<u32>;
pub type AtomicU64 = Atomic<u64>;
pub type AtomicBool = Atomic<bool>;
pub type AtomicPtr<T> = Atomic<*mut T>;

impl<V: Value> Atomic<V> {
    pub const fn new(first: V) -> Self {
        Self(UnsafeCell::new(first))
    }

    pub const fn as_ptr(&self) -> *mut V {
        self.0.get()
    }

    /// Loom's, or none before it has begun.
    fn word(&self) -> Option<Arc<atomic::AtomicUsize>> {
        let mut words = WORDS.lock().expect("no panic");
        let new = || {
            // SAFETY: nobody changes it any more.
            Arc::new(atomic::AtomicUsize::new(unsafe { *self.0.get() }.to()))
        };
        words.as_mut().map(|words| words.entry(self.0.get().addr()).or_insert_with(new).clone())
    }

    /// Before that, and after the end: `change` is given what memory holds, and what it returns is there then.
    fn plain(&self, change: impl FnOnce(V) -> V) -> V {
        // SAFETY: there is one thread.
        unsafe {
            let found = *self.0.get();
            *self.0.get() = change(found);
            found
        }
    }

    fn note(&self, what: &str, value: usize) {
        note(|| format!("{:x} {what} {value:x}", self.0.get().addr() & 0xfff));
    }

    pub fn get_mut(&mut self) -> &mut V {
        self.0.get_mut()
    }

    pub fn load(&self, order: Ordering) -> V {
        interrupt();
        self.load_here(order)
    }

    /// Without being interrupted before: in a section, which looks for itself.
    pub fn load_here(&self, order: Ordering) -> V {
        let Some(word) = self.word() else { return self.plain(|found| found) };
        let found = word.load(order);
        self.note("load found", found);
        V::from(found)
    }

    pub fn store(&self, value: V, order: Ordering) {
        interrupt();
        self.store_here(value, order);
    }

    /// As [`Atomic::load_here`].
    pub fn store_here(&self, value: V, order: Ordering) {
        let Some(word) = self.word() else {
            self.plain(|_| value);
            return;
        };
        word.store(value.to(), order);
        self.note("=", value.to());
    }

    pub fn swap(&self, value: V, order: Ordering) -> V {
        interrupt();
        let Some(word) = self.word() else { return self.plain(|_| value) };
        let found = word.swap(value.to(), order);
        self.note("swap found", found);
        V::from(found)
    }

    pub fn fetch_add(&self, value: V, order: Ordering) -> V {
        interrupt();
        let Some(word) = self.word() else { return self.plain(|found| V::from(found.to().wrapping_add(value.to()))) };
        let found = word.fetch_add(value.to(), order);
        self.note("fetch_add found", found);
        V::from(found)
    }

    pub fn fetch_sub(&self, value: V, order: Ordering) -> V {
        interrupt();
        let Some(word) = self.word() else { return self.plain(|found| V::from(found.to().wrapping_sub(value.to()))) };
        let found = word.fetch_sub(value.to(), order);
        self.note("fetch_sub found", found);
        V::from(found)
    }

    pub fn compare_exchange(&self, expected: V, new: V, ok: Ordering, not: Ordering) -> Result<V, V> {
        interrupt();
        let Some(word) = self.word() else {
            let found = self.plain(|found| if found.to() == expected.to() { new } else { found });
            return if found.to() == expected.to() { Ok(found) } else { Err(found) };
        };
        let result = word.compare_exchange(expected.to(), new.to(), ok, not);
        self.note("exchange found", result.unwrap_or_else(|found| found));
        result.map(V::from).map_err(V::from)
    }

    pub fn fetch_update(&self, ok: Ordering, not: Ordering, change: impl Fn(V) -> Option<V>) -> Result<V, V> {
        let mut found = self.load(not);
        while let Some(new) = change(found) {
            match self.compare_exchange(found, new, ok, not) {
                Ok(old) => return Ok(old),
                Err(other) => found = other,
            }
        }
        Err(found)
    }

    pub fn compare_exchange_weak(&self, expected: V, new: V, ok: Ordering, not: Ordering) -> Result<V, V> {
        self.compare_exchange(expected, new, ok, not)
    }

    /// The kernel's look at a futex word, between full fences.
    pub fn kernel_load(&self) -> V {
        self.fetch_add(V::from(0), Ordering::SeqCst)
    }
}
