//! The front: each CPU's two magazines a class, reached through the table of blocks that the restartable sections index.
//!
//! ```text
//!   HOT.table --> [ -2 STOPPED | -1 STOPPED | 0 block | 1 block | 2 STOPPED (not made yet) | ... ]      entry = mm_cid or cpu_id
//!   block     --> { source, sink } cursors of each class, 16 bytes apart | slot of each size up to 1024, of each 128 bytes up to 64 KiB | level of each class
//! ```
//! 1. malloc pops from the *source*; empty: the two change places; still empty: a magazine from the middle becomes the source.
//! 2. free pushes to the *sink*; full: an empty magazine takes its place, and it becomes the source if that is empty, else goes to the middle.
//! 3. So a block that was just freed is not the next to go out: malloc's cursor does not wait for free's store, nor free's for malloc's.
//!    And what was freed last is always on top of the sink: free sees there that a block comes twice.
//! 4. A thread without an index (no rseq), or on a CPU whose block is stopped, finds every magazine empty and full at once and uses a shard.
//!
//! A cursor is replaced by a section that compares it with what was read before: so nobody else had the magazine in between, and the old one is ours.
//! [`HOT`] is all zero until the heap is up: every size is then beyond its limit, every pointer outside its extent.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU8, AtomicU32, AtomicUsize, Ordering};

use super::central;
use super::counts::{self, Event};
use super::growth::Growth;
use super::lock::{Lock, Quiet};
use super::magazine::{self, Cursor, STOPPED as STOPPED_CURSOR};
use super::page_heap;
use super::page_map;
use super::shard;
use super::size_class::{self, COUNT, LEVELS, SMALL};
use super::verify::Broken;
use crate::arch;
use crate::inject::{self, Point};
use crate::rseq::{self, State};
use crate::sys::membarrier::{Command, membarrier};
use crate::sys::memory::{self, MapFlags, Protection};
use crate::sys::sched;

/// What the fast paths load: one cache line, constant once the heap is up. The offsets are known to `arch/<cpu>/heap.rs`.
#[repr(C, align(64))]
#[derive(Debug)]
pub struct Hot {
    /// Sizes below it are for the section on `mm_cid`: 0, later 1025 where that is alive.
    pub limit: AtomicUsize,
    /// Entry 0 of the table of blocks. The byte map lies [`MAP_OFFSET`] behind it.
    pub table: AtomicPtr<u8>,
    /// Distance of the index from the thread pointer.
    pub index: AtomicUsize,
    /// Distance of the rseq area from the thread pointer.
    pub area: AtomicUsize,
    /// Addresses below it are in the byte map: 0, later all that a program can have, if there is a map and `mm_cid` is alive.
    pub extent: AtomicUsize,
    /// As `limit`, for the section on any index.
    pub limit_any: AtomicUsize,
    /// As `extent`, for the section on any index.
    pub extent_any: AtomicUsize,
    /// As `limit`, for sizes beyond it: 0, later 64 KiB and 1.
    pub limit_medium: AtomicUsize,
}

/// See [`Hot`].
pub static HOT: Hot = Hot {
    limit: AtomicUsize::new(0),
    table: AtomicPtr::new(core::ptr::null_mut()),
    index: AtomicUsize::new(0),
    area: AtomicUsize::new(0),
    extent: AtomicUsize::new(0),
    limit_any: AtomicUsize::new(0),
    extent_any: AtomicUsize::new(0),
    limit_medium: AtomicUsize::new(0),
};

/// Visits of a CPU between two looks at the clock.
const VISITS: u32 = 128;
/// A CPU whose magazines did not move for so long is idle, in milliseconds.
const PERIOD: i64 = 1000;

/// Whether the table is there.
static READY: AtomicBool = AtomicBool::new(false);

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
    /// `{source, sink}` of each class; class 0's are always stopped. A pair is 16 bytes, so that one store exchanges it.
    lists: [[Cursor; 2]; COUNT],
    /// For each size up to 1024: 2 * class, which scales to the pair's offset.
    slots: [u8; SMALL + 1],
    /// The same for each number of 128 bytes.
    medium: [u8; MEDIUM / MEDIUM_STEP + 1],
    /// For each class, how often it missed lately.
    levels: [AtomicU8; COUNT],
    /// How often this CPU's threads came to the slow paths.
    visits: AtomicU32,
    /// What all cursors together looked like at the last look.
    print: AtomicU32,
    /// How far blocks grow that threads on this CPU reallocate.
    growth: Growth,
}

/// Where [`Block::slots`] lies: known to `arch/<cpu>/heap.rs`.
pub const SLOTS_OFFSET: usize = core::mem::offset_of!(Block, slots);
/// Where [`Block::medium`] lies: known there too.
pub const MEDIUM_OFFSET: usize = core::mem::offset_of!(Block, medium);
/// Bytes that the fast path handles beyond [`SMALL`], where all classes are multiples of a step.
const MEDIUM: usize = 64 * 1024;
const MEDIUM_STEP: usize = 128;

struct Stopped(UnsafeCell<Block>);
// SAFETY: sections leave it as it is: they refuse, or store what is there already.
unsafe impl Sync for Stopped {}
static STOPPED: Stopped = Stopped(UnsafeCell::new(Block {
    lists: [[STOPPED_CURSOR; 2]; COUNT],
    slots: [0; SMALL + 1],
    medium: [0; MEDIUM / MEDIUM_STEP + 1],
    levels: [const { AtomicU8::new(0) }; COUNT],
    visits: AtomicU32::new(0),
    print: AtomicU32::new(0),
    growth: Growth::new(),
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
    READY.load(Ordering::Acquire) // Acquire: pairs with `open`
}

/// Whether the fast paths may be used: not before the heap is up, and not while they are closed.
#[inline(always)]
pub fn is_open() -> bool {
    HOT.limit.load(Ordering::Acquire) | HOT.limit_any.load(Ordering::Acquire) != 0 // Acquire: pairs with `open`
}

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
    // SAFETY: inside the mapping, which is ours alone until it is published.
    unsafe {
        if memory::protect(start, BEFORE + MAP_OFFSET, Protection::READ_WRITE).is_err() {
            return false;
        }
        for index in 0..indices.min(INDICES) + 2 {
            table.cast::<*mut Block>().sub(2).add(index).write(stopped());
        }
    }
    *BLOCKS.lock(quiet) = indices.min(INDICES);
    HOT.table.store(table, Ordering::Relaxed);
    if has_map {
        page_map::init(table.wrapping_add(MAP_OFFSET));
    }
    true
}

/// Opens the fast paths, unless they are to stay closed. Under the initialisation lock.
pub fn open(closed: bool) {
    let fields = rseq::offsets();
    HOT.area.store(fields.0 as usize, Ordering::Relaxed);
    HOT.index.store(fields.1 as usize, Ordering::Relaxed);
    // Threads may run already: before they see the limit and the extent, all of them must see the rest.
    if membarrier(Command::RegisterPrivateExpedited).is_ok() {
        let _ = membarrier(Command::PrivateExpedited);
    }
    let mm_cid = fields.1 - fields.0 == core::mem::offset_of!(rseq::Area, mm_cid) as isize;
    READY.store(true, Ordering::Release);
    if closed {
        return;
    }
    let (extent, limit) = if mm_cid { (&HOT.extent, &HOT.limit) } else { (&HOT.extent_any, &HOT.limit_any) };
    if page_map::exists() {
        extent.store(page_map::EXTENT, Ordering::Release);
    }
    limit.store(SMALL + 1, Ordering::Release);
    if mm_cid {
        HOT.limit_medium.store(MEDIUM + 1, Ordering::Release);
    }
}

/// Closes the fast paths for good: every call takes the slow path from now on. Other threads' calls may still be in the fast one.
pub fn close() {
    for word in [&HOT.limit, &HOT.limit_medium, &HOT.extent, &HOT.limit_any, &HOT.extent_any] {
        word.store(0, Ordering::Relaxed);
    }
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
        for size in 0..=SMALL {
            (&raw mut (*block).slots).cast::<u8>().add(size).write(2 * size_class::of(size) as u8);
        }
        for steps in 0..=MEDIUM / MEDIUM_STEP {
            (&raw mut (*block).medium).cast::<u8>().add(steps).write(2 * size_class::of(steps * MEDIUM_STEP) as u8);
        }
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
            // SAFETY: blocks are never unmapped; only `levels`, which is atomic, is used through this reference, and `lists` by raw pointers.
            return Some(unsafe { &*block });
        }
        if attempt == 0 {
            make_block(index as usize);
        }
    }
    None
}

/// What the current CPU knows about growing blocks; None: this thread has no index yet, or the CPU's caches are stopped.
#[inline]
pub fn growth() -> Option<&'static Growth> {
    let index = rseq::fields().index();
    if index < 0 || !ready() {
        return None;
    }
    let block = entry(index as usize).load(Ordering::Acquire); // Acquire: pairs with `make_block`
    // SAFETY: blocks are never unmapped; see `current_block`.
    (block != stopped()).then(|| unsafe { &(*block).growth })
}

impl Block {
    /// One more miss of the class; how many there were.
    fn raise(&self, class: usize) -> usize {
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
    fn visit(&self) -> bool {
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

    /// A cursor as it is at this moment, unless other threads move it.
    fn glance(&self, class: usize, which: usize) -> Cursor {
        // SAFETY: a word of the block that sections may write at any moment: read once.
        unsafe { (&raw const self.lists).cast::<Cursor>().add(2 * class + which).read_volatile() }
    }
}

/// The two magazines of a class: malloc takes from the source, free puts into the sink.
const SOURCE: usize = 0;
const SINK: usize = 1;

const fn offset(class: usize, which: usize) -> usize {
    class * 16 + which * 8
}

arch::heap::pop! {
    fn pop_slot; hot HOT
}
arch::heap::push! {
    fn push_slot; hot HOT
}

/// Pops a block of the class from the current CPU's magazines; null if both are empty. The heap is up.
#[inline(always)]
pub fn pop(class: usize) -> *mut u8 {
    pop_slot(2 * class)
}

/// Pushes a block of the class to the current CPU's sink; false if it is full, or the block is on top of it. The heap is up.
///
/// # Safety
/// `block` is a block of this class that its user has given up.
#[inline(always)]
pub unsafe fn push(class: usize, block: *mut u8) -> bool {
    // SAFETY: as the caller promises.
    unsafe { push_slot(2 * class, block) }
}

/// Puts `new` in the place of the current CPU's magazine, if that is still `expected`, which then is the caller's; whether it did.
#[inline(never)] // one section, which the step test can reach
fn replace(class: usize, which: usize, expected: Cursor, new: Cursor) -> bool {
    inject::delay(Point::CursorRead);
    // STOPPED must stay, and a block without index, or a stopped one, has nothing else.
    // SAFETY: as in `swap`; `new` is a magazine of the caller's.
    expected != STOPPED_CURSOR
        && unsafe {
            arch::rseq::compare_store(rseq::fields(), table(), offset(class, which), expected as usize, new as usize).1
                == expected as usize
        }
}

/// A block of the class when [`pop`] found none; null if memory is short. The heap is up.
#[cold]
#[inline(never)]
pub fn refill(class: usize) -> *mut u8 {
    let Some(cpu) = current_block() else { return shard::allocate(class) };
    let first = pop(class); // the block may be new, or another thread may have filled it
    if !first.is_null() {
        return first;
    }
    for which in [SOURCE, SINK] {
        let now = cpu.glance(class, which);
        if !magazine::is_empty(class, now) && replace(class, which, now, magazine::none()) {
            // There are blocks, and still the section refused: unless another thread has just put them there, one of them is none.
            // SAFETY: the magazine is ours now.
            unsafe { central::give(class, now) };
        }
    }
    if cpu.visit() {
        look_at_the_clock();
    }
    counts::add(Event::Miss, class);
    let full = central::take(class, size_class::batch(class, cpu.raise(class)));
    if full.is_null() {
        return central::take_one(class);
    }
    counts::add(Event::Fetched, class);
    // SAFETY: the magazine is ours and has a block.
    unsafe {
        let rest = full.sub(1);
        let block = *rest as *mut u8;
        attach(cpu, class, rest);
        block
    }
}

/// Makes a magazine the current CPU's source, if the one there is empty; else it goes to the middle.
unsafe fn attach(cpu: &Block, class: usize, magazine: Cursor) {
    let old = cpu.glance(class, SOURCE);
    // SAFETY: the caller's magazine; the old one if it was replaced, and that is empty.
    unsafe {
        if magazine::is_empty(class, old) && replace(class, SOURCE, old, magazine) {
            magazine::release(class, old);
        } else {
            central::give(class, magazine);
        }
    }
}

/// Takes a block back when [`push`] did not. Aborts if that was freed right before. The heap is up.
///
/// # Safety
/// As [`push`].
#[cold]
#[inline(never)]
pub unsafe fn flush(class: usize, block: *mut u8) {
    look_at_the_top(class, block);
    for _ in 0..4 {
        let Some(cpu) = current_block() else {
            // SAFETY: as the caller promises.
            return unsafe { shard::free(class, block) };
        };
        // SAFETY: as the caller promises.
        if unsafe { push(class, block) } {
            return;
        }
        if cpu.visit() {
            look_at_the_clock();
        }
        let full = cpu.glance(class, SINK);
        let fresh = magazine::acquire(class);
        if fresh.is_null() {
            // No memory for another magazine: the full one is emptied into its runs, and serves the next ones.
            if full != magazine::none() && replace(class, SINK, full, magazine::none()) {
                let quiet = Quiet::enter();
                // SAFETY: the magazine is ours now.
                unsafe { central::give_up(class, full, &quiet) };
                continue;
            }
            break;
        }
        // SAFETY: the fresh magazine is ours and has room; the old one is if it was replaced.
        unsafe {
            fresh.write(block as usize);
            if replace(class, SINK, full, fresh.add(1)) {
                if full != magazine::none() {
                    counts::add(Event::Flushed, class);
                    attach(cpu, class, full);
                }
                return;
            }
            magazine::release(class, fresh);
        }
    }
    // Stopped, migrated or outrun four times, or no magazine to be had.
    // SAFETY: as the caller promises.
    unsafe { central::give_one(class, block) };
}

/// Aborts if the block is the one on top of the sink.
fn look_at_the_top(class: usize, block: *mut u8) {
    if let Some(cpu) = current_block() {
        let cursor = cpu.glance(class, SINK);
        // SAFETY: magazines are never unmapped. What lay below the cursor at that moment was free, and the slot holds that, or what was freed since:
        // not this block, which is just being freed for the first time.
        if !magazine::is_empty(class, cursor) && unsafe { *cursor.sub(1) } == block as usize {
            super::check::double_free(block as usize);
        }
    }
}

/// When the idle CPUs were looked for, in milliseconds.
static LOOKED: AtomicI64 = AtomicI64::new(0);

/// Once a second: what lies idle goes back to where others can use it.
#[cold]
#[inline(never)]
fn look_at_the_clock() {
    let now = page_heap::now();
    let before = LOOKED.load(Ordering::Relaxed);
    if now - before < PERIOD || LOOKED.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return;
    }
    let quiet = Quiet::enter();
    drain_idle(&quiet);
    central::decay(&quiet);
    page_heap::with(&quiet, page_heap::PageHeap::look_at_the_clock);
}

/// Drains the CPUs whose magazines have not moved since the last look.
fn drain_idle(quiet: &Quiet) {
    let Some(blocks) = BLOCKS.try_lock() else { return };
    let mine = rseq::fields().index();
    let (mut idle, mut count) = ([0_u16; 64], 0);
    for index in 0..*blocks {
        let block = own(index).load(Ordering::Relaxed);
        if block.is_null() || count == idle.len() || index as i32 == mine {
            continue;
        }
        // SAFETY: blocks are never unmapped; see `current_block`.
        let block = unsafe { &*block };
        let print = block.fingerprint();
        if block.print.swap(print, Ordering::Relaxed) == print && print != 0 {
            idle[count % idle.len()] = index as u16;
            count += 1;
        }
    }
    if count > 0 {
        let idle = idle.iter().map(|&index| index as usize).take(count);
        // SAFETY: the magazines are handed over whole.
        unsafe { stop(idle, |class, cursor| central::give_up(class, cursor, quiet)) };
    }
}

/// Stops these CPUs' blocks, hands each of their magazines to `consume`, and starts them again; false if this kernel cannot stop other CPUs.
///
/// # Safety
/// The lock of the blocks is held.
unsafe fn stop(indices: impl Iterator<Item = usize> + Clone, mut consume: impl FnMut(usize, Cursor)) -> bool {
    let made = |index: &usize| !own(*index).load(Ordering::Relaxed).is_null();
    let _ = membarrier(Command::RegisterPrivateExpeditedRseq);
    for index in indices.clone().filter(made) {
        entry(index).store(stopped(), Ordering::Release);
    }
    let all = membarrier(Command::PrivateExpeditedRseq).is_ok();
    inject::delay(Point::HeapStopped);
    for index in indices.filter(made) {
        let block = own(index).load(Ordering::Relaxed);
        for class in 1..if all { COUNT } else { 0 } {
            // SAFETY: after the fence every section sees the stopped block, so these cursors are ours until the entry is put back.
            unsafe {
                let pair = (&raw mut (*block).lists).cast::<[Cursor; 2]>().add(class);
                for cursor in pair.replace([magazine::none(); 2]) {
                    if cursor != magazine::none() {
                        consume(class, cursor);
                    }
                }
                (*block).levels.get_unchecked(class).store(0, Ordering::Relaxed);
            }
        }
        entry(index).store(block, Ordering::Release); // Release: pairs with the Acquire in `current_block`
    }
    all
}

/// Hands every magazine of every CPU to `consume`, while other threads go on. Signals are blocked.
///
/// Where the kernel cannot stop other CPUs (before Linux 5.10, or a filter), this thread visits them: with the CPU's number as the index, each
/// CPU that it may run on; with the concurrency id, only the one that it has now.
pub fn drain(quiet: &Quiet, mut consume: impl FnMut(usize, Cursor)) {
    let blocks = BLOCKS.lock(quiet);
    // SAFETY: the lock is held.
    if unsafe { stop(0..*blocks, &mut consume) } {
        return;
    }
    let count = *blocks;
    drop(blocks); // the sections below need no lock
    empty_mine(&mut consume);
    let mut allowed = [0_usize; INDICES / usize::BITS as usize];
    if HOT.limit.load(Ordering::Relaxed) != 0 || sched::get_affinity(0, &mut allowed).is_err() {
        return;
    }
    let has =
        |index: usize| allowed[index / usize::BITS as usize % allowed.len()] >> (index % usize::BITS as usize) & 1 != 0;
    let mut moved = false;
    for index in (0..count).filter(|&index| !own(index).load(Ordering::Relaxed).is_null() && has(index)) {
        let mut one = [0_usize; INDICES / usize::BITS as usize];
        one[index / usize::BITS as usize % allowed.len()] = 1 << (index % usize::BITS as usize);
        if sched::set_affinity(0, &one).is_ok() {
            moved = true;
            empty_mine(&mut consume);
        }
    }
    if moved {
        let _ = sched::set_affinity(0, &allowed); // the mask that we had
    }
}

/// Takes the current CPU's magazines, by sections.
fn empty_mine(consume: &mut impl FnMut(usize, Cursor)) {
    let Some(cpu) = current_block() else { return };
    for class in 1..COUNT {
        for which in [SOURCE, SINK] {
            let cursor = cpu.glance(class, which);
            if cursor != magazine::none() && replace(class, which, cursor, magazine::none()) {
                consume(class, cursor);
            }
        }
    }
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

/// Uses the sections on any index from now on, or those on `mm_cid` where that is alive. For the step test: both are to be stepped.
#[doc(hidden)]
pub fn use_any_index(any: bool) {
    let offsets = rseq::offsets();
    let mm_cid = offsets.1 - offsets.0 == core::mem::offset_of!(rseq::Area, mm_cid) as isize;
    let (extent, limit) = (if page_map::exists() { page_map::EXTENT } else { 0 }, SMALL + 1);
    let on = |yes: bool, value| if yes { value } else { 0 };
    HOT.limit.store(on(mm_cid && !any, limit), Ordering::Relaxed);
    HOT.limit_medium.store(on(mm_cid && !any, MEDIUM + 1), Ordering::Relaxed);
    HOT.extent.store(on(mm_cid && !any, extent), Ordering::Relaxed);
    HOT.limit_any.store(on(!mm_cid || any, limit), Ordering::Relaxed);
    HOT.extent_any.store(on(!mm_cid || any, extent), Ordering::Relaxed);
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
    assert!(size_of::<Block>() <= 4096 && size_of::<Hot>() == 64);
    let mut size = SMALL + 1;
    while size <= MEDIUM {
        assert!(size_class::of(size) == size_class::of(size.next_multiple_of(MEDIUM_STEP)));
        size += 1;
    }
};
