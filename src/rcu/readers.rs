//! Readers: one on each CPU has a seat; those who come while it is taken stand, and are counted.
//!
//! ```text
//!   `active` says which of N colours readers take now
//!   block of a CPU:   seats[0..N]                     one of each colour: 0, or taken
//!                     entered[0..N]   left[0..N]      of those who stand, by sections
//!                     entered[0..N]   left[0..N]      of threads without rseq, with atomics
//!
//!   enter   section { seat = seats[active]; if it is free: take it }     leave   seat = 0
//!      or   section { colour = active; ++entered[colour] }               leave   section { ++left[colour] }
//! ```
//! The seats go by `mm_cid`, which lies at a fixed distance from the area, so that one load less says where it is. A kernel without it (before Linux 6.3) leaves 0 or -1
//! there: then all find a taken seat there, and look for one by the CPU's number before they stand.
//!
//! Nobody but who took a seat writes it until it is free again. So to leave is a plain store, on whatever CPU and in whatever thread, with no
//! section. A seat is taken when its reader was interrupted (by a signal handler that reads, or by the scheduler), sleeps, or nests.
//!
//! To wait for the readers of a colour:
//!
//! 1. `active` = another colour, one that has no readers. Where loads overtake each other, a [`fence::heavy`] comes before: a reader that finds the new colour must not
//!    have loaded anything that is older, because nobody waits for it.
//! 2. [`fence::heavy_rseq`]. A section in flight has stored and we see it, or starts over and reads the new colour. So from now on nobody enters
//!    with the old one: no seat of it is taken, and the sum of its `entered` does not change any more. Whoever entered before has had a full fence since: it is
//!    seen; and whoever is not seen loads what it loads after that fence.
//! 3. The readers are gone as soon as no seat of the colour is taken, and the sum of `left` has come up to the sum of `entered`. `left` is summed first:
//!    each reader that is seen to have left is then seen to have entered.
//!
//! The kernel's SRCU reads the colour outside and counts later, so that it must look twice and drain both colours, with a fence in every look. Here
//! the kernel restarts the section instead, and one fence is enough.
//!
//! A thread without rseq cannot be restarted: it counts, looks again whether `active` is still what it took, and else counts out and tries
//! again. Both sides have full fences there. It comes there by itself: the seats of the indices -1 and -2 are always taken.

use core::mem::offset_of;
use core::ptr;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use core::sync::atomic::{AtomicUsize, fence as full_fence};

use crate::arch::rseq as section;
use crate::arch::{self, tls};
use crate::fence;
use crate::inject::{self, Point};
use crate::percpu::{Birth, Block, PerCpu, fallback};
use crate::rseq::{self, Area, State};
use crate::sys::Errno;

/// The block of a CPU. `entered` lies [`APART`] bytes after `seats`, so that the low bits of either's addresses tell the colour.
#[repr(C)]
#[derive(Debug)]
struct Counts<const N: usize> {
    seats: [AtomicUsize; N],
    left: [AtomicUsize; N],
    slow: Slow<N>,
    entered: [AtomicUsize; N],
}

/// Readers without rseq. The alignment puts what follows where [`APART`] wants it.
#[repr(C, align(32))]
#[derive(Debug)]
struct Slow<const N: usize> {
    entered: [AtomicUsize; N],
    left: [AtomicUsize; N],
}

// SAFETY: zero is a valid count, and all are atomics.
unsafe impl<const N: usize> Block for Counts<N> {}

const WORD: usize = size_of::<usize>();
/// From here on a block's words tell their colours again.
const APART: usize = 64;

/// The seat that nobody has.
const FREE: usize = 0;
/// What is no seat's address: in the seats of threads without rseq, for ever.
const TAKEN: usize = 1;

/// The index fields, in the area.
const MM_CID: u32 = offset_of!(Area, mm_cid) as u32;
const CPU_ID: u32 = offset_of!(Area, cpu_id) as u32;

/// Blocks that threads without rseq share out among them.
const SLOW_CELLS: usize = 16;

/// The negative controls build without the fence (`dacapo_broken`): then a reader that has entered may not be seen;
const FENCED: bool = cfg!(not(dacapo_broken = "no_grace_fence"));
/// with one that restarts no sections: then a reader still enters with the old colour;
const RESTARTS: bool = cfg!(not(dacapo_broken = "grace_plain_fence"));
/// without the one before the new colour: then a reader of the new one may hold what is old;
const FENCED_BEFORE: bool = cfg!(not(dacapo_broken = "grace_no_first_fence"));
/// without the one at the end: then a reader that is seen to have left may still be loading;
const FENCED_AFTER: bool = cfg!(not(dacapo_broken = "grace_no_last_fence"));
/// without the second look at the colour: then a reader without rseq enters with one that nobody waits for.
const LOOKS_AGAIN: bool = cfg!(not(dacapo_broken = "grace_no_second_look"));

/// What tells the readers that were there from those that come. See the module's page.
#[derive(Debug)]
pub(super) struct Readers<const N: usize> {
    /// The current colour's seat of `mm_cid` 0. Where the kernel has no `mm_cid`, which is 0 or -1 then, one that is always taken.
    seat: AtomicUsize,
    /// The current colour's seat of CPU 0, for kernels without it.
    indexed: AtomicUsize,
    /// Where the current colour's word of `entered` lies in a block.
    active: AtomicUsize,
    cells: PerCpu<Counts<N>>,
}

/// A reader's colour, below N.
pub(super) type Colour = usize;

/// How a reader leaves: its seat's address or, if it was counted, where its word of `entered` lies in a block.
pub(super) type Token = usize;

/// Whether a token is a seat's address. Nothing is mapped below it.
#[inline(always)]
const fn is_seat(token: Token) -> bool {
    token >= 4096
}

impl<const N: usize> Readers<N> {
    /// log2 of the bytes from block to block.
    const SHIFT: u32 = size_of::<Counts<N>>().next_multiple_of(arch::CACHE_LINE).ilog2();
    const ENTERED: usize = offset_of!(Counts<N>, entered);
    const LEFT: usize = offset_of!(Counts<N>, left);

    /// No reader yet; colour 0.
    ///
    /// # Errors
    /// ENOMEM.
    pub(super) fn new() -> Result<Self, Errno> {
        const {
            assert!(
                offset_of!(Counts<N>, seats) == 0
                    && Self::ENTERED.is_multiple_of(APART)
                    && APART.is_multiple_of(N * WORD)
            );
            assert!(size_of::<Counts<N>>().next_multiple_of(arch::CACHE_LINE) == 1 << Self::SHIFT);
        }
        let cells = PerCpu::<Counts<N>>::new(0, Birth::Eager)?;
        // The blocks of the indices -1 and -2.
        for block in [cells.side(), cells.stopped()] {
            // SAFETY: the block lives as long as `cells`, and is atomics. Relaxed: nobody else has them yet.
            unsafe { block.as_ref() }.seats.iter().for_each(|seat| seat.store(TAKEN, Relaxed));
        }
        let this = Self { seat: AtomicUsize::new(0), indexed: AtomicUsize::new(0), active: AtomicUsize::new(0), cells };
        this.show(0);
        fence::register(); // once there are threads, the first `turn` would wait tens of milliseconds for it
        Ok(this)
    }

    /// Which colour it is.
    #[inline(always)]
    pub(super) const fn colour(token: Token) -> Colour {
        token / WORD % N
    }

    /// What readers take from now on.
    fn show(&self, colour: Colour) {
        let seat = self.cells.block(0).expose_provenance().get() + colour * WORD;
        // The blocks before that of 0 are those of -1 and -2.
        let shown = if rseq::features().mm_cid { seat } else { seat - (1 << Self::SHIFT) };
        self.seat.store(shown, Release); // Release: after everything that the caller stored; see `turn`
        self.indexed.store(seat, Release); // as above
        // SeqCst: after everything that the caller stored; against `enter_without_rseq`.
        self.active.store(Self::ENTERED + colour * WORD, SeqCst);
    }

    /// Takes the current CPU's seat, `first` being that of index 0, and `area` where the thread's is; its address, and what it held.
    #[inline(always)]
    fn claim<const INDEX: u32>(area: isize, first: &AtomicUsize) -> (usize, usize) {
        const { assert!(Self::SHIFT == 7 || Self::SHIFT == 8) };
        // SAFETY: the blocks of all indices follow each other, those of -1 and -2 before that of 0, and have a seat of each colour.
        unsafe {
            match Self::SHIFT {
                7 => section::claim::<7, INDEX>(area, first.as_ptr()),
                _ => section::claim::<8, INDEX>(area, first.as_ptr()),
            }
        }
    }

    /// A reader comes; what [`Readers::leave`] needs, and [`Readers::colour`].
    #[inline(always)]
    pub(super) fn enter(&self) -> Token {
        let (seat, found) = Self::claim::<MM_CID>(rseq::kept_area_offset(), &self.seat);
        if found != FREE {
            return self.enter_counted();
        }
        fence::light(); // pairs with heavy_rseq in `turn`: seated, then loads
        seat
    }

    /// A reader goes.
    ///
    /// # Safety
    /// The token is [`Readers::enter`]'s, used once.
    #[inline(always)]
    pub(super) unsafe fn leave(&self, token: Token) {
        if is_seat(token) {
            fence::light(); // loads, then leaves: see `quiesce`
            let seat = ptr::with_exposed_provenance::<AtomicUsize>(token);
            // SAFETY: a seat of ours, which live as long as `self`; the caller has it. Relaxed: the fence before.
            unsafe { (*seat).store(FREE, Relaxed) };
        } else {
            self.leave_counted(token);
        }
    }

    #[cold]
    #[inline(never)]
    fn enter_counted(&self) -> Token {
        if !rseq::features().mm_cid {
            let (seat, found) = Self::claim::<CPU_ID>(rseq::area_offset(), &self.indexed);
            if found == FREE {
                fence::light(); // as in `enter`
                return seat;
            }
        }
        // SAFETY: every block has a word for each colour, and `active` never holds anything else.
        let (index, token) = unsafe { section::increment_at(rseq::fields(), self.cells.table(), self.active.as_ptr()) };
        let token = if index < 0 { self.enter_without_rseq() } else { token };
        fence::light(); // pairs with heavy_rseq in `turn`: counted, then loads
        token
    }

    #[cold]
    #[inline(never)]
    fn leave_counted(&self, token: Token) {
        fence::light(); // loads, then counted: see `quiesce`
        let offset = Self::LEFT + Self::colour(token) * WORD;
        // SAFETY: as in `enter_counted`.
        let index = unsafe { section::add(rseq::fields(), self.cells.table(), offset, 1) };
        if index < 0 {
            self.leave_without_rseq(token);
        }
    }

    fn enter_without_rseq(&self) -> Token {
        if fallback::enrol() {
            return self.enter_counted();
        }
        let counts = &self.slow_cell().slow;
        loop {
            let token = self.active.load(Relaxed);
            counts.entered[Self::colour(token)].fetch_add(1, SeqCst);
            full_fence(SeqCst); // pairs with the fence in `turn`: counted, then looks and loads
            // Acquire: if the colour came back in a later turn, we read what was stored before it.
            if self.active.load(Acquire) == token || !LOOKS_AGAIN {
                return token;
            }
            counts.left[Self::colour(token)].fetch_add(1, SeqCst);
        }
    }

    fn leave_without_rseq(&self, token: Token) {
        if fallback::enrol() {
            return self.leave_counted(token); // not counted yet: the section ran on the stopped block
        }
        self.slow_cell().slow.left[Self::colour(token)].fetch_add(1, SeqCst);
    }

    /// A cell that this thread shares with few others.
    fn slow_cell(&self) -> &Counts<N> {
        let hash = (tls::thread_pointer() >> 6).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (usize::BITS - 16);
        // SAFETY: the block lives as long as `self`, and is atomics.
        unsafe { self.cells.block(hash % SLOW_CELLS.min(self.cells.slots())).as_ref() }
    }

    /// The colour that readers take now.
    pub(super) fn active(&self) -> Colour {
        Self::colour(self.active.load(Relaxed))
    }

    /// Readers take `next` from now on; when this returns, nobody enters with another colour, and whoever did is seen. One thread at a time.
    pub(super) fn turn(&self, next: Colour) {
        // If it is not, no thread of this process runs sections: all count with full fences.
        let restartable = !matches!(rseq::state(), State::Unavailable(_));
        if restartable && !arch::LOADS_IN_ORDER && FENCED_BEFORE {
            fence::heavy();
        }
        self.show(next);
        inject::delay(Point::ColourTurned);
        match restartable {
            _ if !FENCED => {}
            false => full_fence(SeqCst),
            true if RESTARTS => fence::heavy_rseq(None),
            true => fence::heavy(),
        }
    }

    /// Whether everyone who entered with `colour` has left. `colour` is not the active one, and `turn` has returned since it was.
    pub(super) fn have_left(&self, colour: Colour) -> bool {
        // SAFETY: the blocks live as long as `self`; sections change a word in one aligned store.
        let blocks = || self.cells.blocks().map(|block| unsafe { block.as_ref() });
        // Acquire: what whoever left has stored is seen by our caller.
        if blocks().any(|counts| is_seat(counts.seats[colour].load(Acquire))) {
            return false;
        }
        // Acquire: whoever is seen to have left is seen to have entered below, and as above.
        let left = blocks().fold(0_usize, |sum, counts| {
            sum.wrapping_add(counts.left[colour].load(Acquire)).wrapping_add(counts.slow.left[colour].load(Acquire))
        });
        let entered = blocks().fold(0_usize, |sum, counts| {
            sum.wrapping_add(counts.entered[colour].load(Relaxed))
                .wrapping_add(counts.slow.entered[colour].load(Relaxed))
        });
        left == entered
    }

    /// When this returns, whoever was seen to have left has done all its loads.
    pub(super) fn quiesce(&self) {
        if !arch::LOADS_PRECEDE_LATER_STORES && FENCED_AFTER {
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
                if is_seat(counts.seats[n].load(Relaxed)) {
                    counts.seats[n].store(FREE, Relaxed);
                }
                counts.left[n].store(counts.entered[n].load(Relaxed), Relaxed);
                counts.slow.left[n].store(counts.slow.entered[n].load(Relaxed), Relaxed);
            }
        }
    }
}
