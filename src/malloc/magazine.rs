//! Magazines: arrays of pointers to free blocks of one class, which change hands whole.
//!
//! ```text
//!   | next, len, capacity | BOTTOM | slot | slot | slot | ...  | TOP |        9 or 35 cache lines
//!                                    ^ base         ^ cursor: the first empty slot
//! ```
//! An odd number of lines, so that the first slots of the magazines in use do not meet in a few sets of the cache.
//!
//! A magazine in use is known by its cursor alone. BOTTOM and TOP are odd, blocks are not: the word below the cursor is odd when the magazine is empty,
//! the word at the cursor when it is full. So neither end needs a number to compare with, and the fast paths touch no other word.
//!
//! 1. A section moves the cursor by one slot: that store is its commit. What lies above the cursor is nobody's.
//! 2. Whoever has replaced a cursor in a CPU's block by a section, or popped a magazine from a stack ([`super::stack`]), owns that magazine alone.
//! 3. Magazines are never unmapped, so a stack may read `next` of one that has just been taken by somebody else.
//!
//! Once for a magazine's worth of blocks, these functions are called and not inlined: the copies would be a tenth of a small program.
//!
//! Source: Bonwick and Adams, "Magazines and Vmem", USENIX 2001. Price of a hand-over: two compare-and-swaps, whatever the number of blocks.

use core::sync::atomic::{AtomicU16, AtomicU32, AtomicUsize, Ordering};

use super::homes::Homes;
use super::lock::{Lock, Quiet};
use super::size_class::{self, COUNT};
use super::stack::Stack;
use crate::sys::memory::{self, MapFlags, Protection};

/// The first empty slot of a magazine; its blocks lie below.
pub type Cursor = *mut usize;

/// The word below the first slot and the one above the last.
const END: usize = 1;
/// Bytes before slot 0: the header and BOTTOM.
const BASE: usize = 16;
/// Bytes of the two kinds of magazines.
const BYTES: [usize; 2] = [9 * 64, 35 * 64];
/// Magazines of each kind that there may be: 36 MiB of the short ones, 140 MiB of the long ones.
const MOST: [usize; 2] = [1 << 16, 1 << 16];
/// Memory is committed in steps of 64 KiB.
const STEP: usize = 64 << 10;

/// Slots of a short and of a long magazine: 69 and 277.
pub const SLOTS: [usize; 2] = [(BYTES[0] - BASE) / 8 - 1, (BYTES[1] - BASE) / 8 - 1];

#[repr(C)]
struct Header {
    /// In a stack: number + 1 of the magazine below; 0 is none.
    next: AtomicU32,
    /// In a stack: blocks.
    len: AtomicU16,
    /// Slots below TOP; 0: never used.
    capacity: AtomicU16,
}

/// Cursors of magazines without slots, each empty and full at once: of a block that is stopped, and in the place of a magazine that is not there yet.
#[repr(align(64))]
struct Stubs(core::cell::UnsafeCell<[usize; 4]>);
// SAFETY: never written: no room.
unsafe impl Sync for Stubs {}
static STUBS: Stubs = Stubs(core::cell::UnsafeCell::new([END; 4]));

/// The cursor of every list of a stopped block. Never replaced by anything.
pub const STOPPED: Cursor = STUBS.0.get().cast::<usize>().wrapping_add(1);
/// The cursor where there is no magazine yet.
#[inline(always)]
pub fn none() -> Cursor {
    STUBS.0.get().cast::<usize>().wrapping_add(3)
}

/// Which kind a class has.
#[inline(always)]
const fn kind(class: usize) -> usize {
    (size_class::capacity(class) > SLOTS[0]) as usize
}

/// The magazine that a cursor is in. Each kind apart, so that the compiler divides by a constant.
#[inline(always)]
fn magazine_of(kind: usize, cursor: Cursor) -> usize {
    let offset = cursor as usize - arena(kind);
    cursor as usize - if kind == 0 { offset % BYTES[0] } else { offset % BYTES[1] }
}

/// Whether a cursor of this class points to a slot, or to the end, of a magazine.
pub fn is_sound(class: usize, cursor: Cursor) -> bool {
    let kind = kind(class);
    if cursor == none() || cursor == STOPPED {
        return true;
    }
    let offset = (cursor as usize).wrapping_sub(arena(kind));
    let slot = (offset % BYTES[kind]).wrapping_sub(BASE);
    offset < MOST[kind] * BYTES[kind] && slot.is_multiple_of(8) && slot / 8 <= size_class::capacity(class)
}

/// Whether a cursor of this class says that there is no block.
#[inline(never)]
pub fn is_empty(class: usize, cursor: Cursor) -> bool {
    cursor == none() || cursor == STOPPED || cursor as usize - magazine_of(kind(class), cursor) == BASE
}

/// The blocks of a magazine, the one that came last at the end.
///
/// # Safety
/// The magazine is of this class and the caller's, and stays so while the slice is used.
pub unsafe fn blocks<'a>(class: usize, cursor: Cursor) -> &'a [usize] {
    if is_empty(class, cursor) {
        return &[];
    }
    let base = magazine_of(kind(class), cursor) + BASE;
    // SAFETY: the slots from the base up to the cursor hold blocks.
    unsafe { core::slice::from_raw_parts(base as *const usize, (cursor as usize - base) / 8) }
}

/// How many blocks a cursor says there are. Looks at nothing but the cursor.
#[inline(never)]
pub fn len(class: usize, cursor: Cursor) -> usize {
    if is_empty(class, cursor) { 0 } else { (cursor as usize - magazine_of(kind(class), cursor) - BASE) / 8 }
}

/// A magazine's word in a stack.
fn link(kind: usize, number: u32) -> &'static AtomicU32 {
    // SAFETY: a stack's numbers are those of magazines, and magazines are never unmapped.
    unsafe { &(*((arena(kind) + (number as usize - 1) * BYTES[kind]) as *const Header)).next }
}

/// Puts a magazine into a stack of magazines of its kind. It is the caller's.
#[inline(never)]
fn push(stack: &Stack, kind: usize, magazine: usize) {
    stack.push(((magazine - arena(kind)) / BYTES[kind] + 1) as u32, |number| link(kind, number));
}

/// Takes the magazine on top; 0 if there is none.
#[inline(never)]
fn pop(stack: &Stack, kind: usize) -> usize {
    match stack.pop(|number| link(kind, number)) {
        0 => 0,
        number => arena(kind) + (number as usize - 1) * BYTES[kind],
    }
}

/// Puts a magazine with blocks of this class on top of the class's stack.
///
/// # Safety
/// The magazine is the caller's, and the stack is this class's.
#[inline(never)]
pub unsafe fn give(stack: &Stack, class: usize, cursor: Cursor) {
    let kind = kind(class);
    let magazine = magazine_of(kind, cursor);
    let len = (cursor as usize - magazine - BASE) / 8;
    // SAFETY: the caller's.
    unsafe { (*(magazine as *const Header)).len.store(len as u16, Ordering::Relaxed) };
    push(stack, kind, magazine);
}

/// The cursor of the magazine on top of this class's stack; null if there is none.
#[inline(never)]
pub fn take(stack: &Stack, class: usize) -> Cursor {
    let kind = kind(class);
    let magazine = pop(stack, kind);
    if magazine == 0 {
        return core::ptr::null_mut();
    }
    // SAFETY: the caller's now.
    let len = unsafe { (*(magazine as *const Header)).len.load(Ordering::Relaxed) };
    (magazine + BASE + 8 * len as usize) as Cursor
}

/// Empty magazines of each kind.
static EMPTY: Homes<2> = Homes::new();

/// Where the magazines of each kind lie.
static ARENAS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

#[inline(always)]
fn arena(kind: usize) -> usize {
    ARENAS[kind & 1].load(Ordering::Relaxed) // Relaxed: set before the heap is up
}

struct Arena {
    /// Bytes handed out, committed and reserved, of each kind.
    used: [usize; 2],
    committed: [usize; 2],
    reserved: [usize; 2],
}

static ARENA: Lock<Arena> = Lock::new(Arena { used: [0; 2], committed: [0; 2], reserved: [0; 2] });

/// Reserves address space for magazines. Under the initialisation lock.
pub fn init(quiet: &Quiet) -> bool {
    let mut arena = ARENA.lock(quiet);
    // Where address space is limited, a 64th of it for each kind: that is half a million blocks at 64 MiB.
    let limit = memory::address_space_limit() / 64;
    for kind in 0..2 {
        let bytes = (MOST[kind] * BYTES[kind]).min(limit).next_multiple_of(STEP);
        let Ok(start) = memory::map(bytes, Protection::NONE, MapFlags::NORESERVE) else { return false };
        ARENAS[kind].store(start as usize, Ordering::Relaxed);
        arena.reserved[kind] = bytes;
    }
    true
}

fn fresh(kind: usize) -> usize {
    let quiet = Quiet::enter();
    let mut all = ARENA.lock(&quiet);
    let kind = kind & 1;
    let used = all.used[kind];
    let magazine = arena(kind) + used;
    if used + BYTES[kind] > all.committed[kind] {
        let committed = all.committed[kind];
        let end = (arena(kind) + committed) as *mut u8;
        // SAFETY: pages of the reservation that nobody uses yet.
        if committed == all.reserved[kind] || unsafe { memory::protect(end, STEP, Protection::READ_WRITE) }.is_err() {
            return 0;
        }
        all.committed[kind] += STEP;
    }
    all.used[kind] += BYTES[kind];
    // SAFETY: fresh, committed and ours.
    unsafe { ((magazine + BASE - 8) as *mut usize).write(END) };
    magazine
}

/// An empty magazine for this class, the caller's; null if memory is short. Async-signal-safe.
pub fn acquire(class: usize) -> Cursor {
    let kind = kind(class);
    let mut magazine = EMPTY.near_first(kind).map(|stack| pop(stack, kind)).find(|&found| found != 0).unwrap_or(0);
    if magazine == 0 {
        magazine = fresh(kind);
        if magazine == 0 {
            return core::ptr::null_mut();
        }
    }
    let capacity = size_class::capacity(class);
    let base = (magazine + BASE) as Cursor;
    // SAFETY: the magazine is ours, and has that many slots and one more.
    unsafe {
        let header = &*(magazine as *const Header);
        let before = header.capacity.load(Ordering::Relaxed) as usize;
        if before != capacity {
            base.add(before).write(0);
            base.add(capacity).write(END);
            header.capacity.store(capacity as u16, Ordering::Relaxed);
        }
    }
    base
}

/// Gives a magazine back whose blocks are no longer in it.
///
/// # Safety
/// It is of this class's kind, and the caller's. The stub of a missing magazine is allowed.
#[inline(never)]
pub unsafe fn release(class: usize, cursor: Cursor) {
    if cursor != none() {
        let kind = kind(class);
        if let Some(stack) = EMPTY.near_first(kind).next() {
            push(stack, kind, magazine_of(kind, cursor));
        }
    }
}

/// Keeps magazines from being made, across fork.
pub fn lock() {
    ARENA.acquire();
}

/// The other half of [`lock`].
pub fn unlock() {
    ARENA.release();
}

const _: () = {
    let mut class = 1;
    while class < COUNT {
        assert!(size_class::capacity(class) <= SLOTS[kind(class)] && size_class::capacity(class) >= 2);
        class += 1;
    }
};
