use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use dacapo::percpu::Ring;

/// Records carry (thread, number): within one ring each thread's are in order, and none is collected twice.
#[test]
fn what_was_accepted_is_collected_once_and_in_order() {
    let each = support::rounds(50_000) as usize;
    let ring = Ring::new(256).expect("memory");
    let accepted = AtomicUsize::new(0);
    let mut seen = Vec::new();
    let mut collect = || {
        ring.collect(|records| {
            let mut last = [0_usize; 4];
            for record in records {
                let (thread, number) = (record.get() % 4, record.get() / 4);
                assert!(number > last[thread], "thread {thread}: {number} after {}", last[thread]);
                last[thread] = number;
                seen.push(record.get());
            }
        });
    };
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|n| {
                let (ring, accepted) = (&ring, &accepted);
                scope.spawn(move || {
                    let mine = (1..=each).filter(|i| ring.record(NonZeroUsize::new(i * 4 + n).expect("not 0")));
                    accepted.fetch_add(mine.count(), SeqCst);
                })
            })
            .collect();
        while !writers.iter().all(|writer| writer.is_finished()) {
            collect();
            std::thread::sleep(std::time::Duration::from_micros(support::period(20).into()));
        }
    });
    collect();
    assert_eq!((seen.len(), seen.len() + ring.lost()), (accepted.into_inner(), 4 * each));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len() + ring.lost(), 4 * each, "collected twice");
    assert!(!seen.is_empty());
}
