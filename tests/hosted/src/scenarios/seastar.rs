//! The scenarios of Seastar's tutorial: a service on every core, a sum over all shards, a call that calls on, objects that go home to be dropped, a token that goes round while
//! everybody else sleeps.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicUsize, Ordering::*};

use dacapo::queue::mesh::{Core, Mesh};

const CORES: usize = 4;

/// One service a core; its data are its own.
#[derive(Default)]
struct Service {
    started: Cell<bool>,
    numbers: RefCell<Vec<usize>>,
    tokens: Cell<usize>,
}

/// Runs `body` as core 0, while the others serve.
fn with_cores(body: impl FnOnce(&Core<'_, Service>) + Send) -> Mesh<Service> {
    let mesh = Mesh::new(CORES, 16).expect("memory");
    let (joined, over) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let cpus = support::affinity::allowed();
    std::thread::scope(|scope| {
        for index in 1..CORES {
            let (mesh, joined, over, cpus) = (&mesh, &joined, &over, &cpus);
            scope.spawn(move || {
                let core = mesh.join(index, Service::default()).expect("free");
                core.pin(cpus[index % cpus.len()]).expect("a CPU of ours");
                joined.fetch_add(1, SeqCst);
                core.serve_until(|| over.load(SeqCst) == 1);
            });
        }
        let core = mesh.join(0, Service::default()).expect("free");
        while joined.load(SeqCst) < CORES - 1 {
            std::thread::yield_now();
        }
        body(&core);
        over.store(1, SeqCst);
        (1..CORES).for_each(|other| core.nudge(other));
    });
    mesh
}

/// Sends the same job to every core, then waits for all answers.
fn on_all<R: Send + 'static>(core: &Core<'_, Service>, job: fn(&Core<'_, Service>) -> R) -> Vec<R> {
    let sent: Vec<_> = (0..CORES).map(|to| core.submit_to(to, job).expect("nobody has left")).collect();
    sent.into_iter().map(|answer| answer.wait().expect("nobody has left")).collect()
}

#[test]
fn a_service_starts_on_all_cores_and_a_sum_over_its_shards_is_exact() {
    with_cores(|core| {
        let before = on_all(core, |there| there.local().started.replace(true));
        assert_eq!(before, [false; CORES]);
        assert_eq!(on_all(core, |there| there.local().started.get()), [true; CORES]);
        // Each number to the core that owns it; then every core adds its own up, and one adds the sums.
        let numbers = support::rounds(2000) as usize;
        for number in 0..numbers {
            drop(core.submit_to(number % CORES, move |there| there.local().numbers.borrow_mut().push(number)));
        }
        let sums = on_all(core, |there| there.local().numbers.borrow().iter().sum::<usize>());
        assert_eq!(sums.into_iter().sum::<usize>(), numbers * (numbers - 1) / 2);
        let own =
            on_all(core, |there| there.local().numbers.borrow().iter().all(|number| number % CORES == there.index()));
        assert_eq!(own, [true; CORES]);
    });
}

/// A job asks another core before it answers, which asks the next one.
#[test]
fn a_call_goes_on_from_core_to_core_and_the_answer_comes_all_the_way_back() {
    fn visit(core: &Core<'_, Service>, left: usize) -> Vec<usize> {
        let mut path = vec![core.index()];
        if left > 0 {
            let next = (core.index() + 1) % CORES;
            let answer = core.submit_to(next, move |there| visit(there, left - 1)).expect("nobody has left");
            path.extend(answer.wait().expect("nobody has left"));
        }
        path
    }
    with_cores(|core| {
        for left in 0..support::rounds(40).max(9) as usize % 12 + 1 {
            assert_eq!(visit(core, left), (0..=left).map(|n| n % CORES).collect::<Vec<_>>());
        }
    });
}

/// What was made on a core is used elsewhere, and goes home to be dropped.
#[test]
fn an_object_that_was_lent_to_another_core_is_dropped_at_home() {
    thread_local!(static HOME: Cell<usize> = const { Cell::new(usize::MAX) });
    static WRONG: AtomicUsize = AtomicUsize::new(0);
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    struct Lent(usize);
    impl Drop for Lent {
        fn drop(&mut self) {
            WRONG.fetch_add(usize::from(HOME.get() != self.0), SeqCst);
            DROPPED.fetch_add(1, SeqCst);
        }
    }
    let rounds = support::rounds(400) as usize;
    with_cores(|core| {
        HOME.set(0);
        on_all(core, |there| HOME.set(there.index()));
        for round in 0..rounds {
            let owner = 1 + round % (CORES - 1);
            let lent = core.submit_to(owner, |there| Box::new(Lent(there.index()))).expect("nobody has left");
            let lent = lent.wait().expect("nobody has left");
            assert_eq!(lent.0, owner);
            let home = core.submit_to(lent.0, move |_| drop(lent)).expect("nobody has left");
            home.wait().expect("nobody has left");
        }
    });
    assert_eq!((WRONG.load(SeqCst), DROPPED.load(SeqCst)), (0, rounds));
}

/// A token goes round: whoever gets it passes it on and goes back to sleep.
#[test]
fn a_token_goes_round_while_the_others_sleep() {
    static LEFT: AtomicUsize = AtomicUsize::new(0);
    fn pass(core: &Core<'_, Service>) {
        core.local().tokens.set(core.local().tokens.get() + 1);
        if LEFT.fetch_sub(1, SeqCst) > 1 {
            drop(core.submit_to((core.index() + 1) % CORES, pass).expect("nobody has left"));
        } else {
            core.nudge(0);
        }
    }
    let rounds = support::rounds(100) as usize;
    LEFT.store(rounds * CORES, SeqCst);
    let mesh = with_cores(|core| {
        pass(core);
        core.serve_until(|| LEFT.load(SeqCst) == 0);
        assert_eq!(on_all(core, |there| there.local().tokens.get()), [rounds; CORES]);
    });
    let slept: u64 = (0..CORES).map(|core| mesh.statistics(core).sleeps + mesh.statistics(core).vain).sum();
    assert!(slept > 0, "with one token for four cores nobody ever wanted to sleep");
}
