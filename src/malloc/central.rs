//! The middle: for each class a stack of magazines, and the runs that the class's blocks are cut from.
//!
//! ```text
//!   take:  a magazine from the stack, lock-free      else: collect free blocks of runs, newest run first   else: cut new ones   else: a new run
//!   give:  a magazine onto the stack, lock-free      else (stack full): each of its blocks back to its run; an empty run to the page heap
//! ```
//! The stack may be used in a signal handler that interrupts anything. The runs are behind a lock, and signals are blocked while it is held.

use super::check;
use super::homes::{HOMES, Homes};
use super::lock::{Lock, Quiet};
use super::magazine::{self, Cursor};
use super::page_heap;
use super::page_map;
use super::region;
use super::size_class::{self, COUNT, LARGEST, TINY, UNIT_SHIFT};
use super::span::{Kind, Span};
use super::stack::Stack;
use super::verify::{Broken, Met};
use crate::arch::ListNode;

/// Magazines that a class's stacks hold at most, and bytes in them at most, if each is full: 4 MiB. What nobody needs of it goes back by [`decay`].
const MAGAZINES: usize = 32;
const BYTES: usize = 4 << 20;
/// Blocks that are cut for one refill: as many as fit in 16 KiB.
const CUT: usize = 16 * 1024;

/// How many of them one stack holds at most.
const fn most(class: usize) -> usize {
    let most = BYTES / (size_class::capacity(class) * size_class::bytes(class));
    match most / HOMES {
        _ if TINY => 1,
        0 => 1,
        most if most > MAGAZINES / HOMES => MAGAZINES / HOMES,
        most => most,
    }
}

/// Each class's stacks.
static STACKS: Homes<COUNT> = Homes::new();

struct Class {
    /// unit + 1 of the first run that has something to give.
    runs: u32,
}

static CLASSES: [Lock<Class>; COUNT] = [const { Lock::new(Class { runs: 0 }) }; COUNT];

#[inline(always)]
fn lock_of(class: usize) -> &'static Lock<Class> {
    // SAFETY: a class is below COUNT: it comes from a size or from a class run's span.
    unsafe { CLASSES.get_unchecked(class) }
}

#[inline(always)]
fn span_at(unit: usize) -> *mut Span {
    region::span(unit)
}

impl Class {
    /// Puts a run at the front of the list of those with something to give.
    #[inline(never)]
    unsafe fn list_run(&mut self, unit: usize) {
        let span = span_at(unit);
        // SAFETY: class runs of this class, under its lock.
        unsafe {
            (*span).listed = true;
            (*span).previous = 0;
            (*span).next = self.runs;
            if self.runs != 0 {
                (*span_at(self.runs as usize - 1)).previous = unit as u32 + 1;
            }
        }
        self.runs = unit as u32 + 1;
    }

    unsafe fn unlist_run(&mut self, unit: usize) {
        let span = span_at(unit);
        // SAFETY: class runs of this class, under its lock; `unit` is in the list.
        unsafe {
            let (previous, next) = ((*span).previous, (*span).next);
            if previous != 0 {
                (*span_at(previous as usize - 1)).next = next;
            } else {
                self.runs = next;
            }
            if next != 0 {
                (*span_at(next as usize - 1)).previous = previous;
            }
            (*span).listed = false;
        }
    }

    /// A new run for this class, listed; false if memory is short.
    fn new_run(&mut self, class: usize, quiet: &Quiet) -> bool {
        let units = size_class::units(class);
        let run = page_heap::with(quiet, |heap| {
            let (unit, _) = heap.allocate(units)?;
            for inside in 0..units {
                // SAFETY: fresh units of ours.
                unsafe {
                    let span = span_at(unit + inside);
                    (*span).kind = if inside == 0 { Kind::Class } else { Kind::Inside };
                    (*span).class = class as u8;
                    (*span).head = unit as u32;
                }
            }
            Some(unit)
        });
        let Some(unit) = run else { return false };
        let span = span_at(unit);
        let bytes = size_class::bytes(class);
        // SAFETY: the run is ours alone until a block of it is handed out.
        unsafe {
            (*span).units = units as u32;
            (*span).blocks = size_class::blocks(class) as u16;
            (*span).carved = 0;
            (*span).free = 0;
            (*span).list = core::ptr::null_mut();
            self.list_run(unit);
        }
        let base = region::address_of(unit);
        if bytes > 1 << UNIT_SHIFT {
            // Only where a block begins, so that a pointer into its middle is no block's.
            for block in 0..size_class::blocks(class) {
                page_map::set(base.wrapping_add(block * bytes), 1, class);
            }
        } else {
            page_map::set(base, units, class);
        }
        true
    }

    /// Puts up to `count` blocks into slots from `slot` on; how many it found.
    unsafe fn collect(&mut self, class: usize, slot: Cursor, count: usize) -> usize {
        let bytes = size_class::bytes(class);
        let mut found = 0;
        while found < count && self.runs != 0 {
            let unit = self.runs as usize - 1;
            let span = span_at(unit);
            // SAFETY: runs of this class, under its lock; their free blocks are nobody else's.
            unsafe {
                while found < count && !(*span).list.is_null() {
                    let block = (*span).list;
                    (*span).list = (*block).next;
                    (*span).free -= 1;
                    slot.add(found).write(block as usize);
                    found += 1;
                }
                // So that the lowest address comes out first: the hardware prefetches upwards.
                let fresh = ((*span).blocks - (*span).carved) as usize;
                let cut = fresh.min(count - found).min((CUT / bytes).max(1));
                let base = region::address_of(unit) as usize + (*span).carved as usize * bytes;
                for index in 0..cut {
                    slot.add(found + index).write(base + (cut - 1 - index) * bytes);
                }
                (*span).carved += cut as u16;
                found += cut;
                if (*span).list.is_null() && (*span).carved == (*span).blocks {
                    self.unlist_run(unit);
                }
                if cut > 0 {
                    break; // enough for now: memory is touched when it is needed
                }
            }
        }
        found
    }

    /// As [`Class::collect`]; takes a new run if there is nothing else. 0: memory is short.
    unsafe fn find(&mut self, class: usize, slot: Cursor, count: usize, quiet: &Quiet) -> usize {
        // SAFETY: as the caller promises.
        unsafe {
            let found = self.collect(class, slot, count);
            if found == 0 && self.new_run(class, quiet) { self.collect(class, slot, count) } else { found }
        }
    }

    /// Puts each block of a magazine back into its run.
    #[inline(never)]
    unsafe fn scatter(&mut self, class: usize, cursor: Cursor, quiet: &Quiet) {
        // SAFETY: the magazine is the caller's.
        unsafe {
            for &block in magazine::blocks(class, cursor) {
                self.put_back(class, block as *mut ListNode, quiet);
            }
            magazine::release(class, cursor);
        }
    }

    unsafe fn put_back(&mut self, class: usize, block: *mut ListNode, quiet: &Quiet) {
        let Some(inside) = region::unit_of(block as usize) else { return super::take_back_stray(block.cast()) };
        // SAFETY: the block's run is of this class, under its lock.
        unsafe {
            let unit = (*span_at(inside)).head as usize;
            let span = span_at(unit);
            let offset = block as usize - region::address_of(unit) as usize;
            if (*span_at(inside)).kind == Kind::Run {
                return super::take_back_stray(block.cast());
            }
            if (*span).kind != Kind::Class
                || (*span).class as usize != class
                || !offset.is_multiple_of(size_class::bytes(class))
            {
                check::not_a_block(block as usize);
            }
            if (*span).free == (*span).carved {
                check::double_free(block as usize); // more came back than ever left
            }
            (*block).next = (*span).list;
            (*span).list = block;
            (*span).free += 1;
            if !(*span).listed {
                self.list_run(unit);
            }
            if (*span).free == (*span).carved && self.runs != 0 && (*span_at(self.runs as usize - 1)).next != 0 {
                self.retire(unit, quiet); // keeps at least one run with something to give
            }
        }
    }

    /// An empty run goes to the page heap.
    unsafe fn retire(&mut self, unit: usize, quiet: &Quiet) {
        let span = span_at(unit);
        // SAFETY: the run has no block outside, so nobody uses it.
        unsafe {
            self.unlist_run(unit);
            let units = (*span).units as usize;
            page_map::set(region::address_of(unit), units, 0);
            page_heap::with(quiet, |heap| heap.free(unit, units));
        }
    }
}

/// A magazine with at least one block: one that somebody gave, or with up to `count` blocks of the runs; null if memory is short.
pub fn take(class: usize, count: usize) -> Cursor {
    if let Some(given) =
        STACKS.near_first(class).map(|stack| magazine::take(stack, class)).find(|given| !given.is_null())
    {
        return given;
    }
    let fresh = magazine::acquire(class);
    if fresh.is_null() {
        return fresh;
    }
    // SAFETY: an empty magazine of ours, with room for as many.
    unsafe {
        let found = {
            let quiet = Quiet::enter();
            lock_of(class).lock(&quiet).find(class, fresh, count, &quiet)
        };
        if found == 0 {
            magazine::release(class, fresh);
            return core::ptr::null_mut();
        }
        fresh.add(found)
    }
}

/// A single block, without a magazine; null if memory is short.
#[cold]
pub fn take_one(class: usize) -> *mut u8 {
    let mut block = 0;
    let quiet = Quiet::enter();
    // SAFETY: one slot.
    unsafe { lock_of(class).lock(&quiet).find(class, &raw mut block, 1, &quiet) };
    block as *mut u8
}

/// Takes a magazine over, which may be empty. Aborts as [`look_at`].
///
/// # Safety
/// It holds free blocks of this class, and is the caller's.
pub unsafe fn give(class: usize, cursor: Cursor) {
    // SAFETY: as the caller promises.
    unsafe {
        let blocks = magazine::blocks(class, cursor);
        if blocks.is_empty() {
            return magazine::release(class, cursor);
        }
        look_at(blocks);
        if let Some(stack) = STACKS.near_first(class).find(|stack| stack.count() < most(class)) {
            magazine::give(stack, class, cursor);
        } else {
            let quiet = Quiet::enter();
            lock_of(class).lock(&quiet).scatter(class, cursor, &quiet);
        }
    }
}

/// Aborts on what can be told from the pointers alone: a block that lies there twice in a row, and what is no block at all.
fn look_at(blocks: &[usize]) {
    let (mut before, mut bits) = (0, 0);
    for &block in blocks {
        bits |= block;
        if block == before {
            check::double_free(block);
        }
        before = block;
    }
    if bits & 15 != 0
        && let Some(&bad) = blocks.iter().find(|&block| block & 15 != 0)
    {
        check::not_a_block(bad);
    }
}

/// Takes a single block over.
///
/// # Safety
/// A free block of this class, and the caller's.
#[cold]
pub unsafe fn give_one(class: usize, block: *mut u8) {
    let quiet = Quiet::enter();
    // SAFETY: as the caller promises.
    unsafe { lock_of(class).lock(&quiet).put_back(class, block.cast(), &quiet) };
}

/// Puts the blocks of a magazine back into their runs.
///
/// # Safety
/// As [`give`].
pub unsafe fn give_up(class: usize, cursor: Cursor, quiet: &Quiet) {
    // SAFETY: as the caller promises.
    unsafe { lock_of(class).lock(quiet).scatter(class, cursor, quiet) };
}

/// Puts the blocks of all magazines of the stack back into their runs, and empty runs into the page heap.
pub fn clear(class: usize, quiet: &Quiet) {
    let mut this = lock_of(class).lock(quiet);
    // SAFETY: what is taken from the stack is ours.
    unsafe {
        for stack in STACKS.all(class) {
            loop {
                let cursor = magazine::take(stack, class);
                if cursor.is_null() {
                    break;
                }
                this.scatter(class, cursor, quiet);
            }
        }
        let mut unit = this.runs;
        while unit != 0 {
            let span = span_at(unit as usize - 1);
            let next = (*span).next;
            if (*span).free == (*span).carved {
                this.retire(unit as usize - 1, quiet);
            }
            unit = next;
        }
    }
}

/// Shows every magazine of the stacks to `look`: its class and how many blocks it holds. They are away for a moment.
pub fn visit(mut look: impl FnMut(usize, usize)) {
    for class in 1..COUNT {
        for stack in STACKS.all(class) {
            let mut away = [core::ptr::null_mut(); 2 * MAGAZINES / HOMES];
            for place in &mut away {
                *place = magazine::take(stack, class);
            }
            for cursor in away.into_iter().rev().filter(|cursor| !cursor.is_null()) {
                // SAFETY: what was taken from the stack is ours until it is given back.
                unsafe {
                    look(class, magazine::blocks(class, cursor).len());
                    magazine::give(stack, class, cursor);
                }
            }
        }
    }
}

/// Puts half of what no CPU has needed since the last call back into the runs.
pub fn decay(quiet: &Quiet) {
    for class in 1..COUNT {
        for stack in STACKS.all(class) {
            for _ in 0..stack.unused().div_ceil(2) {
                let cursor = magazine::take(stack, class);
                if cursor.is_null() {
                    break;
                }
                // SAFETY: what is taken from the stack is ours.
                unsafe { give_up(class, cursor, quiet) };
            }
        }
    }
}

/// Checks a class's stack and, if asked, each run that has something to give: see [`super::verify`].
pub fn check(class: usize, runs: bool, quiet: &Quiet) -> Result<(), Broken> {
    let broken = |rule, place| Err(Broken { rule, class, place });
    if let Some(count) = STACKS.all(class).map(Stack::count).find(|&count| count > most(class) + 64) {
        return broken("a stack is not much higher than its bound", count);
    }
    let this = lock_of(class).lock(quiet);
    let (mut unit, mut previous) = (if runs { this.runs } else { 0 }, 0);
    while unit != 0 {
        // SAFETY: runs of this class, under its lock.
        let span = unsafe { &*span_at(unit as usize - 1) };
        let base = region::address_of(unit as usize - 1) as usize;
        if span.kind != Kind::Class || span.class as usize != class || span.head + 1 != unit || !span.listed {
            return broken("a listed run is its class's", base);
        }
        if span.previous != previous {
            return broken("runs are linked both ways", base);
        }
        if span.free > span.carved || span.carved > span.blocks {
            return broken("free <= carved <= blocks", base);
        }
        if span.free == 0 && span.carved == span.blocks {
            return broken("a listed run has something to give", base);
        }
        let (mut met, mut length, mut block) = (Met::NONE, 0, span.list);
        while !block.is_null() {
            let offset = (block as usize).wrapping_sub(base);
            let place = offset / size_class::bytes(class);
            if !offset.is_multiple_of(size_class::bytes(class)) || place >= span.carved as usize {
                return broken("a free block lies where one was cut", block as usize);
            }
            if !met.note(place) {
                return broken("a block is free once", block as usize);
            }
            length += 1;
            // SAFETY: a free block of the run, as was just checked.
            block = unsafe { (*block).next };
        }
        if length != span.free {
            return broken("a run knows how many of its blocks are free", base);
        }
        (previous, unit) = (unit, span.next);
    }
    Ok(())
}

/// Takes every class's lock, in order. For fork.
pub fn acquire_all() {
    for lock in &CLASSES {
        lock.acquire();
    }
}

/// Opens what [`acquire_all`] took.
pub fn release_all() {
    for lock in &CLASSES {
        lock.release();
    }
}

const _: () = assert!(LARGEST >> UNIT_SHIFT <= 8);
