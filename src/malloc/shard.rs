//! Threads without rseq: sixteen small caches, each under a lock that is only ever tried.
//!
//! A thread starts at the shard its thread pointer hashes to and goes on to the next one while they are taken. Nobody sleeps here
//! and nobody waits for one certain shard, so a signal handler that interrupts a holder gets through.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU32, Ordering};

use super::central;
use super::check;
use super::lock::Quiet;
use super::size_class::COUNT;
use crate::arch::{self, ListNode};
use crate::sys::sched;

const SHARDS: usize = 16;
/// The level of a shard's capacity: 64 blocks.
const LEVEL: usize = 2;

#[repr(align(128))]
struct Shard {
    /// 0 free, 1 taken.
    taken: AtomicU32,
    /// Each class's list; null until its first use.
    lists: UnsafeCell<[*mut ListNode; COUNT]>,
}

// SAFETY: `lists` belongs to whoever took the shard.
unsafe impl Sync for Shard {}

static ALL: [Shard; SHARDS] =
    [const { Shard { taken: AtomicU32::new(0), lists: UnsafeCell::new([core::ptr::null_mut(); COUNT]) } }; SHARDS];

impl Shard {
    fn try_take(&self) -> bool {
        self.taken.load(Ordering::Relaxed) == 0 && self.taken.swap(1, Ordering::Acquire) == 0 // Acquire: pairs with `release`
    }

    fn release(&self) {
        self.taken.store(0, Ordering::Release); // Release: pairs with `try_take`
    }

    fn list(&self, class: usize) -> *mut *mut ListNode {
        let list = self.lists.get().cast::<*mut ListNode>().wrapping_add(class);
        // SAFETY: the shard is the caller's.
        unsafe {
            if (*list).is_null() {
                *list = central::sentinel(class, LEVEL);
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
    // SAFETY: the shard is ours until it is released, and so are its blocks; afterwards the chain from the middle is.
    unsafe {
        let head = *list;
        if !(*head).next.is_null() {
            *list = (*head).next;
            shard.release();
            return head.cast();
        }
        shard.release();
        let quiet = Quiet::enter();
        let chain = central::take(class, LEVEL, &quiet);
        if chain.is_null() {
            return core::ptr::null_mut();
        }
        let rest = (*chain).next;
        if !(*rest).next.is_null() {
            let shard = take_any();
            let list = shard.list(class);
            let empty = (**list).next.is_null();
            if empty {
                *list = rest;
            }
            shard.release();
            if !empty {
                central::give(class, rest, &quiet);
            }
        }
        chain.cast()
    }
}

/// Takes a block of the class back.
///
/// # Safety
/// It is a block of this class that its user has given up.
pub unsafe fn free(class: usize, block: *mut ListNode) {
    let shard = take_any();
    let list = shard.list(class);
    // SAFETY: the shard is ours until it is released; the block is, as the caller promises.
    unsafe {
        let head = *list;
        if head == block {
            check::double_free(block as usize);
        }
        let full = (*head).room == 0;
        let below = if full { central::sentinel(class, LEVEL) } else { head };
        (*block).next = below;
        (*block).room = (*below).room - 1;
        *list = block;
        shard.release();
        if full {
            central::give(class, head, &Quiet::enter());
        }
    }
}

/// Hands every chain of every shard to `consume`. Signals are blocked.
pub fn drain(_quiet: &Quiet, mut consume: impl FnMut(usize, *mut ListNode)) {
    for shard in &ALL {
        if !shard.try_take() {
            continue; // in use at this very moment: not idle
        }
        for class in 1..COUNT {
            let list = shard.list(class);
            // SAFETY: the shard is ours until it is released.
            unsafe {
                let chain = *list;
                if !(*chain).next.is_null() {
                    *list = central::sentinel(class, LEVEL);
                    consume(class, chain);
                }
            }
        }
        shard.release();
    }
}

/// Shows every list of every shard to `look`, but of those in use at this moment. Signals are blocked.
pub fn visit(_quiet: &Quiet, mut look: impl FnMut(usize, *const ListNode)) {
    for shard in &ALL {
        if shard.try_take() {
            (1..COUNT).for_each(|class| {
                // SAFETY: the shard is ours until it is released.
                look(class, unsafe { *shard.list(class) });
            });
            shard.release();
        }
    }
}

/// Takes every shard, for fork. Signals are blocked, so this thread holds none.
pub fn acquire_all() {
    for shard in &ALL {
        while !shard.try_take() {
            sched::yield_now();
        }
    }
}

/// Opens what [`acquire_all`] took.
pub fn release_all() {
    for shard in &ALL {
        shard.release();
    }
}
