//! Grace periods by number: one at a time, begun by whoever needs one, serving all who asked before it began.
//!
//! ```text
//!     started    = n + 1 while the n-th is followed by one that runs, else n           completed = n
//! ```
//! 1. Who needs a grace period stores what it has to, then notes `started + 1`: a period that begins later than now. ([`Grace::state`])
//! 2. One thread at a time has `running`. It begins a period (`started += 1`, then the flavour's fence), waits for the readers that were there,
//!    and publishes `completed = started`.
//! 3. Everyone whose number is `<= completed` goes on. So a period serves all who noted their number before it began.
//!
//! Why `started + 1` is enough: if the noting thread read `n`, then its fence came before the fence that follows `started = n + 1`, so whatever it
//! stored before is visible to every reader that the period does not wait for.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use core::sync::atomic::{AtomicU32, AtomicUsize, fence};

use crate::inject::{self, Point};
use crate::sync::raw::{RawMutex, Scope, Spin};
use crate::sys::futex;
use crate::sys::sched;
use crate::sys::time::Timespec;

/// What a kind of readers must be able to do for grace periods. Called by one thread at a time, `begin` and `is_over` in turns.
///
/// Its module is private: the flavours are those of this crate.
pub trait Flavour: Sized {
    /// Its periods.
    fn grace(&self) -> &Grace;
    /// From now on, readers that were there can be told from those that come. Includes a fence between what this thread stored before and
    /// what readers load after; everyone whom [`Flavour::is_over`] does not wait for has passed it or will load later.
    fn begin(&self);
    /// Whether all readers that were there at `begin` have left.
    fn is_over(&self) -> bool;
    /// Called when it is over: what those readers loaded was loaded before this returns.
    fn end(&self);
}

/// How to wait for readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Looks for a few microseconds, then sleeps for longer and longer, up to a millisecond.
    Sleep,
    /// Looks again and again, and only lets other threads have the CPU in between.
    Expedite,
}

/// A moment in the order of grace periods: see [`GracePeriods::poll_state`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollState(usize);

impl PollState {
    /// As a number, for those who cannot keep the type.
    #[must_use]
    pub const fn raw(self) -> usize {
        self.0
    }

    /// From a number that [`PollState::raw`] gave. Any other is a moment too: the wrong one.
    #[must_use]
    pub const fn from_raw(number: usize) -> Self {
        Self(number)
    }
}

/// Waiting for the readers that are there, and asking about it: the same for every flavour ([`Domain`](super::Domain), [`Qsbr`](super::Qsbr)).
pub trait GracePeriods: Flavour {
    /// Returns when every read section that was there at the call has ended, and every [`qsbr::Reader`](super::qsbr::Reader) was quiescent or offline since. Who finds
    /// another thread at it sleeps, and one grace period serves all of them. Not inside a read section of this domain (an online reader of `Qsbr` calls its own
    /// [`synchronize`](super::qsbr::Reader::synchronize)), not in a signal handler.
    fn synchronize(&self) {
        self.grace().wait(self, self.grace().state(), Patience::Sleep);
    }

    /// As [`GracePeriods::synchronize`], without ever sleeping while it waits for readers: ends as soon as it can, and takes a CPU for as long.
    fn synchronize_expedited(&self) {
        self.grace().wait(self, self.grace().state(), Patience::Expedite);
    }

    /// This moment, for [`GracePeriods::poll`] and [`GracePeriods::wait_for`]: a grace period that begins later than now. Wait-free.
    fn poll_state(&self) -> PollState {
        self.grace().state()
    }

    /// Whether a full grace period has passed since `state` was taken. Only looks. Wait-free; async-signal-safe.
    fn has_passed(&self, state: PollState) -> bool {
        self.grace().has_passed(state)
    }

    /// As [`GracePeriods::has_passed`], and does its share to get there: begins a grace period if none runs, ends it if its readers have left. Never waits for
    /// readers or for another thread, so readers may call it. Price when there is something to do: up to two membarriers (`Qsbr`: none).
    fn poll(&self, state: PollState) -> bool {
        self.grace().advance(self, state)
    }

    /// Returns when a full grace period has passed since `state` was taken. As [`GracePeriods::synchronize`] otherwise.
    fn wait_for(&self, state: PollState) {
        self.grace().wait(self, state, Patience::Sleep);
    }

    /// Grace periods that have ended so far, for statistics.
    fn periods(&self) -> usize {
        self.grace().completed()
    }
}

impl<F: Flavour> GracePeriods for F {}

/// The periods of one domain.
#[derive(Debug)]
pub struct Grace {
    started: AtomicUsize,
    completed: AtomicUsize,
    /// Held by who begins and ends periods.
    running: RawMutex,
    /// Changes whenever `running` was given back: sleepers wait for that.
    turn: AtomicU32,
    sleepers: AtomicU32,
}

/// 1 us, which the kernel's timers make some 50 (prctl(2), PR_SET_TIMERSLACK). A sleep gives the CPU to a preempted reader and takes it back when it ends;
/// sched_yield(2) would give it away for a time slice of 4 ms or more, to whoever reads there without end.
const SHORTEST_SLEEP: i64 = 1_000;
/// 1 ms.
const LONGEST_SLEEP: i64 = 1_000_000;

/// Periods from the one that runs, if any, to the one that begins later. The negative control takes the former (`dacapo_broken`).
const LATER: usize = if cfg!(dacapo_broken = "grace_early_cookie") { 0 } else { 1 };

/// The negative control wakes nobody (`dacapo_broken`).
const WAKES: bool = cfg!(not(dacapo_broken = "grace_no_wake"));

impl Grace {
    pub(super) const fn new() -> Self {
        Self {
            started: AtomicUsize::new(0),
            completed: AtomicUsize::new(0),
            running: RawMutex::new(),
            turn: AtomicU32::new(0),
            sleepers: AtomicU32::new(0),
        }
    }

    /// The number of a period that begins after this call.
    pub(super) fn state(&self) -> PollState {
        fence(SeqCst); // pairs with the fence in Flavour::begin: what the caller stored, against `started`
        PollState(self.started.load(Relaxed).wrapping_add(LATER))
    }

    /// Whether that period is over.
    pub(super) fn has_passed(&self, state: PollState) -> bool {
        let completed = self.completed.load(Acquire); // Acquire: pairs with Release in `complete`
        completed.wrapping_sub(state.0) as isize >= 0
    }

    /// Periods that have ended.
    pub(super) fn completed(&self) -> usize {
        self.completed.load(Relaxed)
    }

    /// Returns when the period is over; runs it, and those before it, if nobody does.
    pub(super) fn wait(&self, flavour: &impl Flavour, state: PollState, patience: Patience) {
        while !self.has_passed(state) {
            let turn = self.turn.load(SeqCst);
            if self.running.try_lock() {
                if !self.has_passed(state) {
                    self.begin_if_none(flavour);
                    wait_until(|| flavour.is_over(), patience);
                    self.complete(flavour);
                }
                self.give_back();
            } else {
                self.sleepers.fetch_add(1, SeqCst); // SeqCst: against `give_back`, which changes `turn` and then looks here
                let _ = futex::wait(&self.turn, turn, None, Scope::Private); // woken, changed meanwhile or interrupted: look again
                self.sleepers.fetch_sub(1, Relaxed);
            }
        }
    }

    /// Does what can be done without waiting for readers towards the end of that period; whether it is over now.
    pub(super) fn advance(&self, flavour: &impl Flavour, state: PollState) -> bool {
        if self.has_passed(state) {
            return true;
        }
        if self.running.try_lock() {
            // At most two: the one that was running, and one of ours.
            while !self.has_passed(state) {
                self.begin_if_none(flavour);
                if !flavour.is_over() {
                    break;
                }
                self.complete(flavour);
            }
            self.give_back();
        }
        self.has_passed(state)
    }

    fn begin_if_none(&self, flavour: &impl Flavour) {
        // Relaxed: only who has `running` changes these.
        let started = self.started.load(Relaxed);
        if started == self.completed.load(Relaxed) {
            self.started.store(started.wrapping_add(1), SeqCst); // against `state`, by the fence in `begin`
            flavour.begin();
        }
    }

    fn complete(&self, flavour: &impl Flavour) {
        flavour.end();
        inject::delay(Point::PeriodOver);
        self.completed.store(self.started.load(Relaxed), Release); // Release: pairs with Acquire in `has_passed`
    }

    fn give_back(&self) {
        // SAFETY: our callers have it.
        unsafe { self.running.unlock(Scope::Private) };
        self.turn.fetch_add(1, SeqCst);
        if self.sleepers.load(SeqCst) != 0 && WAKES {
            futex::wake(&raw const self.turn, u32::MAX >> 1, Scope::Private);
        }
    }

    /// In a forked child, before anything else: no reader is there, nobody runs a period, nobody sleeps.
    ///
    /// # Safety
    /// The caller is the only thread.
    pub(super) unsafe fn reset(&self) {
        let _ = self.running.try_lock(); // it may be a lost thread's: ours now in any case
        // SAFETY: held, and nobody else is there to care.
        unsafe { self.running.unlock(Scope::Private) };
        self.sleepers.store(0, Relaxed);
        self.started.store(self.completed.load(Relaxed), Relaxed); // a period that was running begins anew
    }
}

/// Looks until `over` says so: for some microseconds without a pause, then as `patience` says.
pub(super) fn wait_until(mut over: impl FnMut() -> bool, patience: Patience) {
    let mut spin = Spin::new();
    let mut nanos = SHORTEST_SLEEP;
    let never_changes = AtomicU32::new(0);
    while !over() {
        if spin.again() {
            continue;
        }
        if patience == Patience::Expedite {
            sched::yield_now();
            continue;
        }
        let time = Timespec { seconds: 0, nanos };
        let _ = futex::wait(&never_changes, 0, Some(&time), Scope::Private); // times out, or is interrupted: look again
        nanos = (nanos * 2).min(LONGEST_SLEEP);
    }
}
