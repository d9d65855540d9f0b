//! The library's sources are compiled here as in a negative control of the library: `DACAPO_BROKEN=NAME`.
//!
//! The locks, the mesh's items, malloc's stack and the hash table are included with other imports: atomics, the futex and the pause are loom's. Nothing else of them changes, except that `new` is not
//! `const`, because loom's atomics cannot be made at compile time, and that waiters look once before they sleep.

use std::path::Path;

/// The library's locks that are modelled, the mesh's items, malloc's stack of magazines, and the hash table.
const FILES: [&str; 10] = [
    "sync/raw/mutex.rs",
    "sync/queued.rs",
    "sync/seqlock.rs",
    "sync/ticket.rs",
    "queue/mesh/item.rs",
    "malloc/stack.rs",
    "hash/array.rs",
    "hash/bucket.rs",
    "hash/shard.rs",
    "hash/table.rs",
];

/// Of the hash table: smaller, and buckets are made where zeros would do, because loom's atomics are not made of zeros.
const OF_THE_TABLE: [(&str, &str); 13] = [
    ("use crate::malloc;", "use crate::hash::shim::malloc;"),
    ("use crate::rcu::", "use crate::hash::shim::"),
    ("use crate::percpu::", "use crate::hash::shim::"),
    ("use crate::sync::Mutex;", "use crate::mutex::Mutex;"),
    ("use crate::sys::", "use crate::hash::shim::"),
    ("const SHARDS_A_CPU: usize = 8;", "const SHARDS_A_CPU: usize = 1;"),
    ("= 16..=256;", "= 1..=1;"),
    ("const FEW: usize = 8;", "const FEW: usize = 1;"),
    ("const STEP: usize = 2;", "const STEP: usize = 1;"),
    ("const ASK: u32 = 64;", "const ASK: u32 = 1;"),
    (
        "        Some(array)\n",
        "        // SAFETY: memory for as many buckets, all ours.\n        (0..1 << log2).for_each(|n| unsafe { base.cast::<Bucket<E, N>>().add(n).write(Bucket::new()) });\n        Some(array)\n",
    ),
    (
        "    Some(bucket.cast())\n",
        "    // SAFETY: fresh memory of that size.\n    unsafe { bucket.cast::<Bucket<E, N>>().write(Bucket::new()) };\n    Some(bucket.cast())\n",
    ),
    (
        "impl<E, const N: usize> Bucket<E, N> {\n",
        "impl<E, const N: usize> Bucket<E, N> {
    pub(super) fn new() -> Self {
        let slots = [const { UnsafeCell::new(MaybeUninit::uninit()) }; N];
        Self { meta: AtomicU64::new(0), next: AtomicPtr::new(core::ptr::null_mut()), slots }
    }\n",
    ),
];

const CHANGES: [(&str, &str); 16] = [
    ("//!", "//"), // an included file has no head
    // A ticket lock's word is also looked at by its halves; an item's place and state are its own.
    ("use core::sync::atomic::{AtomicU32, AtomicU64};", "use crate::locks::halves::{AtomicU32, AtomicU64};"),
    ("use core::cell::{Cell, UnsafeCell};", "use crate::queue::mesh::watched::{Cell, UnsafeCell};"),
    (
        "use core::sync::atomic::AtomicU32;\nuse core::sync::atomic::Ordering::{Acquire, Relaxed, Release};\n\nuse crate::arch::barrier;",
        "use crate::sync::atomic::AtomicU32;\nuse loom::sync::atomic::Ordering::{Acquire, Relaxed, Release};\n\nuse crate::arch::barrier;",
    ),
    ("const _: () = assert!(size_of::<Item>() == 128);", ""),
    ("core::sync::atomic", "loom::sync::atomic"),
    ("core::hint::spin_loop", "crate::locks::shim::spin_loop"),
    ("pub const fn new", "pub fn new"),
    ("const LOOKS: u32 = 10", "const LOOKS: u32 = 1"),
    ("use super::spin::Spin", "use crate::locks::shim::Spin"),
    ("use super::deadline::", "use crate::locks::shim::"),
    ("use super::raw::{RawMutex, Scope, Spin}", "use crate::locks::{mutex::RawMutex, shim::{Spin, futex::Scope}}"),
    ("use super::raw::Spin", "use crate::locks::shim::Spin"),
    ("use crate::arch;", "use crate::locks::shim::arch;"),
    ("use crate::rseq", "use crate::locks::shim::rseq"),
    ("use crate::sys::", "use crate::locks::shim::"),
];

/// Those whose atomics are `src/words.rs`: read-copy-update and the blocks of CPUs.
const OF_WORDS: [&str; 14] = [
    "percpu/array_cache.rs",
    "percpu/fallback.rs",
    "percpu/ids.rs",
    "percpu/limiter.rs",
    "percpu/memory.rs",
    "percpu/reference.rs",
    "percpu/stop.rs",
    "rcu/callbacks.rs",
    "rcu/cell.rs",
    "rcu/domain.rs",
    "rcu/grace.rs",
    "rcu/pointer.rs",
    "rcu/qsbr.rs",
    "rcu/readers.rs",
];

const CHANGES_OF_WORDS: [(&str, &str); 15] = [
    ("pub const BATCH: usize = 16;", "pub const BATCH: usize = 2;"),
    ("linux_raw_sys::general::CLOCK_MONOTONIC as i32", "0"),
    ("//!", "//"),
    ("core::sync::atomic", "crate::words"),
    (
        "use crate::sync::raw::{RawMutex, Scope, Spin}",
        "use crate::rcu::shim::Spin;\nuse crate::sync::raw::{RawMutex, Scope}",
    ),
    ("use crate::sync::Mutex", "use crate::mutex::Mutex"),
    ("use crate::sys::futex", "use crate::rcu::shim::futex"),
    ("use crate::sys::sched", "use crate::rcu::shim::sched"),
    ("use crate::sys::time", "use crate::rcu::shim::time"),
    ("const fn new() -> Self", "fn new() -> Self"), // with a lock of loom's
    // Few slots, each of which would be looked at.
    ("4096 / CACHE_LINE - 1", "384 / CACHE_LINE - 1"),
    ("== 4096", "== 384"),
    ("pub const SLOTS: usize = 4;", "pub const SLOTS: usize = 2;"),
    // Who has stopped a block changes memory that sections change: loom is told.
    ("self.owner.block(self.index)", "crate::sections::watched(self.owner.block(self.index))"),
    (
        "edit(unsafe { self.block(index).as_mut() })",
        "edit(unsafe { crate::sections::watched(self.block(index)).as_mut() })",
    ),
];

/// Malloc's front, whose atomics are those as well. Cursors and slots are plain words in the library, which sections and their owners change in
/// turn; here loom has them.
const OF_MALLOC: [&str; 4] = ["malloc/cpu_block.rs", "malloc/cpu_cache.rs", "malloc/drain.rs", "malloc/lock.rs"];

const CHANGES_OF_MALLOC: [(&str, &str); 15] = [
    ("//!", "//"),
    ("core::sync::atomic", "crate::words"),
    ("const INDICES: usize = 8192;", "const INDICES: usize = 64;"),
    ("use super::verify::Broken;", "use super::shim::{Broken, Words};"),
    ("use super::central;\nuse super::counts", "use super::shim::Words;\nuse super::central;\nuse super::counts"),
    (".read_volatile()", ".look()"),
    (".replace([magazine::none(); 2])", ".change([magazine::none(); 2])"),
    ("*rest as *mut u8", "rest.look() as *mut u8"),
    ("*cursor.sub(1)", "cursor.sub(1).look()"),
    ("fresh.write(block as usize)", "fresh.change(block as usize)"),
    ("use crate::sys::sched;", "use super::shim::sched;"),
    ("use crate::sys::membarrier::", "use super::shim::"),
    (
        "use crate::sys::futex::{self, Scope};\nuse crate::sys::signal::",
        "use crate::rcu::shim::futex;\nuse crate::sync::raw::Scope;\nuse super::shim::signal::",
    ),
    ("const SPINS: u32 = 100;", "const SPINS: u32 = 1;"),
    ("core::hint::spin_loop", "loom::thread::yield_now"),
];

fn main() {
    println!("cargo::rerun-if-env-changed=DACAPO_BROKEN");
    println!("cargo::rustc-cfg=dacapo_model");
    let broken = std::env::var("DACAPO_BROKEN").unwrap_or_default();
    for broken in broken.split(',').filter(|name| !name.is_empty()) {
        println!("cargo::rustc-cfg=dacapo_broken=\"{broken}\"");
    }
    for file in FILES {
        let of_the_table = if file.starts_with("hash/") { &OF_THE_TABLE[..] } else { &[] };
        let name = Path::new(file).file_name().and_then(|name| name.to_str()).expect("a file");
        copy(file, name, of_the_table.iter().chain(&CHANGES));
    }
    for file in OF_WORDS {
        copy(file, &file.replace('/', "_"), CHANGES_OF_WORDS.iter());
    }
    for file in OF_MALLOC {
        copy(file, &file.replace('/', "_"), CHANGES_OF_MALLOC.iter());
    }
}

/// Writes a file of the library's with these changes.
fn copy<'a>(file: &str, name: &str, changes: impl Iterator<Item = &'a (&'a str, &'a str)>) {
    let out = std::env::var("OUT_DIR").expect("cargo names it");
    let source = Path::new("../../src").join(file);
    println!("cargo::rerun-if-changed={}", source.display());
    let mut text = std::fs::read_to_string(&source).expect("the library's source");
    for (from, to) in changes {
        text = text.replace(from, to);
    }
    std::fs::write(Path::new(&out).join(name), text).expect("room for a copy");
}
