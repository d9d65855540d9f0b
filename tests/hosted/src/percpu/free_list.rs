use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

use dacapo::arch::ListNode;
use dacapo::percpu::FreeList;

/// An object, and whether a thread has it now.
#[repr(C)]
struct Object {
    node: ListNode,
    held: AtomicU32,
}

/// Objects that must be in one place at any time.
struct Pool(Vec<NonNull<ListNode>>);
// SAFETY: an object is touched by the thread that holds it; `held` is an atomic.
unsafe impl Sync for Pool {}
// SAFETY: as above.
unsafe impl Send for Pool {}

fn pool(count: usize) -> Pool {
    let object = || Object { node: ListNode { next: std::ptr::null_mut(), room: 0 }, held: AtomicU32::new(1) };
    Pool((0..count).map(|_| NonNull::from(Box::leak(Box::new(object()))).cast()).collect())
}

fn hold(node: NonNull<ListNode>) {
    // SAFETY: all nodes here are Objects, which are leaked.
    let before = unsafe { node.cast::<Object>().as_ref() }.held.swap(1, SeqCst);
    assert_eq!(before, 0, "two threads hold one object");
}

fn give_up(node: NonNull<ListNode>) {
    // SAFETY: as above.
    unsafe { node.cast::<Object>().as_ref() }.held.store(0, SeqCst);
}

fn push(list: &FreeList, node: NonNull<ListNode>) -> bool {
    give_up(node);
    // SAFETY: leaked, held by nobody, and only we know it.
    let pushed = unsafe { list.push(node) }.is_ok();
    if !pushed {
        hold(node);
    }
    pushed
}

#[test]
fn it_is_last_in_first_out_and_bounded() {
    support::affinity::pin(support::affinity::allowed()[0]);
    let list = FreeList::new(2).expect("memory");
    let Pool(nodes) = pool(3);
    assert!(list.pop().is_none());
    let pushed: Vec<_> = nodes.iter().map(|&node| push(&list, node)).collect();
    assert_eq!(pushed, [true, true, false]);
    assert_eq!(list.pop(), Some(nodes[1]));
    assert_eq!(list.take().collect::<Vec<_>>(), [nodes[0]]);
    assert_eq!((list.pop(), list.take().count()), (None, 0));
    assert!(FreeList::new(usize::MAX).is_err());
}

#[test]
fn a_chain_goes_back_at_once_or_node_by_node_and_the_rest_comes_back() {
    support::affinity::pin(support::affinity::allowed()[0]);
    let list = FreeList::new(4).expect("memory");
    let Pool(nodes) = pool(8);
    for &node in &nodes[..3] {
        assert!(push(&list, node));
    }
    // SAFETY: for all of this test: the chains are this list's, the nodes leaked.
    unsafe {
        // Into an empty list: as it was.
        let chain = list.take();
        assert!(!chain.is_empty());
        assert!(list.push_chain(chain).is_ok());
        assert_eq!([list.pop(), list.pop()], [Some(nodes[2]), Some(nodes[1])]);
        // What is left of a chain is a chain.
        for &node in &nodes[4..7] {
            list.push(node).expect("room");
        }
        let mut chain = list.take();
        assert_eq!(chain.next(), Some(nodes[6]));
        assert!(list.push_chain(chain).is_ok());
        assert_eq!(list.take().collect::<Vec<_>>(), [nodes[5], nodes[4], nodes[0]]);
        // Onto others, until the list is full.
        for &node in &nodes[..4] {
            list.push(node).expect("room");
        }
        let chain = list.take();
        for &node in &nodes[4..6] {
            list.push(node).expect("room");
        }
        let rest = list.push_chain(chain).expect_err("room for two of four");
        assert_eq!(rest.collect::<Vec<_>>(), [nodes[1], nodes[0]]);
        assert_eq!(list.take().collect::<Vec<_>>(), [nodes[2], nodes[3], nodes[5], nodes[4]]);
        assert!(list.push_chain(list.take()).is_ok(), "nothing to put");
        assert!(list.pop().is_none());
    }
}

/// Threads pass objects around through their CPUs' lists while another drains them all: none is lost, none is held twice.
#[test]
fn no_object_is_lost_or_doubled_under_signals_migrations_and_drains() {
    const OBJECTS: usize = 64;
    let Pool(nodes) = pool(OBJECTS);
    let everywhere = Pool(nodes.clone());
    let list = FreeList::new(16).expect("memory");
    let spare = Mutex::new(Pool(nodes));
    let drained = AtomicU32::new(0);
    let over = AtomicBool::new(false);
    super::tormented(6, |thread| {
        if thread == 0 {
            let _over = super::Over(&over);
            let began = std::time::Instant::now();
            for turn in 0.. {
                let enough = turn >= support::rounds(300) && drained.load(SeqCst) > 0;
                if enough || began.elapsed().as_secs() > 20 {
                    break;
                }
                let keep = |chain: dacapo::percpu::Chain| {
                    for node in chain {
                        hold(node);
                        drained.fetch_add(1, SeqCst);
                        spare.lock().expect("no panic").0.push(node);
                    }
                };
                if turn % 2 == 0 {
                    list.drain(keep)
                } else {
                    (0..list.slots()).for_each(|i| keep(list.drain_one(i)))
                }
                std::thread::yield_now();
            }
            return;
        }
        let mut mine = Vec::new();
        while !over.load(SeqCst) {
            for _ in 0..100 {
                match list.pop() {
                    Some(node) => {
                        hold(node);
                        mine.push(node);
                    }
                    None => mine.extend(spare.lock().expect("no panic").0.pop()),
                }
                // Now and then a whole list is taken and put back, here or on the CPU that the thread has come to meanwhile.
                let chain = list.take();
                // SAFETY: this list's chain, of leaked nodes; nobody held them while they were in it.
                if let Err(rest) = unsafe { list.push_chain(chain) } {
                    let mut spare = spare.lock().expect("no panic");
                    for node in rest {
                        hold(node);
                        spare.0.push(node);
                    }
                }
                while let Some(node) = mine.pop() {
                    if !push(&list, node) {
                        spare.lock().expect("no panic").0.push(node);
                    }
                }
            }
        }
    });
    let mut rest: Vec<_> = spare.into_inner().expect("no panic").0;
    list.drain(|chain| rest.extend(chain));
    let mut all = everywhere.0;
    rest.sort();
    all.sort();
    assert_eq!(rest, all);
    assert!(drained.into_inner() > 0, "drains that find nothing test nothing");
}
