use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use dacapo::sync::EventCount;
use dacapo::sync::raw::TimedOut;

#[test]
fn a_notification_without_a_waiter_makes_no_system_call() {
    let nobody = EventCount::new();
    let calls = super::without_futex(|| {
        nobody.notify_one();
        nobody.notify_all();
        nobody.cancel(nobody.prepare());
        nobody.notify_one();
    });
    assert_eq!(calls, 0);
}

/// The negative control of the one above: who has prepared is a waiter.
#[test]
fn a_notification_with_a_waiter_does_make_a_system_call() {
    let verdict = super::without_futex(|| {
        let events = EventCount::new();
        let key = events.prepare();
        events.notify_one();
        events.cancel(key);
    });
    assert_eq!(verdict, super::KILLED);
}

#[test]
fn a_notification_between_preparing_and_waiting_is_not_lost() {
    let events = EventCount::new();
    let key = events.prepare();
    events.notify_one();
    events.wait(key); // would never return
}

#[test]
fn a_time_limit_ends_the_wait_and_leaves_nobody_counted() {
    let never = EventCount::new();
    let begin = Instant::now();
    assert_eq!(never.until_timeout(Duration::from_millis(20), || None::<()>), Err(TimedOut));
    assert!(begin.elapsed() >= Duration::from_millis(20));
    assert_eq!(super::without_futex(|| never.notify_all()), 0, "somebody is still counted as a waiter");
    assert_eq!(never.until_timeout(Duration::from_millis(20), || Some(7)), Ok(7), "what holds needs no wait");
}

/// Two threads hand a number to and fro, each sleeping until it is its turn: a lost notification stops them for ever.
#[test]
fn a_ball_comes_back_as_often_as_it_is_thrown() {
    let (turn, events) = (AtomicU32::new(0), EventCount::new());
    let rounds = support::rounds(5_000);
    std::thread::scope(|scope| {
        for me in 0..2 {
            let (turn, events) = (&turn, &events);
            scope.spawn(move || {
                for round in 0..rounds {
                    let mine = 2 * round + me;
                    events.until(|| (turn.load(Relaxed) == mine).then_some(()));
                    turn.store(mine + 1, Relaxed);
                    events.notify_all();
                }
            });
        }
    });
    assert_eq!(turn.load(Relaxed), 2 * rounds);
}

/// `notify_one` for each token: as many waiters are served as there are tokens, whoever they are.
#[test]
fn every_token_is_taken_by_somebody() {
    let each = u64::from(support::rounds(2_000));
    let (tokens, taken, events) = (AtomicU64::new(0), AtomicU64::new(0), EventCount::new());
    let take = || {
        let mut now = tokens.load(Relaxed);
        while now > 0 {
            match tokens.compare_exchange_weak(now, now - 1, Relaxed, Relaxed) {
                Ok(_) => return Some(()),
                Err(other) => now = other,
            }
        }
        None
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..each {
                    events.until(take);
                    taken.fetch_add(1, Relaxed);
                }
            });
        }
        for _ in 0..3 * each {
            tokens.fetch_add(1, Relaxed);
            events.notify_one();
        }
    });
    assert_eq!((taken.load(Relaxed), tokens.load(Relaxed)), (3 * each, 0));
}
