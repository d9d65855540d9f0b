//! What both tables are made of: shards for writers, a word for each shard for readers.
//!
//! ```text
//!   hash ---mix---> | bucket: the top bits | ... | tag: 31..24 | shard: 23..16 | ... |
//!
//!   lookup   roots[shard] ---> array.bucket ---> meta: candidates ---> entry          two or three lines
//! ```

use core::ptr;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::{Acquire, Relaxed};

use super::array::Array;
use super::bucket::{Bucket, Chain, DEAD, MORE, MOVED, candidates, is_entry, seen, tag, tag_at, with_tag};
use super::shard::{Shard, add, room, twin_of};
use crate::arch::barrier;
use crate::malloc;
use crate::percpu::topology;
use crate::rcu::GracePeriods;
use crate::sys::Errno;

/// What the entries are.
pub trait Kind {
    /// Copied by `clone` when its bucket moves, dropped after a grace period.
    type Entry: Clone;
    /// The same number whenever it is asked.
    fn hash(&self, entry: &Self::Entry) -> u64;
}

/// What to do if there is such an entry already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Same {
    Keep,
    Replace,
    /// Do not look for one.
    Ignore,
}

/// What has been done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    Added,
    Replaced,
    Kept,
}

pub(super) struct Core<'d, K: Kind, F, const N: usize> {
    pub(super) kind: K,
    pub(super) domain: &'d F,
    /// One word for each shard: its array.
    roots: *const AtomicUsize,
    shards: *const Shard<K::Entry, N>,
    /// Shards - 1.
    mask: usize,
}

// SAFETY: entries are shared with readers in all threads, and dropped in any that writes; the rest is atomics and locks.
unsafe impl<K: Kind + Send, F: Sync, const N: usize> Send for Core<'_, K, F, N> where K::Entry: Send + Sync {}
// SAFETY: as above.
unsafe impl<K: Kind + Sync, F: Sync, const N: usize> Sync for Core<'_, K, F, N> where K::Entry: Send + Sync {}

/// Spreads what is in the hash over the top bits: a hash of small numbers may be the numbers.
#[inline(always)]
pub(super) fn mix(hash: u64) -> u64 {
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Shards for each CPU: so two writers hardly ever meet.
const SHARDS_A_CPU: usize = 8;
const SHARDS: core::ops::RangeInclusive<usize> = 16..=256;

impl<'d, K: Kind, F: GracePeriods, const N: usize> Core<'d, K, F, N> {
    /// With room for so many entries.
    ///
    /// # Errors
    /// ENOMEM.
    pub(super) fn new(domain: &'d F, kind: K, capacity: usize) -> Result<Self, Errno> {
        let count = (topology::allowed() * SHARDS_A_CPU).next_power_of_two().clamp(*SHARDS.start(), *SHARDS.end());
        let buckets = (capacity / count / (N * 3 / 4)).next_power_of_two();
        let size = count * (size_of::<Shard<K::Entry, N>>() + size_of::<AtomicUsize>());
        let shards = malloc::allocate_aligned(align_of::<Shard<K::Entry, N>>(), size).cast::<Shard<K::Entry, N>>();
        if shards.is_null() {
            return Err(Errno::ENOMEM);
        }
        let roots = shards.wrapping_add(count).cast::<AtomicUsize>();
        for n in 0..count {
            let Some(array) = Array::new(buckets.ilog2()) else {
                // SAFETY: the shards before this one are complete, and nobody else knows them.
                unsafe {
                    (0..n).for_each(|n| (*shards.add(n)).state.get_mut().end());
                    malloc::deallocate(shards.cast());
                }
                return Err(Errno::ENOMEM);
            };
            // SAFETY: within the block.
            unsafe {
                shards.add(n).write(Shard::new(array));
                roots.add(n).write(AtomicUsize::new(array.word()));
            }
        }
        Ok(Self { kind, domain, roots, shards, mask: count - 1 })
    }

    /// Whose read sections and grace periods these are.
    #[inline(always)]
    pub(super) fn domain(&self) -> *const () {
        ptr::from_ref(self.domain).cast()
    }

    fn count(&self) -> usize {
        self.mask + 1
    }

    #[inline(always)]
    pub(super) fn number(&self, mixed: u64) -> usize {
        (mixed >> 16) as usize & self.mask
    }

    fn shard(&self, n: usize) -> &Shard<K::Entry, N> {
        // SAFETY: callers mask or count.
        unsafe { &*self.shards.add(n) }
    }

    #[inline(always)]
    pub(super) fn root(&self, n: usize) -> &AtomicUsize {
        // SAFETY: as above.
        unsafe { &*self.roots.add(n) }
    }

    /// The first entry with this hash that `matches`. Wait-free. With `ONCE` no entry is asked about twice, which matters if what is asked counts, or goes on after it has found one.
    ///
    /// # Safety
    /// The caller is in a read section of the domain until after the last use of the entry.
    #[inline(always)]
    pub(super) unsafe fn find<'a, const ONCE: bool>(
        &'a self,
        hash: u64,
        mut matches: impl FnMut(&'a K::Entry) -> bool,
    ) -> Option<&'a K::Entry> {
        let mixed = mix(hash);
        let tag = tag(mixed);
        // Acquire: pairs with Release in `State::step`: the buckets.
        let mut array = Array::<K::Entry, N>::from_word(self.root(self.number(mixed)).load(Acquire));
        // SAFETY: an array that was found in this section stays until it ends.
        let mut bucket = unsafe { array.bucket(array.index(mixed)) };
        let mut before = 0;
        loop {
            if size_of::<Bucket<K::Entry, N>>() == 128 {
                barrier::prefetch(ptr::from_ref(bucket).cast::<u8>().wrapping_add(64));
            }
            let meta = bucket.meta();
            let mut found = candidates(meta, tag);
            if ONCE {
                found &= !seen(before, meta);
            }
            while found != 0 {
                // SAFETY: the slot had a tag that means an entry.
                let entry = unsafe { bucket.entry(found.trailing_zeros() as usize / 8) };
                if matches(entry) {
                    return Some(entry);
                }
                found &= found - 1;
            }
            if meta & (MORE | MOVED) == 0 {
                return None;
            }
            // SAFETY: as above; what MORE and MOVED lead to was there before they were.
            (bucket, before) = unsafe {
                if meta & MOVED != 0 {
                    array = array.successor();
                    (array.bucket(array.index(mixed)), 0)
                } else {
                    (&*bucket.next(), meta)
                }
            };
        }
    }

    /// Fetches what a writer will need, before it takes the lock that says whether it is still there: the misses of both overlap.
    #[inline(always)]
    fn fetch(&self, mixed: u64) {
        // Relaxed: nothing is looked at there; a place that is gone is fetched in vain.
        let array = Array::<K::Entry, N>::from_word(self.root(self.number(mixed)).load(Relaxed));
        let bucket = array.place(array.index(mixed)).cast::<u8>();
        barrier::prefetch(bucket);
        if size_of::<Bucket<K::Entry, N>>() == 128 {
            barrier::prefetch(bucket.wrapping_add(64));
        }
    }

    /// Puts an entry in; `matches` compares one that is there with it.
    ///
    /// # Errors
    /// ENOMEM, and the entry.
    pub(super) fn put(
        &self,
        hash: u64,
        entry: K::Entry,
        same: Same,
        mut matches: impl FnMut(&K::Entry, &K::Entry) -> bool,
    ) -> Result<Put, (Errno, K::Entry)> {
        let mixed = mix(hash);
        self.fetch(mixed);
        let shard = self.shard(self.number(mixed));
        let mut state = shard.state.lock();
        let first = state.bucket(&self.kind, self.domain, self.root(self.number(mixed)), mixed);
        if Bucket::<K::Entry, N>::room(first.meta()).is_none() {
            state.turn_if_passed(self.domain); // its dead slots may be empty again
        }
        let known = match same {
            Same::Ignore => None,
            Same::Keep | Same::Replace => position(first, tag(mixed), |known| matches(known, &entry)),
        };
        if let Some((bucket, n)) = known {
            if same == Same::Keep {
                return Ok(Put::Kept);
            }
            // In this bucket or a later one: a reader who misses the old entry then comes to the new one.
            let twin = twin_of(bucket, n);
            let (last, at) = twin.unwrap_or((bucket, n));
            let Some((to, slot)) = room(last) else { return Err((Errno::ENOMEM, entry)) };
            // SAFETY: the slot is empty.
            unsafe { to.fill(slot, entry) };
            if twin.is_some() {
                bucket.publish(with_tag(bucket.meta(), n, DEAD)); // the twin stands for it
            }
            if ptr::eq(to, last) {
                last.publish(with_tag(with_tag(last.meta(), slot, tag(mixed)), at, DEAD));
            } else {
                to.publish(with_tag(to.meta(), slot, tag(mixed)));
                last.publish(with_tag(last.meta(), at, DEAD));
            }
            state.retire(self.domain, bucket, n);
            return Ok(Put::Replaced);
        }
        let mut entry = Some(entry);
        if !add(first, tag(mixed), || entry.take().unwrap_or_else(|| unreachable!())) {
            return entry.map_or(Ok(Put::Kept), |entry| Err((Errno::ENOMEM, entry)));
        }
        state.count(&shard.live, 1);
        Ok(Put::Added)
    }

    /// Takes the first entry with this hash that `matches` out; whether there was one.
    pub(super) fn remove(&self, hash: u64, matches: impl FnMut(&K::Entry) -> bool) -> bool {
        let mixed = mix(hash);
        self.fetch(mixed);
        let shard = self.shard(self.number(mixed));
        let mut state = shard.state.lock();
        let first = state.bucket(&self.kind, self.domain, self.root(self.number(mixed)), mixed);
        let Some((bucket, n)) = position(first, tag(mixed), matches) else { return false };
        let twin = twin_of(bucket, n);
        bucket.publish(with_tag(bucket.meta(), n, DEAD));
        if let Some((next, slot)) = twin {
            next.publish(with_tag(next.meta(), slot, DEAD)); // noted already
        }
        state.retire(self.domain, bucket, n);
        state.count(&shard.live, -1);
        true
    }

    /// How many entries there are: exact if nobody writes.
    pub(super) fn len(&self) -> usize {
        (0..self.count()).map(|n| self.shard(n).live.load(Relaxed)).sum()
    }

    /// Buckets of the arrays that readers begin with.
    pub(super) fn buckets(&self) -> usize {
        (0..self.count()).map(|n| Array::<K::Entry, N>::from_word(self.root(n).load(Relaxed)).len()).sum()
    }

    /// Looks at every entry.
    ///
    /// # Safety
    /// The caller is in a read section of the domain until after the last use of any entry.
    pub(super) unsafe fn for_each<'a>(&'a self, mut look: impl FnMut(&'a K::Entry)) {
        for n in 0..self.count() {
            let array = Array::from_word(self.root(n).load(Acquire)); // Acquire: as in `find`
            (0..array.len()).for_each(|index| self.visit(array, index, None, &mut look));
        }
    }

    /// Looks at the entries of a bucket, wherever they have moved to; `of`: only at those that belong to this bucket of an array with 2^n of them.
    fn visit<'a>(
        &'a self,
        array: Array<K::Entry, N>,
        index: usize,
        of: Option<(u32, usize)>,
        look: &mut impl FnMut(&'a K::Entry),
    ) {
        // SAFETY: the array was found in this section, and stays until it ends.
        let first = unsafe { array.bucket::<'a>(index) };
        let mut meta = first.meta();
        if meta & MOVED != 0 {
            let (log2, prefix) = of.unwrap_or((array.log2(), index));
            // SAFETY: MOVED was seen.
            let next = unsafe { array.successor() };
            match next.log2().checked_sub(log2) {
                Some(finer) => {
                    (prefix << finer..(prefix + 1) << finer).for_each(|index| self.visit(next, index, None, look));
                }
                None => self.visit(next, prefix >> (log2 - next.log2()), Some((log2, prefix)), look),
            }
            return;
        }
        let (mut bucket, mut before) = (first, 0);
        loop {
            for n in (0..N).filter(|&n| tag_at(meta, n) > DEAD && seen(before, meta) & (0x80 << (8 * n)) == 0) {
                // SAFETY: it has a tag that means an entry.
                let entry = unsafe { bucket.entry(n) };
                let belongs =
                    of.is_none_or(|(log2, prefix)| (mix(self.kind.hash(entry)) >> 1) >> (63 - log2) == prefix as u64);
                if belongs {
                    look(entry);
                }
            }
            if meta & MORE == 0 {
                return;
            }
            // SAFETY: MORE says that there is a next one.
            bucket = unsafe { &*bucket.next() };
            (before, meta) = (meta, bucket.meta());
        }
    }

    /// Drops what can be dropped without waiting for readers; whether that was everything.
    pub(super) fn reclaim(&self) -> bool {
        (0..self.count()).filter(|&n| !self.shard(n).state.lock().reclaim(self.domain)).count() == 0
    }

    /// Ends resizes that are under way, waits for readers, and drops what was removed before the call.
    pub(super) fn synchronize(&self) {
        for n in 0..self.count() {
            let mut state = self.shard(n).state.lock();
            state.settle(&self.kind, self.domain, self.root(n));
            state.reclaim(self.domain);
        }
        // In the worst case: what was in the old list, in the young one, and what had a twin there.
        for _ in 0..3 {
            self.domain.synchronize();
            if self.reclaim() {
                break;
            }
        }
    }
}

/// The first entry of a chain with this tag that `matches`. The caller has the shard's lock.
fn position<E, const N: usize>(
    first: &Bucket<E, N>,
    tag: u8,
    mut matches: impl FnMut(&E) -> bool,
) -> Option<(&Bucket<E, N>, usize)> {
    Chain::from(first).find_map(|bucket| {
        let meta = bucket.meta();
        let mut found = candidates(meta, tag);
        while found != 0 {
            let n = found.trailing_zeros() as usize / 8;
            // SAFETY: the slot has a tag that means an entry.
            if is_entry(meta, n) && matches(unsafe { bucket.entry(n) }) {
                return Some((bucket, n));
            }
            found &= found - 1;
        }
        None
    })
}

impl<K: Kind, F, const N: usize> Drop for Core<'_, K, F, N> {
    fn drop(&mut self) {
        let shards = self.shards.cast_mut();
        // SAFETY: nobody else has the table, and entries that were found borrow it: they are gone.
        unsafe {
            (0..=self.mask).for_each(|n| (*shards.add(n)).state.get_mut().end());
            malloc::deallocate(shards.cast());
        }
    }
}
