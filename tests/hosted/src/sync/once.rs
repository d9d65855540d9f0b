use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use dacapo::sync::{Once, OnceCell};

#[test]
fn it_happens_once_and_everyone_waits_for_it() {
    for _ in 0..support::rounds(200) {
        let (once, times) = (Once::new(), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    once.call_once(|| {
                        std::thread::yield_now();
                        times.fetch_add(1, SeqCst);
                    });
                    assert_eq!(times.load(SeqCst), 1);
                    assert!(once.is_completed());
                });
            }
        });
    }
}

#[test]
fn a_cell_keeps_the_first_value_and_drops_it() {
    let count = std::sync::Arc::new(());
    let cell = OnceCell::new();
    assert!(cell.get().is_none());
    assert!(cell.set(count.clone()).is_ok());
    assert!(cell.set(count.clone()).is_err());
    assert_eq!(std::sync::Arc::strong_count(cell.get_or_init(|| unreachable!())), 2);
    drop(cell);
    assert_eq!(std::sync::Arc::strong_count(&count), 1);
}
