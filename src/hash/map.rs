//! The owning table for Rust: keys and values lie in the buckets.

use core::borrow::Borrow;
use core::fmt;
use core::hash::{BuildHasher, Hash};

use super::table::{Core, Kind, Put, Same};
use crate::rcu::{Domain, GracePeriods, ReadSection};
use crate::sys::Errno;

/// Slots of a bucket: seven tags and a byte of flags are a word.
pub(super) const SLOTS: usize = 7;

/// Keys and values that are looked up all the time and changed now and then. See [the module's page](super).
///
/// It belongs to a domain, whose read sections lookups are in: a [`Domain`] or a [`Qsbr`](crate::rcu::Qsbr). Many maps may share one.
///
/// Keys and values are copied by `clone` when the map grows or shrinks or an entry finds room in a better place, and may be dropped in any thread that changes it: large ones, and those whose copies would differ,
/// belong behind a pointer.
/// `Hash`, `Eq`, `Clone` and `Drop` of keys and values must not use the map: writers call them with a lock held.
pub struct Map<'d, K: Hash + Clone, V: Clone, S: BuildHasher, F: GracePeriods = Domain> {
    pub(super) core: Core<'d, Pairs<K, V, S>, F, SLOTS>,
}

pub(super) struct Pairs<K, V, S> {
    hasher: S,
    pairs: core::marker::PhantomData<fn() -> (K, V)>,
}

impl<K: Hash + Clone, V: Clone, S: BuildHasher> Kind for Pairs<K, V, S> {
    type Entry = (K, V);

    fn hash(&self, entry: &(K, V)) -> u64 {
        self.hasher.hash_one(&entry.0)
    }
}

impl<'d, K, V, S, F> Map<'d, K, V, S, F>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    F: GracePeriods,
{
    /// Empty, with room for `capacity` entries before it grows; it never becomes smaller than that.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn with_capacity_and_hasher(domain: &'d F, capacity: usize, hasher: S) -> Result<Self, Errno> {
        let kind = Pairs { hasher, pairs: core::marker::PhantomData };
        Ok(Self { core: Core::new(domain, kind, capacity)? })
    }

    /// Empty.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new(domain: &'d F, hasher: S) -> Result<Self, Errno> {
        Self::with_capacity_and_hasher(domain, 0, hasher)
    }

    #[inline(always)]
    fn check(&self, section: &impl ReadSection) {
        assert!(core::ptr::eq(section.domain(), self.core.domain()), "a read section of another domain than the map's");
    }

    #[inline(always)]
    pub(super) fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.core.kind.hasher.hash_one(key)
    }

    /// The value of `key`, for as long as the read section lasts; of one of them, if it was added more than once. Wait-free; async-signal-safe with
    /// a [`Domain`] if `Hash` and `Eq` are.
    ///
    /// # Panics
    /// The section is of another domain than the map's.
    #[inline]
    pub fn get<'g, Q>(&'g self, section: &'g impl ReadSection, key: &Q) -> Option<&'g V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.get_key_value(section, key).map(|(_, value)| value)
    }

    /// As [`Map::get`], with the key that the map has.
    ///
    /// # Panics
    /// As there.
    #[inline]
    pub fn get_key_value<'g, Q>(&'g self, section: &'g impl ReadSection, key: &Q) -> Option<(&'g K, &'g V)>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.check(section);
        // SAFETY: the result borrows the section, which is one of our domain's.
        unsafe { self.core.find::<false>(self.hash(key), |(known, _)| known.borrow() == key) }
            .map(|(key, value)| (key, value))
    }

    /// Whether `key` is there. As [`Map::get`] otherwise.
    ///
    /// # Panics
    /// As there.
    #[inline]
    pub fn contains_key<Q>(&self, section: &impl ReadSection, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.get(section, key).is_some()
    }

    /// Calls `look` with each value of a key that was added more than once.
    ///
    /// # Panics
    /// As [`Map::get`].
    pub fn get_all<'g, Q>(&'g self, section: &'g impl ReadSection, key: &Q, mut look: impl FnMut(&'g V))
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.check(section);
        let visit = |(known, value): &'g (K, V)| {
            if known.borrow() == key {
                look(value);
            }
            false // go on
        };
        // SAFETY: as in `get`.
        let none = unsafe { self.core.find::<true>(self.hash(key), visit) };
        debug_assert!(none.is_none());
    }

    /// Calls `look` with each entry; in no order.
    ///
    /// # Panics
    /// As [`Map::get`].
    pub fn for_each<'g>(&'g self, section: &'g impl ReadSection, mut look: impl FnMut(&'g K, &'g V)) {
        self.check(section);
        // SAFETY: as in `get`.
        unsafe { self.core.for_each(|(key, value)| look(key, value)) }
    }

    fn put(&self, key: K, value: V, same: Same) -> Result<Put, Errno> {
        self.core.put(self.hash(&key), (key, value), same, |known, new| known.0 == new.0).map_err(|(errno, _)| errno)
    }

    /// Puts an entry in unless its key is there; whether it did.
    ///
    /// # Errors
    /// ENOMEM: nothing has changed. Both arguments are dropped then, as they are if the key was there.
    pub fn insert(&self, key: K, value: V) -> Result<bool, Errno> {
        Ok(self.put(key, value, Same::Keep)? == Put::Added)
    }

    /// Puts an entry in, in the place of the one with this key if there is one; whether there was. Readers see the old value or the new one, and at no moment neither.
    ///
    /// # Errors
    /// ENOMEM: nothing has changed.
    pub fn replace(&self, key: K, value: V) -> Result<bool, Errno> {
        Ok(self.put(key, value, Same::Replace)? == Put::Replaced)
    }

    /// Puts an entry in, whatever else is there: a key may be there many times.
    ///
    /// # Errors
    /// ENOMEM: nothing has changed.
    pub fn add(&self, key: K, value: V) -> Result<(), Errno> {
        self.put(key, value, Same::Ignore).map(drop)
    }

    /// Takes an entry with this key out; whether there was one.
    pub fn remove<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.remove_if(key, |_| true)
    }

    /// Takes the first entry with this key of which `wanted` says so out; whether there was one.
    pub fn remove_if<Q>(&self, key: &Q, mut wanted: impl FnMut(&V) -> bool) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.core.remove(self.hash(key), |(known, value)| known.borrow() == key && wanted(value))
    }
}

impl<K: Hash + Clone, V: Clone, S: BuildHasher, F: GracePeriods> Map<'_, K, V, S, F> {
    /// How many entries there are: exact while nobody writes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.core.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Entries that it has room for as it is; it grows at about 5/7 of that, removed ones that wait for their grace period included.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.core.buckets() * SLOTS
    }

    /// Drops removed entries whose readers have left, and does its share for the others; whether none is left. Never waits for readers.
    pub fn reclaim(&self) -> bool {
        self.core.reclaim()
    }

    /// Returns when everything that was removed before the call has been dropped. Waits for readers: not inside a read section of the domain (an
    /// online reader of `Qsbr` would wait for itself), not in a signal handler.
    pub fn synchronize(&self) {
        self.core.synchronize();
    }
}

impl<K: Hash + Clone, V: Clone, S: BuildHasher, F: GracePeriods> fmt::Debug for Map<'_, K, V, S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("len", &self.len()).field("capacity", &self.capacity()).finish_non_exhaustive()
    }
}
