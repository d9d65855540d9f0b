//! Who pays for the fence between "I sent something" and "are you asleep?": the five ways of the sleep protocol behind one trait.
//!
//! ```text
//!     sender (often)                     sleeper (rarely)
//!       store the message, the index       store ASLEEP
//!       light()                            heavy()
//!       load: asleep?  yes: wake           load: a message?  yes: do not sleep
//! ```
//! Without fences both loads may miss the other side's store: the sleeper sleeps on a message. What each way needs and costs the two sides:
//!
//! | way | light | heavy | where |
//! | --- | --- | --- | --- |
//! | [`FullFences`] | a full fence a message (2 to 10 ns) | a full fence | everywhere |
//! | [`SignalFence`] | none | a signal to the sender's thread, and its answer | a signal number to spare; both threads attached |
//! | [`Mprotect`] | none | two mprotect(2): interrupts every CPU; takes the process's memory-map lock | x86-64 without INVLPGB |
//! | [`MprotectTry`] | none | the same, by one thread at a time: the others are told to go on polling | the same |
//! | [`Membarrier`] | none | one membarrier(2), by one thread at a time | Linux 4.14 |
//! | [`Polled`] | none | never succeeds: nobody sleeps | everywhere |
//! | [`Picked`] | [`Membarrier`]'s if the kernel has it, else [`FullFences`]'s | | everywhere: the one to use |
//!
//! # Guarantee
//! If `heavy` returns `Ok`, not both loads miss: as if both sides had executed a full fence. If it returns [`Busy`], nothing was ordered, and the caller
//! must not sleep.
//!
//! Source: Kivity, "Adventures with memory barriers and Seastar on Linux" (2023); membarrier(2).

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicBool, compiler_fence};

use crate::arch::barrier;
use crate::fence;

/// Somebody else is at it: go on polling and try again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// The two ends of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Who pushes.
    Producer,
    /// Who pops.
    Consumer,
}

/// One way to order a store before a load on two sides, of which one is frequent and one rare.
///
/// # Safety
/// Every [`Fences::light`] pairs with every successful [`Fences::heavy`] as the module says, if both are given the same value (or a copy).
pub unsafe trait Fences: Copy {
    /// The frequent side: between its store and its load.
    fn light(&self);

    /// The rare side, between its store and its load: orders the thread at `other` too.
    ///
    /// # Errors
    /// [`Busy`]: nothing was ordered.
    fn heavy(&self, other: Side) -> Result<(), Busy>;

    /// The calling thread is the one at `side` from now on. Only [`SignalFence`] wants to know.
    fn attach(&self, side: Side) {
        let _ = side;
    }
}

/// One at a time, and nobody waits: a lock that is only ever tried.
#[derive(Debug)]
pub struct TryLock(AtomicBool);

impl TryLock {
    /// Free.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Runs `work` alone, or not at all.
    ///
    /// # Errors
    /// [`Busy`]: another thread is inside.
    pub fn alone(&self, work: impl FnOnce()) -> Result<(), Busy> {
        // Acquire: pairs with Release below. The load first: whoever fails disturbs nobody.
        if self.0.load(Relaxed) || self.0.swap(true, Acquire) {
            return Err(Busy);
        }
        work();
        self.0.store(false, Release);
        Ok(())
    }
}

impl Default for TryLock {
    fn default() -> Self {
        Self::new()
    }
}

/// A full fence on both sides, as a textbook has it.
#[derive(Clone, Copy, Debug, Default)]
pub struct FullFences;

// SAFETY: full fences on both sides pair.
unsafe impl Fences for FullFences {
    #[inline(always)]
    fn light(&self) {
        barrier::full();
    }

    fn heavy(&self, _: Side) -> Result<(), Busy> {
        barrier::full();
        Ok(())
    }
}

/// No fence: both ends poll and never sleep, since nothing would wake them. For ends that sleep by other means.
#[derive(Clone, Copy, Debug, Default)]
pub struct Polled;

// SAFETY: no `heavy` succeeds.
unsafe impl Fences for Polled {
    #[inline(always)]
    fn light(&self) {}

    fn heavy(&self, _: Side) -> Result<(), Busy> {
        Err(Busy)
    }
}

/// One membarrier(2) when somebody wants to sleep. The kernel does one at a time and lets the others wait; ours do not wait.
#[derive(Clone, Copy, Debug)]
pub struct Membarrier(());

static MEMBARRIER: TryLock = TryLock::new();

impl Membarrier {
    /// `None`: the kernel (or a sandbox) has no private expedited membarrier.
    #[must_use]
    pub fn new() -> Option<Self> {
        fence::register().membarrier.then_some(Self(()))
    }
}

/// The negative control leaves the sleeper's fence out (`dacapo_broken`): the model finds a sleeper that nobody wakes.
const FENCED: bool = cfg!(not(dacapo_broken = "queue_no_heavy_fence"));

// SAFETY: `fence::heavy` pairs with `fence::light`.
unsafe impl Fences for Membarrier {
    #[inline(always)]
    fn light(&self) {
        fence::light();
    }

    fn heavy(&self, _: Side) -> Result<(), Busy> {
        MEMBARRIER.alone(|| {
            if FENCED {
                fence::heavy();
            }
        })
    }
}

/// What [`Picked`] picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Senders pay nothing.
    Membarrier,
    /// The kernel has no membarrier: every message pays for a full fence (2 to 10 ns).
    FullFences,
}

/// The best way that this kernel has: [`Membarrier`], else [`FullFences`]. [`Picked::way`] says which.
#[derive(Clone, Copy, Debug)]
pub struct Picked(Way);

impl Picked {
    /// Asks the kernel.
    #[must_use]
    pub fn new() -> Self {
        Self(if fence::register().membarrier { Way::Membarrier } else { Way::FullFences })
    }

    /// What was picked.
    #[must_use]
    pub fn way(&self) -> Way {
        self.0
    }
}

impl Default for Picked {
    fn default() -> Self {
        Self::new()
    }
}

// SAFETY: a copy keeps the way, so that both sides use the same one.
unsafe impl Fences for Picked {
    #[inline(always)]
    fn light(&self) {
        match self.0 {
            Way::Membarrier => compiler_fence(core::sync::atomic::Ordering::SeqCst),
            Way::FullFences => barrier::full(),
        }
    }

    fn heavy(&self, other: Side) -> Result<(), Busy> {
        match self.0 {
            Way::Membarrier => Membarrier(()).heavy(other),
            Way::FullFences => FullFences.heavy(other),
        }
    }
}
