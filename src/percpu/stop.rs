//! One CPU takes another's block away.
//!
//! 1. Take the `stopper` lock: one at a time, and nobody makes blocks meanwhile.
//! 2. `table[index] = stopped`.
//! 3. `fence::heavy_rseq`: on that CPU where the index is the CPU number; on all where it is the concurrency id, which does not tell the CPU.
//! 4. The block is ours: plain loads and stores.
//! 5. `table[index] = block`, unlock.
//!
//! Price: one membarrier (0.6 to 9 us) a stop; [`PerCpu::stop_each`] pays it once for all blocks. Sections elsewhere are not delayed, only
//! restarted; those on the block's CPU are refused meanwhile.
//!
//! Only for blocks whose sections can refuse: an `add` cannot, and what it adds to the stopped block is lost.

use core::ops::{Deref, DerefMut};

use super::memory::{Block, PerCpu};
use super::topology;
use crate::fence;
use crate::inject::{self, Point};
use crate::rseq;
use crate::sync::raw::Scope;

/// A block that sections cannot reach; they can again when this is dropped.
#[derive(Debug)]
pub struct Stopped<'a, T: Block> {
    owner: &'a PerCpu<T>,
    index: usize,
}

/// Marks blocks all of whose sections can refuse.
///
/// # Safety
/// No section on such a block has an effect when it finds the stopped one.
pub unsafe trait Refusing: Block {}

/// The negative control builds without the fence (`dacapo_broken`): then sections in flight commit to a block that the stopper edits.
const FENCED: bool = cfg!(not(dacapo_broken = "no_stop_fence"));
/// ... or with one that restarts no sections.
const RESTARTS: bool = cfg!(not(dacapo_broken = "stop_plain_fence"));

fn fence(index: usize) {
    inject::delay(Point::TakenAway);
    let by_cpu_number = !rseq::features().mm_cid;
    if FENCED {
        fence::heavy_rseq(by_cpu_number.then_some(index as u32));
    }
}

fn fence_all() {
    inject::delay(Point::TakenAway);
    match FENCED {
        true if RESTARTS => fence::heavy_rseq(None),
        true => fence::heavy(),
        false => {}
    }
}

impl<T: Refusing> PerCpu<T> {
    /// Takes block `index` away from its CPU; `None` if it was never made. Waits for others who stop one. Not for signal handlers.
    pub fn stop(&self, index: usize) -> Option<Stopped<'_, T>> {
        self.stopper.lock(Scope::Private);
        if self.is_stopped(index) {
            // SAFETY: taken above.
            unsafe { self.stopper.unlock(Scope::Private) };
            return None;
        }
        self.take_away(index);
        fence(index);
        inject::delay(Point::Stopped);
        Some(Stopped { owner: self, index })
    }

    /// Takes all blocks away with one fence, and gives each to `edit` before it is put back. Waits for others who stop one.
    pub fn stop_each(&self, mut edit: impl FnMut(&mut T)) {
        const WORD: usize = usize::BITS as usize;
        let mut taken = [0_usize; topology::MOST / WORD];
        self.stopper.lock(Scope::Private);
        let mut any = false;
        for index in 0..self.slots().min(topology::MOST) {
            if !self.is_stopped(index) {
                self.take_away(index);
                taken[index / WORD] |= 1 << (index % WORD);
                any = true;
            }
        }
        if any {
            fence_all(); // not for nothing: whoever holds the lock through a fence keeps others from making their first block
        }
        for (at, mut word) in taken.into_iter().enumerate() {
            while word != 0 {
                inject::delay(Point::Stopped);
                let index = at * WORD + word.trailing_zeros() as usize;
                word &= word - 1;
                // SAFETY: stopped, and the stopper's lock is ours: nobody else touches it.
                edit(unsafe { self.block(index).as_mut() });
                self.put(index);
            }
        }
        // SAFETY: taken above.
        unsafe { self.stopper.unlock(Scope::Private) };
    }
}

impl<T: Refusing> PerCpu<T> {
    /// Takes all blocks away for ever, with one fence, and shows each to `look`. Sections are refused from now on.
    pub fn stop_for_good(&self, mut look: impl FnMut(&mut T)) {
        self.stopper.lock(Scope::Private);
        for index in 0..self.slots() {
            self.take_away(index);
        }
        fence_all();
        for index in 0..self.slots() {
            // SAFETY: stopped, and the stopper's lock is ours: nobody else touches it.
            look(unsafe { self.block(index).as_mut() });
        }
        // SAFETY: taken above.
        unsafe { self.stopper.unlock(Scope::Private) };
    }
}

impl<T: Block> Deref for Stopped<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: stopped, and the stopper's lock is ours: nobody else touches it.
        unsafe { self.owner.block(self.index).as_ref() }
    }
}

impl<T: Block> DerefMut for Stopped<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        unsafe { self.owner.block(self.index).as_mut() }
    }
}

impl<T: Block> Drop for Stopped<'_, T> {
    fn drop(&mut self) {
        self.owner.put(self.index);
        // SAFETY: `stop` took it.
        unsafe { self.owner.stopper.unlock(Scope::Private) };
    }
}
