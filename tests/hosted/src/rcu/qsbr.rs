use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use std::time::Duration;

use dacapo::rcu::{GracePeriods, Qsbr};

use super::Pool;

/// Readers that look at the pool and are quiescent every few looks; how often they saw poison. `each` runs in every round of a reader.
fn torment(updates: u32, grace_period: impl Fn(&Qsbr) + Sync, sleepy: bool) -> usize {
    let (domain, pool, bad, over) = (Qsbr::new(), Pool::new(), AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for n in 0..4 {
            let (domain, pool, bad, over) = (&domain, &pool, &bad, &over);
            scope.spawn(move || {
                let mut reader = domain.register().expect("memory");
                let mut turn = n;
                while !over.load(Relaxed) {
                    let seen = (0..32).map(|_| pool.look(3)).sum::<usize>();
                    if seen > 0 {
                        bad.fetch_add(seen, Relaxed);
                    }
                    turn += 1;
                    if sleepy && turn % 50 == 0 {
                        reader.offline(std::thread::yield_now);
                    } else {
                        reader.quiescent();
                    }
                }
            });
        }
        let updaters: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..updates {
                        pool.replace(|| grace_period(&domain));
                        if bad.load(Relaxed) > 0 {
                            break;
                        }
                    }
                })
            })
            .collect();
        updaters.into_iter().for_each(|updater| updater.join().unwrap());
        over.store(true, Relaxed);
    });
    bad.into_inner()
}

#[test]
fn no_reader_sees_what_a_grace_period_has_passed_over() {
    assert_eq!(torment(support::rounds(300), Qsbr::synchronize, false), 0);
    assert_eq!(torment(support::rounds(300), Qsbr::synchronize_expedited, true), 0);
}

#[test]
fn without_grace_periods_readers_see_poison() {
    assert!((0..5).any(|_| torment(2_000_000, |_| (), false) > 0), "this test could not see a missing grace period");
}

#[test]
fn a_grace_period_waits_for_every_online_reader_and_for_no_other() {
    let domain = Qsbr::new();
    let mut first = domain.register().expect("memory");
    let mut second = domain.register().expect("memory");
    let state = domain.poll_state();
    assert!(!domain.poll(state));
    first.quiescent();
    assert!(!domain.poll(state));
    second.quiescent();
    assert!(domain.poll(state));
    let next = domain.poll_state();
    second.offline(|| {
        assert!(!domain.poll(next));
        first.quiescent();
        assert!(domain.poll(next));
    });
    drop(first);
    assert!(!domain.poll(domain.poll_state()));
    second.synchronize();
    drop(second);
    domain.synchronize();
}

#[test]
fn readers_come_and_go_by_the_hundred() {
    let domain = Qsbr::new();
    for _ in 0..3 {
        let readers: Vec<_> = (0..200).map(|_| domain.register().expect("memory")).collect();
        let state = domain.poll_state();
        assert!(!domain.poll(state));
        drop(readers);
        assert!(domain.poll(state));
    }
}

#[test]
fn a_registration_may_move_to_another_thread() {
    let domain = &Qsbr::new();
    let mut reader = domain.register().expect("memory");
    let quiet = &AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(10));
            quiet.store(true, SeqCst);
            reader.quiescent();
        });
        domain.synchronize();
        assert!(quiet.load(SeqCst));
    });
}

#[test]
fn a_forked_child_forgets_the_readers_that_it_does_not_have() {
    let domain = Qsbr::new();
    let mut own = domain.register().expect("memory");
    let lost = domain.register().expect("memory");
    let verdict = support::process::child(|| {
        // SAFETY: one thread, whose registration is `own`.
        unsafe { domain.after_fork_in_child(Some(&own)) };
        let state = domain.poll_state();
        let waits = !domain.poll(state);
        own.quiescent();
        i32::from(!(waits && domain.poll(state)))
    });
    assert_eq!(verdict, 0);
    drop(lost);
}
