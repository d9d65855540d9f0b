use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};

use dacapo::rcu::RcuCell;
use dacapo::rcu::cell::SLOTS;

use crate::percpu::{Over, tormented};

/// Counts how many of them exist.
struct Counted {
    version: usize,
    again: usize,
    alive: Arc<AtomicUsize>,
}

impl Counted {
    fn new(version: usize, alive: &Arc<AtomicUsize>) -> Counted {
        alive.fetch_add(1, SeqCst);
        Counted { version, again: !version, alive: alive.clone() }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.version = 0;
        self.alive.fetch_sub(1, SeqCst);
    }
}

#[test]
fn every_reference_shows_one_whole_version_and_none_goes_back() {
    let alive = Arc::new(AtomicUsize::new(0));
    let cell = RcuCell::new(Counted::new(1, &alive)).expect("memory");
    let over = AtomicBool::new(false);
    tormented(4, |n| {
        if n == 0 {
            let _over = Over(&over);
            for version in 2..support::rounds(2000) as usize {
                cell.store(Counted::new(version, &alive));
                assert!(alive.load(SeqCst) <= SLOTS);
            }
            return;
        }
        let mut last = 0;
        while !over.load(Relaxed) {
            for _ in 0..100 {
                let now = cell.load();
                assert!(now.version >= last && now.again == !now.version, "{} after {last}", now.version);
                last = now.version;
            }
        }
    });
    assert_eq!(cell.reclaim(), 0);
    assert_eq!(alive.load(SeqCst), 1);
    drop(cell);
    assert_eq!(alive.load(SeqCst), 0, "all versions were dropped, each once");
}

#[test]
fn a_reference_keeps_its_version_while_others_store() {
    let cell = RcuCell::new(String::from("0")).expect("memory");
    let kept = cell.load();
    for version in 1..100 {
        cell.store(version.to_string());
    }
    assert_eq!((kept.as_str(), cell.load().as_str()), ("0", "99"));
    assert_eq!(cell.reclaim(), 1);
    std::thread::scope(|scope| drop(scope.spawn(move || drop(kept))));
    assert_eq!(cell.reclaim(), 0);
}

#[test]
fn a_store_waits_when_every_other_slot_has_a_reader() {
    let cell = &RcuCell::new(0).expect("memory");
    let mut kept: Vec<_> = (1..SLOTS)
        .map(|version| {
            let reference = cell.load();
            cell.store(version);
            reference
        })
        .collect();
    assert_eq!(cell.reclaim(), SLOTS - 1);
    let stored = &AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            cell.store(100);
            stored.store(true, SeqCst);
        });
        std::thread::sleep(std::time::Duration::from_millis(20));
        assert!(!stored.load(SeqCst) && *cell.load() == SLOTS - 1, "readers go on meanwhile");
        kept.pop();
    });
    assert_eq!(*cell.load(), 100);
}

#[test]
fn updates_of_many_threads_are_all_made() {
    let cell = RcuCell::new(0_usize).expect("memory");
    let each = support::rounds(300).max(20) as usize;
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..each).for_each(|_| cell.update(|count| count + 1)));
        }
    });
    assert_eq!(*cell.load(), 4 * each);
}
