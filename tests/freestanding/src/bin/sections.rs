//! Sections of a program's own, from steps: threads push and pop on per-CPU lists without a libc, and no object is lost.
#![no_std]
#![no_main]

use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use dacapo::percpu::{Birth, Block, PerCpu};
use dacapo::{rseq, thread};
use freestanding::check;

/// The first word of each object.
#[repr(C)]
struct Node {
    below: *mut Node,
}

#[repr(C)]
struct List {
    head: *mut Node,
}

// SAFETY: all zero is an empty list; other CPUs' lists are looked at when no thread runs.
unsafe impl Block for List {}

rseq::section! {
    /// The newest object of this CPU's list, or null; the index.
    unsafe fn pop() -> (*mut Node, i32) {
        |index, block|
        let head = [block];
        leave if head == 0;
        let below = [head];
        commit [block] = below;
        return (head as *mut Node, index as i32);
    }
}

rseq::section! {
    /// Puts an object on this CPU's list; the index, and if that is negative, nothing was done.
    unsafe fn push(scratch node: *mut Node) -> i32 {
        |index, block|
        leave if index < 0;
        let head = [block];
        scratch [node] = head;
        commit [block] = node;
        return index as i32;
    }
}

const OBJECTS: usize = 64;
static mut NODES: [Node; OBJECTS] = [const { Node { below: null_mut() } }; OBJECTS];
/// The lists, for the threads.
static LISTS: AtomicUsize = AtomicUsize::new(0);

/// Pops and pushes; how many objects it could not get rid of: none.
fn wander() -> usize {
    // SAFETY: `main` keeps the lists until all threads have ended.
    let lists = unsafe { &*(LISTS.load(SeqCst) as *const PerCpu<List>) };
    let mut mine = [null_mut(); OBJECTS];
    let mut held = 0;
    let rounds = if freestanding::rounds_are_dear() { 10_000 } else { 200_000 };
    for round in 0..rounds {
        // SAFETY: the blocks are lists, and what was popped is ours.
        unsafe {
            let (node, _) = pop(rseq::fields(), lists.table());
            if !node.is_null() {
                mine[held] = node;
                held += 1;
            }
            while held > 0 && round % 5 == 0 {
                held -= 1;
                check!(push(rseq::fields(), lists.table(), mine[held]) >= 0);
            }
        }
    }
    for &node in &mine[..held] {
        // SAFETY: as above.
        check!(unsafe { push(rseq::fields(), lists.table(), node) } >= 0);
    }
    0
}

dacapo::main!(|_, _| {
    let Ok(lists) = PerCpu::<List>::new(0, Birth::Eager) else { freestanding::failed(file!(), line!(), "memory") };
    if rseq::fields().index() < 0 {
        // SAFETY: there is no other thread; without rseq both leave and store nothing.
        unsafe {
            check!(push(rseq::fields(), lists.table(), &raw mut NODES[0]) < 0);
            check!(pop(rseq::fields(), lists.table()).0.is_null());
        }
        freestanding::skip("no rseq here: both sections left, as they must");
    }
    LISTS.store(&raw const lists as usize, SeqCst);
    let nodes = (&raw mut NODES).cast::<Node>();
    for n in 0..OBJECTS {
        // SAFETY: there is no other thread yet; `NODES` has that many.
        check!(unsafe { push(rseq::fields(), lists.table(), nodes.add(n)) } >= 0);
    }
    let handles = [(); 6].map(|()| thread::spawn(wander));
    for handle in handles {
        check!(handle.and_then(|handle| handle.join()) == Ok(0));
    }
    let mut seen = 0_u64;
    for block in lists.blocks() {
        // SAFETY: no other thread runs any more.
        let mut node = unsafe { block.as_ref() }.head;
        while !node.is_null() {
            let which = (node as usize - &raw const NODES as usize) / size_of::<Node>();
            check!(seen & 1 << which == 0, "object {which} is in two places");
            seen |= 1 << which;
            // SAFETY: objects in a list are nodes.
            node = unsafe { (*node).below };
        }
    }
    check!(seen == u64::MAX, "{seen:x}");
});
