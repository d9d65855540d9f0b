//! The front: taking blocks from each CPU's two magazines a class, and putting them there.
//!
//! 1. malloc pops from the *source*; empty: the two change places; still empty: a magazine from the middle becomes the source.
//! 2. free pushes to the *sink*; full: the two change places if the source is at most half full; else an empty magazine takes the sink's place, and the full one goes to the middle.
//! 3. So a block that was just freed is not the next to go out: malloc's cursor does not wait for free's store, nor free's for malloc's.
//!    And what was freed last is always on top of the sink: free sees there that a block comes twice.
//! 4. A thread without an index (no rseq), or on a CPU whose block is stopped, finds every magazine empty and full at once and uses a shard.
//!
//! A cursor is replaced by a section that compares it with what was read before: so nobody else had the magazine in between, and the old one is ours.
//! The innermost paths are in [`super`], the sections themselves in `arch/<cpu>/heap.rs`.

use super::central;
use super::counts::{self, Event};
use super::cpu_block::{Block, SINK, SOURCE, current_block, offset, table};
use super::drain::look_at_the_clock;
use super::hot::{self, HOT};
use super::lock::Quiet;
use super::magazine::{self, Cursor, STOPPED as STOPPED_CURSOR};
use super::shard;
use super::size_class;
use crate::arch;
use crate::inject::{self, Point};
use crate::rseq;

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

/// The negative control replaces whatever is there, and says it was what the caller had seen (`dacapo_broken`): the model finds a magazine
/// that is lost, or that two have.
const COMPARES: bool = cfg!(not(dacapo_broken = "heap_blind_replace"));

/// Puts `new` in the place of the current CPU's magazine, if that is still `expected`, which then is the caller's; whether it did.
#[inline(never)] // one section, which the step test can reach
pub fn replace(class: usize, which: usize, expected: Cursor, new: Cursor) -> bool {
    inject::delay(Point::CursorRead);
    let expected = if COMPARES { expected } else { current_block().map_or(expected, |cpu| cpu.glance(class, which)) };
    // STOPPED must stay, and a block without index, or a stopped one, has nothing else.
    // SAFETY: the table has a block for every index, and each has this class's two cursors; `new` is a magazine of the caller's.
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
    let full = fetch(class, cpu.raise(class));
    if full.is_null() {
        return central::take_one(class);
    }
    // SAFETY: the magazine is ours and has a block.
    unsafe {
        let rest = full.sub(1);
        let block = *rest as *mut u8;
        attach(cpu, class, rest);
        block
    }
}

/// A magazine with blocks from the middle, as many as this level asks for; null if memory is short.
#[inline(never)] // one section, which the step test can reach
fn fetch(class: usize, level: usize) -> Cursor {
    let full = central::take(class, size_class::batch(class, level));
    if !full.is_null() {
        counts::add(Event::Fetched, class);
    }
    full
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
        if change_places(cpu, class, full) {
            continue;
        }
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
                } else {
                    begin_apart(cpu, class);
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

/// Counts a call that came past the magazines, for the clock: a program that uses nothing but large blocks any more has its CPUs drained, too.
pub fn came_past() {
    if hot::ready()
        && let Some(cpu) = current_block()
        && cpu.visit()
    {
        look_at_the_clock();
    }
}

/// Bytes that CPUs pass to each other at once.
const LINE: usize = 64;

/// The class's first block on this CPU is one that was freed, and may have come from another CPU. If its neighbours there are in the same line, this CPU
/// gets blocks of its own: its threads would take that block again and again, and each write would wait for the line.
fn begin_apart(cpu: &Block, class: usize) {
    if size_class::bytes(class) < LINE && cpu.glance(class, SOURCE) == magazine::none() {
        let full = fetch(class, 0);
        if !full.is_null() {
            // SAFETY: the magazine is ours.
            unsafe { attach(cpu, class, full) };
        }
    }
}

/// Makes the full sink the source, and the source, if it is at most half full, the sink; whether there is room in the sink now, or at least something has moved.
///
/// Without it a CPU that has a little more than a magazine's worth would give one away and fetch one again at every turn of its program.
fn change_places(cpu: &Block, class: usize, full: Cursor) -> bool {
    let source = cpu.glance(class, SOURCE);
    if full == magazine::none()
        || source == magazine::none()
        || magazine::len(class, source) > size_class::capacity(class) / 2
        || !replace(class, SOURCE, source, magazine::none())
    {
        return false;
    }
    // Who allocates meanwhile finds the sink.
    let left = if replace(class, SINK, full, source) { full } else { source };
    // SAFETY: the source is ours since it was replaced, the full one if that was.
    unsafe { attach(cpu, class, left) };
    true
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
