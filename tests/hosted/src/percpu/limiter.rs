use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::{Duration, Instant};

use dacapo::percpu::Limiter;

fn admitted(limiter: &Limiter, threads: usize, time: Duration) -> u64 {
    let admitted = AtomicU64::new(0);
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while begin.elapsed() < time {
                    admitted.fetch_add(u64::from(limiter.admit()), SeqCst);
                }
            });
        }
    });
    admitted.into_inner()
}

#[test]
fn no_more_are_admitted_than_the_clock_allows() {
    for batch in [1, 8] {
        let made = Instant::now();
        let limiter = Limiter::new(Duration::from_micros(20), 100, batch).expect("memory");
        // More than the burst: the pool fills again, however little of the time is ours.
        let mut sum = 0;
        while sum <= 100 {
            sum += admitted(&limiter, 4, Duration::from_millis(60));
            let allowed = 100 + made.elapsed().as_micros() as u64 / 20;
            assert!(sum <= allowed, "{sum} of {allowed}, batch {batch}");
            assert!(made.elapsed() < Duration::from_secs(60), "the pool never filled again: {sum}, batch {batch}");
        }
    }
}

#[test]
fn a_burst_passes_at_once_and_no_more() {
    let limiter = Limiter::new(Duration::from_secs(3600), 10, 4).expect("memory");
    assert_eq!((0..100).filter(|_| limiter.admit()).count(), 10);
}
