//! Quiescent-state-based reclamation: a reader is plain loads, and says once in a while that it holds nothing.
//!
//! ```text
//!   period    counts grace periods; 1 at first
//!   seen      of each reader: the period at its last quiescent state; 0: offline, holds nothing until it comes back
//! ```
//! 1. A quiescent state: `now = period` (Acquire), `seen = now` (Release). Whatever was loaded before it was loaded before `seen` changed, and what
//!    is loaded after it is as new as `now`.
//! 2. A grace period: `++period`, full fence, then wait until each reader has `seen == period` or is offline.
//! 3. Coming back: `seen = period`, full fence, then loads. Against 2: either the updater sees the reader, or the reader loads what is new.
//!
//! Price: of a read, nothing; of a quiescent state, two loads and a compare while no grace period has begun, and a store else; of
//! a grace period, no system call if the readers are quick, and a look at every registered reader's cache line.
//!
//! Source: McKenney and Slingwine's patent (1998) named it; the states follow "User-level implementations of read-copy update" (2012).

use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering, fence};

use super::grace::{Flavour, Grace, GracePeriods};
use crate::arch::CACHE_LINE;
use crate::sys::Errno;
use crate::sys::memory::{self, MapFlags, Protection};

/// Registered readers and the updaters that wait for them: [`GracePeriods`] says how.
#[derive(Debug)]
pub struct Qsbr {
    period: AtomicUsize,
    grace: Grace,
    /// The newest chunk. Chunks are only ever added; each knows the one before it.
    chunks: AtomicPtr<Chunk>,
}

/// Room for some readers: one mapping.
#[repr(C)]
struct Chunk {
    older: *mut Chunk,
    slots: [Slot; SLOTS],
}

/// One reader's line.
#[repr(C, align(128))]
struct Slot {
    /// 0: offline.
    seen: AtomicUsize,
    /// 1: a [`Reader`] has it.
    taken: AtomicUsize,
}

/// Slots of a chunk: with the link, one OS page of 4 KiB.
const SLOTS: usize = 4096 / CACHE_LINE - 1;

const _: () = assert!(size_of::<Slot>() == CACHE_LINE && size_of::<Chunk>() == 4096);

/// The negative controls build without the fences (`dacapo_broken`), or say that they hold nothing without ordering it.
const FENCED: bool = cfg!(not(dacapo_broken = "qsbr_no_fence"));
const QUIET: Ordering = if cfg!(dacapo_broken = "qsbr_relaxed_quiescent") { Relaxed } else { Release };

// SAFETY: slots are atomics; the list of chunks only grows, by compare-and-exchange, until `drop`.
unsafe impl Send for Qsbr {}
// SAFETY: as above.
unsafe impl Sync for Qsbr {}

/// A thread's registration. References that it hands out end before [`Reader::quiescent`], because that borrows it exclusively.
///
/// Online from the start: a registered thread that goes to sleep for long should be [offline](Reader::offline) meanwhile.
#[derive(Debug)]
pub struct Reader<'a> {
    pub(super) domain: &'a Qsbr,
    slot: NonNull<Slot>,
    /// Not Sync: two threads would share one quiescent state. Send: what it protects follows it.
    alone: PhantomData<core::cell::Cell<()>>,
}

// SAFETY: the slot is atomics; the one who has the registration has all that it protects, in whatever thread.
unsafe impl Send for Reader<'_> {}

impl Qsbr {
    /// Without readers.
    #[must_use]
    pub const fn new() -> Self {
        Self { period: AtomicUsize::new(1), grace: Grace::new(), chunks: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Makes the caller a reader, online.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn register(&self) -> Result<Reader<'_>, Errno> {
        loop {
            let newest = self.chunks.load(Acquire); // Acquire: pairs with Release below: the chunk's link
            if let Some(slot) = slots_from(newest).find(|slot| {
                // Acquire: pairs with Release in `drop`: the slot's last owner is done with it.
                slot.taken.load(Relaxed) == 0 && slot.taken.compare_exchange(0, 1, Acquire, Relaxed).is_ok()
            }) {
                let reader = Reader { domain: self, slot: NonNull::from(slot), alone: PhantomData };
                reader.come_online();
                return Ok(reader);
            }
            let chunk = memory::map(size_of::<Chunk>(), Protection::READ_WRITE, MapFlags::EMPTY)?.cast::<Chunk>();
            // SAFETY: a fresh mapping, zeroed: every slot free and offline.
            unsafe { (*chunk).older = newest };
            // Release: pairs with Acquire of whoever walks the list.
            if self.chunks.compare_exchange(newest, chunk, Release, Relaxed).is_err() {
                // SAFETY: nobody else has seen the mapping.
                let _ = unsafe { memory::unmap(chunk.cast(), size_of::<Chunk>()) }; // a whole mapping: cannot fail
            }
        }
    }

    fn slots(&self) -> impl Iterator<Item = &Slot> {
        slots_from(self.chunks.load(Acquire)) // Acquire: pairs with Release in `register`
    }

    /// In a forked child, before it does anything else with the domain: forgets all readers but `own`.
    ///
    /// # Safety
    /// The child has one thread, and `own` is its registration if it has one.
    pub unsafe fn after_fork_in_child(&self, own: Option<&Reader<'_>>) {
        for slot in self.slots() {
            if own.is_none_or(|own| !ptr::eq(own.slot.as_ptr(), slot)) {
                slot.seen.store(0, Relaxed);
                slot.taken.store(0, Relaxed);
            }
        }
        // SAFETY: one thread, by our contract.
        unsafe { self.grace.reset() };
    }
}

/// The slots of a chunk and all older ones.
fn slots_from<'a>(newest: *mut Chunk) -> impl Iterator<Item = &'a Slot> {
    // SAFETY: chunks are unmapped by `drop` only, and links are written before they are published.
    let chunks = core::iter::successors(unsafe { newest.as_ref() }, |chunk| unsafe { chunk.older.as_ref() });
    chunks.flat_map(|chunk| &chunk.slots)
}

impl Default for Qsbr {
    fn default() -> Self {
        Self::new()
    }
}

impl Flavour for Qsbr {
    fn grace(&self) -> &Grace {
        &self.grace
    }

    fn begin(&self) {
        // Release: pairs with Acquire in `quiescent`: what was stored before this period is seen after that quiescent state.
        self.period.fetch_add(1, Release);
        if FENCED {
            fence(SeqCst); // pairs with `come_online`
        }
    }

    fn is_over(&self) -> bool {
        let period = self.period.load(Relaxed); // Relaxed: only who runs periods changes it
        self.slots().all(|slot| {
            let seen = slot.seen.load(Acquire); // Acquire: pairs with Release in `quiescent`: the reader's loads are done
            seen == 0 || seen == period
        })
    }

    fn end(&self) {}
}

impl Reader<'_> {
    fn slot(&self) -> &Slot {
        // SAFETY: the slot lies in a chunk of the domain, which outlives `self`.
        unsafe { self.slot.as_ref() }
    }

    /// Says that this reader holds nothing of what it has loaded so far. Wait-free. Price while no grace period has begun: two loads, one branch.
    #[inline]
    pub fn quiescent(&mut self) {
        let now = self.domain.period.load(Acquire); // Acquire: pairs with Release in `begin`
        let slot = self.slot();
        if slot.seen.load(Relaxed) != now {
            slot.seen.store(now, QUIET); // Release: our loads come before; pairs with Acquire in `is_over`
        }
    }

    /// Runs `body` offline: grace periods do not wait for this reader, which must not use what it loaded before or load anew. For sleeping, waiting
    /// and `synchronize`.
    pub fn offline<R>(&mut self, body: impl FnOnce() -> R) -> R {
        self.slot().seen.store(0, Release); // Release: as in `quiescent`
        let result = body();
        self.come_online();
        result
    }

    /// [`GracePeriods::synchronize`] for a reader.
    pub fn synchronize(&mut self) {
        let domain = self.domain;
        self.offline(|| domain.synchronize());
    }

    fn come_online(&self) {
        let now = self.domain.period.load(Acquire); // Acquire: as in `quiescent`
        self.slot().seen.store(now, Relaxed);
        if FENCED {
            fence(SeqCst); // pairs with `begin`: seen, or loads what is new
        }
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.slot().seen.store(0, Release); // Release: as in `quiescent`
        self.slot().taken.store(0, Release); // Release: pairs with Acquire in `register`
    }
}

impl Drop for Qsbr {
    fn drop(&mut self) {
        let mut chunk = *self.chunks.get_mut();
        while !chunk.is_null() {
            // SAFETY: a chunk of ours, whose readers, which borrow the domain, are gone.
            unsafe {
                let older = (*chunk).older;
                let _ = memory::unmap(chunk.cast(), size_of::<Chunk>()); // a whole mapping: cannot fail
                chunk = older;
            }
        }
    }
}
