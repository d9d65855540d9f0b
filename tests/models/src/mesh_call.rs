//! The mesh: a job and its answer are read after they were written, a job runs once, and nobody sleeps on either.

use std::cell::Cell;

use crate::fence::take_part;
use crate::queue::mesh::{Gone, Mesh, Refused};
use crate::{Found, explore};

type Sums = Mesh<Cell<u32>>;

/// Both cores of a mesh, each on a thread of its own.
fn pair(
    capacity: usize,
    preemptions: usize,
    first: impl Fn(&'static Sums) + Send + Sync + Copy + 'static,
    second: impl Fn(&'static Sums) + Send + Sync + 'static,
) -> Found {
    explore(preemptions, move || {
        let mesh: *mut Sums = Box::into_raw(Box::new(Mesh::new(2, capacity)));
        // SAFETY: made just now; freed after both threads.
        let shared: &'static Sums = unsafe { &*mesh };
        let other = loom::thread::spawn(move || take_part(0, || first(shared)));
        take_part(1, || second(shared));
        other.join().expect("the first core");
        // SAFETY: both cores have left.
        drop(unsafe { Box::from_raw(mesh) });
    })
}

/// Core 0 has core 1 add, `calls` times, and waits for each answer.
fn call(capacity: usize, calls: u32, preemptions: usize) -> Found {
    pair(
        capacity,
        preemptions,
        move |mesh| {
            let core = mesh.join(0, Cell::new(0));
            for n in 0..calls {
                let answer = core.submit_to(1, |there| {
                    there.local().set(there.local().get() + 1);
                    there.local().get()
                });
                assert_eq!(answer.expect("room").wait(), Ok(n + 1));
            }
        },
        move |mesh| {
            let core = mesh.join(1, Cell::new(0));
            core.serve_until(|| core.local().get() == calls);
        },
    )
}

#[test]
fn an_answer_comes_back_and_nobody_sleeps_on_it() {
    assert_eq!(call(2, 1, 2), Found::Nothing);
}

#[test]
fn an_item_is_used_again() {
    assert_eq!(call(1, 2, 0), Found::Nothing);
}

/// Both call at the same time, and serve while they wait.
#[test]
fn two_cores_that_wait_for_each_other_both_get_their_answers() {
    let both = |mesh: &'static Sums, me: usize| {
        let core = mesh.join(me, Cell::new(0));
        let add = |there: &crate::queue::mesh::Core<'_, Cell<u32>>| there.local().replace(1);
        let answer = core.submit_to(1 - me, add).expect("the other one leaves after its answer");
        assert_eq!(answer.wait(), Ok(0));
        core.serve_until(|| core.local().get() == 1); // the other one's job
    };
    assert_eq!(pair(2, 1, move |mesh| both(mesh, 0), move |mesh| both(mesh, 1)), Found::Nothing);
}

/// The receiver leaves: the caller is told, or answered, but does not wait for ever.
#[test]
fn nobody_waits_for_a_core_that_left() {
    let found = pair(
        2,
        2,
        |mesh| {
            let core = mesh.join(0, Cell::new(0));
            match core.submit_to(1, |there| there.local().replace(1)) {
                Ok(answer) => assert!(matches!(answer.wait(), Ok(0) | Err(Gone))),
                Err(refused) => assert!(matches!(refused, Refused::Gone(_))),
            }
        },
        |mesh| drop(mesh.join(1, Cell::new(0))),
    );
    assert_eq!(found, Found::Nothing);
}
