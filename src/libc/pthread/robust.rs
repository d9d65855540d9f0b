//! Robust mutexes: whoever locks one whose owner ended with it is told so.
//!
//! ```text
//!   word    the owner's id, DIED, SLEEPERS: the kernel's format (see `thread::robust`)
//!   state   CONSISTENT -- locked after DIED: EOWNERDEAD --> INCONSISTENT -- unlocked --> LOST: ENOTRECOVERABLE for ever
//!                      <------- pthread_mutex_consistent ------
//! ```
//! The word and the state lie where the other kinds have theirs: the lock's word, and the owner. The state is written by the owner alone.

use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::mutex::Mutex;
use super::own_tid;
use crate::sync::raw::{Deadline, Scope};
use crate::sys::Errno;
use crate::sys::futex;
use crate::thread::robust::{self, DIED, OWNER, SLEEPERS};

/// What the mutex guards is as its owner left it.
const CONSISTENT: u32 = 0;
/// An owner ended in the middle, and the present one has not said that it has put things right.
const INCONSISTENT: u32 = 1;
/// Nobody put things right: the mutex is of no use any more.
const LOST: u32 = 2;

impl Mutex {
    /// Whether the calling thread holds it.
    pub(super) fn is_robustly_mine(&self) -> bool {
        self.word().load(Relaxed) & OWNER == own_tid() // Relaxed: only this thread ever stores its own id
    }

    /// Takes it if nobody has it.
    #[cold]
    pub(super) fn try_lock_robust(&self) -> Result<(), Errno> {
        let _ = robust::register(); // without a list it is a mutex like any other
        robust::operation(&self.link, || self.take(0).unwrap_or(Err(Errno::EBUSY)))
    }

    /// Takes it, sleeping until the deadline.
    #[cold]
    pub(super) fn lock_robust(&self, deadline: Option<&Deadline>) -> Result<(), Errno> {
        let _ = robust::register(); // as above
        robust::operation(&self.link, || {
            let mut sleepers = 0;
            loop {
                if let Some(taken) = self.take(sleepers) {
                    return taken;
                }
                let seen = self.word().load(Relaxed);
                let marked = seen | SLEEPERS;
                if seen & OWNER == 0
                    || seen != marked && self.word().compare_exchange(seen, marked, Relaxed, Relaxed).is_err()
                {
                    continue;
                }
                sleepers = SLEEPERS; // others may sleep beside us: the next unlock has to look
                let slept = match deadline {
                    None => futex::wait(self.word(), marked, None, Scope::Shared),
                    Some(deadline) if deadline.at.seconds < 0 => Err(Errno::ETIMEDOUT),
                    Some(deadline) => {
                        futex::wait_until(self.word(), marked, Some(&deadline.at), deadline.clock, Scope::Shared)
                    }
                };
                if slept == Err(Errno::ETIMEDOUT) {
                    return Err(Errno::ETIMEDOUT);
                }
            }
        })
    }

    /// Takes it, leaving `sleepers` in the word; None: somebody has it.
    fn take(&self, sleepers: u32) -> Option<Result<(), Errno>> {
        let mut seen = self.word().load(Relaxed);
        while seen & OWNER == 0 {
            let mine = own_tid() | seen & SLEEPERS | sleepers;
            // Acquire: pairs with Release in `give_back`, with `thread::robust`'s and with the kernel's
            match self.word().compare_exchange(seen, mine, Acquire, Relaxed) {
                Ok(_) => return Some(self.taken(seen & DIED != 0)),
                Err(now) => seen = now,
            }
        }
        None
    }

    fn taken(&self, died: bool) -> Result<(), Errno> {
        if self.owner.load(Relaxed) == LOST {
            self.give_back();
            return Err(Errno::ENOTRECOVERABLE);
        }
        if died {
            self.owner.store(INCONSISTENT, Relaxed);
        }
        self.count.set(1);
        robust::add(&self.link);
        if died { Err(Errno::EOWNERDEAD) } else { Ok(()) }
    }

    /// Gives it up wholly, however often the caller has it: how often that was. EPERM: it has not.
    #[cold]
    pub(super) fn unlock_robust(&self) -> Result<u32, Errno> {
        if !self.is_robustly_mine() {
            return Err(Errno::EPERM);
        }
        let count = self.count.replace(0);
        if self.owner.load(Relaxed) == INCONSISTENT {
            self.owner.store(LOST, Relaxed);
        }
        robust::operation(&self.link, || {
            robust::remove(&self.link);
            self.give_back();
        });
        Ok(count)
    }

    /// The memory may be freed by whoever takes it next.
    fn give_back(&self) {
        let word = &raw const *self.word(); // after the exchange, a key that is not read
        // Release: pairs with Acquire in `take`
        if self.word().swap(0, Release) & SLEEPERS != 0 {
            futex::wake(word, 1, Scope::Shared);
        }
    }

    /// The owner has put right what the one before left. EINVAL: there is nothing to put right.
    pub(super) fn make_consistent(&self) -> Result<(), Errno> {
        if !self.is_robust() || self.owner.load(Relaxed) != INCONSISTENT {
            return Err(Errno::EINVAL);
        }
        self.owner.store(CONSISTENT, Relaxed);
        Ok(())
    }
}
