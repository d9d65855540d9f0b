use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use dacapo::queue::mesh::{Core, Gone, JoinError, Mesh, Refused};
use dacapo::sync::raw::Deadline;
use dacapo::sys::descriptor::eventfd;

/// Runs `body` as each core on a thread of its own.
fn on_each<L: Default + Send>(mesh: &Mesh<L>, body: impl Fn(&Core<'_, L>) + Sync) {
    let cpus = support::affinity::allowed();
    std::thread::scope(|scope| {
        for index in 0..mesh.cores() {
            let (body, cpus) = (&body, &cpus);
            scope.spawn(move || {
                let core = mesh.join(index, L::default()).expect("free");
                core.pin(cpus[index % cpus.len()]).expect("a CPU of ours");
                body(&core);
            });
        }
    });
}

/// All cores leave together: nobody's last job is refused.
fn meet<L>(core: &Core<'_, L>, arrived: &AtomicUsize) {
    arrived.fetch_add(1, Ordering::AcqRel);
    (0..core.cores()).filter(|&other| other != core.index()).for_each(|other| core.nudge(other));
    // Whoever went on may count further before this core looks again.
    core.serve_until(|| arrived.load(Ordering::Acquire) >= core.cores());
}

#[test]
fn a_core_is_joined_once() {
    let mesh = Mesh::<()>::new(2, 4).expect("memory");
    assert_eq!(mesh.join(2, ()).err(), Some(JoinError::NoSuchCore));
    let core = mesh.join(0, ()).expect("free");
    assert_eq!(core.index(), 0);
    assert_eq!(mesh.join(0, ()).err(), Some(JoinError::Taken));
    drop(core);
    assert_eq!(mesh.join(0, ()).err(), Some(JoinError::Taken));
    assert!(Mesh::<()>::new(0, 4).is_err() && Mesh::<()>::new(1, 0).is_err() && Mesh::<()>::new(1 << 40, 4).is_err());
}

#[test]
fn a_job_runs_on_its_core_with_that_cores_data_and_answers() {
    let mesh = Mesh::<Cell<usize>>::new(3, 8).expect("memory");
    let arrived = AtomicUsize::new(0);
    on_each(&mesh, |core| {
        core.local().set(100 * core.index());
        meet(core, &arrived);
        for to in 0..core.cores() {
            let mine = core.index();
            let answer = core.submit_to(to, move |there| {
                there.local().set(there.local().get() + 1);
                (there.index(), there.local().get() / 100, mine)
            });
            assert_eq!(answer.expect("room").wait(), Ok((to, to, mine)));
        }
        arrived.fetch_add(core.cores(), Ordering::AcqRel);
        (0..core.cores()).for_each(|other| core.nudge(other));
        core.serve_until(|| arrived.load(Ordering::Acquire) == core.cores() * (core.cores() + 1));
        assert_eq!(core.local().get(), 100 * core.index() + core.cores());
    });
}

#[test]
fn every_job_runs_once_and_in_order_when_all_send_to_all_and_sleep() {
    let mesh = Mesh::<RefCell<HashMap<usize, u32>>>::new(4, 8).expect("memory");
    let (arrived, jobs) = (AtomicUsize::new(0), support::rounds(2_000));
    on_each(&mesh, |core| {
        for n in 0..jobs {
            for to in 0..core.cores() {
                let from = core.index();
                let sent = core.submit_to(to, move |there| {
                    let mut seen = there.local().borrow_mut();
                    let expected = seen.entry(from).or_insert(0);
                    assert_eq!(*expected, n, "jobs of one core begin in order");
                    *expected += 1;
                });
                drop(sent.expect("nobody has left"));
            }
            if n % 97 == 0 {
                let pause = Deadline::after(Duration::from_micros(u64::from(n % 11) * 15));
                core.wait(pause.as_ref(), || false);
            }
        }
        meet(core, &arrived);
        // Everybody has sent everything, and whoever sent knows that it is in the ring.
        while core.serve() > 0 {}
        assert!(core.local().borrow().values().all(|&seen| seen == jobs), "{:?}", core.local().borrow());
        assert_eq!(core.local().borrow().len(), core.cores());
    });
    for core in 0..mesh.cores() {
        let statistics = mesh.statistics(core);
        assert_eq!(statistics.submitted, u64::from(jobs) * 4);
        assert_eq!(statistics.served, u64::from(jobs) * 3);
    }
}

#[test]
fn two_cores_that_wait_for_each_other_both_get_their_answers() {
    let mesh = Mesh::<()>::new(2, 4).expect("memory");
    let arrived = AtomicUsize::new(0);
    on_each(&mesh, |core| {
        for n in 0..support::rounds(500) {
            let answer = core.submit_to(1 - core.index(), move |there| {
                // A job that waits for a job that waits.
                let back = there.submit_to(1 - there.index(), move |_| n + 1).expect("nobody has left").wait();
                back.expect("nobody has left") + 1
            });
            assert_eq!(answer.expect("nobody has left").wait(), Ok(n + 2));
        }
        meet(core, &arrived);
    });
}

#[test]
fn a_full_ring_refuses_and_gives_the_job_back() {
    let mesh = Mesh::<()>::new(2, 4).expect("memory");
    let core = mesh.join(0, ()).expect("free");
    for _ in 0..4 {
        drop(core.try_submit_to(1, |_| ()).expect("room"));
    }
    let token = Arc::new(5);
    let mine = token.clone();
    let Err(Refused::Full(job)) = core.try_submit_to(1, move |_| *mine) else { panic!("there was no room") };
    drop(job);
    assert_eq!(Arc::strong_count(&token), 1);
    assert_eq!(mesh.statistics(0).refused, 1);
}

#[test]
fn answers_that_nobody_takes_hold_their_room_and_no_wait_for_room_hangs() {
    let mesh = Mesh::<()>::new(1, 2).expect("memory");
    let core = mesh.join(0, ()).expect("free");
    let first = core.try_submit_to(0, |_| 1).expect("room");
    let second = core.try_submit_to(0, |_| 2).expect("room");
    assert!(matches!(core.submit_to(0, |_| 3), Err(Refused::Full(_))));
    assert_eq!(second.wait(), Ok(2));
    assert!(matches!(core.submit_to(0, |_| 3), Err(Refused::Full(_))), "the oldest is the one that counts");
    drop(first);
    assert_eq!(core.submit_to(0, |_| 3).expect("room").wait(), Ok(3));
}

#[test]
fn what_a_core_did_not_begin_when_it_left_is_gone() {
    let mesh = Mesh::<()>::new(2, 8).expect("memory");
    let token = Arc::new(());
    let me = mesh.join(0, ()).expect("free");
    let waiting = AtomicU32::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let other = mesh.join(1, ()).expect("free");
            // Takes one job, and leaves with the next one in its ring or not.
            while other.serve() == 0 {
                std::thread::yield_now();
            }
            while waiting.load(Ordering::Acquire) == 0 {
                std::thread::yield_now();
            }
            drop(other);
        });
        assert_eq!(me.submit_to(1, |_| 1).expect("room").wait(), Ok(1));
        waiting.store(1, Ordering::Release);
        loop {
            let held = token.clone();
            match me.submit_to(1, move |_| Arc::strong_count(&held)) {
                Ok(answer) => match answer.wait() {
                    Ok(count) => assert_eq!(count, 2),
                    Err(Gone) => break,
                },
                Err(Refused::Gone(_)) => break,
                Err(Refused::Full(_)) => unreachable!("every answer was taken"),
            }
        }
    });
    assert!(matches!(me.submit_to(1, |_| ()), Err(Refused::Gone(_))));
    assert_eq!(Arc::strong_count(&token), 1, "a job that never ran is dropped");
}

#[test]
fn jobs_and_answers_that_are_left_are_dropped_with_the_mesh() {
    let token = Arc::new(());
    let mesh = Mesh::<()>::new(2, 8).expect("memory");
    {
        let core = mesh.join(0, ()).expect("free");
        let (job, answer) = (token.clone(), token.clone());
        drop(core.try_submit_to(1, move |_| drop(job)).expect("room")); // never run: nobody joined
        drop(core.try_submit_to(0, move |_| answer).expect("room")); // never taken
        assert_eq!(Arc::strong_count(&token), 3);
    }
    drop(mesh);
    assert_eq!(Arc::strong_count(&token), 1);
}

struct Count(AtomicU32);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn an_answer_is_a_future_that_its_own_core_wakes() {
    let mesh = Mesh::<()>::new(2, 8).expect("memory");
    let arrived = AtomicUsize::new(0);
    on_each(&mesh, |core| {
        if core.index() == 0 {
            let wakes = Arc::new(Count(AtomicU32::new(0)));
            let waker = Waker::from(wakes.clone());
            let mut future = pin!(async {
                let first = core.submit_to(1, |_| 20).map_err(drop).expect("room").await?;
                let second = core.submit_to(1, |_| 22).map_err(drop).expect("room").await?;
                Ok::<_, Gone>(first + second)
            });
            let mut polls = 0;
            let sum = loop {
                if let Poll::Ready(sum) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    break sum;
                }
                polls += 1;
                core.serve_until(|| wakes.0.load(Ordering::Relaxed) == polls);
            };
            assert_eq!(sum, Ok(42));
        }
        meet(core, &arrived);
    });
}

#[test]
fn a_core_that_waits_in_poll_is_rung_through_its_eventfd() {
    const OVER: u32 = u32::MAX;
    let mesh = Mesh::<Cell<u32>>::new(2, 8).expect("memory");
    let rounds = support::rounds(200).max(2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let core = mesh.join(1, Cell::new(0)).expect("free");
            let bell = eventfd(0, (libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) as u32).expect("a descriptor");
            while core.local().get() != OVER {
                core.serve();
                // The last job may just have been served, and the other core have left: then nobody rings any more.
                if core.local().get() != OVER && core.may_wait_for(bell) {
                    let mut wanted = libc::pollfd { fd: bell, events: libc::POLLIN, revents: 0 };
                    // Other tests' signals may come to this thread, and poll is never restarted.
                    let rung = loop {
                        // SAFETY: one descriptor.
                        let rung = unsafe { libc::poll(&raw mut wanted, 1, 20_000) };
                        if rung >= 0 || std::io::Error::last_os_error().raw_os_error() != Some(libc::EINTR) {
                            break rung;
                        }
                    };
                    assert_eq!(rung, 1, "nobody rang");
                    core.wake_up();
                    let mut count = [0; 8];
                    assert_eq!(dacapo::sys::file::read(bell, &mut count), Ok(8));
                }
            }
            dacapo::sys::file::close(bell).expect("ours");
        });
        let core = mesh.join(0, Cell::new(0)).expect("free");
        let start = Instant::now();
        // On a busy machine the other core may find each message before it comes to wait: until one has rung.
        let enough = |n| n >= rounds && mesh.statistics(0).wakes > 0 || start.elapsed() > Duration::from_secs(20);
        for n in (0..OVER).take_while(|&n| !enough(n)) {
            std::thread::sleep(Duration::from_micros(u64::from(n % 3) * 100));
            let answer = core.submit_to(1, move |there| there.local().replace(n + 1)).expect("room");
            assert_eq!(answer.wait(), Ok(n));
        }
        let answer = core.submit_to(1, |there| there.local().set(OVER)).expect("room");
        assert_eq!(answer.wait(), Ok(()));
    });
    assert!(mesh.statistics(0).wakes > 0);
}

#[test]
fn an_idle_core_sleeps_until_its_deadline() {
    let mesh = Mesh::<()>::new(2, 8).expect("memory");
    let core = mesh.join(0, ()).expect("free");
    let deadline = Deadline::after(Duration::from_millis(10));
    while core.wait(deadline.as_ref(), || false) != dacapo::queue::bell::Slept::TimedOut {}
    assert!(mesh.statistics(0).sleeps >= 1);
}
