//! A place for one thread to sleep until another one has something for it; the senders pay one load.
//!
//! ```text
//!     sleeper                                     sender
//!       1 state = ASLEEP                            1 store the message, publish it
//!       2 fences.heavy()   Busy: state = AWAKE      2 fences.light()
//!       3 look again: anything? state = AWAKE       3 state == AWAKE? done
//!       4 futex_wait(state, ASLEEP)                 4 state: ASLEEP -> AWAKE, futex_wake
//! ```
//! Either the sleeper sees the message in step 3, or the sender sees ASLEEP in its step 3 ([`super::fences`]). A sender that comes between the sleeper's
//! steps 3 and 4 has changed the state, and the kernel refuses to let the sleeper sleep.
//!
//! A sleeper that waits for other things too (sockets) does steps 1 to 3 by [`Bell::watch`] with an eventfd and then waits for that descriptor among its
//! others, in poll(2) or epoll_wait(2): step 4 of the sender writes to it.

use core::sync::atomic::AtomicI32;

use crate::queue::fences::{Fences, Side};
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::sync::raw::Deadline;
use crate::sys::file;
use crate::sys::futex::{self, Scope};

// The state:
//   0 AWAKE     it polls; nobody has to do anything
//   1 ASLEEP    it sleeps in futex(2), or is about to
//   2 WATCHING  it waits for its eventfd, or is about to
//   3 GONE      it left and will never look again
const AWAKE: u32 = 0;
const ASLEEP: u32 = 1;
const WATCHING: u32 = 2;
const GONE: u32 = 3;

/// The negative control does not look again between the fence and sleeping (`dacapo_broken`).
const LOOKS_AGAIN: bool = cfg!(not(dacapo_broken = "queue_no_second_look"));

/// The negative control closes a ring without telling the other end (`dacapo_broken`).
const TELLS: bool = cfg!(not(dacapo_broken = "queue_silent_close"));

/// A place for one thread to sleep.
#[derive(Debug)]
pub struct Bell {
    state: AtomicU32,
    /// Where to write 1 to, for WATCHING; stored before that state is. Not a part of the protocol that is modelled.
    eventfd: AtomicI32,
}

/// How a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slept {
    /// It did not come to sleeping: there was something to do already, or somebody else was at the fence.
    Not,
    /// Woken.
    Woken,
    /// The deadline came first.
    TimedOut,
}

/// Whom a ring found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    /// Nobody slept any more.
    Awake,
    /// It woke somebody, by a system call.
    Sleeper,
    /// The owner left.
    Gone,
}

impl Bell {
    /// Awake.
    #[must_use]
    pub fn new() -> Self {
        Self { state: AtomicU32::new(AWAKE), eventfd: AtomicI32::new(-1) }
    }

    /// Whether [`Bell::ring`] has something to do. The sender's step 3: after its store and `light`. Price: one load.
    #[inline(always)]
    pub fn wants_ringing(&self) -> bool {
        self.state.load(Relaxed) != AWAKE // Relaxed: ordered by the fences
    }

    /// The sender's step 4. Async-signal-safe.
    #[cold]
    pub fn ring(&self) -> Rung {
        let state = self.state.load(Relaxed);
        if state == GONE {
            return Rung::Gone;
        }
        // Release: pairs with Acquire in `sleep`. A state that changed meanwhile is one in which somebody else has rung, or the sleeper looks again.
        if state == AWAKE || self.state.compare_exchange(state, AWAKE, Release, Relaxed).is_err() {
            return Rung::Awake;
        }
        if state == ASLEEP {
            futex::wake(&raw const self.state, 1, Scope::Private);
        } else {
            // It fails only where the counter is full: then the descriptor is readable anyway.
            let _ = file::write(self.eventfd.load(core::sync::atomic::Ordering::Relaxed), &1_u64.to_ne_bytes());
        }
        Rung::Sleeper
    }

    /// Steps 1 to 3 of the sleeper.
    fn prepare(&self, state: u32, fences: &impl Fences, other: Side, nothing: impl Fn() -> bool) -> bool {
        self.state.store(state, Relaxed); // Relaxed: ordered by the fence
        if fences.heavy(other).is_ok() && (!LOOKS_AGAIN || nothing()) {
            return true;
        }
        self.wake_up();
        false
    }

    /// Sleeps, if `nothing` is there to do, until somebody rings or the deadline comes. The owner alone. `other` is the side that rings.
    pub fn sleep(
        &self,
        fences: &impl Fences,
        other: Side,
        deadline: Option<&Deadline>,
        nothing: impl Fn() -> bool,
    ) -> Slept {
        if !self.prepare(ASLEEP, fences, other, nothing) {
            return Slept::Not;
        }
        // Acquire: pairs with Release in `ring`.
        while self.state.load(Acquire) == ASLEEP {
            let slept = match deadline {
                None => futex::wait(&self.state, ASLEEP, None, Scope::Private),
                Some(d) => futex::wait_until(&self.state, ASLEEP, Some(&d.at), d.clock, Scope::Private),
            };
            if slept == Err(crate::sys::Errno::ETIMEDOUT) {
                self.wake_up();
                return Slept::TimedOut;
            }
        }
        Slept::Woken
    }

    /// Steps 1 to 3 of a sleeper that will wait for `eventfd`: true if it may, and must call [`Bell::wake_up`] afterwards; false if there is
    /// something to do first. The owner alone.
    pub fn watch(&self, fences: &impl Fences, other: Side, eventfd: i32, nothing: impl Fn() -> bool) -> bool {
        self.eventfd.store(eventfd, core::sync::atomic::Ordering::Relaxed); // Relaxed: the fence orders it before whoever sees WATCHING
        self.prepare(WATCHING, fences, other, nothing)
    }

    /// Awake again, whether somebody rang or not. The owner alone.
    pub fn wake_up(&self) {
        // Relaxed: nobody infers anything from it but that no ring is needed. A swap, so that it has seen a ring that came first: the model's
        // loads may otherwise take the ring's AWAKE for newer than what this thread stores next.
        self.state.swap(AWAKE, Relaxed);
    }

    /// Nobody will look any more. The owner alone; the last thing that it does.
    pub fn leave(&self) {
        // Release: what the owner did before it left is visible to whoever sees GONE by `is_gone`.
        self.state.swap(GONE, AcqRel);
    }

    /// How either end of a ring closes it, after its last publication: leaves this bell, its own, and wakes the other end if that sleeps. Leaving is a
    /// message like any other: stored, then ordered before the look at `other`, so that nobody sleeps on an end that is gone.
    pub fn close(&self, fences: &impl Fences, other: &Self) {
        self.leave();
        fences.light();
        if TELLS && other.wants_ringing() {
            other.ring();
        }
    }

    /// Whether the owner has left.
    pub fn is_gone(&self) -> bool {
        self.state.load(Acquire) == GONE // Acquire: pairs with `leave`
    }
}

impl Default for Bell {
    fn default() -> Self {
        Self::new()
    }
}
