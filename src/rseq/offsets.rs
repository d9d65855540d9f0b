//! Where the current thread's rseq fields lie: two distances from the thread pointer, the same in every thread.
//!
//! ```text
//!             before `init`                                 from then on
//!   area      our own struct's, which is not registered     what `init` adopted or owns
//!   index     our own struct's `no_index`: -1               `mm_cid` or `cpu_id`, in the area
//! ```
//! A section that runs on the left column stores into our own struct, and then into the stopped block: it is refused, as in a thread without rseq. That makes the left
//! column a good answer at any time, and allows [`kept_fields`]: distances that the compiler keeps in registers from one section to the next. [`fields`] has no left column.

use core::sync::atomic::AtomicIsize;
use core::sync::atomic::Ordering::Relaxed;

use crate::arch::rseq::{self, Fields};
use crate::per_thread;

/// Bytes from the thread pointer: to the area (guest only: an owner's is a constant) and to the index field.
#[cfg(not(feature = "start"))]
static AREA: AtomicIsize = AtomicIsize::new(0);
static INDEX: AtomicIsize = AtomicIsize::new(0);

/// Bytes from the thread pointer to the current thread's area. [`init`](super::init) must have run. Price: no load as owner, one as guest.
#[inline(always)]
#[must_use]
pub fn area_offset() -> isize {
    #[cfg(feature = "start")]
    let offset = crate::arch::tls::PER_THREAD_OFFSET;
    #[cfg(not(feature = "start"))]
    let offset = AREA.load(Relaxed);
    offset
}

/// Where the sections find the current thread's fields. [`init`](super::init) must have run. Price: one load as owner, two as guest.
#[inline(always)]
#[must_use]
pub fn fields() -> Fields {
    Fields::new(area_offset(), INDEX.load(Relaxed))
}

/// The distances from the thread pointer that [`fields`] are made of: (area, index field).
#[inline(always)]
#[must_use]
pub fn offsets() -> (isize, isize) {
    (area_offset(), INDEX.load(Relaxed))
}

/// As [`area_offset`], for a section that is tried first: a loop loads it once. Whoever is refused must not use it again, but [`area_offset`]: it may be from before
/// [`init`](super::init), for as long as the function runs that it was inlined into.
#[inline(always)]
#[must_use]
pub fn kept_area_offset() -> isize {
    rseq::kept_area_offset().unwrap_or_else(area_offset)
}

/// As [`fields`], for a section that is tried first, on the terms of [`kept_area_offset`]. Price: none in a loop.
#[inline(always)]
#[must_use]
pub fn kept_fields() -> Fields {
    let (area, index) = rseq::kept_offsets().unwrap_or_else(offsets);
    Fields::new(area, index)
}

/// What [`init`](super::init) has found: the area, and how many bytes into it the index field lies.
pub(super) fn settle(area: isize, field: usize) {
    let index = area + field as isize;
    #[cfg(not(feature = "start"))]
    AREA.store(area, Relaxed);
    INDEX.store(index, Relaxed);
    let own = per_thread::offset();
    rseq::settle(area - own, index - own);
}
