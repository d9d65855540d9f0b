use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use dacapo::percpu::Ring;

/// Records carry (thread, number): within one ring each thread's are in order, and none is collected twice.
#[test]
fn what_was_accepted_is_collected_once_and_in_order() {
    let each = support::rounds(50_000) as usize;
    let ring = Ring::new(256).expect("memory");
    let (accepted, tried) = (AtomicUsize::new(0), AtomicUsize::new(0));
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
                let (ring, accepted, tried) = (&ring, &accepted, &tried);
                scope.spawn(move || {
                    let record = |i: usize| ring.record(NonZeroUsize::new(i * 4 + n).expect("not 0"));
                    while !record(1) {
                        tried.fetch_add(1, SeqCst); // refused while it is being collected, which on a slow machine is most of the time
                    }
                    accepted.fetch_add(1 + (2..=each).filter(|&i| record(i)).count(), SeqCst);
                    tried.fetch_add(each, SeqCst);
                })
            })
            .collect();
        while !writers.iter().all(|writer| writer.is_finished()) {
            collect();
            std::thread::sleep(std::time::Duration::from_micros(support::period(20).into()));
        }
    });
    collect();
    let (accepted, tried) = (accepted.into_inner(), tried.into_inner());
    assert_eq!((seen.len(), seen.len() + ring.lost()), (accepted, tried));
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), accepted, "collected twice");
}
