//! Counters: each CPU adds to its own cell.
//!
//! # Promises
//! A. Each addition is counted exactly once, whatever preempts, migrates or signals the thread. B. An addition never waits. C. What [`Counters::sum`] says while others add
//! counts every addition that happened before it began, none that happens after it ended, and perhaps those between; of a counter that only grows, two sums one after the
//! other never go backwards. D. [`Counters::exact`] is a value that the counter had at one moment, or none.
//!
//! # Price
//! An addition: 5 instructions, no atomic (level 0 of the [hierarchy](crate::counter)). A sum: a load for each possible CPU. An exact read: one membarrier and two sums, or more.
//!
//! Without rseq, and where a thread registers itself by its first addition: one atomic addition on a cell that all such threads share.

use core::sync::atomic::{AtomicUsize, Ordering, fence as atomic_fence};

use super::fallback;
use super::memory::{Birth, Block, PerCpu};
use crate::arch::rseq as section;
use crate::fence;
use crate::rseq;
use crate::sys::Errno;

/// `N` counters that share a block: they are added to on one cache line if they fit.
///
/// Price of an add: 5 instructions on x86-64 (8 on AArch64) and the loads of its operands (in a loop the table's alone), the check for a thread without rseq, no atomic; the
/// same for any number of threads. A thread without rseq: one atomic addition on a shared cell.
#[derive(Debug)]
pub struct Counters<const N: usize> {
    cells: PerCpu<Cells<N>>,
}

/// One counter.
pub type Counter = Counters<1>;

#[repr(transparent)]
#[derive(Debug)]
struct Cells<const N: usize>([AtomicUsize; N]);

// SAFETY: zero is a valid count, and cells are atomics.
unsafe impl<const N: usize> Block for Cells<N> {}

impl<const N: usize> Counters<N> {
    /// All at 0.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new() -> Result<Self, Errno> {
        const { assert!(N > 0) };
        Ok(Self { cells: PerCpu::new(0, Birth::Eager)? })
    }

    /// Adds to counter `which`, modulo 2^64; give a negative number as `n as usize`. Async-signal-safe.
    ///
    /// # Panics
    /// `which` is not below `N`.
    #[inline(always)]
    pub fn add(&self, which: usize, n: usize) {
        assert!(which < N);
        // SAFETY: every block, the stopped one included, has N words.
        let index = unsafe { section::add(rseq::kept_fields(), self.cells.table(), which * size_of::<usize>(), n) };
        if index < 0 {
            self.add_aside(which, n); // what came to the stopped block does not count
        }
    }

    /// For this thread's next additions, sees to it that it has rseq if it can have it.
    #[cold]
    fn add_aside(&self, which: usize, n: usize) {
        fallback::enrol();
        // SAFETY: the side block lives as long as `self`; it is touched through atomics only.
        let side = unsafe { self.cells.side().as_ref() };
        side.0[which].fetch_add(n, Ordering::Relaxed); // Relaxed: a count orders nothing
    }

    /// Counter `which`: every addition that happened before the call, and perhaps some that happen during it. One load for each possible CPU.
    ///
    /// The difference of two sums counts every addition exactly once; to count in periods, keep the previous sum.
    ///
    /// # Panics
    /// `which` is not below `N`.
    #[must_use]
    pub fn sum(&self, which: usize) -> usize {
        assert!(which < N);
        // SAFETY: the blocks live as long as `self`; sections change a cell in one aligned store.
        let cell = |block: core::ptr::NonNull<Cells<N>>| unsafe { block.as_ref() }.0[which].load(Ordering::Relaxed);
        self.cells.blocks().map(cell).fold(0, usize::wrapping_add)
    }

    /// The value that counter `which` had at one moment during the call; `None` if additions came between the looks `tries` times.
    ///
    /// Only for counters that are never subtracted from, whose cells therefore never return to a value they had. Every running thread passes a fence first, so that
    /// additions which their threads have done, and told nobody about, are seen. Then all cells are read twice: if nothing moved between, that was the value between the
    /// two. Price: one membarrier (0.4 to 9 us) and two sums a try.
    ///
    /// # Panics
    /// `which` is not below `N`.
    #[must_use]
    pub fn exact(&self, which: usize, tries: u32) -> Option<usize> {
        assert!(which < N);
        fence::heavy();
        let mut before = self.sum(which);
        for _ in 0..tries {
            atomic_fence(Ordering::Acquire); // the second look does not begin before the first one has ended
            let after = self.sum(which);
            if after == before {
                return Some(after); // cells only grow: an equal sum means that all are equal
            }
            before = after;
        }
        None
    }

    /// The table for sections of our own on these cells.
    #[inline(always)]
    pub(crate) fn table(&self) -> *const *mut u8 {
        self.cells.table()
    }

    /// Cell `which` of an index, as it is about now.
    #[inline(always)]
    pub(crate) fn look(&self, index: i32, which: usize) -> usize {
        // SAFETY: blocks live as long as `self`.
        unsafe { self.cells.at(index).as_ref() }.0[which].load(Ordering::Relaxed)
    }

    /// The greatest of the cells `which`.
    pub(crate) fn greatest(&self, which: usize) -> usize {
        // SAFETY: as above.
        let cell = |block: core::ptr::NonNull<Cells<N>>| unsafe { block.as_ref() }.0[which].load(Ordering::Relaxed);
        self.cells.blocks().map(cell).max().unwrap_or(0)
    }

    /// Counter `which` of one index; `None`: of the threads without rseq. 0 for an index that does not exist.
    ///
    /// # Panics
    /// `which` is not below `N`.
    #[must_use]
    pub fn at(&self, which: usize, index: Option<usize>) -> usize {
        assert!(which < N);
        let block = match index {
            Some(index) if index < self.cells.slots() => self.cells.block(index),
            Some(_) => return 0,
            None => self.cells.side(),
        };
        // SAFETY: as in `sum`.
        unsafe { block.as_ref() }.0[which].load(Ordering::Relaxed)
    }
}
