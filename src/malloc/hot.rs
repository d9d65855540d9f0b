//! What malloc's fast paths load before they know which CPU they are on, and whether they may be used at all.
//!
//! [`HOT`] is all zero until the heap is up: every size is then beyond its limit, every pointer outside its extent. So nothing else has to be asked.

use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};

use super::page_map;
use super::size_class::SMALL;
use crate::rseq;
use crate::sys::membarrier::{Command, membarrier};

/// What the fast paths load: one cache line, constant once the heap is up. The offsets are known to `arch/<cpu>/heap.rs`.
#[repr(C, align(64))]
#[derive(Debug)]
pub struct Hot {
    /// Sizes below it are for the section on `mm_cid`: 0, later 1025 where that is alive.
    pub limit: AtomicUsize,
    /// Entry 0 of the table of blocks. The byte map lies [`super::cpu_block::MAP_OFFSET`] behind it.
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

/// Bytes that the fast path handles beyond [`SMALL`], where all classes are multiples of a step.
pub const MEDIUM: usize = 64 * 1024;
/// Bytes between two entries of the table of their classes.
pub const MEDIUM_STEP: usize = 128;

/// Whether the table is there.
static READY: AtomicBool = AtomicBool::new(false);

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

/// Whether the index that this kernel has is `mm_cid`, at its constant place.
fn has_mm_cid() -> bool {
    let (area, index) = rseq::offsets();
    index - area == core::mem::offset_of!(rseq::Area, mm_cid) as isize
}

/// Opens the fast paths, unless they are to stay closed. Under the initialisation lock.
pub fn open(closed: bool) {
    let (area, index) = rseq::offsets();
    HOT.area.store(area as usize, Ordering::Relaxed);
    HOT.index.store(index as usize, Ordering::Relaxed);
    // Threads may run already: before they see the limit and the extent, all of them must see the rest.
    if membarrier(Command::RegisterPrivateExpedited).is_ok() {
        let _ = membarrier(Command::PrivateExpedited);
    }
    READY.store(true, Ordering::Release);
    if closed {
        return;
    }
    let mm_cid = has_mm_cid();
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

/// Uses the sections on any index from now on, or those on `mm_cid` where that is alive. For the step test: both are to be stepped.
#[doc(hidden)]
pub fn use_any_index(any: bool) {
    let mm_cid = has_mm_cid();
    let (extent, limit) = (if page_map::exists() { page_map::EXTENT } else { 0 }, SMALL + 1);
    let on = |yes: bool, value| if yes { value } else { 0 };
    HOT.limit.store(on(mm_cid && !any, limit), Ordering::Relaxed);
    HOT.limit_medium.store(on(mm_cid && !any, MEDIUM + 1), Ordering::Relaxed);
    HOT.extent.store(on(mm_cid && !any, extent), Ordering::Relaxed);
    HOT.limit_any.store(on(!mm_cid || any, limit), Ordering::Relaxed);
    HOT.extent_any.store(on(!mm_cid || any, extent), Ordering::Relaxed);
}

const _: () = assert!(size_of::<Hot>() == 64);
