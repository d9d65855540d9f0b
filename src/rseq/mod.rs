//! Restartable sequences: the kernel's per-thread area, who registered it, and the sections that run on it.
//!
//! ```text
//!   registration   own | adopt | unavailable           which area, which of its fields are alive
//!   offsets        where they lie                       for the sections, from one to the next in registers
//!   area           struct rseq: who writes, who reads
//!   table          the descriptors of all sections in this program
//!   slice          asking for a longer time slice
//! ```
//! 1. [`init`] once a process: finds the area or decides to own one, and picks the index field (`mm_cid`, else `cpu_id`).
//! 2. [`register_current_thread`] in each thread, where we own the registration.
//! 3. [`fields`], or [`kept_fields`], at each use: where the sections of [`crate::arch::rseq`] find the current thread's fields.
//!
//! Source: the kernel's `include/uapi/linux/rseq.h` and `kernel/rseq.c`; rseq(2) of librseq.

mod area;
mod offsets;
mod registration;
pub mod slice;
mod table;

#[doc(inline)]
pub use crate::arch::section;
pub use area::{Area, CriticalSection};
pub use offsets::{area_offset, fields, kept_area_offset, kept_fields, offsets};
pub use registration::{Features, State, features, init, register_current_thread, state, unregister_current_thread};
pub use table::{critical_sections, exit_points};

/// The CPU that this thread runs on, in one load; asks the kernel where there is no rseq.
///
/// It may be stale as soon as it is returned, but is right after every migration. Async-signal-safe.
#[inline]
#[must_use]
pub fn current_cpu() -> u32 {
    let cpu = cpu_id();
    if cpu >= 0 { cpu as u32 } else { crate::sys::sched::getcpu() }
}

/// The number of the CPU that this thread runs on, in one load and no branch; -1 or -2 in a thread without rseq, and in a guest on AArch64 anything before
/// [`find`] or `init`. Only for guesses. Async-signal-safe.
#[inline(always)]
#[must_use]
pub fn cpu_hint() -> u32 {
    cpu_id() as u32
}

/// The field of that name, without asking where the index lies.
#[inline(always)]
fn cpu_id() -> i32 {
    crate::arch::rseq::Fields::new(area_offset(), 0).load(core::mem::offset_of!(Area, cpu_id) as isize)
}

/// Sees to it that [`init`] has run. An owner's start-up has run it.
#[inline]
pub fn find() {
    #[cfg(not(feature = "start"))]
    init();
}

/// Aborts taken by this program's sections so far; only in builds with `--cfg dacapo_count_aborts`, which tests use to show that
/// they met some.
#[cfg(dacapo_count_aborts)]
#[must_use]
pub fn aborts() -> u64 {
    ABORTS.load(core::sync::atomic::Ordering::Relaxed)
}

#[cfg(dacapo_count_aborts)]
#[unsafe(export_name = "dacapo_rseq_aborts")]
static ABORTS: core::sync::atomic::AtomicU64 = core::sync::atomic::AtomicU64::new(0);
