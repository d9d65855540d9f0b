//! The hash table: one shard, buckets of two slots that begin as one bucket, so that the second and the third key begin resizes; a reader
//! and a writer, under every interleaving.
//!
//! An entry's value is a cell of loom's. Reading one that was not published, or that is being dropped, is a race.

use loom::cell::UnsafeCell;
use loom::thread;

pub mod shim;

mod array {
    include!(concat!(env!("OUT_DIR"), "/array.rs"));
}
mod bucket {
    include!(concat!(env!("OUT_DIR"), "/bucket.rs"));
}
mod shard {
    include!(concat!(env!("OUT_DIR"), "/shard.rs"));
}
mod table {
    include!(concat!(env!("OUT_DIR"), "/table.rs"));
}

use shim::Domain;
use table::{Core, Kind, Put, Same};

use crate::{Found, explore};

struct Entry {
    key: u64,
    value: UnsafeCell<u64>,
}

// SAFETY: loom checks each access.
unsafe impl Sync for Entry {}

impl Entry {
    fn new(key: u64, value: u64) -> Self {
        let this = Self { key, value: UnsafeCell::new(0) };
        // A write that loom sees; how a cell begins, it does not.
        // SAFETY: nobody else has it.
        this.value.with_mut(|place| unsafe { *place = value });
        this
    }

    fn value(&self) -> u64 {
        // SAFETY: loom checks it.
        self.value.with(|value| unsafe { *value })
    }
}

impl Clone for Entry {
    fn clone(&self) -> Self {
        Self::new(self.key, self.value())
    }
}

impl Drop for Entry {
    /// A write, so that whoever still reads it races with us.
    fn drop(&mut self) {
        // SAFETY: loom checks it.
        self.value.with_mut(|value| unsafe { *value = u64::MAX });
    }
}

struct Keys;

impl Kind for Keys {
    type Entry = Entry;
    fn hash(&self, entry: &Entry) -> u64 {
        hash(entry.key)
    }
}

/// Keys that differ in their bucket and in their tag, once mixed; those beyond 100 have one of each.
fn hash(key: u64) -> u64 {
    key.min(100).wrapping_mul(0x1234_5678_9abc_def1)
}

struct Map {
    core: Core<'static, Keys, Domain, 2>,
    domain: &'static Domain,
}

impl Map {
    fn put(&self, key: u64, value: u64, same: Same) -> Put {
        let put = self.core.put(hash(key), Entry::new(key, value), same, |known, new| known.key == new.key);
        put.map_err(|(errno, _)| errno).expect("memory")
    }

    fn insert(&self, key: u64) {
        assert_eq!(self.put(key, key, Same::Keep), Put::Added);
    }

    fn replace(&self, key: u64, value: u64) {
        assert_eq!(self.put(key, value, Same::Replace), Put::Replaced);
    }

    fn remove(&self, key: u64) {
        assert!(self.core.remove(hash(key), |entry| entry.key == key));
    }

    fn get(&self, key: u64) -> Option<u64> {
        self.domain.read(|| {
            // SAFETY: in a read section, which ends after the value was read.
            unsafe { self.core.find::<false>(hash(key), |entry| entry.key == key) }.map(Entry::value)
        })
    }

    /// As often as there are keys, counted by [`Core::for_each`].
    fn count(&self, key: u64) -> usize {
        self.domain.read(|| {
            let mut count = 0;
            // SAFETY: as above.
            unsafe { self.core.for_each(|entry| count += usize::from(entry.key == key && entry.value() > 0)) };
            count
        })
    }
}

/// A table with some keys; a thread that writes, and one that reads. The writer goes first: see [`explore`].
fn table(
    keys: &'static [u64],
    preemptions: usize,
    write: impl Fn(&Map) + Send + Sync + Copy + 'static,
    read: impl Fn(&Map) + Send + Sync + Copy + 'static,
) -> Found {
    prepared(1, move |map| keys.iter().for_each(|&key| map.insert(key)), preemptions, write, read)
}

/// The same with room for more before it grows, and whatever one thread has made of it.
fn prepared(
    capacity: usize,
    prepare: impl Fn(&Map) + Send + Sync + Copy + 'static,
    preemptions: usize,
    write: impl Fn(&Map) + Send + Sync + Copy + 'static,
    read: impl Fn(&Map) + Send + Sync + Copy + 'static,
) -> Found {
    explore(preemptions, move || {
        let domain: *mut Domain = Box::into_raw(Box::new(Domain::new()));
        // SAFETY: made just now; freed after both threads.
        let core = Core::new(unsafe { &*domain }, Keys, capacity).expect("memory");
        // SAFETY: as above.
        let map: *mut Map = Box::into_raw(Box::new(Map { core, domain: unsafe { &*domain } }));
        // SAFETY: as above.
        let shared: &'static Map = unsafe { &*map };
        prepare(shared);
        let reader = thread::spawn(move || read(shared));
        write(shared);
        reader.join().expect("the reader");
        // SAFETY: both threads have left; the map before its domain.
        unsafe {
            drop(Box::from_raw(map));
            drop(Box::from_raw(domain));
        }
    })
}

/// A key that is there stays there while the table grows twice, and shrinks.
#[test]
fn a_key_is_found_while_the_table_grows() {
    let write = |map: &Map| (2..=4).for_each(|key| map.insert(key));
    let found = table(&[1], 2, write, |map| {
        assert_eq!(map.get(1), Some(1));
        assert_eq!(map.get(1), Some(1));
    });
    assert_eq!(found, Found::Nothing);
}

#[test]
fn an_inserted_key_is_complete_and_stays() {
    let found = table(
        &[1],
        3,
        |map| map.insert(2),
        |map| {
            let first = map.get(2);
            assert!(first.is_none_or(|value| value == 2));
            assert!(map.get(2) >= first, "a key that was there is gone");
        },
    );
    assert_eq!(found, Found::Nothing);
}

/// In its bucket, in one that is chained, and in the middle of a resize.
#[test]
fn a_replaced_key_is_never_away_and_never_goes_back() {
    let write = |map: &Map| (11..=13).for_each(|value| map.replace(1, value));
    for keys in [&[1][..], &[1, 2], &[1, 2, 3]] {
        let found = table(keys, 2, write, |map| {
            let first = map.get(1).expect("the key is there");
            let second = map.get(1).expect("the key is there");
            assert!(first == 1 || first > 10);
            assert!(second >= first, "{second} after {first}");
        });
        assert_eq!(found, Found::Nothing);
    }
}

/// Slots are used again, and entries dropped, as soon as their grace periods are over; the table does not grow meanwhile.
#[test]
fn what_a_reader_has_found_is_not_dropped_before_it_leaves() {
    let write = |map: &Map| {
        for _ in 0..5 {
            map.remove(1);
            map.insert(1);
        }
        map.core.reclaim();
    };
    let read = |map: &Map| assert!(map.get(1).is_none_or(|value| value == 1));
    assert_eq!(prepared(8, |map| map.insert(1), 2, write, read), Found::Nothing);
}

/// The last array's entries are dropped while nobody can have found it.
#[test]
fn an_array_outlives_its_readers() {
    let write = |map: &Map| {
        map.insert(2);
        map.core.reclaim();
    };
    let found = table(&[1], 3, write, |map| assert_eq!(map.get(1), Some(1)));
    assert_eq!(found, Found::Nothing);
}

#[test]
fn iteration_meets_a_key_once_while_the_table_grows() {
    let write = |map: &Map| (2..=3).for_each(|key| map.insert(key));
    assert_eq!(table(&[1], 2, write, |map| assert_eq!(map.count(1), 1)), Found::Nothing);
}

/// Key 103 is in a chained bucket, and both slots of its own will be empty when somebody comes who needs one: it comes back then.
fn about_to_come_back(map: &Map) {
    (101..=103).for_each(|key| map.insert(key));
    (101..=102).for_each(|key| map.remove(key));
    map.insert(104); // finds its bucket full: the two begin to wait for their grace period
}

/// Until it is in its own bucket only, and after that. The negative control takes it out of the chained bucket at once.
#[test]
fn a_key_that_comes_back_is_always_found() {
    let write = |map: &Map| {
        map.insert(105); // 103 comes back
        map.remove(104);
        map.insert(106); // what waits now is 103 in the chained bucket
        map.insert(107); // which dies
    };
    let found = prepared(8, about_to_come_back, 2, write, |map| assert_eq!(map.get(103), Some(103)));
    assert_eq!(found, Found::Nothing);
}

#[test]
fn iteration_meets_a_key_that_comes_back_once() {
    let write = |map: &Map| (105..=107).for_each(|key| map.insert(key));
    let found = prepared(8, about_to_come_back, 2, write, |map| assert_eq!(map.count(103), 1));
    assert_eq!(found, Found::Nothing);
}

#[test]
fn a_key_that_comes_back_is_replaced_in_both_places() {
    let write = |map: &Map| {
        map.insert(105);
        map.replace(103, 1003);
        map.replace(103, 1004);
        assert_eq!(map.get(103), Some(1004));
    };
    let found = prepared(8, about_to_come_back, 2, write, |map| {
        let first = map.get(103).expect("the key is there");
        let second = map.get(103).expect("the key is there");
        assert!(second >= first, "{second} after {first}");
    });
    assert_eq!(found, Found::Nothing);
}

#[test]
fn a_key_that_comes_back_is_removed_from_both_places() {
    let write = |map: &Map| {
        map.insert(105);
        map.remove(103);
        assert_eq!(map.get(103), None);
        map.insert(106);
    };
    let found = prepared(8, about_to_come_back, 3, write, |map| {
        let first = map.get(103);
        assert!(map.get(103).is_none() || first.is_some(), "a key that was gone is there");
    });
    assert_eq!(found, Found::Nothing);
}
