use std::sync::atomic::{AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};

use dacapo::percpu::Reference;

/// Threads take and give references while the owner kills it: exactly one of all calls sees the end, and it comes after all holders' work.
#[test]
fn exactly_one_sees_the_end_and_nobody_holds_it_then() {
    for round in 0..support::rounds(60) {
        let reference = Reference::new().expect("memory");
        let (holders, ends, worked) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let end = |last: bool| {
            if last {
                assert_eq!(holders.load(SeqCst), 0, "ended under a holder");
                ends.fetch_add(1, SeqCst);
            }
        };
        let put = || {
            worked.fetch_add(1, Relaxed);
            holders.fetch_sub(1, SeqCst);
            end(reference.put());
        };
        super::tormented(4, |n| {
            if n == 3 {
                std::thread::sleep(std::time::Duration::from_micros(u64::from(round % 20) * 50));
                end(reference.kill());
                assert!(!reference.try_get(), "killed");
                return;
            }
            while reference.try_get() {
                // `end` may not count this holder before it is one: the reference is what keeps the end away.
                holders.fetch_add(1, SeqCst);
                reference.get();
                holders.fetch_add(1, SeqCst);
                put();
                put();
            }
        });
        assert_eq!((ends.into_inner(), reference.count_if_dying()), (1, Some(0)));
    }
}

#[test]
fn alive_it_never_ends_and_a_put_elsewhere_counts() {
    let reference = Reference::new().expect("memory");
    let cpus = support::affinity::allowed();
    for (n, &cpu) in [cpus[0], cpus[cpus.len() - 1]].iter().enumerate() {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                support::affinity::pin(cpu);
                for _ in 0..1000 {
                    if n == 0 { reference.get() } else { assert!(!reference.put()) }
                }
            });
        });
    }
    assert_eq!(reference.count_if_dying(), None);
    reference.get();
    assert!(!reference.kill());
    assert!(!reference.kill(), "a second kill does nothing");
    assert_eq!(reference.count_if_dying(), Some(1));
    assert!(reference.put());
}
