//! The general flavour: readers on seats, beside seats and without rseq; those who wait, who ask, and who leave work for later.

use super::callbacks::Callback;
use super::version::{Version, free};
use super::{Domain, GracePeriods, Pointer};
use crate::fence::{self, all_run, take_part};
use crate::sections::{have_cpus, move_to};
use crate::{Found, explore, rseq, words};

struct Shared {
    domain: Domain,
    current: Pointer<Version>,
}

impl Shared {
    fn read(&self) -> u32 {
        let section = self.domain.enter();
        // SAFETY: old versions are freed after a grace period: that is what is looked at.
        let version = unsafe { self.current.load(&section) }.expect("a version");
        version.number(); // and a fence may come between
        version.number()
    }

    /// One section in another: the seat is taken then.
    fn read_nested(&self, other: i32) {
        let outer = self.domain.enter();
        let inner = self.domain.enter();
        // SAFETY: as above.
        let version = unsafe { self.current.load(&inner) }.expect("a version");
        drop(outer);
        move_to(other); // and leaves there
        version.number();
    }

    fn swap(&self, number: u32) -> *mut Version {
        self.current.swap(Version::boxed(number))
    }

    fn replace(&self, number: u32) {
        let old = self.swap(number);
        self.domain.synchronize();
        free(old);
    }
}

type Body = fn(&Shared);

/// Runs each body in a thread of its own on that CPU (-1: without rseq). Everything is gone through once before.
fn domain<const N: usize>(preemptions: usize, threads: [(i32, Body); N]) -> Found {
    explore(preemptions, move || {
        have_cpus(threads.iter().map(|(cpu, _)| cpu + 1).max().unwrap_or(0).max(0) as usize);
        let shared = Shared { domain: Domain::new().expect("memory"), current: Pointer::new(Version::boxed(0)) };
        let shared: *mut Shared = Box::into_raw(Box::new(shared));
        // SAFETY: made just now; freed after all threads.
        let all: &'static Shared = unsafe { &*shared };
        rseq::UNAVAILABLE.store(threads.iter().all(|(cpu, _)| *cpu < 0), std::sync::atomic::Ordering::Relaxed);
        words::begin();
        for _colour in 0..2 {
            for (cpu, _) in threads {
                move_to(cpu);
                all.read_nested(cpu);
            }
            all.replace(1);
        }
        all_run(N);
        let run = move |number: usize| {
            let (cpu, body) = threads[number];
            move_to(cpu);
            take_part(number, || body(all));
        };
        let others: Vec<_> = (1..N).map(|number| loom::thread::spawn(move || run(number))).collect();
        run(0);
        others.into_iter().for_each(|other| other.join().expect("no panic"));
        free(all.current.get());
        words::end();
        // SAFETY: all threads have ended.
        drop(unsafe { Box::from_raw(shared) });
    })
}

fn reads(shared: &Shared) {
    shared.read();
}

/// Asleep while it holds something: nobody needs to wait for its fences.
fn sleeps(shared: &Shared) {
    let section = shared.domain.enter();
    // SAFETY: as above.
    let version = unsafe { shared.current.load(&section) }.expect("a version");
    fence::stop();
    loom::thread::yield_now();
    fence::run();
    version.number();
}

fn replaces(shared: &Shared) {
    shared.replace(2);
}

fn replaces_twice(shared: &Shared) {
    (2..=3).for_each(|number| shared.replace(number));
}

#[test]
fn what_a_reader_holds_stays() {
    assert_eq!(domain(4, [(-1, replaces), (0, reads)]), Found::Nothing);
}

/// A reader of a colour that came back.
#[test]
fn what_a_sleeping_reader_holds_stays_through_two_periods() {
    assert_eq!(domain(2, [(-1, replaces_twice), (0, sleeps)]), Found::Nothing);
}

#[test]
fn nor_is_it_freed_without_rseq() {
    assert_eq!(domain(2, [(0, replaces_twice), (-1, sleeps)]), Found::Nothing);
}

#[test]
fn what_a_reader_beside_a_taken_seat_holds_stays() {
    assert_eq!(domain(2, [(-1, replaces), (0, |shared| shared.read_nested(0))]), Found::Nothing);
}

#[test]
fn what_two_readers_of_one_cpu_hold_stays() {
    assert_eq!(domain(1, [(-1, replaces), (0, reads), (0, reads)]), Found::Nothing);
}

#[test]
fn what_a_reader_without_rseq_holds_stays() {
    assert_eq!(domain(2, [(0, replaces), (-1, reads)]), Found::Nothing);
}

#[test]
fn what_readers_hold_where_nobody_has_rseq_stays() {
    assert_eq!(domain(2, [(-1, replaces), (-1, reads)]), Found::Nothing);
}

/// One runs the period, the other one sleeps or comes too late for it.
#[test]
fn those_who_wait_at_the_same_time_are_all_served() {
    let other: Body = |shared| shared.replace(3);
    assert_eq!(domain(1, [(-1, replaces), (-1, other), (0, reads)]), Found::Nothing);
}

#[test]
fn who_asks_whether_it_is_over_is_told_the_truth() {
    let asks: Body = |shared| {
        let old = shared.swap(2);
        let then = shared.domain.poll_state();
        while !shared.domain.poll(then) {
            loom::thread::yield_now();
        }
        free(old);
    };
    assert_eq!(domain(2, [(-1, asks), (0, reads)]), Found::Nothing);
}

#[repr(C)]
struct Later {
    callback: Callback,
    old: *mut Version,
}

unsafe extern "C" fn free_later(callback: *mut Callback) {
    // SAFETY: from a box, in `work_for_later_runs_when_readers_have_left`.
    free(unsafe { Box::from_raw(callback.cast::<Later>()) }.old);
}

#[test]
fn work_for_later_runs_when_readers_have_left() {
    let defers: Body = |shared| {
        let later = Box::into_raw(Box::new(Later { callback: Callback::new(), old: shared.swap(2) }));
        // SAFETY: freed by its function.
        unsafe { shared.domain.call(later.cast(), free_later) };
        while shared.domain.pending() > 0 {
            shared.domain.reclaim();
            loom::thread::yield_now();
        }
    };
    assert_eq!(domain(1, [(-1, defers), (0, reads)]), Found::Nothing);
}
