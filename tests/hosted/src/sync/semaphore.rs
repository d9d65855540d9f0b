use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use dacapo::sync::{Barrier, Parker, Semaphore};

#[test]
fn at_most_as_many_as_there_are_units_are_inside() {
    let (semaphore, inside) = (Semaphore::new(3), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..support::rounds(20_000) {
                    semaphore.wait();
                    assert!(inside.fetch_add(1, SeqCst) < 3);
                    inside.fetch_sub(1, SeqCst);
                    assert!(semaphore.post());
                }
            });
        }
    });
    assert_eq!(semaphore.count(), 3);
}

#[test]
fn ping_pong_through_two_semaphores_ends() {
    let (ping, pong) = (Semaphore::new(0), Semaphore::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..support::rounds(5_000) {
                ping.wait();
                assert!(pong.post());
            }
        });
        for _ in 0..support::rounds(5_000) {
            assert!(ping.post());
            pong.wait();
        }
    });
}

#[test]
fn time_limits_take_no_unit_and_post_stops_at_the_limit() {
    let semaphore = Semaphore::new(0);
    assert!(semaphore.wait_timeout(Duration::from_millis(5)).is_err());
    assert!(semaphore.post() && semaphore.try_wait() && !semaphore.try_wait());
    assert!(!Semaphore::new(i32::MAX as u32).post());
}

#[test]
fn a_post_without_a_waiter_makes_no_system_call() {
    let verdict = super::without_futex(|| {
        let semaphore = Semaphore::new(0);
        assert!(semaphore.post());
        semaphore.wait();
        let parker = Parker::new();
        parker.unpark();
        parker.park();
    });
    assert_eq!(verdict, 0);
}

#[test]
fn a_barrier_lets_nobody_through_early_and_names_one_a_round() {
    let (barrier, arrived, leaders) = (Barrier::new(4), AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 1..=1_000 {
                    arrived.fetch_add(1, SeqCst);
                    leaders.fetch_add(u32::from(barrier.wait()), SeqCst);
                    assert!(arrived.load(SeqCst) >= 4 * round);
                    barrier.wait();
                }
            });
        }
    });
    assert_eq!(leaders.into_inner(), 1_000);
}

#[test]
fn an_unpark_is_never_lost() {
    let (here, there) = (Parker::new(), Parker::new());
    assert!(here.park_timeout(Duration::from_millis(2)).is_err());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..support::rounds(5_000) {
                there.park();
                here.unpark();
            }
        });
        for _ in 0..support::rounds(5_000) {
            there.unpark();
            here.park();
        }
    });
}
