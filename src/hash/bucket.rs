//! A bucket: one word that says everything of its slots, and the slots.
//!
//! ```text
//!   meta    | flags | tag 6 | ... | tag 1 | tag 0 |      one byte each; the flags: MORE, MOVED, and the twin
//!   next    the bucket that follows if MORE
//!   slots   entry 0 ... entry N - 1
//!
//!   tag   EMPTY ---> 2..=255 ---> DEAD ---> EMPTY
//!               entry, then     removed    after a grace period: the entry is dropped
//!               the tag
//! ```
//! Twin: slot k's entry has also come back to slot m of the bucket before, and will go as soon as nobody can have looked there in vain. Three bits each: k + 1, or 0, and m.
//!
//! A reader loads `meta` once and looks only at slots whose tag is eight bits of its own hash; an entry does not change as long as somebody may look at it. One
//! store of `meta` takes one entry out and puts another in: that is how a key is replaced without being away for a moment.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicPtr, AtomicU64};

/// The slot was never used, or may be used again.
pub(super) const EMPTY: u8 = 0;
/// The slot's entry was removed; readers may still look at it.
pub(super) const DEAD: u8 = 1;
/// The chain goes on.
pub(super) const MORE: u64 = 1 << 56;
/// What was here is found in the array that succeeds this one.
pub(super) const MOVED: u64 = 1 << 57;
/// Where the twin's bits begin.
const TWIN: u32 = 58;
const TWIN_BITS: u64 = 0x3f << TWIN;

/// The negative control publishes tags before entries.
const PUBLISH: Ordering = if cfg!(dacapo_broken = "hash_relaxed_publish") { Relaxed } else { Release };

/// A one in each byte that is a tag.
pub(super) const ONES: u64 = 0x0001_0101_0101_0101;
const TOPS: u64 = ONES << 7;

/// Room for N entries, N at most 7. Writers change it under their shard's lock.
#[repr(C, align(64))]
pub(super) struct Bucket<E, const N: usize> {
    meta: AtomicU64,
    next: AtomicPtr<Bucket<E, N>>,
    slots: [UnsafeCell<MaybeUninit<E>>; N],
}

/// The tag of a hash: one of the 254 that mean an entry.
#[inline(always)]
pub(super) fn tag(mixed: u64) -> u8 {
    let byte = (mixed >> 24) as u8;
    byte | (u8::from(byte < 2) << 1)
}

/// A tag in the place of each slot's.
#[inline(always)]
pub(super) fn in_each(tag: u8) -> u64 {
    u64::from(tag) * ONES
}

/// The slots that may have this tag, as a set of their bytes' top bits. Never a slot that is empty or dead: the only false ones differ in the lowest bit.
#[inline(always)]
pub(super) fn candidates(meta: u64, tag: u8) -> u64 {
    let differences = meta ^ in_each(tag);
    differences.wrapping_sub(ONES) & !differences & TOPS
}

/// The tag of slot `n`.
pub(super) fn tag_at(meta: u64, n: usize) -> u8 {
    (meta >> (8 * n)) as u8
}

/// The word with another tag for slot `n`.
pub(super) fn with_tag(meta: u64, n: usize, tag: u8) -> u64 {
    meta & !(0xff << (8 * n)) | u64::from(tag) << (8 * n)
}

/// The twin's slot, and its entry's other one, in the bucket before.
pub(super) fn twin(meta: u64) -> Option<(usize, usize)> {
    let bits = (meta >> TWIN) as usize;
    (bits & 7).checked_sub(1).map(|slot| (slot, bits >> 3))
}

/// The word with a twin.
pub(super) fn with_twin(meta: u64, slot: usize, home: usize) -> u64 {
    without_twin(meta) | (((slot as u64 + 1) | ((home as u64) << 3)) << TWIN)
}

/// The word without one.
pub(super) fn without_twin(meta: u64) -> u64 {
    meta & !TWIN_BITS
}

/// The slot, as [`candidates`] has them, whose entry a reader who sees `meta` has met already, in the bucket before, where it saw `before`.
#[inline(always)]
pub(super) fn seen(before: u64, meta: u64) -> u64 {
    match twin(meta) {
        Some((slot, home)) if tag_at(before, home) > DEAD => 0x80 << (8 * slot),
        _ => 0,
    }
}

/// Whether slot `n` is an entry's only one: neither empty nor dead, and no twin. For writers, to whom the bucket before shows the other.
pub(super) fn is_entry(meta: u64, n: usize) -> bool {
    tag_at(meta, n) > DEAD && twin(meta).is_none_or(|(slot, _)| slot != n)
}

impl<E, const N: usize> Bucket<E, N> {
    /// Where they lie, for [`probe`](super::probe).
    pub(super) const NEXT_AT: usize = core::mem::offset_of!(Self, next);
    pub(super) const SLOTS_AT: usize = core::mem::offset_of!(Self, slots);

    #[inline(always)]
    pub(super) fn meta(&self) -> u64 {
        self.meta.load(Acquire) // Acquire: pairs with Release in `publish`: the entries, and what lies behind MORE and MOVED
    }

    /// Makes `meta` what readers see, and all that was written before.
    pub(super) fn publish(&self, meta: u64) {
        self.meta.store(meta, PUBLISH);
    }

    /// The bucket that follows, if there ever was one; readers go there only if `meta` says MORE.
    #[inline(always)]
    pub(super) fn next(&self) -> *mut Bucket<E, N> {
        self.next.load(Relaxed) // Relaxed: written before MORE was published, and never changed after that
    }

    pub(super) fn set_next(&self, next: *mut Bucket<E, N>) {
        self.next.store(next, Relaxed); // as above
    }

    /// The entry in slot `n`.
    ///
    /// # Safety
    /// The caller has seen a tag there that means an entry, and is in the read section in which it saw it, or has the shard's lock.
    #[inline(always)]
    pub(super) unsafe fn entry(&self, n: usize) -> &E {
        debug_assert!(n < N);
        // SAFETY: `n` has a tag, so it is a slot, and the entry was complete before the tag was. It stays for a grace period after the tag is gone.
        unsafe { (*self.slots.get_unchecked(n).get()).assume_init_ref() }
    }

    /// The first empty slot. Without a branch for each, which no CPU foresees.
    pub(super) fn room(meta: u64) -> Option<usize> {
        let empty = candidates(meta, EMPTY) & const { (1 << (8 * N)) - 1 }; // false ones lie above a true one
        (empty != 0).then(|| empty.trailing_zeros() as usize / 8)
    }

    /// Puts an entry into slot `n`; nobody sees it before its tag is published.
    ///
    /// # Safety
    /// The slot is empty; the caller has the shard's lock.
    pub(super) unsafe fn fill(&self, n: usize, entry: E) {
        // SAFETY: nobody looks at an empty slot.
        unsafe { (*self.slots[n].get()).write(entry) };
    }

    /// Drops the entry of slot `n` and makes the slot empty.
    ///
    /// # Safety
    /// There is one, alive or dead, and no reader can be looking at it; the caller has the shard's lock.
    pub(super) unsafe fn clear(&self, n: usize) {
        self.publish(with_tag(self.meta.load(Relaxed), n, EMPTY)); // who reads this word finds the other slots' entries by it
        // SAFETY: it was filled, and the tag that said so is gone.
        unsafe { (*self.slots[n].get()).assume_init_drop() };
    }

    /// [`Bucket::clear`] for every slot that has an entry.
    ///
    /// # Safety
    /// As there.
    pub(super) unsafe fn clear_all(&self) {
        for n in 0..N {
            if tag_at(self.meta.load(Relaxed), n) != EMPTY {
                // SAFETY: it has an entry.
                unsafe { self.clear(n) };
            }
        }
    }
}

/// Where a writer is: a bucket of a chain, and what comes after it.
pub(super) struct Chain<'a, E, const N: usize>(Option<&'a Bucket<E, N>>);

impl<'a, E, const N: usize> Chain<'a, E, N> {
    /// The chain that begins with this bucket.
    pub(super) fn from(bucket: &'a Bucket<E, N>) -> Self {
        Self(Some(bucket))
    }
}

impl<'a, E, const N: usize> Iterator for Chain<'a, E, N> {
    type Item = &'a Bucket<E, N>;

    fn next(&mut self) -> Option<Self::Item> {
        let bucket = self.0?;
        // SAFETY: a bucket that was chained lives as long as its array.
        self.0 = if bucket.meta() & MORE == 0 { None } else { unsafe { bucket.next().as_ref() } };
        Some(bucket)
    }
}
