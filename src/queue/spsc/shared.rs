//! What the two ends share.
//!
//! ```text
//!   tail            the producer stores it, the consumer loads it when it has used up what it knew of
//!   head            the other way round
//!   two bells       loaded by the side that rings, after each batch; stored only around a sleep
//!   two counts      each side's own
//!   the rest        never changes, but for `ends`
//! ```
//! Each on a line of its own: a message costs the transfer of its slot's line, and that of `tail` and `head` once per look, not once per message.
//!
//! Invariant, of the values in memory: `head <= tail <= head + capacity`, counted modulo the word. Slots `head..tail` hold messages and are the consumer's;
//! the others are the producer's.

use core::ptr::NonNull;
use core::sync::atomic::AtomicU32 as PlainU32;

use crate::queue::bell::Bell;
use crate::queue::counts::{EndCounts, EndStatistics, Statistics};
use crate::queue::line::Line;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::atomic::{AtomicUsize, Slot};

/// The negative control publishes a message without ordering it (`dacapo_broken`).
const PUBLISH: crate::sync::atomic::Ordering =
    if cfg!(dacapo_broken = "queue_relaxed_publish") { Relaxed } else { Release };

/// What the two ends share; see the module.
#[repr(C)]
#[derive(Debug)]
pub struct Shared<T, F> {
    /// Messages published so far.
    tail: Line<AtomicUsize>,
    /// Messages taken so far.
    head: Line<AtomicUsize>,
    /// Where the producer sleeps when the ring is full.
    pub(super) producer_bell: Line<Bell>,
    /// Where the consumer sleeps when it is empty.
    pub(super) consumer_bell: Line<Bell>,
    pub(super) producer_counts: Line<EndCounts>,
    pub(super) consumer_counts: Line<EndCounts>,
    pub(super) slots: *const Slot<T>,
    /// Capacity - 1; the capacity is a power of two.
    pub(super) mask: usize,
    pub(super) fences: F,
    /// Ends that exist: 2, 1, 0.
    ends: PlainU32,
    /// What gives the memory back after the last end, if it is not the user's.
    release: Option<unsafe fn(NonNull<u8>)>,
}

impl<T, F> Shared<T, F> {
    /// Of a ring over `mask + 1` slots at `slots`.
    pub(super) fn new(slots: *const Slot<T>, mask: usize, fences: F, release: Option<unsafe fn(NonNull<u8>)>) -> Self {
        Self {
            tail: Line(AtomicUsize::new(0)),
            head: Line(AtomicUsize::new(0)),
            producer_bell: Line(Bell::new()),
            consumer_bell: Line(Bell::new()),
            producer_counts: Line(EndCounts::default()),
            consumer_counts: Line(EndCounts::default()),
            slots,
            mask,
            fences,
            ends: PlainU32::new(2),
            release,
        }
    }

    /// Where message `index` lies.
    #[inline(always)]
    pub(super) fn slot(&self, index: usize) -> &Slot<T> {
        // SAFETY: there are mask + 1 slots, and they live as long as this.
        unsafe { &*self.slots.add(index & self.mask) }
    }

    #[inline(always)]
    pub(super) fn publish_tail(&self, tail: usize) {
        self.tail.store(tail, PUBLISH); // Release: the messages; pairs with `tail`
    }

    #[inline(always)]
    pub(super) fn tail(&self) -> usize {
        self.tail.load(Acquire) // Acquire: pairs with `publish_tail`
    }

    #[inline(always)]
    pub(super) fn publish_head(&self, head: usize) {
        self.head.store(head, Release); // Release: the messages were read; pairs with `head`
    }

    #[inline(always)]
    pub(super) fn head(&self) -> usize {
        self.head.load(Acquire) // Acquire: pairs with `publish_head`
    }

    /// What both ends have done so far.
    pub(super) fn statistics(&self) -> Statistics {
        let of = |messages: usize, counts: &EndCounts| EndStatistics {
            messages: messages as u64,
            refused: counts.refused.get(),
            sleeps: counts.sleeps.get(),
            vain: counts.vain.get(),
            wakes: counts.wakes.get(),
        };
        Statistics {
            producer: of(self.tail.load(Relaxed), &self.producer_counts),
            consumer: of(self.head.load(Relaxed), &self.consumer_counts),
        }
    }
}

/// An end is gone; the last one drops the messages that nobody took and gives the memory back.
///
/// # Safety
/// Each end calls it once, as the last thing it does.
pub(super) unsafe fn leave<T, F>(shared: NonNull<Shared<T, F>>) {
    // SAFETY: it lives until the second call.
    let this = unsafe { shared.as_ref() };
    // AcqRel: the last end sees all that the other one did.
    if this.ends.fetch_sub(1, core::sync::atomic::Ordering::AcqRel) != 1 {
        return;
    }
    if core::mem::needs_drop::<T>() {
        let (mut head, tail) = (this.head(), this.tail());
        while head != tail {
            // SAFETY: head..tail hold messages, and both sides are gone.
            drop(unsafe { this.slot(head).read() });
            head = head.wrapping_add(1);
        }
    }
    if let Some(release) = this.release {
        // SAFETY: nobody uses it any more.
        unsafe { release(shared.cast()) };
    }
}
