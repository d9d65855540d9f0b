//! The general flavour: readers of any kind, one of each CPU with a seat, the others counted.
//!
//! Price of a read: one section of 9 instructions on x86-64 (11 on AArch64) and one store, the loads of their operands, and a check each that the
//! reader got a seat; no atomic instruction, no line that another reader writes, and no word that waits for what it was before. A reader that finds the seat
//! taken, because it nests or because another one is preempted or asleep there, pays two sections more. Price of a grace period: one membarrier (the RSEQ kind; on AArch64 two more of the
//! ordinary kind), and the time until the readers that were there have left.

use super::callbacks::Callbacks;
use super::grace::{Flavour, Grace};
use super::readers::{Colour, Readers, Token};
use crate::sys::Errno;

/// Readers and updaters that know of each other: a read of one domain delays the updaters of that domain only. How updaters wait: [`GracePeriods`](super::GracePeriods).
///
/// Two mappings' worth of address space and a few pages of memory: programs can have many.
#[derive(Debug)]
pub struct Domain {
    readers: Readers<2>,
    grace: Grace,
    pub(super) callbacks: Callbacks,
}

/// A read section: as long as it lives, no grace period that begins later ends. May be sent to another thread.
///
/// If it is forgotten (`mem::forget`), no grace period of the domain ends any more.
#[derive(Debug)]
#[must_use = "the read section ends at once if the guard is not kept"]
pub struct Guard<'a> {
    pub(super) domain: &'a Domain,
    token: Token,
}

impl Domain {
    /// Without readers.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new() -> Result<Self, Errno> {
        Ok(Self { readers: Readers::new()?, grace: Grace::new(), callbacks: Callbacks::new() })
    }

    /// Begins a read section. Wait-free; async-signal-safe.
    #[inline]
    pub fn enter(&self) -> Guard<'_> {
        Guard { domain: self, token: self.readers.enter() }
    }

    /// As [`Domain::enter`], for those who keep the end in their own hands; what [`Domain::leave_raw`] needs.
    #[inline]
    #[must_use]
    pub fn enter_raw(&self) -> usize {
        self.readers.enter()
    }

    /// Ends a read section. Wait-free; async-signal-safe.
    ///
    /// # Safety
    /// `token` comes from [`Domain::enter_raw`] of this domain and is used once.
    #[inline]
    pub unsafe fn leave_raw(&self, token: usize) {
        // SAFETY: `enter` gave the token out, and it is used once.
        unsafe { self.readers.leave(token) }
    }

    /// In a forked child, before it does anything else with the domain: forgets the readers that were other threads of the parent, and whoever
    /// was just waiting for them. Callbacks that are pending stay so; if another thread was running some at the fork, nobody can run any in the child.
    ///
    /// # Safety
    /// The child has one thread, which is in no read section of this domain (nor did its fork happen inside one).
    pub unsafe fn after_fork_in_child(&self) {
        // SAFETY: one thread, no reader.
        unsafe {
            self.readers.reset();
            self.grace.reset();
        }
    }
}

impl Flavour for Domain {
    fn grace(&self) -> &Grace {
        &self.grace
    }

    fn begin(&self) {
        self.readers.turn(other(self.readers.active()));
    }

    fn is_over(&self) -> bool {
        self.readers.have_left(other(self.readers.active()))
    }

    fn end(&self) {
        self.readers.quiesce();
    }
}

/// The colour that is not active: between grace periods nobody has it.
fn other(active: Colour) -> Colour {
    1 - active
}

impl Drop for Guard<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the token that `enter` gave this guard; it is dropped once.
        unsafe { self.domain.readers.leave(self.token) }
    }
}
