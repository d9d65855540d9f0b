//! Delays at numbered points: makes a moment long that is otherwise a few instructions, so that tests come upon it.
//!
//! Only in builds with `--cfg dacapo_inject`; in all others [`delay`] is nothing at all. At about one visit in sixteen of a point the thread gives
//! its CPU away, once or a few times. Which visits is a function of the [`seed`], of the point and of how often it was visited before; what the
//! others do meanwhile is the kernel's choice.

use crate::sys::sched;

/// A moment between two steps of a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Point {
    /// A magazine's successor is read, the stack not yet exchanged.
    StackPop,
    /// A magazine has its successor, the stack is not yet exchanged.
    StackPush,
    /// A CPU's cursor is read, and not yet replaced.
    CursorRead,
    /// A heap lock is held, with all signals blocked.
    HeapLocked,
    /// The heap's blocks of some CPUs are stopped and in the hands of one thread.
    HeapStopped,
    /// A per-CPU block is taken out of the table; the fence is still to come.
    TakenAway,
    /// A per-CPU block is stopped and fenced, and not yet put back.
    Stopped,
    /// Readers of RCU have a new colour; the fence is still to come.
    ColourTurned,
    /// A grace period is over, and nobody knows.
    PeriodOver,
    /// A bucket is copied, and does not say so yet.
    BucketCopied,
    /// A mutex is marked as one that has sleepers, and the thread does not sleep yet.
    MutexMarked,
    /// A thread still runs on a mapping that is in the cache already.
    ThreadLeaves,
}

/// How many there are.
pub const POINTS: usize = Point::ThreadLeaves as usize + 1;

/// Perhaps waits for a moment.
#[inline(always)]
pub fn delay(point: Point) {
    if cfg!(dacapo_inject) {
        active::visit(point);
    }
}

/// Waits for long, at every visit: for a moment that comes but once in a thread's life.
#[inline(always)]
pub fn delay_long(_: Point) {
    if cfg!(dacapo_inject) {
        (0..100).for_each(|_| sched::yield_now());
    }
}

/// From which number the choice of visits is made.
pub fn seed(seed: u64) {
    active::SEED.store(seed, core::sync::atomic::Ordering::Relaxed);
}

/// How often each point was visited; all 0 without `--cfg dacapo_inject`.
pub fn visits() -> [u64; POINTS] {
    core::array::from_fn(|point| active::VISITS[point].load(core::sync::atomic::Ordering::Relaxed))
}

mod active {
    use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::{POINTS, Point, sched};

    pub(super) static SEED: AtomicU64 = AtomicU64::new(0);
    pub(super) static VISITS: [AtomicU64; POINTS] = [const { AtomicU64::new(0) }; POINTS];

    #[cold]
    pub(super) fn visit(point: Point) {
        let visit = VISITS[point as usize].fetch_add(1, Relaxed);
        let mut mixed = (SEED.load(Relaxed) ^ (visit << 8 | point as u64)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        if mixed >> 60 == 0 {
            (0..=mixed >> 32 & 7).for_each(|_| sched::yield_now());
        }
    }
}
