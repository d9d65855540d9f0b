use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use dacapo::sync::QueuedLock;

#[test]
fn eight_threads_lose_no_update() {
    let each = u64::from(support::rounds(3_000));
    let lock = QueuedLock::new(0_u64);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..each).for_each(|_| lock.with(|n| *n += 1)));
        }
    });
    assert!(!lock.is_locked());
    assert_eq!(lock.into_inner(), 8 * each);
}

#[test]
fn nobody_who_waits_is_overtaken_twice_by_the_same_thread() {
    let rounds = support::rounds(400);
    let lock = QueuedLock::new(Vec::new());
    let in_line = [const { AtomicU32::new(0) }; 3];
    std::thread::scope(|scope| {
        for me in 0..3 {
            let (lock, in_line) = (&lock, &in_line);
            scope.spawn(move || {
                for _ in 0..rounds {
                    in_line[me].store(1, SeqCst);
                    lock.with(|order: &mut Vec<usize>| {
                        order.push(me);
                        in_line[me].store(0, SeqCst);
                        std::thread::yield_now(); // let the others come into the queue
                    });
                }
            });
        }
    });
    assert_eq!(lock.into_inner().len(), 3 * rounds as usize);
}

#[test]
fn without_contention_no_system_call_is_made() {
    let verdict = super::without_futex(|| {
        let lock = QueuedLock::new(0);
        lock.with(|n| *n += 1);
        lock.with(|n| *n += 1);
    });
    assert_eq!(verdict, 0);
}

#[test]
fn a_panic_in_the_hold_gives_the_lock_back() {
    let lock = QueuedLock::new(0);
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| lock.with(|_| panic!("on purpose"))));
    assert!(outcome.is_err());
    assert!(!lock.is_locked());
    lock.with(|n| *n += 1);
}
