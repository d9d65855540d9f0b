//! An array of buckets: its memory, and the word that names it.
//!
//! ```text
//!   | header | bucket 0 | bucket 1 | ...            word = address of bucket 0 | (63 - log2 of how many)
//! ```
//! So a reader has the place of its bucket after one load, of a line that hardly ever changes. Which bucket: the top bits of the mixed hash; so bucket `i` of an array
//! becomes buckets `2i` and `2i + 1` of one twice as large.

use core::marker::PhantomData;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::{Acquire, Relaxed};

use super::bucket::Bucket;
use crate::malloc;
use crate::rcu::PollState;
use crate::sys::memory::{self, Advice, MapFlags, Protection};

/// Names an array; copies name the same one.
pub(super) struct Array<E, const N: usize> {
    word: usize,
    entries: PhantomData<*mut E>,
}

/// What lies in front of the buckets.
#[repr(C)]
pub(super) struct Header {
    /// The word of the array that this one's entries move to, or 0.
    pub(super) successor: AtomicUsize,
    /// When nobody can have found it any more.
    pub(super) state: Option<PollState>,
    /// Buckets whose entries have been dropped.
    swept: usize,
    /// The word of the next one that waits for its end.
    pub(super) after: usize,
    /// The mapping that it lies in; 0 bytes: a block of the heap, which begins there.
    start: *mut u8,
    mapped: usize,
}

/// The low bits of a word: how far to shift.
pub(super) const SHIFT: usize = 63;
/// 128 bytes: a bucket of two lines lies in one pair of them, which some CPUs fetch together.
const ALIGN: usize = 128;
/// Arrays from 256 KiB on are mappings: fresh pages need not be zeroed, and go back to the kernel at once.
const MAPPED: usize = 256 << 10;
/// 2 MiB: what one entry of a TLB can cover.
const HUGE: usize = 2 << 20;

impl<E, const N: usize> Clone for Array<E, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, const N: usize> Copy for Array<E, N> {}

impl<E, const N: usize> PartialEq for Array<E, N> {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl<E, const N: usize> Array<E, N> {
    /// Bytes before bucket 0.
    const FRONT: usize = {
        assert!(align_of::<Bucket<E, N>>() <= ALIGN && N <= 7);
        size_of::<Header>().next_multiple_of(ALIGN)
    };
    /// Bytes from the word of the successor to bucket 0, for [`probe`](super::probe).
    pub(super) const SUCCESSOR_BEFORE: usize = Self::FRONT - core::mem::offset_of!(Header, successor);

    /// 2^`log2` empty buckets; none if there is no memory.
    pub(super) fn new(log2: u32) -> Option<Self> {
        let buckets = size_of::<Bucket<E, N>>().checked_mul(1_usize.checked_shl(log2)?)?;
        let size = buckets.checked_add(Self::FRONT)?;
        let (start, mapped, first) = if size < MAPPED {
            let start = malloc::allocate_aligned(ALIGN, size);
            if start.is_null() {
                return None;
            }
            // SAFETY: fresh memory of that size.
            unsafe { start.write_bytes(0, size) };
            (start, 0, start.addr() + Self::FRONT)
        } else {
            let align = if buckets >= HUGE { HUGE } else { ALIGN };
            let mapped = size.checked_add(align)?;
            let start = memory::map(mapped, Protection::READ_WRITE, MapFlags::EMPTY).ok()?;
            (start, mapped, (start.addr() + Self::FRONT).next_multiple_of(align))
        };
        let base = start.wrapping_add(first - start.addr());
        if mapped != 0 && buckets >= HUGE {
            // SAFETY: pages of our mapping. Advice: it may be refused.
            let _ = unsafe { memory::advise(base, buckets, Advice::HugePage) };
        }
        let array = Self::from_word(base.expose_provenance() | (SHIFT - log2 as usize));
        let successor = AtomicUsize::new(0);
        // SAFETY: the header's place, in front of the buckets.
        unsafe { array.header().write(Header { successor, state: None, swept: 0, after: 0, start, mapped }) };
        Some(array)
    }

    /// The array of a word.
    #[inline(always)]
    pub(super) fn from_word(word: usize) -> Self {
        Self { word, entries: PhantomData }
    }

    pub(super) fn word(self) -> usize {
        self.word
    }

    pub(super) fn log2(self) -> u32 {
        (SHIFT - (self.word & SHIFT)) as u32
    }

    pub(super) fn len(self) -> usize {
        1 << self.log2()
    }

    /// The number of a hash's bucket.
    #[inline(always)]
    pub(super) fn index(self, mixed: u64) -> usize {
        ((mixed >> 1) >> (self.word & SHIFT)) as usize
    }

    /// Where bucket `n` lies. Nothing says that the array lives.
    #[inline(always)]
    pub(super) fn place(self, n: usize) -> *const Bucket<E, N> {
        core::ptr::with_exposed_provenance::<Bucket<E, N>>(self.word & !SHIFT).wrapping_add(n)
    }

    /// Bucket `n`.
    ///
    /// # Safety
    /// The array lives as long as the reference, and has that bucket.
    #[inline(always)]
    pub(super) unsafe fn bucket<'a>(self, n: usize) -> &'a Bucket<E, N> {
        // SAFETY: as our contract says; zeroed memory is an empty bucket.
        unsafe { &*self.place(n) }
    }

    /// The header. Writers use it under the shard's lock; readers load `successor`.
    pub(super) fn header(self) -> *mut Header {
        let base = core::ptr::with_exposed_provenance_mut::<u8>(self.word & !SHIFT);
        base.wrapping_sub(Self::FRONT).cast()
    }

    /// Where what was moved away has gone to.
    ///
    /// # Safety
    /// The array lives, and the caller has seen MOVED in one of its buckets.
    pub(super) unsafe fn successor(self) -> Self {
        // SAFETY: the header is there; its first field is an atomic.
        let word = unsafe { (*self.header()).successor.load(Acquire) };
        Self::from_word(word)
    }

    /// Makes `next` the array that this one's buckets move to.
    ///
    /// # Safety
    /// The array lives; the caller has the shard's lock.
    pub(super) unsafe fn set_successor(self, next: Self) {
        // SAFETY: as above. Relaxed: published by the first MOVED.
        unsafe { (*self.header()).successor.store(next.word, Relaxed) };
    }

    /// Drops the entries of some more buckets, and frees the array when all are done; whether that is so.
    ///
    /// # Safety
    /// No reader can find the array any more, and the caller is the only one who writes.
    pub(super) unsafe fn sweep(self, buckets: usize) -> bool {
        // SAFETY: as our contract says, for everything below: the array and the buckets that are chained to it are ours alone.
        unsafe {
            let swept = (*self.header()).swept;
            let end = swept.saturating_add(buckets).min(self.len());
            for n in swept..end {
                let first = self.bucket(n);
                first.clear_all();
                let mut next = first.next();
                while let Some(bucket) = next.as_ref() {
                    let after = bucket.next();
                    bucket.clear_all();
                    malloc::deallocate(next.cast());
                    next = after;
                }
            }
            (*self.header()).swept = end;
            if end < self.len() {
                return false;
            }
            let Header { start, mapped, .. } = self.header().read();
            if mapped == 0 {
                malloc::deallocate(start);
            } else {
                let _ = memory::unmap(start, mapped); // a whole mapping: cannot fail
            }
            true
        }
    }
}

/// A bucket to chain to another; none if there is no memory.
pub(super) fn new_bucket<E, const N: usize>() -> Option<*mut Bucket<E, N>> {
    let bucket = malloc::allocate_aligned(ALIGN, size_of::<Bucket<E, N>>());
    if bucket.is_null() {
        return None;
    }
    // SAFETY: fresh memory of that size; zeroed, it is an empty bucket.
    unsafe { bucket.write_bytes(0, size_of::<Bucket<E, N>>()) };
    Some(bucket.cast())
}
