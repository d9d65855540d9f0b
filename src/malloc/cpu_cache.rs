//! The front: each CPU's two lists a class, reached through the table of blocks that the restartable sections index.
//!
//! ```text
//!   HOT.table --> [ -2 STOPPED | -1 STOPPED | 0 block | 1 block | 2 STOPPED (not made yet) | ... ]      entry = mm_cid or cpu_id
//!   block     --> { current, spare } of each class, 16 bytes apart | slot of each size up to 1024 | level of each class
//! ```
//! 1. malloc pops from `current`; empty: the two lists swap; still empty: a chain from the middle becomes `current`.
//! 2. free pushes to `current`; full: the two swap; still full: `current` goes to the middle whole, an empty list takes its place.
//! 3. A thread without an index (no rseq), or on a CPU whose block is stopped, finds every list empty and full at once and uses a shard.
//!
//! [`HOT`] is all zero until the heap is up: every size is then beyond its limit, every pointer outside its extent.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicPtr, AtomicU8, AtomicUsize, Ordering};

use super::central;
use super::check;
use super::counts::{self, Event};
use super::lock::{Lock, Quiet};
use super::shard;
use super::size_class::{self, COUNT, LEVELS, SMALL};
use crate::arch::{self, ListNode};
use crate::rseq::{self, State};
use crate::sys::membarrier::{Command, membarrier};
use crate::sys::memory::{self, MapFlags, Protection};

/// What the fast paths load: one cache line, constant once the heap is up. The offsets are known to `arch/<cpu>/heap.rs`.
#[repr(C, align(64))]
#[derive(Debug)]
pub struct Hot {
    /// Sizes below it are for the fast path: 0, later 1025.
    pub limit: AtomicUsize,
    /// Entry 0 of the table of blocks. The byte map lies [`MAP_OFFSET`] behind it.
    pub table: AtomicPtr<u8>,
    /// Distance of the index from the thread pointer.
    pub index: AtomicUsize,
    /// Distance of the rseq area from the thread pointer.
    pub area: AtomicUsize,
    /// First address of the first region.
    pub base: AtomicUsize,
    /// Its length in sixteenths of a byte: blocks are compared by (address - base) / 16.
    pub extent: AtomicUsize,
}

/// See [`Hot`].
pub static HOT: Hot = Hot {
    limit: AtomicUsize::new(0),
    table: AtomicPtr::new(core::ptr::null_mut()),
    index: AtomicUsize::new(0),
    area: AtomicUsize::new(0),
    base: AtomicUsize::new(0),
    extent: AtomicUsize::new(0),
};

/// Indices that the table has room for; no kernel has more CPUs.
pub const INDICES: usize = 8192;
/// Where the real blocks stand, while the table may say STOPPED; in bytes from entry 0.
const OWN_OFFSET: usize = INDICES * 8;
/// Where the byte map of `page_map` lies; in bytes from entry 0.
pub const MAP_OFFSET: usize = 2 * INDICES * 8;
/// Room before entry 0 for entries -1 and -2.
const BEFORE: usize = 4096;

/// A CPU's caches.
#[repr(C, align(128))]
pub struct Block {
    /// `{current, spare}` of each class; class 0's are always stopped. A pair is 16 bytes, so that one store swaps it.
    lists: [[*mut ListNode; 2]; COUNT],
    /// For each size up to 1024: 2 * class, which scales to the pair's offset.
    slots: [u8; SMALL + 1],
    /// For each class, how far its capacity has grown.
    levels: [AtomicU8; COUNT],
}

/// Where [`Block::slots`] lies: known to `arch/<cpu>/heap.rs`.
pub const SLOTS_OFFSET: usize = core::mem::offset_of!(Block, slots);

/// The end of every list of the stopped block: nothing above it, no room on it.
struct StoppedEnd(UnsafeCell<ListNode>);
// SAFETY: never written: no room, nothing to pop.
unsafe impl Sync for StoppedEnd {}
static STOPPED_END: StoppedEnd = StoppedEnd(UnsafeCell::new(ListNode { next: core::ptr::null_mut(), room: 0 }));

struct Stopped(UnsafeCell<Block>);
// SAFETY: sections leave it as it is: they refuse, or store what is there already.
unsafe impl Sync for Stopped {}
static STOPPED: Stopped = Stopped(UnsafeCell::new(Block {
    lists: [[STOPPED_END.0.get(); 2]; COUNT],
    slots: [0; SMALL + 1],
    levels: [const { AtomicU8::new(0) }; COUNT],
}));

#[inline(always)]
fn stopped() -> *mut Block {
    STOPPED.0.get()
}

#[inline(always)]
fn table() -> *const *mut u8 {
    HOT.table.load(Ordering::Relaxed).cast()
}

#[inline(always)]
fn entry(index: usize) -> &'static AtomicPtr<Block> {
    // SAFETY: the table has an entry for every index that the kernel may report.
    unsafe { &*HOT.table.load(Ordering::Relaxed).cast::<AtomicPtr<Block>>().add(index) }
}

fn own(index: usize) -> &'static AtomicPtr<Block> {
    // SAFETY: as above, in the second table.
    unsafe { &*HOT.table.load(Ordering::Relaxed).add(OWN_OFFSET).cast::<AtomicPtr<Block>>().add(index) }
}

/// How many entries of the table are in use; its lock guards the making, stopping and restarting of blocks.
static BLOCKS: Lock<usize> = Lock::new(0);

/// Whether the fast paths are open, and so the heap is up.
#[inline(always)]
pub fn ready() -> bool {
    HOT.limit.load(Ordering::Acquire) != 0 // Acquire: pairs with `init`
}

/// Maps the table for `indices` CPUs, and the byte map of `map_length` bytes behind it; the map. Under the initialisation lock.
pub fn make_table(indices: usize, map_length: usize) -> Option<*mut u8> {
    let start = memory::map(BEFORE + MAP_OFFSET + map_length, Protection::READ_WRITE, MapFlags::NORESERVE).ok()?;
    let table = start.wrapping_add(BEFORE);
    // SAFETY: inside the mapping, which is ours alone until it is published.
    unsafe {
        for index in 0..indices.min(INDICES) + 2 {
            table.cast::<*mut Block>().sub(2).add(index).write(stopped());
        }
        *BLOCKS.lock(&Quiet::enter()) = indices.min(INDICES);
        HOT.table.store(table, Ordering::Relaxed);
        Some(table.add(MAP_OFFSET))
    }
}

/// Opens the fast paths, unless they are to stay closed. Under the initialisation lock.
pub fn open(base: usize, bytes: usize, closed: bool) {
    let fields = rseq::offsets();
    HOT.area.store(fields.0 as usize, Ordering::Relaxed);
    HOT.index.store(fields.1 as usize, Ordering::Relaxed);
    HOT.base.store(base, Ordering::Relaxed);
    // Threads may run already: before they see the limit and the extent, all of them must see the rest.
    if membarrier(Command::RegisterPrivateExpedited).is_ok() {
        let _ = membarrier(Command::PrivateExpedited);
    }
    if closed {
        return;
    }
    HOT.extent.store(bytes >> 4, Ordering::Release);
    HOT.limit.store(SMALL + 1, Ordering::Release);
}

/// Closes the fast paths for good: every call takes the slow path from now on. Other threads' calls may still be in the fast one.
pub fn close() {
    HOT.limit.store(0, Ordering::Relaxed);
    HOT.extent.store(0, Ordering::Relaxed);
}

fn make_block(index: usize) {
    let quiet = Quiet::enter();
    let Some(blocks) = BLOCKS.try_lock() else { return }; // somebody makes or stops blocks: a shard will do
    if index >= *blocks || entry(index).load(Ordering::Relaxed) != stopped() {
        return;
    }
    let Ok(block) = memory::map(size_of::<Block>(), Protection::READ_WRITE, MapFlags::EMPTY) else { return };
    let block = block.cast::<Block>();
    // SAFETY: fresh memory of ours; zero is a valid level.
    unsafe {
        (*block).lists[0] = [STOPPED_END.0.get(); 2];
        for class in 1..COUNT {
            (&raw mut (*block).lists).cast::<[*mut ListNode; 2]>().add(class).write([central::sentinel(class, 0); 2]);
        }
        for size in 0..=SMALL {
            (&raw mut (*block).slots).cast::<u8>().add(size).write(2 * size_class::of(size) as u8);
        }
    }
    own(index).store(block, Ordering::Release);
    entry(index).store(block, Ordering::Release); // Release: the section's loads depend on the address
    drop(blocks);
    drop(quiet);
}

/// The current CPU's block, made if need be; None: this thread has no rseq, or the block is stopped.
#[inline]
fn current_block() -> Option<&'static Block> {
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
            // SAFETY: blocks are never unmapped; only `levels`, which is atomic, is used through this reference.
            return Some(unsafe { &*block });
        }
        if attempt == 0 {
            make_block(index as usize);
        }
    }
    None
}

impl Block {
    /// The class's capacity grows by a level; the new level.
    fn raise(&self, class: usize) -> usize {
        // SAFETY: a class is below COUNT.
        let level = unsafe { self.levels.get_unchecked(class) };
        let now = (level.load(Ordering::Relaxed) as usize + 1).min(LEVELS - 1); // races lose a step at most
        level.store(now as u8, Ordering::Relaxed);
        now
    }
}

const fn offset(class: usize) -> usize {
    class * 16
}

/// Pops a block of the class from the current CPU's list; null if it is empty. The heap is up.
#[inline(always)]
pub fn pop(class: usize) -> *mut u8 {
    // SAFETY: the table has a block for every index, and each has this class's lists.
    unsafe { arch::rseq::list_pop(rseq::fields(), table(), offset(class)).cast() }
}

/// Pushes a block of the class to the current CPU's list; false if it is full. The heap is up.
///
/// # Safety
/// `block` is a block of this class that its user has given up.
#[inline(always)]
pub unsafe fn push(class: usize, block: *mut u8) -> bool {
    // SAFETY: as in `pop`; the block is nobody's.
    unsafe { arch::rseq::list_push(rseq::fields(), table(), offset(class), block.cast()) }
}

fn swap(class: usize) {
    // SAFETY: as in `pop`; the pair is 16-aligned.
    unsafe { arch::rseq::pair_swap(rseq::fields(), table(), offset(class)) };
}

/// What the current CPU's list begins with; if that is `expected`, it begins with `new` from now on.
///
/// # Safety
/// As in `pop`; `new` is a chain of ours.
#[inline(never)] // one section, which the step test can reach, not three
unsafe fn exchange(class: usize, expected: *mut ListNode, new: *mut ListNode) -> usize {
    // SAFETY: as the caller promises.
    let (_, found) =
        unsafe { arch::rseq::compare_store(rseq::fields(), table(), offset(class), expected as usize, new as usize) };
    found
}

/// Makes a chain the current CPU's list, if that is empty; whether it did.
unsafe fn attach(class: usize, chain: *mut ListNode) -> bool {
    let mut expected = central::sentinel(class, 0);
    for _ in 0..3 {
        // SAFETY: as in `pop`; the chain is ours.
        let found = unsafe { exchange(class, expected, chain) };
        if found == expected as usize {
            return true;
        }
        // Only a sentinel of this class may be replaced: a block that looks like one could come back as another list's.
        if !central::is_sentinel(class, found) {
            return false;
        }
        expected = found as *mut ListNode;
    }
    false
}

/// A block of the class when [`pop`] found none; null if memory is short. The heap is up.
#[cold]
#[inline(never)]
pub fn refill(class: usize) -> *mut u8 {
    let Some(block) = current_block() else { return shard::allocate(class) };
    let first = pop(class); // the block may be new, or another thread may have filled it
    if !first.is_null() {
        return first;
    }
    swap(class);
    let second = pop(class);
    if !second.is_null() {
        return second;
    }
    counts::add(Event::Miss, class);
    let quiet = Quiet::enter();
    let chain = central::take(class, block.raise(class), &quiet);
    if chain.is_null() {
        return core::ptr::null_mut();
    }
    counts::add(Event::Fetched, class);
    // SAFETY: the chain is ours, its head included.
    unsafe {
        let rest = (*chain).next;
        if !attach(class, rest) && !(*rest).next.is_null() {
            central::give(class, rest, &quiet);
        }
    }
    chain.cast()
}

/// Takes a block back when [`push`] found no room. The heap is up.
///
/// # Safety
/// As [`push`].
#[cold]
#[inline(never)]
pub unsafe fn flush(class: usize, block: *mut u8) {
    for _ in 0..4 {
        let Some(cpu) = current_block() else {
            // SAFETY: as the caller promises.
            return unsafe { shard::free(class, block.cast()) };
        };
        // SAFETY: a word that others may write at any moment: read once.
        let head = unsafe { (&raw const cpu.lists).cast::<*mut u8>().add(2 * class).read_volatile() };
        if head == block {
            check::double_free(block as usize);
        }
        // SAFETY: as the caller promises.
        if unsafe { push(class, block) } {
            return;
        }
        swap(class);
        // SAFETY: as the caller promises.
        if unsafe { push(class, block) } {
            return;
        }
        let end = central::sentinel(class, cpu.raise(class));
        // SAFETY: as in `pop`; the sentinel lives for ever.
        let chain = unsafe { arch::rseq::list_take(rseq::fields(), table(), offset(class), end) };
        if !chain.is_null() {
            counts::add(Event::Flushed, class);
            // SAFETY: the whole list is ours now.
            unsafe { central::give(class, chain, &Quiet::enter()) };
        }
    }
    // Stopped, migrated or outrun four times: as a chain of one.
    let block = block.cast::<ListNode>();
    let end = central::sentinel(class, 0);
    // SAFETY: the block is ours.
    unsafe {
        (*block).next = end;
        (*block).room = (*end).room - 1;
        central::give(class, block, &Quiet::enter());
    }
}

/// Stops every CPU's block, hands each of their chains to `consume`, and starts them again; false if this kernel cannot stop other CPUs.
pub fn drain(quiet: &Quiet, mut consume: impl FnMut(usize, *mut ListNode)) -> bool {
    let blocks = BLOCKS.lock(quiet);
    let _ = membarrier(Command::RegisterPrivateExpeditedRseq);
    for index in 0..*blocks {
        entry(index).store(stopped(), Ordering::Release);
    }
    let stopped_all = membarrier(Command::PrivateExpeditedRseq).is_ok();
    for index in 0..*blocks {
        let block = own(index).load(Ordering::Relaxed);
        if block.is_null() {
            continue;
        }
        for class in 1..if stopped_all { COUNT } else { 0 } {
            // SAFETY: after the fence every section sees the stopped block, so these lists are ours until the entry is put back.
            unsafe {
                let pair = (&raw mut (*block).lists).cast::<[*mut ListNode; 2]>().add(class);
                for chain in pair.replace([central::sentinel(class, 0); 2]) {
                    if !(*chain).next.is_null() {
                        consume(class, chain);
                    }
                }
                (*block).levels.get_unchecked(class).store(0, Ordering::Relaxed);
            }
        }
        entry(index).store(block, Ordering::Release);
    }
    stopped_all
}

/// Stops every CPU's block, shows each of their lists to `look`, and starts them again; false, and nothing is shown, if this kernel cannot.
pub fn visit(quiet: &Quiet, mut look: impl FnMut(usize, usize, *const ListNode)) -> bool {
    let blocks = BLOCKS.lock(quiet);
    let _ = membarrier(Command::RegisterPrivateExpeditedRseq);
    for index in 0..*blocks {
        entry(index).store(stopped(), Ordering::Release);
    }
    let stopped_all = membarrier(Command::PrivateExpeditedRseq).is_ok();
    for index in 0..*blocks {
        let block = own(index).load(Ordering::Relaxed);
        if block.is_null() {
            continue;
        }
        for class in 1..if stopped_all { COUNT } else { 0 } {
            // SAFETY: as in `drain`.
            let pair = unsafe { (&raw const (*block).lists).cast::<[*const ListNode; 2]>().add(class).read() };
            pair.into_iter().for_each(|list| look(index, class, list));
        }
        entry(index).store(block, Ordering::Release);
    }
    stopped_all
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
    assert!(SLOTS_OFFSET == COUNT * 16 && 2 * COUNT < 256);
    assert!(size_of::<Block>() <= 4096);
};
