//! The mutex, the queued, the ticket and the sequence lock.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

pub mod halves;
pub mod shim;

pub mod mutex {
    include!(concat!(env!("OUT_DIR"), "/mutex.rs"));
}
pub mod queued {
    include!(concat!(env!("OUT_DIR"), "/queued.rs"));
}
pub mod seqlock {
    include!(concat!(env!("OUT_DIR"), "/seqlock.rs"));
}

pub mod ticket {
    include!(concat!(env!("OUT_DIR"), "/ticket.rs"));
}

use mutex::RawMutex;
use queued::QueuedLock;
use seqlock::SeqLock;
use shim::futex::Scope;
use ticket::TicketLock;

use crate::{Found, explore};

/// Data in whose cell loom sees two threads at once, or one that has not seen the other's writes.
struct Guarded {
    mutex: RawMutex,
    count: UnsafeCell<u32>,
}
// SAFETY: loom checks each access.
unsafe impl Sync for Guarded {}
// SAFETY: as above.
unsafe impl Send for Guarded {}

impl Guarded {
    fn add(&self) {
        self.mutex.lock(Scope::Private);
        // SAFETY: loom checks that the mutex makes this the only access.
        self.count.with_mut(|count| unsafe { *count += 1 });
        // SAFETY: taken above.
        unsafe { self.mutex.unlock(Scope::Private) };
    }
}

fn add_under_the_mutex(threads: usize, each: u32, preemptions: usize) {
    let found = explore(preemptions, move || {
        let guarded = Arc::new(Guarded { mutex: RawMutex::new(), count: UnsafeCell::new(0) });
        let others: Vec<_> = (1..threads)
            .map(|_| {
                let guarded = guarded.clone();
                thread::spawn(move || (0..each).for_each(|_| guarded.add()))
            })
            .collect();
        (0..each).for_each(|_| guarded.add());
        others.into_iter().for_each(|other| other.join().expect("ran"));
        // SAFETY: loom checks that the others have ended.
        guarded.count.with(|count| assert_eq!(unsafe { *count }, threads as u32 * each));
        assert!(!guarded.mutex.is_locked());
    });
    assert_eq!(found, Found::Nothing);
}

#[test]
fn a_mutex_excludes_publishes_and_forgets_no_sleeper() {
    add_under_the_mutex(2, 2, 3);
}

#[test]
fn a_mutex_serves_three_threads() {
    add_under_the_mutex(3, 1, 2);
}

fn add_in_the_queue(threads: usize, each: u32, preemptions: usize) {
    let found = explore(preemptions, move || {
        let lock = Arc::new(QueuedLock::new(UnsafeCell::new(0)));
        let add = |lock: &QueuedLock<UnsafeCell<u32>>| {
            // SAFETY: loom checks that the lock makes this the only access.
            lock.with(|count| count.with_mut(|count| unsafe { *count += 1 }));
        };
        let others: Vec<_> = (1..threads)
            .map(|_| {
                let lock = lock.clone();
                thread::spawn(move || (0..each).for_each(|_| add(&lock)))
            })
            .collect();
        (0..each).for_each(|_| add(&lock));
        others.into_iter().for_each(|other| other.join().expect("ran"));
        // SAFETY: loom checks that the others have ended.
        lock.with(|count| count.with(|count| assert_eq!(unsafe { *count }, threads as u32 * each)));
        assert!(!lock.is_locked());
    });
    assert_eq!(found, Found::Nothing);
}

#[test]
fn a_queued_lock_excludes_publishes_and_forgets_no_sleeper() {
    add_in_the_queue(2, 2, 3);
}

#[test]
fn a_queued_lock_serves_three_threads() {
    add_in_the_queue(3, 1, 2);
}

fn add_in_turn(threads: usize, each: u32, preemptions: usize) {
    let found = explore(preemptions, move || {
        let lock = Arc::new(TicketLock::new(UnsafeCell::new(0)));
        let add = |lock: &TicketLock<UnsafeCell<u32>>| {
            // SAFETY: loom checks that the lock makes this the only access.
            lock.lock().with_mut(|count| unsafe { *count += 1 });
        };
        let others: Vec<_> = (1..threads)
            .map(|_| {
                let lock = lock.clone();
                thread::spawn(move || (0..each).for_each(|_| add(&lock)))
            })
            .collect();
        (0..each).for_each(|_| add(&lock));
        others.into_iter().for_each(|other| other.join().expect("ran"));
        // SAFETY: loom checks that the others have ended.
        lock.lock().with(|count| assert_eq!(unsafe { *count }, threads as u32 * each));
    });
    assert_eq!(found, Found::Nothing);
}

#[test]
fn a_ticket_lock_excludes_publishes_and_wakes_the_next_one() {
    add_in_turn(2, 2, 3);
}

#[test]
fn a_ticket_lock_serves_three_threads() {
    add_in_turn(3, 1, 2);
}

#[test]
fn a_ticket_lock_is_tried_in_vain_while_somebody_has_it_and_served_in_order() {
    let found = explore(3, || {
        let lock = Arc::new(TicketLock::new(UnsafeCell::new(0)));
        let other = {
            let lock = lock.clone();
            // SAFETY: loom checks that the lock makes this the only access.
            thread::spawn(move || lock.try_lock().map(|count| count.with_mut(|count| unsafe { *count += 1 })).is_some())
        };
        // SAFETY: as above.
        lock.lock().with_mut(|count| unsafe { *count += 1 });
        let tried = other.join().expect("ran");
        // SAFETY: as above.
        lock.lock().with(|count| assert_eq!(unsafe { *count }, 1 + u32::from(tried)));
    });
    assert_eq!(found, Found::Nothing);
}

#[test]
fn a_sequence_lock_shows_whole_writes_in_order() {
    let found = explore(3, || {
        let lock = Arc::new(SeqLock::new([0, 0]));
        // The reader comes second, so that each of its loads may still find what was there before a store that it has not seen.
        let reader = {
            let lock = lock.clone();
            thread::spawn(move || {
                let mut last = 0;
                for _ in 0..2 {
                    if let Some([a, b]) = lock.try_read() {
                        assert_eq!(a, b, "half a write");
                        assert!(a >= last, "went back");
                        last = a;
                    }
                }
            })
        };
        (1..3).for_each(|n| lock.write([n, n]));
        reader.join().expect("ran");
        assert_eq!(lock.read(), [2, 2]);
    });
    assert_eq!(found, Found::Nothing);
}
