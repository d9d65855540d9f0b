//! Counters, from the cheapest level of the hierarchy up.

use dacapo::counter::{Histogram, SharedCounter, Statistics, StripedCounter, ThreadCounter, histogram};

use crate::percpu::tormented;

#[test]
fn a_striped_counter_loses_nothing() {
    let each = support::rounds(200_000) as usize;
    let counter = StripedCounter::<4>::new();
    tormented(8, |_| (0..each).for_each(|_| counter.add(1)));
    assert_eq!(counter.sum(), 8 * each);
}

#[test]
fn places_are_inherited_and_nothing_is_lost_with_more_threads_than_places() {
    let each = support::rounds(50_000) as usize;
    static COUNTER: ThreadCounter<3> = ThreadCounter::new();
    for _ in 0..3 {
        std::thread::scope(|scope| {
            for _ in 0..5 {
                scope.spawn(|| {
                    let mine = COUNTER.mine();
                    (0..each).for_each(|_| mine.add(1));
                });
            }
        });
    }
    assert_eq!(COUNTER.sum(), 15 * each);
    let held: Vec<_> = (0..4).map(|_| COUNTER.mine()).collect();
    assert_eq!(held.iter().filter(|mine| mine.is_alone()).count(), 3);
}

#[test]
fn a_shared_counter_keeps_its_limit() {
    let counter = SharedCounter::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..support::rounds(20_000)).for_each(|_| _ = counter.add_below(3, 1000)));
        }
    });
    assert_eq!(counter.get(), 999);
    assert_eq!(
        (counter.add(1), counter.add_below(1, 1000), counter.add_below(usize::MAX, usize::MAX)),
        (999, None, None)
    );
}

#[test]
fn every_value_lies_in_its_bucket_and_buckets_leave_no_gap() {
    let mut next = 0_u64;
    for bucket in 0..histogram::BUCKETS {
        let (first, last) = histogram::range(bucket);
        assert_eq!(first, next, "bucket {bucket}");
        assert_eq!((histogram::bucket(first), histogram::bucket(last)), (bucket, bucket));
        assert!(last - first <= first / 4, "bucket {bucket} is too wide: {first} to {last}");
        next = last.wrapping_add(1);
    }
    assert_eq!(next, 0, "the last bucket ends at the largest value");
}

#[test]
fn a_histogram_counts_every_record_under_signals_and_migrations() {
    let each = u64::from(support::rounds(60_000));
    let histogram = Histogram::new().expect("memory");
    let before = histogram.snapshot();
    tormented(4, |n| (0..each).for_each(|i| histogram.record(i % 100 * (n as u64 + 1))));
    let after = histogram.snapshot().since(&before);
    assert_eq!(after.total() as u64, 4 * each);
    assert_eq!((before.quantile(500), after.quantile(0)), (None, Some(0)));
    let most = after.quantile(1000).expect("records");
    assert!((396..=396 + 99).contains(&most), "{most}");
}

#[test]
fn statistics_are_exact_at_rest() {
    let each = support::rounds(60_000) as usize;
    let statistics = Statistics::new().expect("memory");
    let empty = statistics.summary();
    assert_eq!((empty.count, empty.min, empty.max), (0, usize::MAX, 0));
    tormented(4, |n| (1..=each).for_each(|i| statistics.record(i + n)));
    let summary = statistics.summary();
    assert_eq!((summary.count, summary.min, summary.max), (4 * each, 1, each + 3));
    assert_eq!(summary.sum, 4 * (each * (each + 1) / 2) + 6 * each);
}
