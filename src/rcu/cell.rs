//! A value that is read all the time and replaced now and then: what arc-swap does, at the price of one section a load.
//!
//! ```text
//!   slots     room for SLOTS versions of the value, in the cell itself
//!   active    the slot whose version is current: the colour that readers count with (see `readers`)
//! ```
//! 1. [`RcuCell::load`] is one section: it reads `active` and counts a reference to that slot. The reference is the address and the count.
//! 2. [`RcuCell::store`] writes the new version into a free slot, then turns `active` to it. The turn's fence restarts every section in flight,
//!    so from then on nobody gets a reference to the old version: that membarrier is the whole grace period of loads.
//! 3. A slot is free again when as many references were dropped as were counted. Its value is dropped then, by whoever stores or reclaims next.
//!
//! # Guarantees
//! A. Loads are wait-free and async-signal-safe; they never wait for a store, and a store never waits for loads.
//! B. A store waits only if all other slots still have readers: [`SLOTS`] - 1 versions that somebody holds on to. Memory is bounded by that.
//! C. A reference stays valid as long as it lives, in whatever thread, and shows one version for ever.
//! D. Loads of one thread never go back to an older version; a load that begins after a store has returned finds that version or a newer one.
//! E. Old versions are dropped in the thread that stores, reclaims or drops the cell, not in a reader.
//!
//! After a fork, references of the parent's other threads stay counted in the child: their slots are lost there.
//!
//! Price: a load 9 instructions on x86-64 and a check, its drop a check and a store, and the loads of their operands; while another reference of the cell is held on
//! the same CPU, two sections more. A store: one membarrier (on AArch64 three) and a lock.

use core::cell::UnsafeCell;
use core::fmt;
use core::mem::MaybeUninit;
use core::ops::Deref;

use super::grace::{Patience, wait_until};
use super::readers::{Readers, Token};
use crate::sync::Mutex;
use crate::sys::Errno;

/// Versions that a cell has room for, the current one included.
pub const SLOTS: usize = 4;

/// A value that is read all the time and replaced now and then.
pub struct RcuCell<T> {
    readers: Readers<SLOTS>,
    slots: [Slot<T>; SLOTS],
    /// Who stores.
    store: Mutex<Store>,
}

struct Slot<T> {
    value: UnsafeCell<MaybeUninit<T>>,
}

/// What each slot is: `full` holds for the active slot and for those that may still have readers.
struct Store {
    full: [bool; SLOTS],
}

// SAFETY: the cell owns its versions and hands out shared references; old versions are dropped wherever the next store happens.
unsafe impl<T: Send + Sync> Sync for RcuCell<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for RcuCell<T> {}

/// A reference to one version. May be sent to another thread. If it is forgotten, its slot is lost.
#[must_use = "the reference is given back at once if it is not kept"]
pub struct Ref<'a, T> {
    cell: &'a RcuCell<T>,
    token: Token,
}

impl<T> RcuCell<T> {
    /// With a first version.
    ///
    /// # Errors
    /// ENOMEM: the value is dropped.
    pub fn new(value: T) -> Result<RcuCell<T>, Errno> {
        let readers = Readers::<SLOTS>::new()?;
        let mut slots = [const { Slot { value: UnsafeCell::new(MaybeUninit::uninit()) } }; SLOTS];
        slots[0].value.get_mut().write(value);
        let mut full = [false; SLOTS];
        full[0] = true;
        Ok(RcuCell { readers, slots, store: Mutex::new(Store { full }) })
    }

    /// The current version. Wait-free; async-signal-safe.
    #[inline]
    pub fn load(&self) -> Ref<'_, T> {
        Ref { cell: self, token: self.readers.enter() }
    }

    /// Makes `value` the current version. Waits for others who store, and for readers only if all other slots have some. Not in a signal
    /// handler; not while the caller holds references to [`SLOTS`] - 1 old versions; not while a version is dropped, which happens with the lock held.
    pub fn store(&self, value: T) {
        self.store_into(&mut self.store.lock(), value);
    }

    /// Makes what `change` says of the current version the current one; nobody else stores in between. As [`RcuCell::store`] otherwise; `change` must
    /// not store into this cell.
    pub fn update(&self, change: impl FnOnce(&T) -> T) {
        let mut store = self.store.lock();
        let value = change(&self.load());
        self.store_into(&mut store, value);
    }

    fn store_into(&self, store: &mut Store, value: T) {
        self.reclaim_into(store);
        wait_until(|| store.full.iter().any(|full| !full) || self.reclaim_into(store) > 0, Patience::Sleep);
        let next = store.full.iter().position(|full| !full).unwrap_or(0); // there is one
        // SAFETY: nobody has a reference to a slot that is not full, and only who has the lock fills one.
        unsafe { (*self.slots[next].value.get()).write(value) };
        store.full[next] = true;
        self.readers.turn(next);
        self.reclaim_into(store);
    }

    /// Drops old versions that have no reference any more; how many have some.
    pub fn reclaim(&self) -> usize {
        let mut store = self.store.lock();
        self.reclaim_into(&mut store);
        store.full.iter().filter(|full| **full).count() - 1
    }

    /// Drops what can be dropped; how many.
    fn reclaim_into(&self, store: &mut Store) -> usize {
        let active = self.readers.active();
        let mut freed = 0;
        for n in 0..SLOTS {
            if store.full[n] && n != active && self.readers.have_left(n) {
                self.readers.quiesce();
                store.full[n] = false;
                freed += 1;
                // SAFETY: it is full, nobody can get a reference to a slot that is not active, and all who had one have dropped it.
                unsafe { (*self.slots[n].value.get()).assume_init_drop() };
            }
        }
        freed
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the slot was active when it was counted, so it is full, and stays so while the count says that we are here. The value was complete
        // before `active` named the slot, and the address depends on what we read there.
        unsafe { (*self.cell.slots[Readers::<SLOTS>::colour(self.token)].value.get()).assume_init_ref() }
    }
}

impl<T> Drop for Ref<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the token that `enter` gave; dropped once.
        unsafe { self.cell.readers.leave(self.token) }
    }
}

impl<T> Drop for RcuCell<T> {
    fn drop(&mut self) {
        let full = self.store.get_mut().full;
        for (slot, full) in self.slots.iter_mut().zip(full) {
            if full {
                // SAFETY: it is full, and references, which borrow the cell, are gone.
                unsafe { slot.value.get_mut().assume_init_drop() };
            }
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for RcuCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RcuCell").field(&*self.load()).finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
