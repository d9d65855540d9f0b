//! A CPU's array and the one who takes it away: no object is held twice, none is lost, and nobody looks at a block that another one changes.

use std::ptr::NonNull;

use super::array_cache::{ArrayCache, Object};
use crate::fence::{all_run, take_part};
use crate::sections::move_to;
use crate::{Found, explore, words};

/// One of the objects: addresses that nobody looks behind.
fn object(number: usize) -> Object {
    NonNull::without_provenance(std::num::NonZero::new(number * 16).expect("not 0"))
}

/// Who is on the array's CPU pops and pushes; the other one drains.
fn drain(preemptions: usize, workers: usize, times: usize) -> Found {
    explore(preemptions, move || {
        let cache = Box::into_raw(Box::new(ArrayCache::new(2).expect("memory")));
        // SAFETY: made just now; freed after all threads.
        let shared: &'static ArrayCache = unsafe { &*cache };
        words::begin();
        move_to(1);
        assert_eq!(shared.pop(), None); // made
        move_to(0);
        for number in [9, 1] {
            assert_eq!(shared.push(object(number)), Ok(()));
        }
        assert_eq!(shared.pop(), Some(object(1)));
        let mut held = vec![object(1)];
        shared.drain(|objects| assert!(objects.is_empty() || objects == [object(9)])); // everything was gone through once
        assert_eq!(shared.push(object(9)), Ok(()));
        all_run(workers + 1);
        let others: Vec<_> = (0..workers)
            .map(|worker| {
                loom::thread::spawn(move || {
                    move_to(0);
                    take_part(worker + 1, || {
                        let mut held: Vec<_> = shared.pop().into_iter().collect();
                        // Full or stopped: it comes back.
                        held.extend(shared.push(object(2 + worker)).err());
                        held
                    })
                })
            })
            .collect();
        move_to(1);
        take_part(0, || (0..times).for_each(|_| shared.drain(|objects| held.extend_from_slice(objects))));
        others.into_iter().for_each(|other| held.extend(other.join().expect("no panic")));
        shared.drain(|objects| held.extend_from_slice(objects));
        held.sort_unstable();
        let all = [1, 2, 3, 9].map(object);
        let mine: Vec<_> = all.into_iter().filter(|one| workers == 2 || *one != object(3)).collect();
        assert_eq!(held, mine);
        words::end();
        // SAFETY: all threads have ended.
        drop(unsafe { Box::from_raw(cache) });
    })
}

#[test]
fn a_drain_loses_and_doubles_nothing() {
    assert_eq!(drain(3, 1, 2), Found::Nothing);
}

#[test]
fn nor_beside_two_threads_of_one_cpu() {
    assert_eq!(drain(1, 2, 1), Found::Nothing);
}
