//! A reference count that its owner ends: whoever is told that he was the last one is the only one, and comes after everybody else.

use loom::cell::UnsafeCell;

use super::reference::Reference;
use crate::fence::{all_run, take_part};
use crate::sections::move_to;
use crate::{Found, explore, words};

struct Shared {
    count: Reference,
    /// What is counted: read by those who have a reference, and written by the last one.
    thing: UnsafeCell<u32>,
}

// SAFETY: loom looks who reads and who writes.
unsafe impl Sync for Shared {}

impl Shared {
    /// Its holder looks, and gives its reference up; how often it was told that it was the last one.
    fn release(&self) -> usize {
        // SAFETY: loom looks whether somebody writes.
        self.thing.with(|thing| assert_eq!(unsafe { *thing }, 0, "it is gone"));
        self.end(self.count.put())
    }

    fn end(&self, last: bool) -> usize {
        if last {
            // SAFETY: loom looks whether somebody else is there.
            self.thing.with_mut(|thing| unsafe { *thing += 1 });
        }
        last.into()
    }
}

/// What a thread does: on that CPU (-1: without rseq).
type Body = (i32, fn(&Shared) -> usize);

fn holds(shared: &Shared) -> usize {
    shared.release()
}

/// Takes one more where it is, and gives one of its two up elsewhere.
fn holds_and_takes(shared: &Shared) -> usize {
    shared.count.get();
    let before = shared.release();
    move_to(1);
    before + shared.release()
}

/// Has none, and takes one if it is still to be had.
fn tries(shared: &Shared) -> usize {
    if shared.count.try_get() { shared.release() } else { 0 }
}

/// The owner, and those who hold a reference (or try to take one) on their CPUs.
fn counted<const N: usize>(preemptions: usize, others: [Body; N]) -> Found {
    explore(preemptions, move || {
        let shared =
            Box::into_raw(Box::new(Shared { count: Reference::new().expect("memory"), thing: UnsafeCell::new(0) }));
        // SAFETY: made just now; freed after all threads.
        let all: &'static Shared = unsafe { &*shared };
        words::begin();
        all.thing.with_mut(|_| ());
        assert_eq!(all.count.count_if_dying(), None);
        for cpu in [-1, 0, 1] {
            move_to(cpu);
            assert!(all.count.try_get() && !all.count.put()); // everything was gone through once
        }
        for (cpu, body) in others {
            move_to(cpu);
            if !std::ptr::fn_addr_eq(body, tries as fn(&Shared) -> usize) {
                all.count.get();
            }
        }
        all_run(N + 1);
        let threads: Vec<_> = others
            .into_iter()
            .enumerate()
            .map(|(number, (cpu, body))| {
                loom::thread::spawn(move || {
                    move_to(cpu);
                    take_part(number + 1, || body(all))
                })
            })
            .collect();
        move_to(1);
        let mut told = take_part(0, || {
            let last = all.count.kill();
            assert!(!all.count.kill(), "a second one does nothing");
            all.end(last)
        });
        threads.into_iter().for_each(|thread| told += thread.join().expect("no panic"));
        assert_eq!(told, 1, "who were told that they were the last one");
        assert!(!all.count.try_get() && all.count.count_if_dying() == Some(0));
        words::end();
        // SAFETY: all threads have ended.
        drop(unsafe { Box::from_raw(shared) });
    })
}

#[test]
fn the_last_of_two_ends_what_is_counted() {
    assert_eq!(counted(4, [(0, holds)]), Found::Nothing);
    assert_eq!(counted(2, [(1, holds_and_takes)]), Found::Nothing);
}

#[test]
fn who_comes_too_late_gets_no_reference() {
    assert_eq!(counted(3, [(0, tries)]), Found::Nothing);
}

#[test]
fn a_count_on_another_cpu_is_counted_too() {
    assert_eq!(counted(2, [(0, holds_and_takes)]), Found::Nothing);
}

#[test]
fn nor_is_anybody_forgotten_who_has_no_rseq() {
    assert_eq!(counted(2, [(-1, holds)]), Found::Nothing);
    assert_eq!(counted(1, [(-1, holds), (0, holds)]), Found::Nothing);
}
