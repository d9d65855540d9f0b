//! malloc: per-CPU magazines on restartable sequences in front, stacks of them in the middle, runs of 64 KiB units behind.
//!
//! ```text
//!   size_class   which sizes there are
//!   magazine     arrays of pointers to free blocks
//!   cpu_cache    front: two magazines a class and CPU; no lock, no atomic      shard   the same for threads without rseq
//!   cpu_block    each CPU's block, and the table of them     hot   what the fast paths load first     drain   taking magazines from CPUs
//!   central      middle: lock-free stacks of magazines; runs behind a lock a class      homes   four copies of a stack
//!   page_heap    back: runs of units; decay                                 large, runs, mappings   blocks beyond the classes
//!   region       address space      span, page_map   what a unit is      early   heaps in a fixed buffer
//!   reallocate   another size for a block     growth, reserve, starts   what a block that grows gets beyond what is asked for
//!   init  fork  check  verify  lock  global                              limits  what the kernel may be asked for
//!   options, environment  DACAPO_MALLOC     closed  counted, filled       counts, census, report, writer  what is known about the heap
//!   checked  the other heap: slower, and notices much more
//! ```
//! Guarantees: no block overlaps another; blocks are 16-aligned; a failure is a null pointer and changes nothing. `allocate` and `deallocate`
//! of blocks up to 256 KiB may be called in a signal handler, also in one that interrupts them: the fast path is one restartable
//! section, and the slow path blocks signals while it holds a lock. What is cached is bounded by CPUs, not by threads; a thread's end needs no flush.
//!
//! Freeing what is no live block ends the process with a message that names it, as far as it is noticed: at once foreign pointers, pointers into unused
//! units and into large blocks, double frees of large blocks, and small blocks freed twice with nothing else of that class in between; pointers into small
//! blocks that are not 16-aligned before they would be handed out.

mod census;
mod central;
mod check;
mod checked;
mod closed;
mod counts;
pub(crate) mod cpu_block;
mod cpu_cache;
mod drain;
mod early;
mod environment;
pub mod fork;
mod global;
mod growth;
mod homes;
pub(crate) mod hot;
mod init;
mod large;
mod limits;
mod lock;
mod magazine;
mod mappings;
pub(crate) mod options;
mod page_heap;
mod page_map;
mod reallocate;
mod region;
pub mod report;
mod reserve;
mod runs;
mod shard;
pub mod size_class;
mod span;
mod stack;
mod starts;
pub mod verify;
pub mod writer;

pub use closed::perturb;
pub use early::FixedHeap;
pub use global::Global;
pub use reallocate::{reallocate, reallocate_elsewhere, reallocate_exact, stays};

use core::ptr::null_mut;

use crate::arch;
use cpu_block::{MAP_OFFSET, MEDIUM_OFFSET, SLOTS_OFFSET};
use early::EARLY;
use hot::HOT;
use init::Heap;
use lock::Quiet;
use size_class::{LARGEST, UNIT};
use span::Kind;

arch::heap::allocate! {
    fn allocate_fast; hot HOT; slots SLOTS_OFFSET, MEDIUM_OFFSET; slow allocate_slow
}
arch::heap::free! {
    fn deallocate_fast; hot HOT; map MAP_OFFSET; slow deallocate_slow
}
arch::heap::free_sized! {
    fn deallocate_sized_fast; hot HOT; slots SLOTS_OFFSET; slow deallocate_unsized
}

/// A block of at least `size` bytes, 16-aligned; null if memory is short or `size` absurd. Async-signal-safe up to 256 KiB.
#[inline(always)]
#[must_use]
pub fn allocate(size: usize) -> *mut u8 {
    allocate_fast(size)
}

/// An allocation that the fast path left.
#[inline(never)]
pub extern "C" fn allocate_slow(size: usize) -> *mut u8 {
    if size <= LARGEST && hot::is_open() {
        let block = cpu_cache::pop(size_class::of(size)); // a larger one, or what lies in the sink
        if !block.is_null() {
            return block;
        }
    }
    allocate_slower(size)
}

#[cold]
#[inline(never)]
fn allocate_slower(size: usize) -> *mut u8 {
    if size > LARGEST {
        return match init::heap() {
            Heap::ComingUp => null_mut(),
            Heap::Checked => checked::allocate(size, 16, false),
            _ => closed::fill_new(large::allocate(size, 16).0, size),
        };
    }
    let class = size_class::of(size);
    // Whatever it comes from, it is as long as the class's blocks: a sized free makes it one of them.
    let bytes = size_class::bytes(class);
    match init::heap() {
        Heap::Up => {
            if options::closed() {
                let block = closed::take(class, size);
                return if block.is_null() { last_resort(bytes) } else { block };
            }
            if size >= starts::SHORTEST && cpu_block::starts().is_some_and(|starts| starts.grows(size)) {
                let block = large::begin(size);
                if !block.is_null() {
                    return block;
                }
            }
            let block = cpu_cache::refill(class); // which tries to pop first
            if block.is_null() { last_resort(bytes) } else { block }
        }
        Heap::Checked => checked::allocate(size, 16, false),
        Heap::ComingUp => early_allocate(bytes),
        Heap::Failed => last_resort(bytes),
    }
}

fn early_allocate(size: usize) -> *mut u8 {
    let _quiet = Quiet::enter();
    EARLY.allocate(size)
}

/// No region, or no memory for it: a mapping of its own, or the early heap's buffer.
#[cold]
fn last_resort(size: usize) -> *mut u8 {
    let block = large::allocate(size, 16).0;
    if block.is_null() { early_allocate(size) } else { block }
}

/// As [`allocate`], all zero.
#[must_use]
pub fn allocate_zeroed(size: usize) -> *mut u8 {
    let heap = if size > LARGEST { init::heap() } else { Heap::ComingUp };
    if heap == Heap::Checked {
        return checked::allocate(size, 16, true);
    }
    if heap != Heap::ComingUp {
        let (block, zeroed) = large::allocate(size, 16);
        if !zeroed && !block.is_null() {
            // SAFETY: the block is that large.
            unsafe { block.write_bytes(0, size) };
        }
        return block;
    }
    let block = allocate(size);
    if !block.is_null() {
        // SAFETY: the block is that large.
        unsafe { block.write_bytes(0, size) };
    }
    block
}

/// A block of at least `size` bytes at a multiple of `align`, a power of two; null if memory is short.
#[must_use]
pub fn allocate_aligned(align: usize, size: usize) -> *mut u8 {
    if align <= 16 {
        return allocate(size);
    }
    // The class of the rounded size has only blocks at such multiples.
    if let Some(rounded) = size_class::rounded(size, align)
        && hot::is_open()
    {
        let block = allocate(rounded);
        if block.addr() & (align - 1) == 0 {
            return block; // null too: then there is nothing
        }
        // SAFETY: just allocated; memory was short, and it came from elsewhere.
        unsafe { deallocate(block) };
    }
    allocate_aligned_slow(align, size)
}

#[cold]
#[inline(never)]
fn allocate_aligned_slow(align: usize, size: usize) -> *mut u8 {
    let heap = init::heap();
    if heap == Heap::Checked {
        return checked::allocate(size, align, false);
    }
    if heap == Heap::Up
        && let Some(rounded) = size_class::rounded(size, align)
    {
        let class = size_class::of(rounded);
        let block = if options::closed() { closed::take(class, size) } else { cpu_cache::pop(class) };
        let block = if block.is_null() { cpu_cache::refill(class) } else { block };
        if !block.is_null() {
            return block;
        }
    }
    large::allocate(size, align).0
}

/// Where a block lies.
enum Place {
    /// In a class run.
    Class(usize),
    /// In a buffer of the early heap.
    Early,
    /// A large block, or none at all.
    Other,
}

/// Of a block that the byte map does not know.
#[cold]
#[inline(never)]
fn place(block: *mut u8) -> Place {
    if let Some(unit) = region::unit_of(block as usize) {
        if !region::is_used(unit) {
            return Place::Other;
        }
        let span = region::span(unit);
        // SAFETY: the span of a used unit; in the run of a live block its fields do not change.
        unsafe {
            let head = region::span((*span).head as usize);
            if (*head).kind == Kind::Class && region::unit_of(block as usize).is_some() {
                let first = (*span).head as usize;
                let class = (*head).class as usize;
                let offset = block as usize - region::address_of(first) as usize;
                if unit - first < (*head).units as usize && offset.is_multiple_of(size_class::bytes(class)) {
                    return Place::Class(class);
                }
            }
        }
        return Place::Other;
    }
    if EARLY.contains(block) { Place::Early } else { Place::Other }
}

/// Takes a block back; null is nothing. Aborts if it is no live block and that can be told. Async-signal-safe up to 256 KiB.
///
/// # Safety
/// Nobody uses the block any more.
#[inline(always)]
pub unsafe fn deallocate(block: *mut u8) {
    // SAFETY: as the caller promises.
    unsafe { deallocate_fast(block) };
}

/// A deallocation that the fast path left.
///
/// # Safety
/// As [`deallocate`].
#[inline(never)]
pub unsafe extern "C" fn deallocate_slow(block: *mut u8) {
    if block.is_null() {
        return;
    }
    if options::check() && !EARLY.contains(block) {
        return checked::free(block, None);
    }
    match place(block) {
        Place::Class(class) => {
            if options::closed() {
                // SAFETY: a block of that class, which the caller has given up.
                unsafe { closed::before_free(class, block) };
            }
            // SAFETY: a block of that class, which the caller has given up.
            unsafe {
                if !cpu_cache::push(class, block) {
                    cpu_cache::flush(class, block);
                }
            }
        }
        // SAFETY: the early heap's, which the caller has given up.
        Place::Early => unsafe {
            let _quiet = Quiet::enter();
            EARLY.deallocate(block);
        },
        Place::Other => {
            large::free(block);
            cpu_cache::came_past();
        }
    }
}

/// Takes a block back that a magazine had although it is of no class run: it came from the last resort, and its user gave its size. Aborts if it is none.
#[cold]
fn take_back_stray(block: *mut u8) {
    if EARLY.contains(block) {
        let _quiet = Quiet::enter();
        // SAFETY: the early heap's, which its user has given up.
        unsafe { EARLY.deallocate(block) };
    } else {
        large::free(block);
    }
}

/// As [`deallocate`] for a block that was asked for with this very `size` and natural alignment.
///
/// # Safety
/// As [`deallocate`], and `size` is what the block was allocated, or last reallocated, with.
#[inline(always)]
pub unsafe fn deallocate_sized(block: *mut u8, size: usize) {
    // SAFETY: as the caller promises.
    unsafe { deallocate_sized_fast(block, size) };
}

/// A sized deallocation that the fast path left: the checked heap holds the size against what it knows, the other one has no use for it.
///
/// # Safety
/// As [`deallocate`].
#[inline(never)]
pub unsafe extern "C" fn deallocate_unsized(block: *mut u8, size: usize) {
    if options::check() && !block.is_null() && !EARLY.contains(block) {
        return checked::free(block, Some(size));
    }
    // SAFETY: as the caller promises.
    unsafe { deallocate(block) };
}

/// Bytes that the user of a block may use; 0 for null. Aborts if it is no live block.
///
/// # Safety
/// The block is live.
#[must_use]
pub unsafe fn usable_size(block: *mut u8) -> usize {
    if block.is_null() {
        return 0;
    }
    let class = page_map::class_of(block as usize);
    if class != 0 { size_class::bytes(class) } else { usable_size_slow(block) }
}

#[inline(never)]
fn usable_size_slow(block: *mut u8) -> usize {
    if let Some(size) = runs::bytes(block)
        && !options::check()
    {
        return size;
    }
    match place(block) {
        Place::Class(class) => size_class::bytes(class),
        // SAFETY: a live block of the early heap.
        Place::Early => unsafe { EARLY.usable_size(block) },
        Place::Other if options::check() => checked::usable_size(block),
        Place::Other => match large::mapping_bytes(block) {
            Some(size) => size,
            None => check::not_a_block(block as usize),
        },
    }
}

/// As [`deallocate_unsized`], with an alignment that nobody has a use for.
///
/// # Safety
/// As [`deallocate`].
#[inline(never)]
pub unsafe extern "C" fn deallocate_aligned_unsized(block: *mut u8, _align: usize, size: usize) {
    // SAFETY: as the caller promises.
    unsafe { deallocate_unsized(block, size) };
}

/// Bytes of address space held for large blocks that grew, beyond what they may use now.
#[must_use]
pub fn reserved() -> usize {
    reserve::reserved()
}

/// Gives memory that is free back to the kernel, but for `keep` bytes; how many bytes went. Works while other threads allocate.
pub fn trim(keep: usize) -> usize {
    if init::heap() != Heap::Up {
        return 0;
    }
    let quiet = Quiet::enter();
    // SAFETY: the magazines are handed over whole.
    unsafe {
        drain::drain(&quiet, |class, magazine| central::give_up(class, magazine, &quiet));
        shard::drain(&quiet, |class, magazine| central::give_up(class, magazine, &quiet));
    }
    for class in 1..size_class::COUNT {
        central::clear(class, &quiet);
    }
    mappings::release(&quiet) + page_heap::with(&quiet, |heap| heap.withdraw(keep / UNIT))
}
