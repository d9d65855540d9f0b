//! What is handed out: numbers, each to one holder at a time, and admissions, no more of them than there are.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use super::ids::Ids;
use super::limiter::Limiter;
use crate::fence::{all_run, take_part};
use crate::sections::move_to;
use crate::{Found, explore, words};

/// Runs `body` on each of these CPUs in a thread of its own, the first one here; what they return.
fn run<T: Send + 'static>(cpus: &[i32], body: impl Fn() -> T + Copy + Send + 'static) -> Vec<T> {
    all_run(cpus.len());
    let others: Vec<_> = cpus
        .iter()
        .enumerate()
        .skip(1)
        .map(|(number, &cpu)| {
            loom::thread::spawn(move || {
                move_to(cpu);
                take_part(number, body)
            })
        })
        .collect();
    move_to(cpus[0]);
    let mut results = vec![take_part(0, body)];
    results.extend(others.into_iter().map(|other| other.join().expect("no panic")));
    results
}

/// Two threads take two numbers of three and give them back; afterwards, all numbers are to be had.
fn ids(preemptions: usize, cpus: &'static [i32]) -> Found {
    explore(preemptions, move || {
        const LIMIT: usize = 3;
        let ids = Box::into_raw(Box::new(Ids::new(LIMIT).expect("memory")));
        // SAFETY: made just now; freed after all threads.
        let shared: &'static Ids = unsafe { &*ids };
        words::begin();
        for cpu in [1, 0] {
            move_to(cpu);
            let id = shared.allocate().expect("a number");
            shared.free(id);
        }
        static HELD: [AtomicUsize; LIMIT] = [const { AtomicUsize::new(0) }; LIMIT];
        HELD.iter().for_each(|held| held.store(0, Relaxed));
        run(cpus, || {
            let mine: Vec<_> = (0..2).filter_map(|_| shared.allocate()).collect();
            mine.iter().for_each(|&id| assert_eq!(HELD[id].swap(1, Relaxed), 0, "{id} is held twice"));
            for id in mine {
                HELD[id].store(0, Relaxed);
                shared.free(id);
            }
        });
        move_to(0);
        let mut all: Vec<_> = (0..LIMIT).filter_map(|_| shared.allocate()).collect();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2]);
        assert_eq!(shared.allocate(), None);
        words::end();
        // SAFETY: all threads have ended.
        drop(unsafe { Box::from_raw(ids) });
    })
}

/// Two threads ask while the clock stands still; then whoever is left asks on every CPU. Exactly as many pass as there were.
fn limiter(preemptions: usize, cpus: &'static [i32]) -> Found {
    explore(preemptions, move || {
        const BURST: u32 = 3;
        let limiter = Box::into_raw(Box::new(Limiter::new(Duration::from_secs(1), BURST + 2, 2).expect("memory")));
        // SAFETY: made just now; freed after all threads.
        let shared: &'static Limiter = unsafe { &*limiter };
        words::begin();
        move_to(0);
        assert!(shared.admit() && shared.admit()); // a batch: everything was gone through once
        let passed: Vec<u32> = run(cpus, || (0..2).map(|_| u32::from(shared.admit())).sum());
        let mut passed: u32 = passed.into_iter().sum();
        for cpu in [0, 1] {
            move_to(cpu);
            passed += (0..=BURST).map(|_| u32::from(shared.admit())).sum::<u32>();
        }
        assert_eq!(passed, BURST);
        words::end();
        // SAFETY: all threads have ended.
        drop(unsafe { Box::from_raw(limiter) });
    })
}

#[test]
fn no_number_is_held_twice_and_none_is_lost() {
    assert_eq!(ids(2, &[1, 0]), Found::Nothing);
}

#[test]
fn nor_by_two_threads_of_one_cpu() {
    assert_eq!(ids(2, &[0, 0]), Found::Nothing);
}

#[test]
fn as_many_pass_as_there_were() {
    assert_eq!(limiter(3, &[1, 0]), Found::Nothing);
}

#[test]
fn nor_more_where_two_ask_on_one_cpu() {
    assert_eq!(limiter(3, &[0, 0]), Found::Nothing);
}
