//! The event count: a waiter whose condition has become true is not left asleep.

use loom::sync::Arc;

use crate::fence::take_part;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::event_count::EventCount;
use crate::{Found, explore};

/// One notifier that makes a condition true, and `waiters` that wait for it.
fn notify(waiters: usize, all: bool, preemptions: usize) -> Found {
    explore(preemptions, move || {
        let shared = Arc::new((EventCount::new(), AtomicU32::new(0)));
        let threads: Vec<_> = (0..waiters)
            .map(|waiter| {
                let shared = shared.clone();
                loom::thread::spawn(move || {
                    take_part(waiter, || {
                        let (events, condition) = &*shared;
                        events.until(|| (condition.load(Relaxed) != 0).then_some(()));
                    });
                })
            })
            .collect();
        take_part(2, || {
            let (events, condition) = &*shared;
            condition.store(1, Relaxed);
            if all { events.notify_all() } else { events.notify_one() }
        });
        threads.into_iter().for_each(|thread| thread.join().expect("a waiter"));
    })
}

#[test]
fn one_waiter_sees_what_it_waits_for() {
    assert_eq!(notify(1, false, 4), Found::Nothing);
}

#[test]
fn all_waiters_see_what_they_wait_for() {
    assert_eq!(notify(2, true, 1), Found::Nothing);
}
