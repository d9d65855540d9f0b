//! A shard: one of the parts that writers lock. It has its array, its count, and what waits for a grace period.
//!
//! ```text
//!   root ---> array                 between resizes
//!   root ---> array ---> next       in one: buckets move one by one, in any order; who writes moves the one it needs, and two more
//!                                   when all have moved, root = next, and the old array waits for a grace period
//! ```
//! Removed entries are noted in one of two lists. When the younger one is full and the older one's grace period is over, the older one's entries are dropped, their slots are
//! empty, and the lists change places. If the readers of then are still there, the slots stay dead until their bucket moves: writers never wait for readers.
//!
//! A slot that has become empty takes an entry back from the bucket that is chained to its own, which had found no room, so that lookups need not go there:
//!
//! ```text
//!   1. the chained bucket says that slot k has a twin in slot m, still empty          who walks now and finds slot m empty looks at slot k
//!   2. the entry is copied to slot m, and its tag is published                        who walks now and finds both looks at slot m only
//!   3. after a grace period slot k dies                                               nobody is left who has seen slot m empty
//!   4. after another one it is empty
//! ```
//! If the entry is removed or replaced between 2 and 4, slot m dies first, and then slot k stands for it: who has passed slot m before 2 finds what is true there, or later.

use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::{Relaxed, Release};
use core::{mem, ptr};

use super::array::{Array, new_bucket};
use super::bucket::{
    Bucket, Chain, DEAD, EMPTY, MORE, MOVED, is_entry, tag, tag_at, twin, with_tag, with_twin, without_twin,
};
use super::table::Kind;
use crate::arch::barrier;
use crate::inject::{self, Point};
use crate::rcu::{GracePeriods, PollState};
use crate::sync::Mutex;

/// What writers lock, on lines of its own.
#[repr(align(128))]
pub(super) struct Shard<E, const N: usize> {
    pub(super) state: Mutex<State<E, N>>,
    /// Entries; changed under the lock.
    pub(super) live: AtomicUsize,
}

pub(super) struct State<E, const N: usize> {
    /// What readers begin with.
    array: Array<E, N>,
    next: Option<Array<E, N>>,
    /// While there is a next: units before this one have moved.
    cursor: usize,
    /// Arrays that wait for their end, oldest first: words, 0 for none.
    oldest: usize,
    newest: usize,
    young: Dying,
    old: Dying,
    /// When the entries of `old` may go.
    state: Option<PollState>,
    /// Dead slots that are in no list.
    lost: usize,
    /// Operations, to ask for grace periods now and then.
    ticks: u32,
    smallest: u32,
    /// In the middle of a resize, the current operation works in the old array, for want of memory to move the bucket.
    stuck: bool,
}

/// Dead slots: a bucket's address and, in its low bits, the slot's number.
struct Dying {
    slots: [usize; DYING],
    len: usize,
}

/// What a shard keeps of dead slots in one list: they stay unused for one or two grace periods.
const DYING: usize = 64;
/// And at least, however small the table is: a grace period should serve many.
const FEW: usize = 8;
/// Units of a resize that an operation moves besides its own.
const STEP: usize = 2;
/// Buckets of an array at its end that an operation empties.
const SWEEP: usize = 16;
/// Every so many operations a shard with an old array does its share for a grace period.
const ASK: u32 = 64;

/// The negative control builds a resize that says "moved" before it moves.
const COPY_FIRST: bool = cfg!(not(dacapo_broken = "hash_moved_first"));

/// The negative control uses dead slots again without a grace period.
const WAITS: bool = cfg!(not(dacapo_broken = "hash_no_grace"));

/// The negative control lets an entry leave the chained bucket in the moment in which it has come back.
const STAYS_FOR_READERS: bool = cfg!(not(dacapo_broken = "hash_no_twin"));

/// Ends the process if an entry's `clone` or its hash panics in the middle of a move: half of a bucket would be there twice.
struct Unbroken;

impl Drop for Unbroken {
    fn drop(&mut self) {
        panic!("a clone or a hash panicked while entries of a hash table moved"); // a panic while panicking: the process ends
    }
}

impl Dying {
    const fn new() -> Self {
        Self { slots: [0; DYING], len: 0 }
    }

    /// There is room: callers have asked.
    fn note<E, const N: usize>(&mut self, bucket: &Bucket<E, N>, n: usize) {
        self.slots[self.len] = ptr::from_ref(bucket).expose_provenance() | n;
        self.len += 1;
    }
}

impl<E, const N: usize> Shard<E, N> {
    pub(super) fn new(array: Array<E, N>) -> Self {
        let state = State {
            array,
            next: None,
            cursor: 0,
            oldest: 0,
            newest: 0,
            young: Dying::new(),
            old: Dying::new(),
            state: None,
            lost: 0,
            ticks: 0,
            smallest: array.log2(),
            stuck: false,
        };
        Self { state: Mutex::new(state), live: AtomicUsize::new(0) }
    }
}

/// Everything here is called by who has the shard's lock. So arrays and buckets stay, entries with a tag are complete, and nobody else writes.
impl<E: Clone, const N: usize> State<E, N> {
    /// The bucket that says what is true of this hash, after a share of the work that is under way.
    #[inline(always)]
    pub(super) fn bucket<'a>(
        &mut self,
        kind: &impl Kind<Entry = E>,
        domain: &impl GracePeriods,
        root: &AtomicUsize,
        mixed: u64,
    ) -> &'a Bucket<E, N> {
        self.stuck = false;
        let array =
            if self.next.is_some() || self.oldest != 0 { self.work(kind, domain, root, mixed) } else { self.array };
        // SAFETY: the lock's holder keeps the array.
        let first = unsafe { array.bucket(array.index(mixed)) };
        if first.meta() & MORE != 0 {
            trim(first);
        }
        first
    }

    /// Does a share of what is under way; the array in which this hash's bucket is.
    #[cold]
    #[inline(never)]
    fn work(
        &mut self,
        kind: &impl Kind<Entry = E>,
        domain: &impl GracePeriods,
        root: &AtomicUsize,
        mixed: u64,
    ) -> Array<E, N> {
        self.help(kind, domain, root);
        if let Some(next) = self.next {
            let unit = self.array.index(mixed).min(next.index(mixed));
            // Without memory for it, the bucket stays where it is, and nobody has seen the attempt.
            self.stuck = !self.migrate(kind, next, unit);
            if !self.stuck {
                return next;
            }
        }
        self.array
    }

    fn help(&mut self, kind: &impl Kind<Entry = E>, domain: &impl GracePeriods, root: &AtomicUsize) {
        self.ticks = self.ticks.wrapping_add(1);
        for _ in 0..STEP {
            if !self.step(kind, domain, root) {
                break;
            }
        }
        if self.oldest != 0 {
            self.end_one(domain, SWEEP);
        }
    }

    /// Moves the next unit; false if there is none, or no memory.
    fn step(&mut self, kind: &impl Kind<Entry = E>, domain: &impl GracePeriods, root: &AtomicUsize) -> bool {
        let Some(next) = self.next else { return false };
        if !self.migrate(kind, next, self.cursor) {
            return false;
        }
        self.cursor += 1;
        if self.cursor == self.array.len().min(next.len()) {
            root.store(next.word(), Release); // Release: pairs with Acquire in `Core::root`: the buckets
            let old = mem::replace(&mut self.array, next);
            self.next = None;
            // SAFETY: the array stays until it is swept.
            unsafe { (*old.header()).state = Some(domain.poll_state()) };
            if self.newest == 0 {
                self.oldest = old.word();
            } else {
                // SAFETY: as above.
                unsafe { (*Array::<E, N>::from_word(self.newest).header()).after = old.word() };
            }
            self.newest = old.word();
        }
        true
    }

    /// Sweeps some buckets of the oldest array if its readers have left; whether the array is gone.
    fn end_one(&mut self, domain: &impl GracePeriods, buckets: usize) -> bool {
        let array = Array::<E, N>::from_word(self.oldest);
        // SAFETY: it is in the list, so it is not freed.
        let (state, after) = unsafe { ((*array.header()).state, (*array.header()).after) };
        let passed = |state| domain.has_passed(state) || (self.ticks.is_multiple_of(ASK) && domain.poll(state));
        // SAFETY: whoever found it before `root` changed has left.
        if !state.is_none_or(passed) || !unsafe { array.sweep(buckets) } {
            return false;
        }
        self.oldest = after;
        if after == 0 {
            self.newest = 0;
        }
        true
    }

    /// The buckets of a unit in one of the two arrays: one, or two where the array is the larger one.
    fn unit<'a>(array: Array<E, N>, other: Array<E, N>, unit: usize) -> impl Iterator<Item = &'a Bucket<E, N>>
    where
        E: 'a,
    {
        let both = usize::from(array.log2() > other.log2());
        // SAFETY: both arrays have that unit, and stay as long as the lock is held.
        (0..=both).map(move |n| unsafe { array.bucket((unit << both) + n) })
    }

    /// Moves a unit, if it has not moved yet. False if there is no memory: then nothing has changed.
    fn migrate(&mut self, kind: &impl Kind<Entry = E>, next: Array<E, N>, unit: usize) -> bool {
        let old = || Self::unit(self.array, next, unit);
        if old().all(|bucket| bucket.meta() & MOVED != 0) {
            return true;
        }
        let mut metas = [0; 2];
        metas.iter_mut().zip(old()).for_each(|(meta, bucket)| *meta = bucket.meta());
        if !COPY_FIRST {
            old().for_each(say_moved);
        }
        let unbroken = Unbroken;
        let mut chains = old().zip(metas).flat_map(|(first, meta)| {
            Chain::from(first).map(move |bucket| (bucket, if ptr::eq(bucket, first) { meta } else { bucket.meta() }))
        });
        let copied = chains.all(|(bucket, meta)| {
            (0..N).filter(|&n| is_entry(meta, n)).all(|n| {
                // SAFETY: it has an entry; writers are here alone.
                let entry = unsafe { bucket.entry(n) };
                let mixed = super::table::mix(kind.hash(entry));
                // SAFETY: the next array stays.
                add(unsafe { next.bucket(next.index(mixed)) }, tag(mixed), || entry.clone())
            })
        });
        mem::forget(unbroken);
        inject::delay(Point::BucketCopied);
        if copied {
            old().for_each(say_moved);
        } else {
            for bucket in Self::unit(next, self.array, unit).flat_map(Chain::from) {
                // SAFETY: no reader comes to these buckets before the old ones say MOVED.
                unsafe { bucket.clear_all() };
            }
        }
        copied
    }

    /// Counts an entry in or out, and begins a resize if there are too many or too few.
    pub(super) fn count(&mut self, live: &AtomicUsize, change: isize) {
        let count = live.load(Relaxed).wrapping_add_signed(change); // Relaxed: changed under the lock
        live.store(count, Relaxed);
        if self.next.is_some() {
            return;
        }
        let (buckets, log2) = (self.array.len(), self.array.log2());
        let taken = count + self.young.len + self.old.len; // a dead slot is no room yet
        if taken > buckets * (N * 3 / 4) {
            self.resize(log2 + 1);
        } else if self.oldest == 0 {
            if taken < buckets && log2 > self.smallest {
                self.resize(log2 - 1);
            } else if self.lost > buckets * 2 {
                self.resize(log2);
            }
        }
    }

    /// Begins to move to an array of another size; without memory, another time.
    fn resize(&mut self, log2: u32) {
        let Some(next) = Array::new(log2) else { return };
        // SAFETY: the lock is held.
        unsafe { self.array.set_successor(next) };
        (self.next, self.cursor, self.lost) = (Some(next), 0, 0);
        // What is dead in the old array goes with it.
        (self.young.len, self.old.len, self.state) = (0, 0, None);
    }

    /// Notes that slot `n` of the bucket is dead.
    pub(super) fn retire(&mut self, domain: &impl GracePeriods, bucket: &Bucket<E, N>, n: usize) {
        if self.stuck {
            return; // it goes with the old array
        }
        let limit = self.limit();
        if self.young.len >= limit {
            self.turn(domain, limit.div_ceil(2));
        }
        if self.young.len >= limit {
            self.lost += 1;
            return;
        }
        self.young.note(bucket, n);
    }

    /// What a list has room for.
    fn limit(&self) -> usize {
        (self.array.len() * N / 8).clamp(FEW, DYING)
    }

    /// Makes the slots of the old list empty if their grace period is over, lets at most `back` entries come back to them, and then makes the young list the old one.
    fn turn(&mut self, domain: &impl GracePeriods, back: usize) -> bool {
        if WAITS && !self.state.is_none_or(|state| domain.poll(state)) {
            return false;
        }
        let old = mem::replace(&mut self.old, mem::replace(&mut self.young, Dying::new()));
        self.state = (self.old.len != 0).then(|| domain.poll_state());
        // They died long ago: their misses overlap if all are asked for first.
        let slots = &old.slots[..old.len];
        slots.iter().for_each(|&slot| barrier::prefetch(ptr::with_exposed_provenance::<u8>(slot & !7)));
        for &slot in slots {
            let (bucket, n) = (ptr::with_exposed_provenance::<Bucket<E, N>>(slot & !7), slot & 7);
            // SAFETY: the slot was noted in an array that is still this shard's.
            let bucket = unsafe { &*bucket };
            let meta = bucket.meta();
            if twin(meta).is_some_and(|(slot, _)| slot == n) {
                bucket.publish(without_twin(with_tag(meta, n, DEAD)));
                self.young.note(bucket, n);
                continue;
            }
            // SAFETY: whoever could look at the slot has left.
            unsafe { bucket.clear(n) };
            if meta & MORE != 0 && self.young.len < back {
                // SAFETY: MORE says that there is a next one, and it lives as long as the array.
                let next = unsafe { &*bucket.next() };
                if let Some(slot) = come_back(next, bucket, n) {
                    self.young.note(next, slot);
                }
            }
        }
        true
    }

    /// [`State::turn`], if there is something to do and it takes no more than a look.
    pub(super) fn turn_if_passed(&mut self, domain: &impl GracePeriods) {
        let passed = self.state.is_none_or(|state| domain.has_passed(state));
        if passed && self.young.len + self.old.len != 0 {
            self.turn(domain, self.limit().div_ceil(2));
        }
    }

    /// Does what can be done without waiting for what is at its end; whether nothing is left of it.
    pub(super) fn reclaim(&mut self, domain: &impl GracePeriods) -> bool {
        self.ticks = 0; // asks
        while self.oldest != 0 && self.end_one(domain, usize::MAX) {}
        // Twice: the old list, and the young one after it.
        let _ = self.turn(domain, 0) && self.turn(domain, 0);
        self.young.len == 0 && self.old.len == 0 && self.oldest == 0
    }

    /// Ends the resize that is under way, and leaves the dead slots that are in no list behind by another one, if there is memory.
    pub(super) fn settle(&mut self, kind: &impl Kind<Entry = E>, domain: &impl GracePeriods, root: &AtomicUsize) {
        while self.step(kind, domain, root) {}
        if self.lost > 0 && self.next.is_none() {
            self.resize(self.array.log2());
            while self.step(kind, domain, root) {}
        }
    }

    /// Gives everything back.
    ///
    /// # Safety
    /// Nobody reads any more; the state is not used again.
    pub(super) unsafe fn end(&mut self) {
        while self.oldest != 0 {
            let array = Array::<E, N>::from_word(self.oldest);
            // SAFETY: as our contract says; read before it is gone.
            unsafe {
                self.oldest = (*array.header()).after;
                array.sweep(usize::MAX);
            }
        }
        for array in [Some(self.array), self.next].into_iter().flatten() {
            // SAFETY: as our contract says.
            unsafe { array.sweep(usize::MAX) };
        }
    }
}

/// Everything that was here is found in the next array. The slots keep entries, which go with the old array.
fn say_moved<E, const N: usize>(bucket: &Bucket<E, N>) {
    let meta = bucket.meta();
    let dead = (0..N).filter(|&n| tag_at(meta, n) != EMPTY).fold(meta, |meta, n| with_tag(meta, n, DEAD));
    bucket.publish(dead | MOVED);
}

/// Where the entry in slot `n` is too, for a while, in the next bucket.
pub(super) fn twin_of<E, const N: usize>(bucket: &Bucket<E, N>, n: usize) -> Option<(&Bucket<E, N>, usize)> {
    let next = Chain::from(bucket).nth(1)?;
    let (slot, home) = twin(next.meta())?;
    (home == n && tag_at(next.meta(), slot) > DEAD).then_some((next, slot))
}

/// Copies an entry of a chained bucket to slot `n`, which is empty, of the one before it; the slot in which it stays meanwhile. None if there is none, or if another one is on its way.
fn come_back<E: Clone, const N: usize>(from: &Bucket<E, N>, to: &Bucket<E, N>, n: usize) -> Option<usize> {
    let meta = from.meta();
    if twin(meta).is_some() {
        return None;
    }
    // Not one that has itself just come back: an entry is in two places at most.
    let slot = (0..N).find(|&slot| tag_at(meta, slot) > DEAD && twin_of(from, slot).is_none())?;
    let unbroken = Unbroken;
    // SAFETY: it has an entry; writers are here alone.
    let entry = unsafe { from.entry(slot) }.clone();
    mem::forget(unbroken);
    from.publish(with_twin(meta, slot, n));
    // SAFETY: the slot is empty.
    unsafe { to.fill(n, entry) };
    to.publish(with_tag(to.meta(), n, tag_at(meta, slot)));
    if !STAYS_FOR_READERS {
        from.publish(with_tag(from.meta(), slot, DEAD));
    }
    inject::delay(Point::BucketCopied);
    Some(slot)
}

/// Lets readers stop before a bucket that has become empty. It stays chained, for another time.
fn trim<E, const N: usize>(first: &Bucket<E, N>) {
    let mut bucket = first;
    while bucket.meta() & MORE != 0 {
        // SAFETY: MORE says that there is a next one, and it lives as long as the array.
        let next = unsafe { &*bucket.next() };
        if next.meta() == 0 {
            bucket.publish(bucket.meta() & !MORE);
            return;
        }
        bucket = next;
    }
}

/// An empty slot in this bucket or one after it, which may have to be chained first; none if there is no memory. The caller has the shard's lock.
pub(super) fn room<E, const N: usize>(first: &Bucket<E, N>) -> Option<(&Bucket<E, N>, usize)> {
    let mut last = first;
    for bucket in Chain::from(first) {
        if let Some(n) = Bucket::<E, N>::room(bucket.meta()) {
            return Some((bucket, n));
        }
        last = bucket;
    }
    if last.next().is_null() {
        last.set_next(new_bucket()?);
    }
    last.publish(last.meta() | MORE);
    // SAFETY: it lives as long as the array.
    Some((unsafe { &*last.next() }, 0))
}

/// Puts an entry into the chain; false if there is no memory. The caller has the shard's lock.
pub(super) fn add<E, const N: usize>(first: &Bucket<E, N>, tag: u8, entry: impl FnOnce() -> E) -> bool {
    let Some((bucket, n)) = room(first) else { return false };
    // SAFETY: the slot is empty.
    unsafe { bucket.fill(n, entry()) };
    bucket.publish(with_tag(bucket.meta(), n, tag));
    true
}
