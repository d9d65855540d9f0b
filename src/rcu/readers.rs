//! Readers, counted per CPU: each adds to one word when it enters and to another when it leaves, on whatever CPU it is then.
//!
//! ```text
//!   `active` says which of N colours readers take now
//!   block of a CPU:   entered[0..N]   left[0..N]      by sections
//!                     entered[0..N]   left[0..N]      by threads without rseq, with atomics
//!
//!   enter   section { colour = active; ++entered[colour] }        leave   section { ++left[colour] }
//! ```
//! To wait for the readers of a colour:
//!
//! 1. `active` = another colour, one that has no readers.
//! 2. [`fence::heavy_rseq`]. A section in flight has counted and we see it, or starts over and reads the new colour. So from now on nobody enters
//!    with the old one, and the sum of its `entered` does not change any more. Whoever entered before has had a full fence since: it is counted; and
//!    whoever is not counted loads what it loads after that fence.
//! 3. The readers are gone as soon as the sum of `left` has come up to the sum of `entered`. `left` is summed first: each reader that is
//!    seen to have left is then seen to have entered.
//!
//! The kernel's SRCU reads the colour outside and counts later, so that it must look twice and drain both colours, with a fence in every look. Here
//! the kernel restarts the section instead, and one fence is enough.
//!
//! A thread without rseq cannot be restarted: it counts, looks again whether `active` is still what it took, and else counts out and tries
//! again. Both sides have full fences there.

use core::mem::offset_of;
use core::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use core::sync::atomic::{AtomicUsize, fence as full_fence};

use crate::arch::rseq as section;
use crate::arch::{self, tls};
use crate::fence;
use crate::inject::{self, Point};
use crate::percpu::{Birth, Block, PerCpu, fallback};
use crate::rseq::{self, State};
use crate::sys::Errno;

#[repr(C)]
#[derive(Debug)]
struct Counts<const N: usize> {
    entered: [AtomicUsize; N],
    left: [AtomicUsize; N],
    slow_entered: [AtomicUsize; N],
    slow_left: [AtomicUsize; N],
}

// SAFETY: zero is a valid count, and all are atomics.
unsafe impl<const N: usize> Block for Counts<N> {}

/// Blocks that threads without rseq share out among them.
const SLOW_CELLS: usize = 16;

/// The negative control builds without the fence (`dacapo_broken`): then a reader that has entered may not be seen.
const FENCED: bool = cfg!(not(dacapo_broken = "no_grace_fence"));

/// Which colour it is: the inverse of [`colour`].
pub(super) const fn number(colour: Colour) -> usize {
    colour / size_of::<usize>()
}

/// What tells the readers that were there from those that come. See the module's page.
#[derive(Debug)]
pub(super) struct Readers<const N: usize> {
    /// Where the current colour's word lies in a block, in bytes from `entered`.
    active: AtomicUsize,
    cells: PerCpu<Counts<N>>,
}

/// A reader's colour: the byte offset of its word.
pub(super) type Colour = usize;

/// The `n`-th colour.
pub(super) const fn colour(n: usize) -> Colour {
    n * size_of::<usize>()
}

impl<const N: usize> Readers<N> {
    /// No reader yet; colour 0.
    ///
    /// # Errors
    /// ENOMEM.
    pub(super) fn new() -> Result<Self, Errno> {
        const { assert!(offset_of!(Counts<N>, entered) == 0 && size_of::<Counts<N>>() <= arch::CACHE_LINE) };
        Ok(Self { active: AtomicUsize::new(0), cells: PerCpu::new(0, Birth::Eager)? })
    }

    /// Counts a reader in; what [`Readers::leave`] needs.
    #[inline(always)]
    pub(super) fn enter(&self) -> Colour {
        // SAFETY: every block, the stopped one included, has a word for each colour, and `active` never holds anything else.
        let (index, colour) =
            unsafe { section::increment_at(rseq::fields(), self.cells.table(), self.active.as_ptr()) };
        let colour = if index < 0 { self.enter_without_rseq() } else { colour };
        fence::light(); // pairs with heavy_rseq in `turn`: counted, then loads
        colour
    }

    /// Counts a reader out.
    ///
    /// # Safety
    /// The colour is [`Readers::enter`]'s, used once.
    #[inline(always)]
    pub(super) unsafe fn leave(&self, colour: Colour) {
        fence::light(); // loads, then counted: see `quiesce`
        // SAFETY: as in `enter`.
        let index =
            unsafe { section::add(rseq::fields(), self.cells.table(), colour + offset_of!(Counts<N>, left), 1) };
        if index < 0 {
            self.leave_without_rseq(colour);
        }
    }

    #[cold]
    #[inline(never)]
    fn enter_without_rseq(&self) -> Colour {
        if fallback::enrol() {
            return self.enter();
        }
        let counts = self.slow_cell();
        loop {
            let colour = self.active.load(Relaxed);
            counts.slow_entered[number(colour)].fetch_add(1, SeqCst);
            full_fence(SeqCst); // pairs with the fence in `turn`: counted, then looks and loads
            // Acquire: if the colour came back in a later turn, we read what was stored before it.
            if self.active.load(Acquire) == colour {
                return colour;
            }
            counts.slow_left[number(colour)].fetch_add(1, SeqCst);
        }
    }

    #[cold]
    #[inline(never)]
    fn leave_without_rseq(&self, colour: Colour) {
        if fallback::enrol() {
            // SAFETY: our caller's colour, not used yet: the section counted on the stopped block.
            return unsafe { self.leave(colour) };
        }
        self.slow_cell().slow_left[number(colour)].fetch_add(1, SeqCst);
    }

    /// A cell that this thread shares with few others.
    fn slow_cell(&self) -> &Counts<N> {
        let hash = (tls::thread_pointer() >> 6).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (usize::BITS - 16);
        // SAFETY: the block lives as long as `self`, and is atomics.
        unsafe { self.cells.block(hash % SLOW_CELLS.min(self.cells.slots())).as_ref() }
    }

    /// The colour that readers take now.
    pub(super) fn active(&self) -> Colour {
        self.active.load(Relaxed)
    }

    /// Readers take `next` from now on; when this returns, nobody enters with another colour, and whoever did is counted. One thread at a time.
    pub(super) fn turn(&self, next: Colour) {
        // SeqCst: after everything that the caller stored; against `enter_without_rseq`.
        self.active.store(next, SeqCst);
        inject::delay(Point::ColourTurned);
        if !FENCED {
            return;
        }
        match rseq::state() {
            // No thread of this process runs sections: all count with full fences.
            State::Unavailable(_) => full_fence(SeqCst),
            _ => fence::heavy_rseq(None),
        }
    }

    /// Whether everyone who entered with `colour` has left. `colour` is not the active one, and `turn` has returned since it was.
    pub(super) fn have_left(&self, colour: Colour) -> bool {
        let n = number(colour);
        // SAFETY: the blocks live as long as `self`; sections change a count in one aligned store.
        let blocks = || self.cells.blocks().map(|block| unsafe { block.as_ref() });
        // Acquire: whoever is seen to have left is seen to have entered below, and what it stored is seen by our caller.
        let left = blocks().fold(0_usize, |sum, counts| {
            sum.wrapping_add(counts.left[n].load(Acquire)).wrapping_add(counts.slow_left[n].load(Acquire))
        });
        let entered = blocks().fold(0_usize, |sum, counts| {
            sum.wrapping_add(counts.entered[n].load(Relaxed)).wrapping_add(counts.slow_entered[n].load(Relaxed))
        });
        left == entered
    }

    /// When this returns, whoever was seen to have left has done all its loads.
    pub(super) fn quiesce(&self) {
        if !arch::LOADS_PRECEDE_LATER_STORES {
            fence::heavy();
        }
    }

    /// In a forked child: nobody is reading.
    ///
    /// # Safety
    /// The caller is the only thread.
    pub(super) unsafe fn reset(&self) {
        for block in self.cells.blocks() {
            // SAFETY: the block lives as long as `self`, and is atomics.
            let counts = unsafe { block.as_ref() };
            for n in 0..N {
                counts.left[n].store(counts.entered[n].load(Relaxed), Relaxed);
                counts.slow_left[n].store(counts.slow_entered[n].load(Relaxed), Relaxed);
            }
        }
    }
}
