//! Each CPU's block: what the sections work on, and the table through which they find it.
//!
//! ```text
//!   HOT.table --> [ slot of each size up to 1024, of each 128 bytes up to 64 KiB | -2 STOPPED | -1 STOPPED | 0 block | 1 block | 2 STOPPED (not made yet) | ... ]
//!   block     --> { source, sink } cursors of each class, 16 bytes apart | level of each class                               entry = mm_cid or cpu_id
//! ```
//! A block is made when its CPU first misses, and never unmapped. While it is stopped ([`super::drain`]), and before it is made, the entry says STOPPED: a block
//! whose magazines are empty and full at once. Threads without an index find the same at -1 and -2.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, Ordering};

use super::growth::Growth;
use super::hot::{self, HOT, MEDIUM, MEDIUM_STEP};
use super::lock::{Lock, Quiet};
use super::magazine::{self, Cursor, STOPPED as STOPPED_CURSOR};
use super::page_map;
use super::size_class::{self, COUNT, LEVELS, SMALL};
use super::starts::Starts;
use super::verify::Broken;
use crate::rseq::{self, State};
use crate::sys::memory::{self, MapFlags, Protection};

/// Visits of a CPU between two looks at the clock.
const VISITS: u32 = 128;

/// Indices that the table has room for; no kernel has more CPUs.
pub const INDICES: usize = 8192;
/// Where the real blocks stand, while the table may say STOPPED; in bytes from entry 0.
const OWN_OFFSET: usize = INDICES * 8;
/// Where the byte map of `page_map` lies; in bytes from entry 0.
pub const MAP_OFFSET: usize = 2 * INDICES * 8;
/// Room before entry 0 for entries -1 and -2, and for what is known of sizes: a class's *slot* is 2 * class, which scales to its pair's offset in a block.
const BEFORE: usize = 4096;
/// Where the slot of each size up to [`SMALL`] lies, in bytes from entry 0: known to `arch/<cpu>/heap.rs`. Not in the blocks: a load that waits for no other.
pub const SLOTS_OFFSET: isize = -(BEFORE as isize);
/// Where the slots of each number of [`MEDIUM_STEP`] bytes lie: known there too.
pub const MEDIUM_OFFSET: isize = SLOTS_OFFSET + SMALL as isize + 1;

/// A CPU's caches.
#[repr(C, align(128))]
pub struct Block {
    /// `{source, sink}` of each class; class 0's are always stopped. A pair is 16 bytes, so that one store exchanges it.
    lists: [[Cursor; 2]; COUNT],
    /// For each class, how often it missed lately.
    levels: [AtomicU8; COUNT],
    /// How often this CPU's threads came to the slow paths.
    visits: AtomicU32,
    /// What all cursors together looked like at the last look.
    print: AtomicU32,
    /// How far blocks grow that threads on this CPU reallocate.
    growth: Growth,
    /// Which long blocks begin as growing ones here.
    starts: Starts,
}

struct Stopped(UnsafeCell<Block>);
// SAFETY: written once, before the table is published; sections leave it as it is: they refuse, or store what is there already.
unsafe impl Sync for Stopped {}
/// All zero until [`make_table`], before which nobody can come to it: so it takes no room in a program's file.
static STOPPED: Stopped = Stopped(UnsafeCell::new(Block {
    lists: [[core::ptr::null_mut(); 2]; COUNT],
    levels: [const { AtomicU8::new(0) }; COUNT],
    visits: AtomicU32::new(0),
    print: AtomicU32::new(0),
    growth: Growth::new(),
    starts: Starts::new(),
}));

#[inline(always)]
pub fn stopped() -> *mut Block {
    STOPPED.0.get()
}

#[inline(always)]
pub fn table() -> *const *mut u8 {
    HOT.table.load(Ordering::Relaxed).cast()
}

#[inline(always)]
pub fn entry(index: usize) -> &'static AtomicPtr<Block> {
    // SAFETY: the table has an entry for every index that the kernel may report.
    unsafe { &*HOT.table.load(Ordering::Relaxed).cast::<AtomicPtr<Block>>().add(index) }
}

pub fn own(index: usize) -> &'static AtomicPtr<Block> {
    // SAFETY: as above, in the second table.
    unsafe { &*HOT.table.load(Ordering::Relaxed).add(OWN_OFFSET).cast::<AtomicPtr<Block>>().add(index) }
}

/// How many entries of the table are in use; its lock guards the making, stopping and restarting of blocks.
pub static BLOCKS: Lock<usize> = Lock::new(0);

/// Maps the table for `indices` CPUs, and behind it, if there is address space to spare, the byte map; false if memory is short. Under the
/// initialisation lock.
pub fn make_table(indices: usize, quiet: &Quiet) -> bool {
    let with_map = BEFORE + MAP_OFFSET + page_map::BYTES;
    let roomy = memory::address_space_limit() / 4 >= with_map;
    let map = |bytes| memory::map(bytes, Protection::READ, MapFlags::NORESERVE).ok();
    let (start, has_map) = match roomy.then(|| map(with_map)).flatten() {
        Some(start) => (start, true),
        None => match map(BEFORE + MAP_OFFSET) {
            Some(start) => (start, false),
            None => return false,
        },
    };
    let table = start.wrapping_add(BEFORE);
    // SAFETY: inside the mapping, which is ours alone until it is published, as is the stopped block, to which the table leads.
    unsafe {
        (*stopped()).lists = [[STOPPED_CURSOR; 2]; COUNT];
        if memory::protect(start, BEFORE + MAP_OFFSET, Protection::READ_WRITE).is_err() {
            return false;
        }
        for index in 0..indices.min(INDICES) + 2 {
            table.cast::<*mut Block>().sub(2).add(index).write(stopped());
        }
        for size in 0..=SMALL {
            table.offset(SLOTS_OFFSET).add(size).write(2 * size_class::of(size) as u8);
        }
        for steps in 0..=MEDIUM / MEDIUM_STEP {
            table.offset(MEDIUM_OFFSET).add(steps).write(2 * size_class::of(steps * MEDIUM_STEP) as u8);
        }
    }
    *BLOCKS.lock(quiet) = indices.min(INDICES);
    HOT.table.store(table, Ordering::Relaxed);
    if has_map {
        page_map::init(table.wrapping_add(MAP_OFFSET));
    }
    true
}

/// Makes the CPU's first block, unless somebody makes or stops blocks at this moment: a shard will do.
fn make_block(index: usize) {
    let quiet = Quiet::enter();
    if index >= INDICES || !own(index).load(Ordering::Relaxed).is_null() {
        return; // it has one, which is stopped
    }
    let Ok(memory) = memory::map(size_of::<Block>(), Protection::READ_WRITE, MapFlags::EMPTY) else { return };
    let block = memory.cast::<Block>();
    // Filled before the lock is taken: when 64 CPUs begin at once, each would make the others go to the shards for ten thousand instructions.
    // SAFETY: fresh memory of ours; zero is a valid level.
    unsafe {
        (*block).lists = [[magazine::none(); 2]; COUNT];
        (*block).lists[0] = [STOPPED_CURSOR; 2];
    }
    if !publish(index, block) {
        // SAFETY: nobody else has seen it.
        let _ = unsafe { memory::unmap(memory, size_of::<Block>()) };
    }
    drop(quiet);
}

/// Makes the block the CPU's; false if it has one by now, or somebody else holds the lock.
fn publish(index: usize, block: *mut Block) -> bool {
    let Some(blocks) = BLOCKS.try_lock() else { return false };
    if index >= *blocks || entry(index).load(Ordering::Relaxed) != stopped() {
        return false;
    }
    own(index).store(block, Ordering::Release);
    entry(index).store(block, Ordering::Release); // Release: the section's loads depend on the address
    drop(blocks);
    true
}

/// The current CPU's block, made if need be; None: this thread has no rseq, or the block is stopped.
#[inline]
pub fn current_block() -> Option<&'static Block> {
    for attempt in 0..2 {
        let index = rseq::fields().index();
        if index < 0 {
            if attempt > 0 || rseq::state() != State::Owned || rseq::register_current_thread().is_err() {
                return None;
            }
            continue;
        }
        let block = entry(index as usize).load(Ordering::Acquire); // Acquire: pairs with `make_block`
        if block != stopped() {
            // SAFETY: blocks are never unmapped; only `levels`, which is atomic, is used through this reference, and `lists` by raw pointers.
            return Some(unsafe { &*block });
        }
        if attempt == 0 {
            make_block(index as usize);
        }
    }
    None
}

/// What a block gets on this CPU that grows to `size` bytes; `size`: as much as it asks for, also where nothing is known. The heap is up.
#[inline(always)]
pub fn room(size: usize) -> usize {
    // SAFETY: the table has an entry for every index, -1 and -2 too, and blocks are never unmapped. The stopped block knows nothing.
    unsafe {
        let table = HOT.table.load(Ordering::Relaxed).cast::<AtomicPtr<Block>>();
        let block = (*table.offset(rseq::fields().index() as isize)).load(Ordering::Acquire); // Acquire: as in `growth`
        (*block).growth.room(size)
    }
}

/// The current CPU's block, if there is one; None: this thread has no index yet, or the CPU's caches are stopped.
#[inline]
fn existing_block() -> Option<&'static Block> {
    let index = rseq::fields().index();
    if index < 0 || !hot::ready() {
        return None;
    }
    let block = entry(index as usize).load(Ordering::Acquire); // Acquire: pairs with `make_block`
    // SAFETY: blocks are never unmapped; see `current_block`.
    (block != stopped()).then(|| unsafe { &*block })
}

/// What the current CPU knows about growing blocks; None: see [`existing_block`].
#[inline]
pub fn growth() -> Option<&'static Growth> {
    existing_block().map(|block| &block.growth)
}

/// Which long blocks begin as growing ones on the current CPU; None: see [`existing_block`].
#[inline(never)]
pub fn starts() -> Option<&'static Starts> {
    existing_block().map(|block| &block.starts)
}

impl Block {
    /// One more miss of the class; how many there were.
    pub fn raise(&self, class: usize) -> usize {
        // SAFETY: a class is below COUNT.
        let level = unsafe { self.levels.get_unchecked(class) };
        let now = level.load(Ordering::Relaxed) as usize;
        if now + 1 < LEVELS {
            level.store(now as u8 + 1, Ordering::Relaxed); // races lose a step at most
        }
        now
    }

    /// Counts a visit; true if it is time to look at the clock.
    #[inline]
    pub fn visit(&self) -> bool {
        let visits = self.visits.load(Ordering::Relaxed).wrapping_add(1);
        self.visits.store(visits, Ordering::Relaxed); // races lose one at most
        visits.is_multiple_of(VISITS)
    }

    /// A number that differs, most likely, if any cursor has moved; 0 if no cursor has a magazine.
    fn fingerprint(&self) -> u32 {
        let mut print = 0_u32;
        for class in 1..COUNT {
            for which in [SOURCE, SINK] {
                let cursor = self.glance(class, which);
                let word = if cursor == magazine::none() { 0 } else { cursor as usize as u32 };
                print = print.rotate_left(5).wrapping_mul(0x9e37_79b1) ^ word;
            }
        }
        print
    }

    /// Whether no cursor has moved since this was asked last, and there is one with a magazine.
    pub fn is_idle(&self) -> bool {
        let print = self.fingerprint();
        self.print.swap(print, Ordering::Relaxed) == print && print != 0
    }

    /// Takes the class's two magazines away, or the stubs in their place, and forgets how often it missed.
    ///
    /// # Safety
    /// The block is stopped, and no section that began before is still in flight.
    pub unsafe fn empty(block: *mut Self, class: usize) -> [Cursor; 2] {
        // SAFETY: a class is below COUNT. By raw pointers: other threads have references to the block, and glance at its cursors.
        unsafe {
            (*block).levels.get_unchecked(class).store(0, Ordering::Relaxed);
            (&raw mut (*block).lists).cast::<[Cursor; 2]>().add(class).replace([magazine::none(); 2])
        }
    }

    /// A cursor as it is at this moment, unless other threads move it.
    pub fn glance(&self, class: usize, which: usize) -> Cursor {
        // SAFETY: a word of the block that sections may write at any moment: read once.
        unsafe { (&raw const self.lists).cast::<Cursor>().add(2 * class + which).read_volatile() }
    }
}

/// The two magazines of a class: malloc takes from the source, free puts into the sink.
pub const SOURCE: usize = 0;
pub const SINK: usize = 1;

pub const fn offset(class: usize, which: usize) -> usize {
    class * 16 + which * 8
}

/// Checks every CPU's cursors: see [`super::verify`].
pub fn check() -> Result<(), Broken> {
    for index in 0..INDICES {
        let block = own(index).load(Ordering::Acquire); // Acquire: pairs with `make_block`
        if block.is_null() {
            continue;
        }
        for class in 1..COUNT {
            for which in [SOURCE, SINK] {
                // SAFETY: blocks are never unmapped; see `current_block`.
                let cursor = unsafe { (*block).glance(class, which) };
                if !magazine::is_sound(class, cursor) {
                    return Err(Broken {
                        rule: "a cursor points to a slot of a magazine",
                        class,
                        place: cursor as usize,
                    });
                }
            }
        }
    }
    Ok(())
}

/// Shows every CPU's magazines to `look`: index, class, and how many blocks lie in both. A glance: threads go on.
pub fn visit(mut look: impl FnMut(usize, usize, usize)) {
    for index in 0..INDICES {
        let block = own(index).load(Ordering::Acquire); // Acquire: pairs with `make_block`
        if !block.is_null() {
            for class in 1..COUNT {
                // SAFETY: blocks are never unmapped; see `current_block`. Only the cursor is looked at.
                let len = |which| unsafe { magazine::len(class, (*block).glance(class, which)) };
                look(index, class, len(SOURCE) + len(SINK));
            }
        }
    }
}

/// Keeps blocks from being made and stopped, across fork.
pub fn acquire() {
    BLOCKS.acquire();
}

/// The other half of [`acquire`].
pub fn release() {
    BLOCKS.release();
}

const _: () = {
    assert!(2 * COUNT < 256);
    assert!(SMALL + MEDIUM / MEDIUM_STEP + 2 * (1 + size_of::<usize>()) < BEFORE); // both, and two entries
    assert!(size_of::<Block>() <= 4096);
    let mut size = SMALL + 1;
    while size <= MEDIUM {
        assert!(size_class::of(size) == size_class::of(size.next_multiple_of(MEDIUM_STEP)));
        size += 1;
    }
};
