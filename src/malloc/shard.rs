//! Threads without rseq: sixteen small caches, each under a lock that is only ever tried.
//!
//! A thread starts at the shard its thread pointer hashes to and goes on to the next one while they are taken. Nobody sleeps here
//! and nobody waits for one certain shard, so a signal handler that interrupts a holder gets through.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU32, Ordering};

use super::central;
use super::check;
use super::lock::Quiet;
use super::magazine::{self, Cursor};
use super::size_class::{self, COUNT};
use crate::arch;
use crate::sys::sched;

const SHARDS: usize = 16;
/// The level of a shard's batches: 64 blocks.
const LEVEL: usize = 2;

#[repr(align(128))]
struct Shard {
    /// 0 free, 1 taken.
    taken: AtomicU32,
    /// Each class's magazine; null until its first use.
    lists: UnsafeCell<[Cursor; COUNT]>,
}

// SAFETY: `lists` belongs to whoever took the shard.
unsafe impl Sync for Shard {}

static ALL: [Shard; SHARDS] =
    [const { Shard { taken: AtomicU32::new(0), lists: UnsafeCell::new([core::ptr::null_mut(); COUNT]) } }; SHARDS];

impl Shard {
    fn try_take(&self) -> bool {
        self.taken.load(Ordering::Relaxed) == 0 && self.taken.swap(1, Ordering::Acquire) == 0 // Acquire: pairs with `release`
    }

    #[inline(never)]
    fn wait_and_take(&self) {
        while !self.try_take() {
            sched::yield_now();
        }
    }

    fn release(&self) {
        self.taken.store(0, Ordering::Release); // Release: pairs with `try_take`
    }

    fn list(&self, class: usize) -> *mut Cursor {
        let list = self.lists.get().cast::<Cursor>().wrapping_add(class);
        // SAFETY: the shard is the caller's.
        unsafe {
            if (*list).is_null() {
                *list = magazine::none();
            }
        }
        list
    }
}

fn take_any() -> &'static Shard {
    let pointer = arch::tls::thread_pointer() as u64;
    let mut index = (pointer.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60) as usize;
    let mut tries = 0;
    loop {
        // SAFETY: the mask keeps it inside.
        let shard = unsafe { ALL.get_unchecked(index & (SHARDS - 1)) };
        if shard.try_take() {
            return shard;
        }
        index += 1;
        tries += 1;
        if tries % SHARDS == 0 {
            sched::yield_now();
        }
    }
}

/// A block of the class; null if memory is short.
pub fn allocate(class: usize) -> *mut u8 {
    let shard = take_any();
    let list = shard.list(class);
    // SAFETY: the shard is ours until it is released, and what its cursors say; the magazine from the middle is ours anyway.
    unsafe {
        if !magazine::is_empty(class, *list) {
            let rest = (*list).sub(1);
            *list = rest;
            let block = *rest as *mut u8;
            shard.release();
            return block;
        }
        shard.release();
        let full = central::take(class, size_class::batch(class, LEVEL));
        if full.is_null() {
            return central::take_one(class);
        }
        let rest = full.sub(1);
        let block = *rest as *mut u8;
        put(class, rest);
        block
    }
}

/// Puts a magazine into a shard, if the one there is empty; else into the middle.
unsafe fn put(class: usize, cursor: Cursor) {
    let shard = take_any();
    let list = shard.list(class);
    // SAFETY: the shard is ours until it is released, and the magazine is the caller's.
    unsafe {
        let old = *list;
        let replaced = magazine::is_empty(class, old);
        if replaced {
            *list = cursor;
        }
        shard.release();
        if replaced { magazine::release(class, old) } else { central::give(class, cursor) }
    }
}

/// Takes a block of the class back.
///
/// # Safety
/// It is a block of this class that its user has given up.
pub unsafe fn free(class: usize, block: *mut u8) {
    let shard = take_any();
    let list = shard.list(class);
    // SAFETY: the shard is ours until it is released; the block is, as the caller promises; so is a fresh magazine.
    unsafe {
        let cursor = *list;
        if *cursor.sub(1) == block as usize {
            check::double_free(block as usize);
        }
        if *cursor & 1 == 0 {
            cursor.write(block as usize);
            *list = cursor.add(1);
            return shard.release();
        }
        *list = magazine::none();
        shard.release();
        if cursor != magazine::none() {
            central::give(class, cursor);
        }
        let fresh = magazine::acquire(class);
        if fresh.is_null() {
            return central::give_one(class, block);
        }
        fresh.write(block as usize);
        put(class, fresh.add(1));
    }
}

/// Hands every magazine of every shard to `consume`. Signals are blocked.
pub fn drain(_quiet: &Quiet, mut consume: impl FnMut(usize, Cursor)) {
    for shard in &ALL {
        if !shard.try_take() {
            continue; // in use at this very moment: not idle
        }
        for class in 1..COUNT {
            let list = shard.list(class);
            // SAFETY: the shard is ours until it is released.
            let cursor = unsafe { list.replace(magazine::none()) };
            if cursor != magazine::none() {
                consume(class, cursor);
            }
        }
        shard.release();
    }
}

/// Shows every list of every shard to `look`, but of those in use at this moment. Signals are blocked.
pub fn visit(_quiet: &Quiet, mut look: impl FnMut(usize, usize)) {
    for shard in &ALL {
        if shard.try_take() {
            (1..COUNT).for_each(|class| {
                // SAFETY: the shard is ours until it is released.
                look(class, magazine::len(class, unsafe { *shard.list(class) }));
            });
            shard.release();
        }
    }
}

/// Takes every shard, for fork. Signals are blocked, so this thread holds none.
pub fn acquire_all() {
    ALL.iter().for_each(Shard::wait_and_take);
}

/// Opens what [`acquire_all`] took.
pub fn release_all() {
    for shard in &ALL {
        shard.release();
    }
}
