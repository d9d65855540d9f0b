use std::time::{Duration, Instant};

use dacapo::sync::{Condvar, Mutex};

#[test]
fn a_bounded_queue_passes_every_message() {
    let messages = u64::from(support::rounds(10_000));
    let (queue, filled, emptied) = (Mutex::new(Vec::new()), Condvar::new(), Condvar::new());
    let sum = std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for n in 1..=messages {
                    let mut guard = queue.lock();
                    emptied.wait_while(&mut guard, |q| q.len() >= 4);
                    guard.push(n);
                    filled.notify_one();
                }
            });
        }
        let consumers: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let mut sum = 0;
                    for _ in 0..messages {
                        let mut guard = queue.lock();
                        filled.wait_while(&mut guard, |q| q.is_empty());
                        sum += guard.pop().expect("not empty");
                        drop(guard);
                        emptied.notify_one();
                    }
                    sum
                })
            })
            .collect();
        consumers.into_iter().map(|c| c.join().expect("ran")).sum::<u64>()
    });
    assert_eq!(sum, 3 * messages * (messages + 1) / 2);
}

#[test]
fn notify_all_wakes_everyone() {
    for _ in 0..support::rounds(200) {
        let (state, changed) = (Mutex::new((0, false)), Condvar::new());
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut guard = state.lock();
                    guard.0 += 1;
                    changed.wait_while(&mut guard, |s| !s.1);
                });
            }
            while state.lock().0 < 8 {
                std::thread::yield_now();
            }
            let mut guard = state.lock();
            guard.1 = true;
            changed.notify_all();
            drop(guard);
        });
    }
}

#[test]
fn a_time_limit_ends_the_wait_with_the_mutex_held() {
    let (mutex, never) = (Mutex::new(0), Condvar::new());
    let mut guard = mutex.lock();
    let begin = Instant::now();
    while never.wait_timeout(&mut guard, Duration::from_millis(20)).is_ok() {}
    assert!(begin.elapsed() >= Duration::from_millis(20));
    assert!(mutex.try_lock().is_none(), "held again");
}

#[test]
fn a_notification_without_a_waiter_makes_no_system_call() {
    let nobody = Condvar::new();
    assert_eq!(
        super::without_futex(|| {
            nobody.notify_one();
            nobody.notify_all();
        }),
        0
    );
}

/// The negative control of every `without_futex`: a real wait is caught.
#[test]
fn a_wait_does_make_a_system_call() {
    let verdict = super::without_futex(|| {
        let (mutex, never) = (Mutex::new(0), Condvar::new());
        let _ = never.wait_timeout(&mut mutex.lock(), Duration::from_millis(1));
    });
    assert_eq!(verdict, super::KILLED);
}
