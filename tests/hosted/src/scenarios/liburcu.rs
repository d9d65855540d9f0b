//! The scenarios of liburcu's examples: lists and hash tables that are replaced entry by entry under their readers, keys that are there more than once, a table that is
//! emptied and taken down, threads that go offline to block.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};

use dacapo::hash::{Node, Table};
use dacapo::rcu::{Callback, Domain, GracePeriods, List, Node as Link, Pointer, Qsbr};

/// An object that is in a list, or in a hash table, and is freed by a callback.
#[repr(C)]
struct Object {
    callback: Callback,
    link: Link,
    node: Node,
    key: usize,
    value: usize,
    freed: *const AtomicUsize,
}

const FREED: usize = usize::MAX;

fn object(key: usize, value: usize, freed: &AtomicUsize) -> *mut Object {
    let (callback, link, node) = (Callback::new(), Link::new(), Node::new(key as u64));
    Box::into_raw(Box::new(Object { callback, link, node, key, value, freed }))
}

unsafe extern "C" fn free(callback: *mut Callback) {
    // SAFETY: the callback is the first field of a boxed Object, and this is its last use; the counter outlives the test.
    unsafe {
        let mut object = Box::from_raw(callback.cast::<Object>());
        object.value = FREED;
        (*object.freed).fetch_add(1, SeqCst);
    }
}

fn of_link(link: NonNull<Link>) -> *mut Object {
    link.as_ptr().wrapping_byte_sub(std::mem::offset_of!(Object, link)).cast()
}

fn of_node(node: NonNull<Node>) -> *mut Object {
    node.as_ptr().wrapping_byte_sub(std::mem::offset_of!(Object, node)).cast()
}

/// Its place in the table.
fn node(object: *mut Object) -> NonNull<Node> {
    // SAFETY: a field of a live object.
    unsafe { NonNull::new_unchecked(&raw mut (*object).node) }
}

/// Every entry of the list is replaced by a newer one, again and again, and the old ones are left to callbacks: a reader meets every key, none that was freed, and none that is
/// older than what it met there before.
#[test]
fn a_list_whose_entries_are_all_replaced_shows_every_key_and_nothing_freed() {
    const ENTRIES: usize = 8;
    let (domain, list, freed) = (Domain::new().expect("memory"), List::new(), AtomicUsize::new(0));
    let (over, walks, rounds) = (AtomicBool::new(false), AtomicUsize::new(0), support::rounds(400).max(8) as usize);
    // SAFETY: one updater; replaced entries are freed after a grace period.
    (0..ENTRIES).for_each(|key| unsafe { list.push_back(&raw mut (*object(key, 0, &freed)).link) });
    let met = || -> Vec<_> {
        let guard = domain.enter();
        // SAFETY: as above.
        unsafe { list.iter(&guard).map(|link| ((*of_link(link)).key, (*of_link(link)).value)).collect() }
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut last = [0; ENTRIES];
                while !over.load(Relaxed) {
                    let met = met();
                    assert!(
                        met.iter().map(|entry| entry.0).eq(0..ENTRIES),
                        "{met:?}: a new entry comes before the old one goes"
                    );
                    for (last, (_, value)) in last.iter_mut().zip(met) {
                        assert!(value != FREED && value >= *last, "{value} after {last}");
                        *last = value;
                    }
                    walks.fetch_add(1, Relaxed);
                }
            });
        }
        for round in 1..=rounds {
            let links: Vec<_> = {
                let guard = domain.enter();
                // SAFETY: as above.
                unsafe { list.iter(&guard).collect() }
            };
            for link in links {
                let old = of_link(link);
                // SAFETY: as above; nobody else takes entries out.
                unsafe {
                    List::replace(link.as_ptr(), &raw mut (*object((*old).key, round, &freed)).link);
                    domain.defer(old.cast(), free);
                }
            }
        }
        while walks.load(Relaxed) < 10 {
            std::thread::yield_now();
        }
        over.store(true, Relaxed);
    });
    assert!(met().into_iter().eq((0..ENTRIES).map(|key| (key, rounds))));
    domain.barrier();
    assert_eq!(freed.load(SeqCst), ENTRIES * rounds);
    // SAFETY: nobody reads any more.
    let left: Vec<_> = unsafe { list.iter(&domain.enter()).collect() };
    for link in left {
        // SAFETY: made by Box, and in no list that anybody uses.
        drop(unsafe { Box::from_raw(of_link(link)) });
    }
}

/// A table in which keys are there once, or several times; which is emptied, entry by entry, and goes.
#[test]
fn a_hash_table_with_single_and_repeated_keys_is_filled_looked_up_and_taken_down() {
    let (domain, freed) = (Domain::new().expect("memory"), AtomicUsize::new(0));
    let table = Table::new(&domain, 0).expect("memory");
    let keys = support::rounds(500).max(50) as usize;
    // SAFETY: here and below: objects are freed after a grace period; nobody but this thread changes the table.
    unsafe {
        for value in 0..3 {
            (0..keys).for_each(|key| table.add(node(object(key, value, &freed))).expect("memory"));
        }
        let all = |wanted: usize| {
            let (guard, mut found) = (domain.enter(), Vec::new());
            let none = table.find(&guard, wanted as u64, |node| {
                let object = of_node(node);
                if (*object).key == wanted {
                    found.push((*object).value);
                }
                false // go on to the next one
            });
            assert!(none.is_none());
            found.sort();
            found
        };
        assert!((0..keys).all(|key| all(key) == [0, 1, 2]));
        assert!(all(keys).is_empty());

        // One that must be alone finds that it is not.
        let late = object(0, 3, &freed);
        let there = table.add_unique(node(late), |other| (*of_node(other)).key == 0).expect("memory");
        assert!(there.is_some_and(|other| (*of_node(other)).value < 3));
        drop(Box::from_raw(late));

        // One of each key is replaced; the old one goes to a callback.
        for key in 0..keys {
            let old = table.replace(node(object(key, 9, &freed)), |other| (*of_node(other)).key == key);
            domain.call(of_node(old.expect("memory").expect("there were three")).cast(), free);
        }
        assert!((0..keys).all(|key| all(key).len() == 3 && all(key)[2] == 9));
        domain.barrier();
        assert_eq!(freed.load(SeqCst), keys);

        // Takes everything out while walking, as one who takes the table down does.
        let guard = domain.enter();
        table.for_each(&guard, |node| {
            assert!(table.remove(node), "each is met once");
            domain.call(of_node(node).cast(), free);
        });
        drop(guard);
    }
    assert!(table.is_empty());
    drop(table);
    domain.barrier();
    assert_eq!(freed.load(SeqCst), 4 * keys);
}

/// A worker that blocks for a long time does so offline; before and after it reads without a word to anybody, and updaters who free at once are right.
#[test]
fn a_worker_goes_offline_to_block_and_finds_the_newest_afterwards() {
    let (domain, pointer) = (Qsbr::new(), Pointer::new(Box::into_raw(Box::new(0_usize))));
    let (turn, rounds) = (std::sync::Barrier::new(2), support::rounds(200).max(10) as usize);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut reader = domain.register().expect("memory");
            for round in 0..rounds {
                // SAFETY: the updater frees after a grace period.
                assert_eq!(unsafe { pointer.load(&reader) }, Some(&round));
                reader.offline(|| {
                    turn.wait(); // it is replaced now, and nobody waits for this thread
                    turn.wait();
                });
            }
        });
        for round in 1..=rounds {
            turn.wait();
            let old = pointer.swap(Box::into_raw(Box::new(round)));
            domain.synchronize();
            // SAFETY: made by Box; the only reader was offline, or is past it.
            drop(unsafe { Box::from_raw(old) });
            turn.wait();
        }
    });
    // SAFETY: the last one; no thread is left.
    drop(unsafe { Box::from_raw(pointer.get()) });
}
