use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};

use dacapo::hash::{Node, Table};
use dacapo::rcu::{Callback, Domain};

/// An object that is freed by a callback.
#[repr(C)]
struct Object {
    callback: Callback,
    node: Node,
    key: u64,
    freed: *const AtomicUsize,
}

const HASHES: u64 = 1 << 40; // keys that differ by this have the same hash

fn object(key: u64, freed: &AtomicUsize) -> NonNull<Node> {
    let object =
        Box::into_raw(Box::new(Object { callback: Callback::new(), node: Node::new(key % HASHES), key, freed }));
    // SAFETY: a field of a live object.
    unsafe { NonNull::new_unchecked(&raw mut (*object).node) }
}

fn whole(node: NonNull<Node>) -> *mut Object {
    node.as_ptr().wrapping_byte_sub(std::mem::offset_of!(Object, node)).cast()
}

fn key(node: NonNull<Node>) -> u64 {
    // SAFETY: a node of ours, which is freed a grace period after its removal only.
    unsafe { (*whole(node)).key }
}

unsafe extern "C" fn free(callback: *mut Callback) {
    // SAFETY: the callback is the first field of a boxed Object, and this is its last use; the counter outlives the test.
    unsafe {
        let mut object = Box::from_raw(callback.cast::<Object>());
        object.key = u64::MAX;
        (*object.freed).fetch_add(1, SeqCst);
    }
}

#[test]
fn objects_are_found_by_key_and_freed_after_their_readers() {
    let (domain, freed) = (Domain::new().expect("memory"), AtomicUsize::new(0));
    let table = Table::new(&domain, 0).expect("memory");
    let keys = u64::from(support::rounds(3000).max(300));
    let find = |wanted: u64| {
        let guard = domain.enter();
        // SAFETY: objects are freed a grace period after their removal.
        unsafe { table.find(&guard, wanted % HASHES, |node| key(node) == wanted).map(key) }
    };
    for wanted in 0..keys {
        let node = object(wanted, &freed);
        // SAFETY: as above, below too.
        unsafe {
            assert_eq!(table.add_unique(node, |other| key(other) == wanted), Ok(None));
            let twin = object(wanted, &freed);
            assert_eq!(table.add_unique(twin, |other| key(other) == wanted), Ok(Some(node)));
            // The same hash, another key.
            (*whole(twin)).key = wanted + HASHES;
            assert_eq!(table.add_unique(twin, |other| key(other) == wanted + HASHES), Ok(None));
        }
    }
    assert_eq!(table.len() as u64, 2 * keys);
    for wanted in 0..keys {
        assert_eq!((find(wanted), find(wanted + HASHES)), (Some(wanted), Some(wanted + HASHES)));
        assert_eq!(find(wanted + keys), None);
    }
    for wanted in 0..keys {
        let new = object(wanted, &freed);
        // SAFETY: as above.
        unsafe {
            let old = table.replace(new, |other| key(other) == wanted).expect("memory").expect("it was there");
            assert!(!table.remove(old), "it was replaced");
            domain.defer(whole(old).cast(), free);
        }
    }
    let mut nodes = Vec::new();
    // SAFETY: as above.
    unsafe { table.for_each(&domain.enter(), |node| nodes.push(node)) };
    assert_eq!(nodes.len() as u64, 2 * keys);
    for node in nodes {
        // SAFETY: nobody else removes it.
        unsafe {
            assert!(table.remove(node) && !table.remove(node));
            domain.defer(whole(node).cast(), free);
        }
    }
    domain.barrier();
    assert_eq!((table.len(), freed.load(SeqCst) as u64), (0, 3 * keys));
}

#[test]
fn readers_meet_no_object_that_was_freed() {
    let (domain, freed) = (Domain::new().expect("memory"), AtomicUsize::new(0));
    let table = Table::new(&domain, 0).expect("memory");
    let (over, bad) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    for wanted in 0..512 {
                        let guard = domain.enter();
                        // SAFETY: objects are freed a grace period after their removal.
                        let found = unsafe { table.find(&guard, wanted, |node| key(node) == wanted) };
                        if found.is_some_and(|node| key(node) != wanted) {
                            bad.fetch_add(1, Relaxed);
                        }
                    }
                }
            });
        }
        for turn in 0..u64::from(support::rounds(60).max(4)) {
            for wanted in 0..512 {
                let new = object(wanted, &freed);
                // SAFETY: as above; one thread writes.
                unsafe {
                    if let Some(old) = table.replace(new, |node| key(node) == wanted).expect("memory") {
                        domain.defer(whole(old).cast(), free);
                    }
                    if turn % 3 == 2 {
                        assert!(table.remove(new));
                        domain.defer(whole(new).cast(), free);
                    }
                }
            }
        }
        over.store(true, Relaxed);
    });
    assert_eq!(bad.load(SeqCst), 0);
    // SAFETY: nobody else is there.
    unsafe { table.for_each(&domain.enter(), |node| domain.call(whole(node).cast(), free)) };
    drop(table);
    domain.barrier();
}
