//! A reference count that costs no atomic while the thing lives, and becomes exact when it is to die.
//!
//! # Protocol
//! 1. Alive: each CPU counts gets minus puts in its own cell, which may well be negative: nobody can tell whether the total is 0, and nobody asks, since the
//!    owner's own reference keeps it up.
//! 2. [`Reference::kill`] takes all cells away, restarts all sections in flight by one fence, and adds the cells to the shared count, which has had a bias until then
//!    so that it could not reach 0 early.
//! 3. Dying: gets and puts find the stopped cell, whose value no count can have, and go to the shared count. Whoever takes it to 0 is told so.
//!
//! # Promises
//! A. Exactly one `put` or `kill` returns true, and when it does, everything done by holders before their puts has happened.
//! B. After `kill` has returned, [`Reference::try_get`] fails for ever. C. Gets and puts never wait; they may be in signal handlers.
//!
//! # Why one fence is enough where loads overtake each other
//! RCU's readers need one before and one after on AArch64 (`rcu/readers.rs`): it frees what readers of the new colour may have loaded too early, and believes seats that are
//! emptied after its fence. Neither happens here. Whatever a section has counted is in the sum, so nobody who got a reference is not waited for, and a load that
//! takes effect ahead of the section that gets one finds what is older, and not yet freed. No section counts after the fence, so every put that the sum holds, and all
//! that its holder did before, lies before a full fence of its CPU; later puts are AcqRel on the shared count.
//!
//! # Price
//! Alive: 8 instructions and a load, no atomic (level 0). Dying: one atomic (level 2). `kill`: one membarrier and one load a possible CPU.
//! Without rseq: always the shared count.
//!
//! Source: the kernel's `lib/percpu-refcount.c`.

use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::fallback;
use super::memory::{Birth, Block, PerCpu};
use super::stop::Refusing;
use crate::arch::rseq as section;
use crate::rseq;
use crate::sys::Errno;

/// In the stopped block: a count that no cell reaches.
const STOPPED: usize = 1 << (usize::BITS - 1);
/// On the shared count until the cells have been added: more than there can be references.
const BIAS: usize = if cfg!(dacapo_broken = "reference_no_bias") { 0 } else { 1 << (usize::BITS - 2) };
/// The negative controls build without the bias (`dacapo_broken`): then a put that comes between the fence and the sum is told that it was the last;
/// or with puts that order nothing: then the last one ends what others are still looking at.
const PUT: Ordering = if cfg!(dacapo_broken = "reference_relaxed_put") { Relaxed } else { AcqRel };

#[repr(transparent)]
#[derive(Debug)]
struct Cell(AtomicUsize);

// SAFETY: zero is a valid count, and the cell is an atomic.
unsafe impl Block for Cell {}
// SAFETY: the only section on cells is a compare-and-store that never expects STOPPED, so it has no effect on the stopped block.
unsafe impl Refusing for Cell {}

/// Counts references to something that one owner will end.
#[derive(Debug)]
pub struct Reference {
    cells: PerCpu<Cell>,
    /// References of those without a cell, the owner's among them; plus [`BIAS`] while cells count.
    shared: AtomicUsize,
    killed: AtomicBool,
}

impl Reference {
    /// Alive, with the owner's reference.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new() -> Result<Self, Errno> {
        let cells = PerCpu::<Cell>::new(0, Birth::Eager)?;
        // SAFETY: the block exists, and nobody else knows it yet.
        unsafe { cells.stopped().as_ref() }.0.store(STOPPED, Relaxed);
        Ok(Self { cells, shared: AtomicUsize::new(BIAS + 1), killed: AtomicBool::new(false) })
    }

    /// Changes the current CPU's cell by `step`; false if there is none to change.
    #[inline]
    fn count(&self, step: usize) -> bool {
        loop {
            let fields = rseq::fields();
            let index = fields.index();
            // SAFETY: a block lives as long as `self`.
            let guess = unsafe { self.cells.at(index).as_ref() }.0.load(Relaxed); // a guess, which the section checks
            if guess == STOPPED {
                if index < 0 && fallback::enrol() {
                    continue;
                }
                return false;
            }
            let next = guess.wrapping_add(step);
            // SAFETY: every block is one word.
            let (ran_on, found) = unsafe { section::compare_store(fields, self.cells.table(), 0, guess, next) };
            if ran_on >= 0 && found == guess {
                return true;
            }
        }
    }

    /// One more reference. The caller holds one, or knows that the owner has not killed it.
    #[inline]
    pub fn get(&self) {
        if !self.count(1) {
            self.shared.fetch_add(1, Relaxed); // Relaxed: who has a reference already needs no news
        }
    }

    /// One more reference, unless it was killed.
    #[inline]
    #[must_use]
    pub fn try_get(&self) -> bool {
        if self.killed.load(Acquire) {
            return false; // Acquire: pairs with `kill`
        }
        self.count(1) || self.try_get_shared()
    }

    #[cold]
    fn try_get_shared(&self) -> bool {
        // 0 is the end: nobody comes back from there. Acquire: pairs with Release in `put`.
        self.shared.fetch_update(Acquire, Relaxed, |count| (count != 0).then(|| count + 1)).is_ok()
    }

    /// One reference less; true if it was the last one, which can be only after [`Reference::kill`].
    #[inline]
    pub fn put(&self) -> bool {
        !self.count(1_usize.wrapping_neg()) && self.put_shared(1)
    }

    #[cold]
    fn put_shared(&self, less: usize) -> bool {
        // Release: what the holder did is done before the count says so. Acquire: the last one sees what all others did.
        self.shared.fetch_sub(less, PUT) == less
    }

    /// Ends the life of what is counted: gives the owner's reference up, and makes the count exact; true if that was the last reference. A second call does
    /// nothing. Not for signal handlers.
    pub fn kill(&self) -> bool {
        if self.killed.swap(true, Release) {
            return false;
        }
        let mut sum = 0_usize;
        // The fence in it is what makes puts in sections releases: each CPU has executed a full fence after its last one.
        self.cells.stop_for_good(|cell| sum = sum.wrapping_add(cell.0.load(Relaxed)));
        self.put_shared((BIAS + 1).wrapping_sub(sum))
    }

    /// References at this moment, if it was killed; else `None`: nobody knows.
    #[must_use]
    pub fn count_if_dying(&self) -> Option<usize> {
        let count = self.shared.load(Acquire); // Acquire: pairs with `put_shared`
        (count < BIAS >> 1).then_some(count)
    }
}
