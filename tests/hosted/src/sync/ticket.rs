use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

use dacapo::sync::TicketLock;

#[test]
fn eight_threads_lose_no_update() {
    let each = u64::from(support::rounds(3_000));
    let lock = TicketLock::new(0_u64);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..each).for_each(|_| *lock.lock() += 1));
        }
    });
    assert_eq!(lock.into_inner(), 8 * each);
}

/// Whoever comes while others wait is served after them all.
#[test]
fn waiters_are_served_in_the_order_in_which_they_came() {
    let (lock, waiting) = (TicketLock::new(Vec::new()), AtomicU32::new(0));
    let first = lock.lock();
    std::thread::scope(|scope| {
        for n in 0..6 {
            let (lock, waiting) = (&lock, &waiting);
            scope.spawn(move || {
                waiting.fetch_add(1, SeqCst);
                lock.lock().push(n);
            });
            // It draws its ticket right after it has said so: the lock itself shows that it did.
            while !format!("{lock:?}").contains(&format!("next: {}", n + 2)) {
                std::thread::yield_now();
            }
        }
        drop(first);
    });
    assert_eq!(lock.into_inner(), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn try_lock_neither_waits_nor_queues() {
    let lock = TicketLock::new(1);
    let guard = lock.lock();
    assert!(lock.try_lock().is_none());
    assert!(lock.try_lock().is_none(), "a refused try must not have drawn a ticket");
    drop(guard);
    *lock.try_lock().expect("free") += 1;
    assert_eq!(*lock.lock(), 2);
}

#[test]
fn without_contention_no_system_call_is_made() {
    let verdict = super::without_futex(|| {
        let lock = TicketLock::new(0);
        *lock.lock() += 1;
        *lock.lock() += 1;
    });
    assert_eq!(verdict, 0);
}

#[test]
fn it_stands_a_signal_storm() {
    let storm = support::signals::storm();
    let (lock, over) = (TicketLock::new(0_u64), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !over.load(SeqCst) {
                    *lock.lock() += 1;
                }
            });
        }
        // On a busy machine twenty signals may come before one of the threads does.
        while storm.delivered() < 20 || *lock.lock() == 0 {
            std::thread::yield_now();
        }
        over.store(true, SeqCst);
    });
}
