//! Values by key, one for each thread: C's `pthread_key_create` family with types.
//!
//! ```text
//!   KEYS[key]:       sequence (odd: in use), destructor
//!   thread.values:   32 entries in Control, 992 more in pages that the first high key maps; entry: (sequence, value)
//! ```
//! A value counts only if its sequence is the key's own: so a key that is deleted and made again reads as null in every thread, without
//! anybody visiting them.
//!
//! At a thread's end the destructors of values that are not null run, in up to four rounds, since a destructor may set values.

use core::cell::Cell;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::current;
use crate::sys::Errno;
use crate::sys::memory::{self, MapFlags, Protection};

/// Keys of a process.
pub const KEYS: usize = 1024;
/// Rounds of destructors.
const ROUNDS: usize = 4;
/// Entries in every Control; the rest is mapped.
const NEAR: usize = 32;

/// A destructor gets the value.
pub type Destructor = unsafe extern "C" fn(*mut ());

struct Slot {
    sequence: AtomicUsize,
    destructor: AtomicUsize,
}

static SLOTS: [Slot; KEYS] = [const { Slot { sequence: AtomicUsize::new(0), destructor: AtomicUsize::new(0) } }; KEYS];

/// A key of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(u32);

#[repr(C)]
struct Value {
    sequence: Cell<usize>,
    value: Cell<*mut ()>,
}

/// A thread's values. All zeros in a new thread.
pub struct Values {
    near: [Value; NEAR],
    far: Cell<*mut Value>,
    /// Whether any value was ever set: most threads end without looking through 1024 keys.
    used: Cell<bool>,
}

const FAR_BYTES: usize = (KEYS - NEAR) * size_of::<Value>();

impl Values {
    #[allow(clippy::declare_interior_mutable_const, reason = "a birth image: every use is a fresh copy")]
    pub(super) const NEW: Values = Values {
        near: [const { Value { sequence: Cell::new(0), value: Cell::new(ptr::null_mut()) } }; NEAR],
        far: Cell::new(ptr::null_mut()),
        used: Cell::new(false),
    };

    fn entry(&self, key: usize) -> Option<&Value> {
        if let Some(value) = self.near.get(key) {
            return Some(value);
        }
        let far = self.far.get();
        // SAFETY: `far` is null or KEYS - NEAR entries, and a key is below KEYS.
        (!far.is_null() && key < KEYS).then(|| unsafe { &*far.add(key - NEAR) })
    }

    pub(super) fn run_destructors(&self) {
        let mut round = 0;
        while self.used.get() && round < ROUNDS {
            self.used.set(false);
            for (key, slot) in SLOTS.iter().enumerate() {
                let Some(entry) = self.entry(key) else { break };
                let value = entry.value.replace(ptr::null_mut());
                let sequence = slot.sequence.load(Ordering::Acquire); // Acquire: pairs with `create`
                let destructor = slot.destructor.load(Ordering::Relaxed);
                if !value.is_null() && entry.sequence.get() == sequence && destructor != 0 {
                    // SAFETY: `create` stored a function of this type, to be called with this thread's value.
                    unsafe { core::mem::transmute::<usize, Destructor>(destructor)(value) };
                }
            }
            round += 1;
        }
    }

    /// Gives the far entries back.
    pub(super) fn unmap(&self) {
        let far = self.far.replace(ptr::null_mut());
        if !far.is_null() {
            // SAFETY: mapped by `set`, with this size; the thread has ended or is about to.
            let _ = unsafe { memory::unmap(far.cast(), FAR_BYTES) }; // a whole mapping: cannot fail
        }
    }
}

impl Key {
    /// A new key; null in every thread. `destructor` runs at each thread's end with its value, if that is not null.
    ///
    /// # Errors
    /// EAGAIN: all [`KEYS`] are in use.
    pub fn create(destructor: Option<Destructor>) -> Result<Key, Errno> {
        for (key, slot) in SLOTS.iter().enumerate() {
            let sequence = slot.sequence.load(Ordering::Relaxed);
            // Two steps would let a thread that ends in between run an old destructor on nothing: harmless, since no value has the new sequence.
            if sequence & 1 == 0
                && slot.sequence.compare_exchange(sequence, sequence + 1, Ordering::AcqRel, Ordering::Relaxed).is_ok()
            {
                slot.destructor.store(destructor.map_or(0, |function| function as usize), Ordering::Release);
                return Ok(Key(key as u32));
            }
        }
        Err(Errno::EAGAIN)
    }

    /// Gives the key up. Its values are forgotten, without destructors.
    ///
    /// # Errors
    /// EINVAL: it is not in use.
    pub fn delete(self) -> Result<(), Errno> {
        let slot = SLOTS.get(self.0 as usize).ok_or(Errno::EINVAL)?;
        let sequence = slot.sequence.load(Ordering::Relaxed);
        if sequence & 1 == 0 {
            return Err(Errno::EINVAL);
        }
        slot.destructor.store(0, Ordering::Relaxed);
        match slot.sequence.compare_exchange(sequence, sequence + 1, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => Ok(()),
            Err(_) => Err(Errno::EINVAL), // another thread deleted it first
        }
    }

    /// The calling thread's value; null if it has none. Async-signal-safe.
    #[inline]
    #[must_use]
    pub fn get(self) -> *mut () {
        let key = self.0 as usize;
        let Some(entry) = current().values.entry(key) else { return ptr::null_mut() };
        let Some(slot) = SLOTS.get(key) else { return ptr::null_mut() };
        // Relaxed: a key that another thread makes or deletes meanwhile is the program's race
        if entry.sequence.get() == slot.sequence.load(Ordering::Relaxed) { entry.value.get() } else { ptr::null_mut() }
    }

    /// Sets the calling thread's value.
    ///
    /// # Errors
    /// EINVAL: the key is not in use. ENOMEM: no memory for the entries of keys from 32 on.
    pub fn set(self, value: *mut ()) -> Result<(), Errno> {
        let key = self.0 as usize;
        let slot = SLOTS.get(key).ok_or(Errno::EINVAL)?;
        let sequence = slot.sequence.load(Ordering::Relaxed);
        if sequence & 1 == 0 {
            return Err(Errno::EINVAL);
        }
        let values = &current().values;
        if key >= NEAR && values.far.get().is_null() {
            if value.is_null() {
                return Ok(());
            }
            values.far.set(memory::map(FAR_BYTES, Protection::READ_WRITE, MapFlags::EMPTY)?.cast());
        }
        let entry = values.entry(key).ok_or(Errno::EINVAL)?;
        entry.sequence.set(sequence);
        entry.value.set(value);
        values.used.set(true);
        Ok(())
    }

    /// The key as C programs know it.
    #[must_use]
    pub fn raw(self) -> u32 {
        self.0
    }

    /// From [`Key::raw`]; a number that was never a key is refused by each use.
    #[must_use]
    pub fn from_raw(raw: u32) -> Key {
        Key(raw)
    }
}
