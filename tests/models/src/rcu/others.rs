//! Readers that say when they hold nothing, and values that are read by one section.

use super::cell::RcuCell;
use super::version::{Version, free};
use super::{GracePeriods, Pointer, Qsbr};
use crate::fence::{all_run, take_part};
use crate::sections::move_to;
use crate::{Found, explore, words};

struct Shared {
    domain: Qsbr,
    current: Pointer<Version>,
}

/// An updater that replaces the version twice, and a thread that reads.
fn quiescent(preemptions: usize, read: fn(&Shared)) -> Found {
    explore(preemptions, move || {
        let shared = Box::into_raw(Box::new(Shared { domain: Qsbr::new(), current: Pointer::new(Version::boxed(0)) }));
        // SAFETY: made just now; freed after both threads.
        let both: &'static Shared = unsafe { &*shared };
        words::begin();
        drop((both.domain.register().expect("memory"), both.domain.register().expect("memory"))); // all slots
        let replace = |number| {
            let old = both.current.swap(Version::boxed(number));
            both.domain.synchronize();
            free(old);
        };
        replace(1);
        all_run(2);
        let reader = loom::thread::spawn(move || take_part(1, || read(both)));
        take_part(0, || (2..=3).for_each(replace));
        reader.join().expect("no panic");
        free(both.current.get());
        words::end();
        // SAFETY: both threads have ended.
        drop(unsafe { Box::from_raw(shared) });
    })
}

#[test]
fn what_a_quiescent_reader_held_is_not_freed_before() {
    let found = quiescent(2, |shared| {
        let mut reader = shared.domain.register().expect("memory");
        for _ in 0..2 {
            // SAFETY: that it stays until `quiescent` is what is looked at.
            unsafe { shared.current.load(&reader) }.expect("a version").number();
            reader.quiescent();
        }
    });
    assert_eq!(found, Found::Nothing);
}

#[test]
fn a_reader_that_comes_back_online_sees_what_is_new() {
    let found = quiescent(2, |shared| {
        let mut reader = shared.domain.register().expect("memory");
        reader.offline(|| ());
        // SAFETY: as above.
        unsafe { shared.current.load(&reader) }.expect("a version").number();
    });
    assert_eq!(found, Found::Nothing);
}

/// A cell of two versions: the second store waits until nobody has the first one.
#[test]
fn a_version_of_a_cell_is_complete_and_stays() {
    let found = explore(2, || {
        let cell = Box::into_raw(Box::new(RcuCell::new(Version::new(0)).expect("memory")));
        // SAFETY: made just now; freed after both threads.
        let both: &'static RcuCell<Version> = unsafe { &*cell };
        words::begin();
        for cpu in 0..2 {
            move_to(cpu);
            drop((both.load(), both.load()));
            both.store(Version::new(1));
        }
        all_run(2);
        let reader = loom::thread::spawn(move || {
            move_to(0);
            take_part(1, || {
                let first = both.load().number();
                assert!(both.load().number() >= first, "a load goes back");
            });
        });
        take_part(0, || (2..=3).for_each(|number| both.store(Version::new(number))));
        reader.join().expect("no panic");
        words::end();
        // SAFETY: both threads have ended.
        drop(unsafe { Box::from_raw(cell) });
    });
    assert_eq!(found, Found::Nothing);
}
