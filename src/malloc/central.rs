//! The middle: for each class a lock, a stack of whole chains, and the runs that the class's blocks are cut from.
//!
//! ```text
//!   take:  a chain from the stack, O(1)   else: link free blocks of a run, the fullest first   else: cut new ones   else: a new run
//!   give:  the chain onto the stack, O(1) else (stack full): each block of a chain back to its run; an empty run to the page heap
//! ```
//! A chain is a list as the per-CPU caches have it, sentinel included, so that it changes hands without a look at its blocks.

use super::check;
use super::lock::{Lock, Quiet};
use super::page_heap;
use super::page_map;
use super::region;
use super::size_class::{self, COUNT, LARGEST, LEVELS, UNIT_SHIFT};
use super::span::{Kind, Span};
use crate::arch::ListNode;

/// Chains that a class's stack holds at most, and bytes in them at most, if every chain is as long as it may be: 1 MiB.
const CHAINS: usize = 16;
const BYTES: usize = 1 << 20;
/// Blocks that are cut for one refill: as many as fit in 16 KiB.
const CUT: usize = 16 * 1024;

const fn most_chains(class: usize) -> usize {
    let chains = BYTES / (size_class::capacity(class, LEVELS - 1) * size_class::bytes(class));
    if chains > CHAINS {
        CHAINS
    } else if chains < 4 {
        4
    } else {
        chains
    }
}

struct Class {
    chains: [*mut ListNode; CHAINS],
    count: usize,
    /// unit + 1 of the first run that has something to give.
    runs: u32,
}

static CLASSES: [Lock<Class>; COUNT] =
    [const { Lock::new(Class { chains: [core::ptr::null_mut(); CHAINS], count: 0, runs: 0 }) }; COUNT];

#[inline(always)]
fn lock_of(class: usize) -> &'static Lock<Class> {
    // SAFETY: a class is below COUNT: it comes from a size or from a class run's span.
    unsafe { CLASSES.get_unchecked(class) }
}

/// Sentinels: `[class][level]`, each with the room of that level's capacity. Constant once made.
struct Sentinels(core::cell::UnsafeCell<[[ListNode; LEVELS]; COUNT]>);
// SAFETY: written once, under the initialisation lock, before any list exists.
unsafe impl Sync for Sentinels {}
const EMPTY: ListNode = ListNode { next: core::ptr::null_mut(), room: 0 };
static SENTINELS: Sentinels = Sentinels(core::cell::UnsafeCell::new([const { [EMPTY; LEVELS] }; COUNT]));

/// The end of an empty list of a class at a level of its capacity.
#[inline(always)]
pub fn sentinel(class: usize, level: usize) -> *mut ListNode {
    SENTINELS.0.get().cast::<ListNode>().wrapping_add(class * LEVELS + level)
}

/// Whether an address is one of the class's sentinels.
#[inline]
pub fn is_sentinel(class: usize, address: usize) -> bool {
    let offset = address.wrapping_sub(sentinel(class, 0) as usize);
    offset < LEVELS * size_of::<ListNode>()
}

/// Makes the sentinels. Under the initialisation lock.
pub fn init() {
    for class in 1..COUNT {
        for level in 0..LEVELS {
            // SAFETY: inside the table; no list exists yet.
            unsafe { (*sentinel(class, level)).room = size_class::capacity(class, level) };
        }
    }
}

#[inline(always)]
fn span_at(unit: usize) -> *mut Span {
    region::span(unit)
}

impl Class {
    /// Puts a run at the front of the list of those with something to give.
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
            (*span).blocks = ((units << UNIT_SHIFT) / bytes) as u16;
            (*span).carved = 0;
            (*span).free = 0;
            (*span).list = core::ptr::null_mut();
            self.list_run(unit);
        }
        let covered = if bytes > 1 << UNIT_SHIFT { 1 } else { units };
        if bytes > 1 << UNIT_SHIFT && (units << UNIT_SHIFT) / bytes > 1 {
            for block in 0..(units << UNIT_SHIFT) / bytes {
                page_map::set(unit + ((block * bytes) >> UNIT_SHIFT), 1, class);
            }
        } else {
            page_map::set(unit, covered, class);
        }
        true
    }

    /// Links up to `count` blocks on top of `end`; how many it found.
    unsafe fn collect(&mut self, class: usize, mut top: *mut ListNode, count: usize) -> (*mut ListNode, usize) {
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
                    (*block).next = top;
                    (*block).room = (*top).room - 1;
                    top = block;
                    found += 1;
                }
                // Cut so that the lowest address comes out first: the hardware prefetches upwards.
                let fresh = ((*span).blocks - (*span).carved) as usize;
                let cut = fresh.min(count - found).min((CUT / bytes).max(1));
                let base = region::address_of(unit);
                for index in (0..cut).rev() {
                    let block = base.add(((*span).carved as usize + index) * bytes).cast::<ListNode>();
                    (*block).next = top;
                    (*block).room = (*top).room - 1;
                    top = block;
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
        (top, found)
    }

    /// Puts each block of a chain back into its run.
    unsafe fn scatter(&mut self, class: usize, mut block: *mut ListNode, quiet: &Quiet) {
        // SAFETY: the chain is ours; it ends at a sentinel, whose `next` is null.
        unsafe {
            while !(*block).next.is_null() {
                let next = (*block).next;
                self.put_back(class, block, quiet);
                block = next;
            }
        }
    }

    unsafe fn put_back(&mut self, class: usize, block: *mut ListNode, quiet: &Quiet) {
        let Some(inside) = region::unit_of(block as usize) else { check::not_a_block(block as usize) };
        // SAFETY: the block's run is of this class, under its lock.
        unsafe {
            let unit = (*span_at(inside)).head as usize;
            let span = span_at(unit);
            let offset = block as usize - region::address_of(unit) as usize;
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
            page_map::set(unit, units, 0);
            page_heap::with(quiet, |heap| heap.free(unit, units));
        }
    }
}

/// A chain of at least one block, its sentinel at `level`; null if memory is short.
pub fn take(class: usize, level: usize, quiet: &Quiet) -> *mut ListNode {
    let mut this = lock_of(class).lock(quiet);
    if this.count > 0 {
        this.count -= 1;
        let index = this.count & (CHAINS - 1);
        return this.chains[index];
    }
    let end = sentinel(class, level);
    // SAFETY: `end` is a sentinel with room for as many.
    unsafe {
        let count = (*end).room;
        let (mut top, mut found) = this.collect(class, end, count);
        if found == 0 {
            if !this.new_run(class, quiet) {
                return core::ptr::null_mut();
            }
            (top, found) = this.collect(class, end, count);
        }
        if found == 0 { core::ptr::null_mut() } else { top }
    }
}

/// Takes a chain over.
///
/// # Safety
/// It is a chain of free blocks of this class, and the caller's.
pub unsafe fn give(class: usize, chain: *mut ListNode, quiet: &Quiet) {
    let mut this = lock_of(class).lock(quiet);
    if this.count >= most_chains(class) {
        // The oldest one goes: its blocks are the coldest.
        let oldest = this.chains[0];
        this.chains.copy_within(1.., 0);
        this.count -= 1;
        // SAFETY: the stack's chains are ours.
        unsafe { this.scatter(class, oldest, quiet) };
    }
    let index = this.count & (CHAINS - 1);
    this.chains[index] = chain;
    this.count += 1;
}

/// Puts the blocks of a chain, and all chains of the class, back into their runs, and empty runs into the page heap.
///
/// # Safety
/// As [`give`]; `chain` may be null.
pub unsafe fn give_up(class: usize, chain: *mut ListNode, quiet: &Quiet) {
    let mut this = lock_of(class).lock(quiet);
    // SAFETY: the stack's chains are ours, and so is the caller's.
    unsafe {
        if !chain.is_null() {
            this.scatter(class, chain, quiet);
        }
        while this.count > 0 {
            this.count -= 1;
            let index = this.count & (CHAINS - 1);
            let chain = this.chains[index];
            this.scatter(class, chain, quiet);
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

/// Shows every chain to `look`.
pub fn visit(quiet: &Quiet, mut look: impl FnMut(usize, *const ListNode)) {
    for (class, lock) in CLASSES.iter().enumerate() {
        let this = lock.lock(quiet);
        this.chains.iter().take(this.count).for_each(|&chain| look(class, chain));
    }
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
