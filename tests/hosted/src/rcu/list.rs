use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};

use dacapo::rcu::{Domain, GracePeriods, HList, HNode, List, Node};

/// The node is the first field: its address is the object's.
#[repr(C)]
struct Entry<N> {
    node: N,
    key: AtomicUsize,
}

const GONE: usize = usize::MAX;

fn entries(count: usize) -> Vec<Entry<Node>> {
    (0..count).map(|key| Entry { node: Node::new(), key: AtomicUsize::new(key) }).collect()
}

fn node<N>(entry: &Entry<N>) -> *mut N {
    (&raw const entry.node).cast_mut()
}

fn keys(domain: &Domain, list: &List) -> Vec<usize> {
    let guard = domain.enter();
    // SAFETY: every node is an Entry's and outlives the test.
    unsafe { list.iter(&guard).map(|node| node.cast::<Entry<Node>>().as_ref().key.load(Relaxed)).collect() }
}

#[test]
fn a_list_keeps_its_order_through_every_change() {
    let (domain, list, entries) = (Domain::new().expect("memory"), List::new(), entries(6));
    let at = |n: usize| node(&entries[n]);
    assert!(list.is_empty() && keys(&domain, &list).is_empty());
    // SAFETY: one updater; the entries outlive the list.
    unsafe {
        list.push_back(at(1));
        list.push_back(at(2));
        list.push_front(at(0));
        assert_eq!(keys(&domain, &list), [0, 1, 2]);
        List::insert_after(at(1), at(3));
        assert_eq!(keys(&domain, &list), [0, 1, 3, 2]);
        List::remove(at(1));
        List::replace(at(2), at(4));
        assert_eq!(keys(&domain, &list), [0, 3, 4]);
        list.push_back(at(5));
        assert_eq!(keys(&domain, &list), [0, 3, 4, 5]);
        for n in [0, 5, 3, 4] {
            List::remove(at(n));
        }
        assert!(list.is_empty() && keys(&domain, &list).is_empty());
        list.push_front(at(2));
        assert_eq!(keys(&domain, &list), [2]);
    }
}

#[test]
fn a_reader_on_a_removed_node_finds_its_way_back() {
    let (domain, list, entries) = (Domain::new().expect("memory"), List::new(), entries(3));
    // SAFETY: as above; the removed nodes stay valid.
    unsafe {
        entries.iter().for_each(|entry| list.push_back(node(entry)));
        let guard = domain.enter();
        let mut walk = list.iter(&guard);
        walk.next();
        let second = walk.next().expect("three nodes");
        List::remove(second.as_ptr());
        assert_eq!(walk.next().map(|node| node.as_ptr()), Some(node(&entries[2])));
        assert!(walk.next().is_none());
    }
}

/// Entries move from the front to the back, by way of a grace period in which they are marked as gone; readers never meet a mark.
#[test]
fn walks_meet_no_entry_whose_grace_period_is_over() {
    let (domain, list, entries) = (Domain::new().expect("memory"), List::new(), entries(8));
    let (over, bad, walks) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    // SAFETY: one updater; the entries outlive the list.
    entries.iter().for_each(|entry| unsafe { list.push_back(node(entry)) });
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !over.load(Relaxed) {
                    let keys = keys(&domain, &list);
                    if keys.contains(&GONE) || keys.len() < 7 {
                        bad.fetch_add(1, Relaxed);
                    }
                    walks.fetch_add(1, Relaxed);
                }
            });
        }
        for turn in 0.. {
            if turn >= support::rounds(1000) as usize && walks.load(Relaxed) > 20 {
                break;
            }
            let entry = &entries[turn % 8];
            // SAFETY: as above; it is marked and inserted again after a grace period.
            unsafe {
                List::remove(node(entry));
                domain.synchronize();
                entry.key.store(GONE, Relaxed);
                entry.key.store(turn % 8, Relaxed);
                list.push_back(node(entry));
            }
        }
        over.store(true, Relaxed);
    });
    assert_eq!(bad.load(Relaxed), 0);
}

#[test]
fn a_hash_bucket_keeps_its_order_through_every_change() {
    let (domain, list) = (Domain::new().expect("memory"), HList::new());
    let entries: Vec<_> = (0..4).map(|key| Entry { node: HNode::new(), key: AtomicUsize::new(key) }).collect();
    let at = |n: usize| node(&entries[n]);
    let keys = || {
        let guard = domain.enter();
        // SAFETY: every node is an Entry's and outlives the test.
        let keys: Vec<_> =
            unsafe { list.iter(&guard).map(|node| node.cast::<Entry<HNode>>().as_ref().key.load(Relaxed)).collect() };
        keys
    };
    assert!(list.is_empty());
    // SAFETY: one updater; the entries outlive the list.
    unsafe {
        list.push(at(0));
        list.push(at(1));
        HList::insert_after(at(1), at(2));
        HList::insert_after(at(0), at(3));
        assert_eq!(keys(), [1, 2, 0, 3]);
        HList::remove(at(2));
        HList::remove(at(1));
        HList::remove(at(3));
        assert_eq!(keys(), [0]);
        HList::remove(at(0));
        assert!(list.is_empty());
    }
}
