//! The end that pushes.

use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::shared::{Shared, leave};
use crate::queue::bell::{Rung, Slept};
use crate::queue::counts::Statistics;
use crate::queue::fences::{Fences, Picked, Side};
use crate::sync::atomic::write_all;
use crate::sync::raw::{Deadline, Spin};

/// Why a message was not sent; it comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refused<T> {
    /// No room.
    Full(T),
    /// The consumer is gone.
    Closed(T),
    /// The deadline came first.
    TimedOut(T),
}

// Without the message, which need not be `Debug`.
impl<T> fmt::Debug for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::Full(_) => "Full",
            Refused::Closed(_) => "Closed",
            Refused::TimedOut(_) => "TimedOut",
        })
    }
}

/// The end that pushes. One thread at a time uses it.
#[derive(Debug)]
pub struct Producer<'s, T, F: Fences = Picked> {
    shared: NonNull<Shared<T, F>>,
    fences: F,
    /// Messages written so far; the shared one follows when they are published.
    tail: usize,
    /// `head + capacity`, by the last head that was looked at; equal to `tail` for ever once the consumer is gone.
    limit: usize,
    storage: PhantomData<&'s Shared<T, F>>,
}

// SAFETY: messages go through it from thread to thread; all else that it shares is atomic.
unsafe impl<T: Send, F: Fences + Send> Send for Producer<'_, T, F> {}

impl<T, F: Fences> Producer<'_, T, F> {
    /// # Safety
    /// The only producer of `shared`, whose `ends` counts it.
    pub(super) unsafe fn new(shared: NonNull<Shared<T, F>>) -> Self {
        // SAFETY: it lives as long as its ends.
        let (fences, limit) = unsafe { (shared.as_ref().fences, shared.as_ref().mask + 1) };
        Self { shared, fences, tail: 0, limit, storage: PhantomData }
    }

    #[inline(always)]
    fn shared<'a>(&self) -> &'a Shared<T, F> {
        // SAFETY: it lives as long as its ends; nothing here lets the reference out.
        unsafe { self.shared.as_ref() }
    }

    /// Looks at the head again: false if there is no room for `wanted` messages.
    #[inline(always)]
    fn look(&mut self, wanted: usize) -> bool {
        self.limit = look(self.shared(), self.tail, wanted);
        self.limit.wrapping_sub(self.tail) >= wanted
    }

    /// Slots that may be written, up to `wanted`.
    #[inline(always)]
    fn room(&mut self, wanted: usize) -> usize {
        if self.limit.wrapping_sub(self.tail) < wanted {
            self.look(wanted);
        }
        self.limit.wrapping_sub(self.tail).min(wanted)
    }

    #[inline(always)]
    fn refused<E>(&self, value: E) -> Refused<E> {
        if self.is_closed() { Refused::Closed(value) } else { Refused::Full(value) }
    }

    /// Whether the consumer is gone: nothing that is pushed from now on is taken.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared().consumer_bell.is_gone()
    }

    /// Puts a message into the ring without telling the consumer: [`Producer::publish`] does. For batches.
    ///
    /// # Errors
    /// [`Refused::Full`], [`Refused::Closed`].
    #[inline]
    pub fn stage(&mut self, value: T) -> Result<(), Refused<T>> {
        if self.limit == self.tail && !self.look(1) {
            return Err(self.refused(value));
        }
        // SAFETY: below head + capacity, so the slot is ours.
        unsafe { self.shared().slot(self.tail).write(value) };
        self.tail = self.tail.wrapping_add(1);
        Ok(())
    }

    /// Lets the consumer see what was staged, and wakes it if it sleeps.
    #[inline]
    pub fn publish(&mut self) {
        self.shared().publish_tail(self.tail);
        self.fences.light();
        if self.shared().consumer_bell.wants_ringing() && ring(self.shared()) == Rung::Gone {
            self.limit = self.tail; // the next push looks, and finds out
        }
    }

    /// Sends a message; wakes the consumer if it sleeps. Never waits.
    ///
    /// Price: about 12 instructions, 3 branches, no locked instruction (with [`Picked`] or a membarrier).
    ///
    /// # Errors
    /// [`Refused::Full`], [`Refused::Closed`]: the message comes back.
    #[inline]
    pub fn try_push(&mut self, value: T) -> Result<(), Refused<T>> {
        self.stage(value)?;
        self.publish();
        Ok(())
    }

    /// Sends a message; waits while the ring is full: polls for a few microseconds, then sleeps.
    ///
    /// # Errors
    /// [`Refused::Closed`]: the message comes back.
    #[inline]
    pub fn push(&mut self, mut value: T) -> Result<(), Refused<T>> {
        loop {
            match self.try_push(value) {
                Err(Refused::Full(back)) => value = back,
                done => return done,
            }
            self.wait_for_room(None);
        }
    }

    /// As [`Producer::push`], until `deadline`.
    ///
    /// # Errors
    /// [`Refused::Closed`], [`Refused::TimedOut`]: the message comes back.
    pub fn push_until(&mut self, mut value: T, deadline: &Deadline) -> Result<(), Refused<T>> {
        let mut slept = Slept::Not;
        loop {
            match self.try_push(value) {
                Err(Refused::Full(back)) if slept == Slept::TimedOut => return Err(Refused::TimedOut(back)),
                Err(Refused::Full(back)) => value = back,
                done => return done,
            }
            slept = self.wait_for_room(Some(deadline));
        }
    }

    /// Returns when there may be room, the consumer is gone, or now and then.
    #[inline(always)]
    fn wait_for_room(&mut self, deadline: Option<&Deadline>) -> Slept {
        self.publish(); // what was staged: the consumer makes no room by messages that it does not see
        wait_for_room(self.shared(), self.tail, deadline)
    }

    /// The calling thread is the producer from now on; only [`super::super::SignalFence`] wants to know.
    #[inline(always)]
    pub fn attach(&self) {
        self.fences.attach(Side::Producer);
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

impl<T: Copy, F: Fences> Producer<'_, T, F> {
    /// Sends as many of `values` as there is room for, in order and at once; how many. Never waits. 0 if the consumer is gone, too.
    ///
    /// Price: one look at the bell for all of them.
    #[inline]
    pub fn push_slice(&mut self, values: &[T]) -> usize {
        let count = self.room(values.len());
        if count == 0 {
            return 0;
        }
        let (shared, at) = (self.shared(), self.tail & self.shared().mask);
        let (first, second) = values[..count].split_at(count.min(shared.mask + 1 - at));
        // SAFETY: `count` slots from the tail on are ours; the first part ends where the ring does.
        unsafe {
            write_all(shared.slots.add(at), first);
            if !second.is_empty() {
                write_all(shared.slots, second);
            }
        }
        self.tail = self.tail.wrapping_add(count);
        self.publish();
        count
    }

    /// Sends all of `values`, in order; waits while the ring is full.
    ///
    /// # Errors
    /// [`Refused::Closed`]: how many were sent before the consumer left.
    pub fn push_all(&mut self, values: &[T]) -> Result<(), Refused<usize>> {
        let mut sent = self.push_slice(values);
        while sent < values.len() {
            if self.is_closed() {
                return Err(Refused::Closed(sent));
            }
            self.wait_for_room(None);
            sent += self.push_slice(&values[sent..]);
        }
        Ok(())
    }
}

impl<T, F: Fences> Drop for Producer<'_, T, F> {
    /// Publishes what was staged and closes the ring: the consumer takes what is left and is then told.
    #[inline(always)]
    fn drop(&mut self) {
        close(self.shared, self.tail);
    }
}

// What is rare is told all by value: a producer whose address goes nowhere lives in registers, and a message does not wait for the store of the one before it to
// be forwarded to its load (5 to 8 cycles: 2 ns).

/// Looks at the head: the limit that it means.
#[cold]
#[inline(never)]
fn look<T, F>(shared: &Shared<T, F>, tail: usize, wanted: usize) -> usize {
    if shared.consumer_bell.is_gone() {
        return tail;
    }
    let limit = shared.head().wrapping_add(shared.mask + 1);
    if limit.wrapping_sub(tail) < wanted {
        shared.producer_counts.refused.add(1);
    }
    limit
}

#[cold]
#[inline(never)]
fn ring<T, F>(shared: &Shared<T, F>) -> Rung {
    let rung = shared.consumer_bell.ring();
    if rung == Rung::Sleeper {
        shared.producer_counts.wakes.add(1);
    }
    rung
}

/// Returns when there may be room, the consumer is gone, or now and then.
///
/// While it polls, it wants a quarter of the ring: whoever goes on with the first free slot finds the ring full again at the next one, and fetches
/// the consumer's line each time. Before it sleeps, one slot is enough.
#[cold]
#[inline(never)]
fn wait_for_room<T, F: Fences>(shared: &Shared<T, F>, tail: usize, deadline: Option<&Deadline>) -> Slept {
    let capacity = shared.mask + 1;
    let room = || {
        if shared.consumer_bell.is_gone() { usize::MAX } else { capacity - tail.wrapping_sub(shared.head()) }
    };
    let plenty = (capacity / 4).max(1);
    let mut spin = Spin::new();
    while spin.again() {
        if room() >= plenty {
            return Slept::Not;
        }
    }
    let full = || room() == 0;
    if !full() {
        return Slept::Not;
    }
    let slept = shared.producer_bell.sleep(&shared.fences, Side::Consumer, deadline, full);
    let counts = &shared.producer_counts;
    if slept == Slept::Not {
        counts.vain.add(1)
    } else {
        counts.sleeps.add(1)
    }
    slept
}

#[cold]
#[inline(never)]
fn close<T, F: Fences>(this: NonNull<Shared<T, F>>, tail: usize) {
    // SAFETY: it lives as long as its ends.
    let shared = unsafe { this.as_ref() };
    shared.publish_tail(tail);
    shared.producer_bell.close(&shared.fences, &shared.consumer_bell);
    // SAFETY: the last thing that this end does.
    unsafe { leave(this) };
}
