//! Taking magazines away from CPUs while their threads go on: of CPUs that are idle once a second, of all for a trim.
//!
//! ```text
//!   entry = STOPPED      membarrier, which aborts the sections in flight      plain stores: the magazines are ours      entry = block
//! ```
//! After the membarrier every section sees the stopped block and refuses, so that its caller takes the slow path. Where the kernel has no such membarrier, this thread
//! visits the CPUs instead.

use core::sync::atomic::{AtomicI64, Ordering};

use super::central;
use super::cpu_block::{BLOCKS, Block, INDICES, SINK, SOURCE, current_block, entry, own, stopped};
use super::cpu_cache::replace;
use super::hot::HOT;
use super::lock::Quiet;
use super::magazine::{self, Cursor};
use super::page_heap;
use super::size_class::COUNT;
use crate::inject::{self, Point};
use crate::rseq;
use crate::sys::membarrier::{Command, membarrier};
use crate::sys::sched;

/// A CPU whose magazines did not move for so long is idle, in milliseconds.
const PERIOD: i64 = 1000;

/// The negative controls (`dacapo_broken`) stop blocks without the fence: then sections in flight commit while magazines are being taken;
const FENCED: bool = cfg!(not(dacapo_broken = "heap_no_fence"));
/// ... or with one that restarts no sections;
const FENCE: Command =
    if cfg!(dacapo_broken = "heap_plain_fence") { Command::PrivateExpedited } else { Command::PrivateExpeditedRseq };
/// ... or start a block again before its magazines are taken.
const STARTS_FIRST: bool = cfg!(dacapo_broken = "heap_starts_first");

/// When the idle CPUs were looked for, in milliseconds.
static LOOKED: AtomicI64 = AtomicI64::new(0);

/// Once a second: what lies idle goes back to where others can use it.
#[cold]
#[inline(never)]
pub fn look_at_the_clock() {
    let now = page_heap::now();
    let before = LOOKED.load(Ordering::Relaxed);
    if now - before < PERIOD || LOOKED.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return;
    }
    let quiet = Quiet::enter();
    drain_idle(&quiet);
    central::decay(&quiet);
    page_heap::with(&quiet, page_heap::PageHeap::look_at_the_clock);
}

/// Drains the CPUs whose magazines have not moved since the last look.
fn drain_idle(quiet: &Quiet) {
    let Some(blocks) = BLOCKS.try_lock() else { return };
    let mine = rseq::fields().index();
    let (mut idle, mut count) = ([0_u16; 64], 0);
    for index in 0..*blocks {
        let block = own(index).load(Ordering::Relaxed);
        if block.is_null() || count == idle.len() || index as i32 == mine {
            continue;
        }
        // SAFETY: blocks are never unmapped; see `current_block`.
        let block = unsafe { &*block };
        if block.is_idle() {
            idle[count % idle.len()] = index as u16;
            count += 1;
        }
    }
    if count > 0 {
        let idle = idle.iter().map(|&index| index as usize).take(count);
        // SAFETY: the magazines are handed over whole.
        unsafe { stop(idle, |class, cursor| central::give_up(class, cursor, quiet)) };
    }
}

/// Stops these CPUs' blocks, hands each of their magazines to `consume`, and starts them again; false if this kernel cannot stop other CPUs.
///
/// # Safety
/// The lock of the blocks is held.
unsafe fn stop(indices: impl Iterator<Item = usize> + Clone, mut consume: impl FnMut(usize, Cursor)) -> bool {
    let made = |index: &usize| !own(*index).load(Ordering::Relaxed).is_null();
    let _ = membarrier(Command::RegisterPrivateExpeditedRseq);
    for index in indices.clone().filter(made) {
        entry(index).store(stopped(), Ordering::Release);
    }
    let all = !FENCED || membarrier(FENCE).is_ok();
    inject::delay(Point::HeapStopped);
    for index in indices.filter(made) {
        let block = own(index).load(Ordering::Relaxed);
        if STARTS_FIRST {
            entry(index).store(block, Ordering::Release);
        }
        for class in 1..if all { COUNT } else { 0 } {
            // SAFETY: after the fence every section sees the stopped block, so its magazines are ours until the entry is put back.
            let taken = unsafe { Block::empty(block, class) };
            taken.into_iter().filter(|&cursor| cursor != magazine::none()).for_each(|cursor| consume(class, cursor));
        }
        entry(index).store(block, Ordering::Release); // Release: pairs with the Acquire in `current_block`
    }
    all
}

/// Hands every magazine of every CPU to `consume`, while other threads go on. Signals are blocked. What another thread has in its hand at this moment, on its way to the
/// middle, goes there.
///
/// Where the kernel cannot stop other CPUs (before Linux 5.10, or a filter), this thread visits them: with the CPU's number as the index, each
/// CPU that it may run on; with the concurrency id, only the one that it has now.
pub fn drain(quiet: &Quiet, mut consume: impl FnMut(usize, Cursor)) {
    let blocks = BLOCKS.lock(quiet);
    // SAFETY: the lock is held.
    if unsafe { stop(0..*blocks, &mut consume) } {
        return;
    }
    let count = *blocks;
    drop(blocks); // the sections below need no lock
    empty_mine(&mut consume);
    let mut allowed = [0_usize; INDICES / usize::BITS as usize];
    if HOT.limit.load(Ordering::Relaxed) != 0 || sched::get_affinity(0, &mut allowed).is_err() {
        return;
    }
    let has =
        |index: usize| allowed[index / usize::BITS as usize % allowed.len()] >> (index % usize::BITS as usize) & 1 != 0;
    let mut moved = false;
    for index in (0..count).filter(|&index| !own(index).load(Ordering::Relaxed).is_null() && has(index)) {
        let mut one = [0_usize; INDICES / usize::BITS as usize];
        one[index / usize::BITS as usize % allowed.len()] = 1 << (index % usize::BITS as usize);
        if sched::set_affinity(0, &one).is_ok() {
            moved = true;
            empty_mine(&mut consume);
        }
    }
    if moved {
        let _ = sched::set_affinity(0, &allowed); // the mask that we had
    }
}

/// Takes the current CPU's magazines, by sections.
fn empty_mine(consume: &mut impl FnMut(usize, Cursor)) {
    let Some(cpu) = current_block() else { return };
    for class in 1..COUNT {
        for which in [SOURCE, SINK] {
            let cursor = cpu.glance(class, which);
            if cursor != magazine::none() && replace(class, which, cursor, magazine::none()) {
                consume(class, cursor);
            }
        }
    }
}
