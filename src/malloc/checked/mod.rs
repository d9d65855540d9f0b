//! The checked heap (`DACAPO_MALLOC=check`): slower and larger, and it notices what the other one cannot.
//!
//! ```text
//!   malloc   zone 0xfb | block, filled with !poison | zone 0xfb                            space     where blocks lie
//!   free     is it the start of a live block? are its zones whole? -> poison -> quarantine   verdict   what is said before the end
//!   later    is the poison whole? -> the slot may be used again                             leaks     what is said at exit
//! ```
//! Guarantees: a double, foreign, misaligned or interior free, and a sized one with the wrong size, end the process at once; a write
//! beyond a block of up to 64 KiB ends it when the block is freed or at exit, beyond a larger one at once; a write to a freed block when it
//! leaves the quarantine or at exit, if it was a large one at once. realloc always moves the block, so that stale pointers show.
//!
//! Price: one lock and two kernel entries (signals off and on) around every call, about 0.5 us; at least 48 bytes and a record of 16 for a
//! block; the quarantine's 16 MiB.

mod leaks;
mod space;
mod verdict;

use core::ptr::null_mut;

use super::lock::{Lock, Quiet};
use super::{options, size_class};
use crate::sys::memory::{self, MapFlags, Protection};
use crate::sys::{process, thread};
use space::{Id, LARGEST_SLOT, Place, Space, State};

pub use leaks::at_exit;

/// What surrounds a block.
const ZONE: u8 = 0xfb;
/// Blocks that the quarantine holds at most.
const HELD: usize = 1 << 20;

struct Heap {
    space: Space,
    serial: u64,
    /// A ring of HELD ids.
    ring: *mut Id,
    /// Ids that went in and came out so far.
    entered: usize,
    left: usize,
    /// Bytes that the ring's blocks take.
    held: usize,
}

static HEAP: Lock<Heap> =
    Lock::new(Heap { space: Space::new(), serial: 0, ring: null_mut(), entered: 0, left: 0, held: 0 });

fn poison() -> u8 {
    match options::POISON.get() {
        0 => options::DEFAULT_POISON,
        value => value as u8,
    }
}

/// One block, wherever it lies.
#[derive(Clone, Copy)]
struct Block {
    id: Id,
    start: usize,
    size: usize,
    serial: u64,
    state: State,
    /// First and last byte, + 1, of what is its own: the slot, or the pages.
    room: (usize, usize),
}

impl Heap {
    fn block(&self, id: Id) -> Block {
        // SAFETY: ids come from `place`, `take` and `each`: each has its record.
        unsafe {
            if Space::is_large(id) {
                let large = *self.space.large(id);
                let (start, size) = (large.block, large.size);
                return Block { id, start, size, serial: large.serial, state: large.state, room: large.pages };
            }
            let record = *self.space.record(id);
            let (slot, bytes) = self.space.slot(id);
            let start = slot as usize + 16 * record.offset as usize;
            let room = (slot as usize, slot as usize + bytes);
            Block { id, start, size: record.size as usize, serial: record.serial, state: record.state, room }
        }
    }

    fn find(&self, address: usize) -> Option<Block> {
        match self.space.place(address) {
            Place::Nowhere => None,
            Place::Slot(id) | Place::Large(id) => Some(self.block(id)),
        }
    }

    fn set_state(&mut self, id: Id, state: State) {
        // SAFETY: as in `block`.
        unsafe {
            if Space::is_large(id) {
                (*self.space.large(id)).state = state;
            } else {
                (*self.space.record(id)).state = state;
            }
        }
    }

    fn allocate(&mut self, size: usize, align: usize, zeroed: bool) -> *mut u8 {
        let zone = options::REDZONE.get();
        let slack = if align > 16 { align } else { 0 };
        let Some(all) = size.checked_add(2 * zone + slack) else { return null_mut() };
        let id =
            if all <= LARGEST_SLOT { self.space.take(size_class::of(all)) } else { self.space.take_large(size, align) };
        let Some(id) = id else { return null_mut() };
        self.serial += 1;
        let mut block = self.block(id);
        // SAFETY: a slot or pages of ours that nobody uses, and its record.
        unsafe {
            if Space::is_large(id) {
                (*self.space.large(id)).serial = self.serial;
            } else {
                block.start = (block.room.0 + zone).next_multiple_of(align.max(16));
                block.size = size;
                let record = self.space.record(id);
                (*record).serial = self.serial;
                (*record).size = size as u32;
                (*record).offset = ((block.start - block.room.0) / 16) as u16;
            }
            let end = block.start + size;
            (block.room.0 as *mut u8).write_bytes(ZONE, block.start - block.room.0);
            (end as *mut u8).write_bytes(ZONE, block.room.1 - end);
            let fill = if zeroed { 0 } else { !poison() };
            if !zeroed || !Space::is_large(id) {
                (block.start as *mut u8).write_bytes(fill, size); // fresh pages are zero
            }
        }
        self.set_state(id, State::Live);
        block.start as *mut u8
    }

    /// Whether what surrounds a block is as it was; the first address that is not.
    fn damage(&self, block: &Block) -> Option<usize> {
        let (start, end) = (block.start, block.start + block.size);
        first_other(block.room.0, start, ZONE).or_else(|| first_other(end, block.room.1, ZONE))
    }

    /// The live block at `address`, its zones whole; ends the process with the rule that was broken.
    fn live(&self, address: usize) -> Block {
        let Some(block) = self.find(address) else { verdict::no_block(address) };
        match block.state {
            State::Live if block.start == address => {}
            State::Quarantined if block.start == address => verdict::twice(&block),
            State::Free => verdict::no_block(address),
            _ => verdict::not_the_start(address, &block),
        }
        if let Some(at) = self.damage(&block) {
            verdict::overrun(at, &block);
        }
        block
    }

    fn free(&mut self, address: usize, size: Option<usize>) {
        let block = self.live(address);
        if let Some(size) = size
            && size != block.size
        {
            verdict::wrong_size(size, &block);
        }
        self.set_state(block.id, State::Quarantined);
        let cost = if Space::is_large(block.id) {
            self.space.close_large(block.id);
            4096
        } else {
            // SAFETY: the user has given it up.
            unsafe { (block.start as *mut u8).write_bytes(poison(), block.size) };
            block.room.1 - block.room.0
        };
        self.hold(block.id, cost);
        while self.held > options::QUARANTINE.get() && self.left < self.entered {
            self.release_oldest();
        }
    }

    fn hold(&mut self, id: Id, cost: usize) {
        if self.ring.is_null() {
            let bytes = HELD * size_of::<Id>();
            match memory::map(bytes, Protection::READ_WRITE, MapFlags::NORESERVE) {
                Ok(ring) => self.ring = ring.cast(),
                Err(_) => return self.reuse(id), // no quarantine, then
            }
        }
        if self.entered - self.left == HELD {
            self.release_oldest();
        }
        // SAFETY: the index stays inside the ring.
        unsafe { *self.ring.add(self.entered % HELD) = id };
        self.entered += 1;
        self.held += cost;
    }

    fn release_oldest(&mut self) {
        // SAFETY: the index stays inside the ring, and was written.
        let id = unsafe { *self.ring.add(self.left % HELD) };
        self.left += 1;
        let block = self.block(id);
        self.held -= if Space::is_large(id) { 4096 } else { block.room.1 - block.room.0 };
        self.still_poisoned(&block);
        self.reuse(id);
    }

    /// Ends the process if a freed block was written to.
    fn still_poisoned(&self, block: &Block) {
        if !Space::is_large(block.id)
            && let Some(at) =
                first_other(block.start, block.start + block.size, poison()).or_else(|| self.damage(block))
        {
            verdict::after_free(at, block);
        }
    }

    fn reuse(&mut self, id: Id) {
        if Space::is_large(id) {
            self.space.give_large(id);
        } else {
            self.space.give(id);
        }
    }
}

/// The first address in `from..to` that does not hold `byte`.
fn first_other(from: usize, to: usize, byte: u8) -> Option<usize> {
    // SAFETY: callers pass ranges within one slot, or within the pages of one large block with access.
    (from..to).find(|&address| unsafe { *(address as *const u8) } != byte)
}

/// Raises SIGTRAP at the allocation that `trap=NUMBER` names, after the lock is open again: the caller is on the debugger's stack.
fn trap_at(serial: u64) {
    if serial == options::TRAP.get() as u64 {
        let _ = thread::tgkill(process::getpid(), thread::gettid(), linux_raw_sys::general::SIGTRAP);
    }
}

/// A block of `size` bytes at a multiple of `align`; null if memory is short.
pub fn allocate(size: usize, align: usize, zeroed: bool) -> *mut u8 {
    if size > isize::MAX as usize || align > isize::MAX as usize {
        return null_mut();
    }
    let (block, serial) = {
        let quiet = Quiet::enter();
        let mut heap = HEAP.lock(&quiet);
        (heap.allocate(size, align, zeroed), heap.serial)
    };
    if !block.is_null() {
        trap_at(serial);
    }
    block
}

/// Takes a block back, if it is one; `size` is what the caller says that it has.
pub fn free(block: *mut u8, size: Option<usize>) {
    let quiet = Quiet::enter();
    HEAP.lock(&quiet).free(block as usize, size);
}

/// Bytes that were asked for.
pub fn usable_size(block: *mut u8) -> usize {
    let quiet = Quiet::enter();
    HEAP.lock(&quiet).live(block as usize).size
}

/// Another block of `size` bytes with the same contents; null if memory is short, and the old one stays.
///
/// # Safety
/// Nobody uses the old block by its address any more, unless the result is null.
pub unsafe fn reallocate(block: *mut u8, size: usize) -> *mut u8 {
    let old = usable_size(block);
    let new = allocate(size, 16, false);
    if !new.is_null() {
        // SAFETY: both are that large.
        unsafe { new.copy_from_nonoverlapping(block, old.min(size)) };
        free(block, None);
    }
    new
}

/// Live blocks and their bytes.
pub fn live() -> (usize, usize) {
    let quiet = Quiet::enter();
    let heap = HEAP.lock(&quiet);
    let (mut blocks, mut bytes) = (0, 0);
    heap.space.each(&mut |id| {
        let block = heap.block(id);
        if block.state == State::Live {
            blocks += 1;
            bytes += block.size;
        }
    });
    (blocks, bytes)
}

/// Keeps the heap as it is, across fork.
pub fn acquire() {
    HEAP.acquire();
}

/// The other half of [`acquire`].
pub fn release() {
    HEAP.release();
}
