//! What the section `probe` looks a key up in: the layout that `arch/rseq.rs` draws, and every turn that a lookup can take.
//!
//! ```text
//!   root ---> old array: bucket 0    a key with the right tag, one whose tag differs in its lowest bit, and nothing more
//!                        bucket 1    MOVED ---> new array: bucket 1    seven keys with the right tag, and MORE ---> a bucket with FAR
//! ```

use std::hint::black_box;
use std::sync::LazyLock;

use dacapo::arch::rseq as section;
use dacapo::rseq::{self, Area};

const ONES: u64 = 0x0001_0101_0101_0101;
const MORE: u64 = 1 << 56;
const MOVED: u64 = 1 << 57;
const TAG: u64 = 0x21;

/// A key that is there, after every turn.
const FAR: u64 = (1 << 63) | 7;
/// One that is not, though there are others with its tag.
pub const NONE: u64 = 8;

#[repr(C, align(128))]
#[derive(Clone, Copy)]
struct Bucket {
    tags: u64,
    next: usize,
    entries: [[u64; 2]; 7],
}

#[repr(C, align(128))]
struct Array {
    successor: usize,
    buckets: [Bucket; 2],
}

/// One table for each value that a thread may be given, so that nobody finds another's answer.
struct Table {
    root: usize,
}

const FIRST: usize = 64;
static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| (0..16).map(|n| Table::new(FIRST + n)).collect());

impl Array {
    fn leaked(successor: usize, buckets: [Bucket; 2]) -> usize {
        let array: &'static Array = Box::leak(Box::new(Array { successor, buckets }));
        array.buckets.as_ptr() as usize | (63 - 1) // two buckets
    }
}

impl Table {
    fn new(of: usize) -> Table {
        let empty = Bucket { tags: 0, next: 0, entries: [[0; 2]; 7] };
        let mut last = empty;
        last.tags = TAG << 24;
        last.entries[3] = [FAR, value(of, FAR) as u64];
        let mut full =
            Bucket { tags: (ONES * TAG) | MORE, next: Box::leak(Box::new(last)) as *const Bucket as usize, ..empty };
        for (n, entry) in full.entries.iter_mut().enumerate() {
            *entry = [n as u64, 0];
        }
        let mut near = empty;
        near.tags = (TAG << 8) | ((TAG ^ 1) << 16);
        near.entries[1] = [1, 1];
        near.entries[2] = [2, 2];
        let new = Array::leaked(0, [empty, full]);
        Table { root: Array::leaked(new, [near, Bucket { tags: MOVED, ..empty }]) }
    }
}

/// What is looked for beside blocks that began so full.
pub fn key(fill: usize) -> u64 {
    if fill == 0 { FAR } else { NONE }
}

/// Makes the tables.
pub fn make() {
    LazyLock::force(&TABLES);
}

/// Looks `key` up, by its own top bit, in the table of `of`.
///
/// # Safety
/// None beyond the section's: the tables are complete and never change.
pub unsafe fn probe(of: usize, key: u64) -> (usize, i32, u64) {
    const CPU_ID: u32 = std::mem::offset_of!(Area, cpu_id) as u32;
    let root = black_box(&raw const TABLES[of - FIRST].root);
    // SAFETY: as above.
    unsafe { section::probe::<0, 8, CPU_ID>(rseq::area_offset(), root, key, ONES * TAG, ONES, key) }
}

/// What is there.
pub fn value(of: usize, key: u64) -> usize {
    of * 1000 + key as u32 as usize
}
