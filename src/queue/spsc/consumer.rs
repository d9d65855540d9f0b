//! The end that pops.

use core::marker::PhantomData;
use core::ptr::NonNull;

use super::shared::{Shared, leave};
use crate::queue::bell::{Rung, Slept};
use crate::queue::counts::Statistics;
use crate::queue::fences::{Fences, Picked, Side};
use crate::sync::atomic::read_all;
use crate::sync::raw::{Deadline, Spin};

/// Why there is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nothing {
    /// None now.
    Empty,
    /// The producer is gone, and everything it sent has been taken.
    Closed,
    /// The deadline came first.
    TimedOut,
}

/// The end that pops. One thread at a time uses it.
#[derive(Debug)]
pub struct Consumer<'s, T, F: Fences = Picked> {
    shared: NonNull<Shared<T, F>>,
    fences: F,
    /// Messages taken so far.
    head: usize,
    /// The tail that was last looked at.
    known: usize,
    storage: PhantomData<&'s Shared<T, F>>,
}

// SAFETY: messages go through it from thread to thread; all else that it shares is atomic.
unsafe impl<T: Send, F: Fences + Send> Send for Consumer<'_, T, F> {}

impl<T, F: Fences> Consumer<'_, T, F> {
    /// # Safety
    /// The only consumer of `shared`, whose `ends` counts it.
    pub(super) unsafe fn new(shared: NonNull<Shared<T, F>>) -> Self {
        // SAFETY: it lives as long as its ends.
        let fences = unsafe { shared.as_ref().fences };
        Self { shared, fences, head: 0, known: 0, storage: PhantomData }
    }

    #[inline(always)]
    fn shared<'a>(&self) -> &'a Shared<T, F> {
        // SAFETY: it lives as long as its ends; nothing here lets the reference out.
        unsafe { self.shared.as_ref() }
    }

    /// Looks at the tail again: false if there are no more messages than those known.
    #[inline(always)]
    fn look(&mut self) -> bool {
        let before = self.known;
        self.known = look(self.shared(), before);
        self.known != before
    }

    /// Messages that may be taken, up to `wanted`.
    #[inline(always)]
    fn ready(&mut self, wanted: usize) -> usize {
        if self.known.wrapping_sub(self.head) < wanted {
            self.look();
        }
        self.known.wrapping_sub(self.head).min(wanted)
    }

    /// Whether the producer is gone: what is in the ring is all that will ever come.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared().producer_bell.is_gone()
    }

    /// Gives the slots up to the head back, and wakes the producer if it sleeps.
    #[inline(always)]
    fn release(&mut self) {
        self.shared().publish_head(self.head);
        self.fences.light();
        if self.shared().producer_bell.wants_ringing() {
            ring(self.shared());
        }
    }

    /// Takes the oldest message; wakes the producer if it sleeps because the ring was full. Never waits.
    ///
    /// Price: about 12 instructions, 3 branches, no locked instruction (with [`Picked`] or a membarrier).
    ///
    /// # Errors
    /// [`Nothing::Empty`], [`Nothing::Closed`].
    #[inline]
    pub fn try_pop(&mut self) -> Result<T, Nothing> {
        if self.head == self.known && !self.look() {
            // The producer publishes, then leaves: whoever sees that it left, and looks once more, has seen everything.
            if !self.is_closed() {
                return Err(Nothing::Empty);
            }
            if !self.look() {
                return Err(Nothing::Closed);
            }
        }
        // SAFETY: below the tail, so the slot holds a message, and is ours until the head is published.
        let value = unsafe { self.shared().slot(self.head).read() };
        self.head = self.head.wrapping_add(1);
        self.release();
        Ok(value)
    }

    /// Takes the oldest message; waits while there is none: polls for a few microseconds, then sleeps.
    ///
    /// # Errors
    /// [`Nothing::Closed`].
    #[inline]
    pub fn pop(&mut self) -> Result<T, Nothing> {
        loop {
            match self.try_pop() {
                Err(Nothing::Empty) => self.wait(None),
                done => return done,
            };
        }
    }

    /// As [`Consumer::pop`], until `deadline`.
    ///
    /// # Errors
    /// [`Nothing::Closed`], [`Nothing::TimedOut`].
    pub fn pop_until(&mut self, deadline: &Deadline) -> Result<T, Nothing> {
        let mut slept = Slept::Not;
        loop {
            match self.try_pop() {
                Err(Nothing::Empty) if slept == Slept::TimedOut => return Err(Nothing::TimedOut),
                Err(Nothing::Empty) => slept = self.wait(Some(deadline)),
                done => return done,
            }
        }
    }

    /// Waits for messages, as [`Consumer::pop`] does, and takes none: for batches. Returns when there may be some, when the ring is closed, and now and then.
    #[inline(always)]
    pub fn wait(&mut self, deadline: Option<&Deadline>) -> Slept {
        wait(self.shared(), self.head, deadline)
    }

    /// Takes up to `most` messages and gives each to `each`, then gives their slots back at once; how many. Never waits.
    #[inline]
    pub fn pop_each(&mut self, most: usize, mut each: impl FnMut(T)) -> usize {
        let count = self.ready(most);
        for _ in 0..count {
            // SAFETY: as in `try_pop`.
            let value = unsafe { self.shared().slot(self.head).read() };
            self.head = self.head.wrapping_add(1); // before `each`, which may panic: no message is taken twice
            each(value);
        }
        if count > 0 {
            self.release();
        }
        count
    }

    /// The calling thread is the consumer from now on; only [`super::super::SignalFence`] wants to know.
    #[inline(always)]
    pub fn attach(&self) {
        self.fences.attach(Side::Consumer);
    }

    /// Messages that fit into the ring.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shared().mask + 1
    }

    /// What both ends have done so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.shared().statistics()
    }
}

impl<T: Copy, F: Fences> Consumer<'_, T, F> {
    /// Takes up to `values.len()` messages, in order; how many. Never waits.
    ///
    /// Price: one look at the bell for all of them.
    #[inline]
    pub fn pop_slice(&mut self, values: &mut [T]) -> usize {
        let count = self.ready(values.len());
        if count == 0 {
            return 0;
        }
        let (shared, at) = (self.shared(), self.head & self.shared().mask);
        let (first, second) = values[..count].split_at_mut(count.min(shared.mask + 1 - at));
        // SAFETY: `count` slots from the head on hold messages and are ours; the first part ends where the ring does.
        unsafe {
            read_all(shared.slots.add(at), first);
            if !second.is_empty() {
                read_all(shared.slots, second);
            }
        }
        self.head = self.head.wrapping_add(count);
        self.release();
        count
    }
}

impl<T, F: Fences> Drop for Consumer<'_, T, F> {
    /// Closes the ring: pushes fail from now on.
    #[inline(always)]
    fn drop(&mut self) {
        close(self.shared, self.head);
    }
}

// By value, so that a consumer may live in registers: see the producer.

/// Looks at the tail: what it is, known to have been `before`.
#[cold]
#[inline(never)]
fn look<T, F>(shared: &Shared<T, F>, before: usize) -> usize {
    let tail = shared.tail();
    if tail == before {
        shared.consumer_counts.refused.add(1);
    }
    tail
}

#[cold]
#[inline(never)]
fn ring<T, F>(shared: &Shared<T, F>) {
    if shared.producer_bell.ring() == Rung::Sleeper {
        shared.consumer_counts.wakes.add(1);
    }
}

#[cold]
#[inline(never)]
fn wait<T, F: Fences>(shared: &Shared<T, F>, head: usize, deadline: Option<&Deadline>) -> Slept {
    let empty = || shared.tail() == head && !shared.producer_bell.is_gone();
    let mut spin = Spin::new();
    while spin.again() {
        if !empty() {
            return Slept::Not;
        }
    }
    let slept = shared.consumer_bell.sleep(&shared.fences, Side::Producer, deadline, empty);
    let counts = &shared.consumer_counts;
    if slept == Slept::Not {
        counts.vain.add(1)
    } else {
        counts.sleeps.add(1)
    }
    slept
}

#[cold]
#[inline(never)]
fn close<T, F: Fences>(this: NonNull<Shared<T, F>>, head: usize) {
    // SAFETY: it lives as long as its ends.
    let shared = unsafe { this.as_ref() };
    shared.publish_head(head);
    shared.consumer_bell.close(&shared.fences, &shared.producer_bell);
    // SAFETY: the last thing that this end does.
    unsafe { leave(this) };
}
