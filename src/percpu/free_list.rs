//! Intrusive lists of free objects, one a CPU, bounded by the room word in each node.
//!
//! # Promises
//! A. Each node that was pushed comes out exactly once: popped, taken or drained; on one CPU the newest first. B. A push or a pop concerns the current CPU's list alone: it is
//! refused if that is full, or empty, or just being drained by another thread, whatever the others hold. It never waits. C. A drain while others push and pop takes what
//! is in each list when it comes to it: every node that was pushed before it began and not popped since, and perhaps some that were pushed meanwhile.
//!
//! # Price
//! A push 12 instructions, a pop 9, no atomic (level 0 of the [hierarchy](crate::counter)). A whole list, or one for an empty list: one section. A drain: one membarrier, 0.6 to 9 us.
//!
//! Without rseq: one list under a lock for all threads.

use core::ptr::{NonNull, null_mut};

use super::fallback::{Refusal, refused};
use super::memory::{Birth, Block, PerCpu};
use super::stop::Refusing;
use crate::arch::{ListNode, rseq as section};
use crate::rseq;
use crate::sync::raw::{RawMutex, Scope};
use crate::sys::Errno;

/// A list for each CPU, at most `capacity` long. Push and pop: 12 and 9 instructions, 1 branch, no atomic.
///
/// Invariants of each list: it ends in a sentinel (`next` null, `room == capacity`); `node.room == node.next.room - 1`; so its length is
/// `capacity - head.room`.
#[derive(Debug)]
pub struct FreeList {
    lists: PerCpu<List>,
    /// Guards the side list.
    side: RawMutex,
    capacity: usize,
}

#[repr(C)]
#[derive(Debug)]
struct List {
    head: *mut ListNode,
    /// Used in two blocks only: the side block's is the sentinel of all lists, the stopped block's is its own, without room.
    end: ListNode,
}

// SAFETY: a zeroed list is one that was not made; only who has it stopped looks at it.
unsafe impl Block for List {}
// SAFETY: push, pop and take all refuse on the stopped block: its sentinel has neither a next node nor room.
unsafe impl Refusing for List {}

/// Nodes taken at once, newest first, linked as they were in their list: [`FreeList::push_chain`] puts them back without touching them.
#[derive(Debug)]
pub struct Chain {
    /// The newest node; the sentinel, or null, if there is none.
    head: *mut ListNode,
}

impl Chain {
    /// Whether no node is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        // SAFETY: a chain's nodes are ours, and its sentinel outlives the lists.
        self.head.is_null() || unsafe { (*self.head).next }.is_null()
    }
}

impl Iterator for Chain {
    type Item = NonNull<ListNode>;
    fn next(&mut self) -> Option<NonNull<ListNode>> {
        let node = NonNull::new(self.head)?;
        // SAFETY: a chain's nodes are ours until they were handed out, and end in a sentinel that outlives the lists.
        let next = unsafe { node.as_ref() }.next;
        if next.is_null() {
            return None; // the sentinel
        }
        self.head = next;
        Some(node)
    }
}

impl FreeList {
    /// Empty lists.
    ///
    /// # Errors
    /// ENOMEM. EINVAL: `capacity` is beyond `isize::MAX`, which the sections take for "full".
    pub fn new(capacity: usize) -> Result<Self, Errno> {
        if capacity > isize::MAX as usize {
            return Err(Errno::EINVAL);
        }
        let lists = PerCpu::<List>::new(0, Birth::Lazy)?;
        let (side, stopped) = (lists.side().as_ptr(), lists.stopped().as_ptr());
        // SAFETY: both blocks exist, and nobody else knows them yet.
        unsafe {
            (*side).end = ListNode { next: null_mut(), room: capacity };
            (*side).head = &raw mut (*side).end;
            (*stopped).end = ListNode { next: null_mut(), room: 0 };
            (*stopped).head = &raw mut (*stopped).end;
        }
        Ok(Self { lists, side: RawMutex::new(), capacity })
    }

    /// Nodes that each list can hold.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    fn end(&self) -> *mut ListNode {
        // SAFETY: the side block exists; only the address is taken.
        unsafe { &raw mut (*self.lists.side().as_ptr()).end }
    }

    fn refused(&self) -> Refusal {
        let end = self.end();
        refused(&self.lists, |list| {
            // SAFETY: the block is not in the table yet, and nobody else makes one: see `PerCpu::make`.
            let head = unsafe { &mut (*list.as_ptr()).head };
            if head.is_null() {
                *head = end;
            }
        })
    }

    /// Puts a node on the current CPU's list.
    ///
    /// # Errors
    /// The list is full or stopped: the node comes back.
    ///
    /// # Safety
    /// `node` is a free object of at least two words that nobody else uses, and stays valid until it was popped.
    #[inline]
    pub unsafe fn push(&self, node: NonNull<ListNode>) -> Result<(), NonNull<ListNode>> {
        // SAFETY: each block's first word is its head, of a list that ends in a sentinel; the node is ours.
        if unsafe { section::list_push(rseq::fields(), self.lists.table(), 0, node.as_ptr()) } {
            return Ok(());
        }
        // SAFETY: as the caller promises.
        unsafe { self.push_refused(node) }
    }

    #[cold]
    unsafe fn push_refused(&self, node: NonNull<ListNode>) -> Result<(), NonNull<ListNode>> {
        while self.refused() == Refusal::Again {
            // SAFETY: as in `push`.
            if unsafe { section::list_push(rseq::fields(), self.lists.table(), 0, node.as_ptr()) } {
                return Ok(());
            }
        }
        if rseq::fields().index() >= 0 {
            return Err(node);
        }
        self.with_side(|list| {
            // SAFETY: the list's head is a node or the sentinel; the new node is the caller's.
            unsafe {
                let room = (*list.head).room;
                if room == 0 {
                    return Err(node);
                }
                node.write(ListNode { next: list.head, room: room - 1 });
            }
            list.head = node.as_ptr();
            Ok(())
        })
    }

    /// Puts a chain onto the current CPU's list: in one store if that list is empty, for a chain's nodes have the room words of a list that is all
    /// theirs; else node by node, the newest first.
    ///
    /// # Errors
    /// The list is full or stopped: the rest comes back.
    ///
    /// # Safety
    /// The chain was taken from a list of this `FreeList`; its nodes are free and stay valid until they were popped.
    pub unsafe fn push_chain(&self, mut chain: Chain) -> Result<(), Chain> {
        if chain.is_empty() {
            return Ok(());
        }
        let (end, head) = (self.end() as usize, chain.head as usize);
        let put = || {
            // SAFETY: the block's first word is its head; the chain's nodes end in this sentinel too, and count their room from it. The stopped
            // block's list ends in a sentinel of its own, so nothing is put there.
            let (index, found) = unsafe { section::compare_store(rseq::fields(), self.lists.table(), 0, end, head) };
            index >= 0 && found == end
        };
        if put() {
            return Ok(());
        }
        let done = match self.refused() {
            Refusal::Again => put(),
            Refusal::Side => self.with_side(|list| {
                let empty = list.head as usize == end;
                if empty {
                    list.head = chain.head;
                }
                empty
            }),
            Refusal::Meant => false,
        };
        if done {
            return Ok(());
        }
        while let Some(mut node) = chain.next() {
            // SAFETY: taken out of the chain, so free.
            if unsafe { self.push(node) }.is_err() {
                // An attempt that was aborted has written to the node: link it anew.
                // SAFETY: both are ours; the room above the rest is what its own room leaves.
                unsafe { *node.as_mut() = ListNode { next: chain.head, room: (*chain.head).room - 1 } };
                return Err(Chain { head: node.as_ptr() });
            }
        }
        Ok(())
    }

    /// Takes the newest node of the current CPU's list; `None` if it is empty or stopped.
    #[inline]
    pub fn pop(&self) -> Option<NonNull<ListNode>> {
        // SAFETY: each block's first word is its head; popped nodes stay readable, which `push`'s caller promised for its own.
        let node = unsafe { section::list_pop(rseq::fields(), self.lists.table(), 0) };
        NonNull::new(node).or_else(|| self.pop_refused())
    }

    #[cold]
    fn pop_refused(&self) -> Option<NonNull<ListNode>> {
        while self.refused() == Refusal::Again {
            // SAFETY: as in `pop`.
            let node = unsafe { section::list_pop(rseq::fields(), self.lists.table(), 0) };
            if !node.is_null() {
                return NonNull::new(node);
            }
        }
        if rseq::fields().index() >= 0 {
            return None;
        }
        self.with_side(|list| {
            let node = Chain { head: list.head }.next()?;
            // SAFETY: in the list, so valid.
            list.head = unsafe { node.as_ref() }.next;
            Some(node)
        })
    }

    /// Takes the current CPU's whole list in one store; empty if it is empty or stopped.
    pub fn take(&self) -> Chain {
        // SAFETY: as in `pop`; the sentinel outlives the lists.
        let head = unsafe { section::list_take(rseq::fields(), self.lists.table(), 0, self.end()) };
        if head.is_null() && rseq::fields().index() < 0 {
            let end = self.end();
            return self.with_side(|list| Chain { head: core::mem::replace(&mut list.head, end) });
        }
        Chain { head }
    }

    /// Takes the lists of all CPUs and of the threads without rseq, and gives each chain to `sink`. One fence; others' operations are refused meanwhile.
    pub fn drain(&self, mut sink: impl FnMut(Chain)) {
        let end = self.end();
        self.lists.stop_each(|list| sink(Chain { head: core::mem::replace(&mut list.head, end) }));
        sink(self.with_side(|list| Chain { head: core::mem::replace(&mut list.head, end) }));
    }

    /// As [`FreeList::drain`], for one index.
    pub fn drain_one(&self, index: usize) -> Chain {
        let end = self.end();
        match self.lists.stop(index) {
            Some(mut list) => Chain { head: core::mem::replace(&mut list.head, end) },
            None => Chain { head: null_mut() },
        }
    }

    /// Indices for [`FreeList::drain_one`]: 0 to this.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.lists.slots()
    }

    fn with_side<R>(&self, edit: impl FnOnce(&mut List) -> R) -> R {
        self.side.lock(Scope::Private);
        // SAFETY: the lock is ours, and only its holders touch the side list's head; its sentinel is never written.
        let result = edit(unsafe { self.lists.side().as_mut() });
        // SAFETY: taken above.
        unsafe { self.side.unlock(Scope::Private) };
        result
    }
}
