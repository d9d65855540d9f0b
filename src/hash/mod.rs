//! Hash tables whose lookups wait for nobody: not for writers, not for each other, not for a resize.
//!
//! ```text
//!   lookup                                        change
//!     guard = domain.enter()                        map.insert(key, value)      locks 1 of 16 to 256 shards
//!     value = map.get(&guard, &key)                 map.replace(key, value)
//!     ... *value ...                                map.remove(&key)
//!     drop(guard)
//! ```
//! | table | keeps | for |
//! | --- | --- | --- |
//! | [`Map`] | keys and values, in its buckets | Rust, any [`BuildHasher`](core::hash::BuildHasher) |
//! | [`Table`] | pointers to nodes in the program's objects | C (`<dacapo/hash.h>`); objects that are large, or in several tables |
//!
//! ```text
//!   bucket   a word of tags, and the slots       array   buckets, and the word that names them       probe   a lookup in one section
//!   shard    what writers lock: resizes, dead entries       table   lookups and changes, for both
//! ```
//! # Protocol
//! 1. A bucket is a word of seven tags, eight bits of hash each, and its slots. A lookup loads the word and looks only at slots whose tag is its own: nearly
//!    always at one. So it meets one line for the tags and, of a small entry, the same or the next one. Buckets that are full are chained to others.
//! 2. An entry is complete before its tag is published, and does not change after that. A removed entry loses its tag; its slot is used again, and the
//!    entry dropped, after a grace period.
//! 3. A replacement goes into the same bucket, and one store of the word takes the old tag out and puts the new one in; or into a later bucket of the chain, whose
//!    tag is published before the old one goes: who comes too late for the old entry is not too early for the new one.
//! 4. A resize moves bucket by bucket, in steps that every change takes: copy the entries into the next array, then mark the old bucket MOVED, in one store.
//!    A lookup that meets the mark goes on in the next array. When all have moved, lookups begin there, and the old array waits for its last readers.
//! 5. An entry that found its bucket full comes back to it when a slot there is empty again, and leaves the chained one a grace period later: see `shard`. So that few have
//!    to, removed entries count as what they take until their slots are empty: a small table that changes a lot is larger than one that does not.
//!
//! # Guarantees
//! A. Lookups are wait-free: no lock, no atomic read-modify-write, no store but the read section's own, no waiting for changes or resizes. A lookup meets at
//!    most one array more for every resize that ends while it runs; before a table shrinks, the readers of its last resize have left.
//! B. An entry that is in the table during a whole lookup is found by it, whatever else changes: other entries, the table's size, the entry's place.
//! C. A lookup that begins after a change has returned sees it. Lookups of one key by one thread never go back: changes of one key are seen in one order.
//! D. With [`Map::insert`] and [`Map::replace`] a key is there at most once. A lookup of a key that is replaced finds the old value or the new one, at no moment neither.
//! E. What a lookup has found is valid, and does not change, until the read section ends, even if it is removed meanwhile.
//! F. Iteration meets each entry that is there from its begin to its end exactly once, across resizes too; entries that are added or removed meanwhile perhaps,
//!    and of one that is replaced the old one, the new one, or both.
//! G. A change takes the lock of one shard, never waits for readers, and in a resize moves three buckets at most: its price does not grow with the table.
//! H. Removed entries are dropped after a grace period, by a later change of their shard; at most 128 of a shard wait for that while grace periods end, and all of them
//!    are dropped by `synchronize`. A reader that never leaves delays that, and nobody else: the table grows instead.
//! I. Without memory: a change that needs some says ENOMEM and changes nothing; removal needs none; a resize is put off.
//! J. [`Map::probe`] gives A to D too, but for the kernel's interruptions, each of which starts it over. What it has found is a copy: it holds nothing, and delays no grace period.
//! K. Lookups with a [`Domain`](crate::rcu::Domain) are async-signal-safe; changes are not. In a forked child a table may be read; it may be changed if no
//!    other thread was changing it at the fork.
//!
//! Price: see `docs/benchmarks.md`. Memory: a bucket of seven (six pointers) for 2.5 to 5 entries; 16 shards for each two CPUs, 1.3 KiB each.
//!
//! Source: the marks of a resize that goes bucket by bucket follow Java's ConcurrentHashMap (Lea); tags in a word, the Swiss tables; that lookups need not wait for
//! a resize, Triplett, McKenney and Walpole, "Resizable, scalable, concurrent hash tables via relativistic programming" (2011).

mod array;
mod bucket;
mod intrusive;
mod map;
mod probe;
mod shard;
mod table;

pub use intrusive::{Node, Table};
pub use map::Map;
