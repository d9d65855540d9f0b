//! Each way to fence orders the light side's store before its load, as `crate::fence`'s own litmus test has it; and what each refuses.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use dacapo::queue::fences::{Busy, TryLock};
use dacapo::queue::{
    Fences, FullFences, Membarrier, Mprotect, MprotectTry, Pages, Picked, Polled, Side, SignalFence, SignalThreads,
};

use super::two_cpus;

/// A queue's threads that take SIGURG, which nobody else here uses.
pub fn signal_threads() -> &'static SignalThreads {
    // SAFETY: the handler is async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = SignalThreads::handler as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(libc::SIGURG, &raw const action, std::ptr::null_mut()), 0);
    }
    // SAFETY: installed just now; the tests attach both ends and block no signal.
    Box::leak(Box::new(unsafe { SignalThreads::new(libc::SIGURG as u32) }))
}

#[repr(align(128))]
struct Line(AtomicU32);

/// Rounds in which the producer's load missed the consumer's store and the other way round.
fn both_missed<F: Fences + Send + Sync>(fences: F, rounds: u32) -> usize {
    let rounds = support::rounds(rounds);
    let [light_stores, heavy_stores, light_round, heavy_round] = [const { Line(AtomicU32::new(0)) }; 4];
    let meet = |mine: &Line, other: &Line, round: u32| {
        mine.0.store(round, std::sync::atomic::Ordering::SeqCst);
        let mut spins = 0;
        while other.0.load(Relaxed) < round {
            spins += 1;
            if spins > 2000 {
                std::thread::yield_now();
            }
            core::hint::spin_loop();
        }
    };
    let start = Barrier::new(2);
    let [here, there] = two_cpus();
    let (light, heavy) = std::thread::scope(|scope| {
        let light = scope.spawn(|| {
            support::affinity::pin(here);
            fences.attach(Side::Producer);
            start.wait();
            let saw: Vec<_> = (1..=rounds)
                .map(|round| {
                    meet(&light_round, &heavy_round, round);
                    light_stores.0.store(round, Relaxed);
                    fences.light();
                    heavy_stores.0.load(Relaxed)
                })
                .collect();
            start.wait(); // the other side may signal this thread until here
            saw
        });
        let heavy = scope.spawn(|| {
            support::affinity::pin(there);
            fences.attach(Side::Consumer);
            start.wait();
            let saw: Vec<_> = (1..=rounds)
                .map(|round| {
                    meet(&heavy_round, &light_round, round);
                    heavy_stores.0.store(round, Relaxed);
                    // Busy: nothing is promised, so nothing may have been missed.
                    if fences.heavy(Side::Producer).is_ok() { light_stores.0.load(Relaxed) } else { round }
                })
                .collect();
            start.wait();
            saw
        });
        (light.join().expect("light side"), heavy.join().expect("heavy side"))
    });
    (1..=rounds).zip(light.iter().zip(&heavy)).filter(|&(round, (&l, &h))| l < round && h < round).count()
}

/// The negative control: a heavy side that orders nothing.
#[derive(Clone, Copy)]
struct Nothing;

// SAFETY: none; this is what the tests are to find out.
unsafe impl Fences for Nothing {
    fn light(&self) {
        dacapo::fence::light();
    }

    fn heavy(&self, _: Side) -> Result<(), Busy> {
        dacapo::fence::light();
        Ok(())
    }
}

#[test]
fn without_a_fence_both_sides_miss_each_other() {
    let [here, there] = two_cpus();
    assert!(
        here == there || (0..200).any(|_| both_missed(Nothing, 50_000) > 0),
        "this test could not see a missing fence"
    );
}

#[test]
fn full_fences_order_both_sides() {
    assert_eq!(both_missed(FullFences, 40_000), 0);
}

#[test]
fn membarrier_orders_both_sides() {
    assert_eq!(both_missed(Picked::new(), 8_000), 0);
    match Membarrier::new() {
        Some(fences) => assert_eq!(both_missed(fences, 8_000), 0),
        None => println!("skipped: the kernel has no membarrier"),
    }
}

#[test]
fn mprotect_orders_both_sides() {
    match Pages::new() {
        Ok(pages) => {
            assert_eq!(both_missed(Mprotect(&pages), 3_000), 0);
            assert_eq!(both_missed(MprotectTry(&pages), 3_000), 0);
        }
        Err(why) => {
            assert_eq!(why, dacapo::sys::Errno::ENOSYS);
            println!("skipped: taking a page away interrupts nobody on this CPU");
        }
    }
}

#[test]
fn a_signal_orders_both_sides() {
    assert_eq!(both_missed(SignalFence(signal_threads()), 3_000), 0);
}

#[test]
fn a_thread_that_did_not_attach_cannot_be_fenced_by_a_signal() {
    let threads = SignalFence(signal_threads());
    assert_eq!(threads.heavy(Side::Producer), Err(Busy));
}

#[test]
fn a_thread_that_ended_needs_no_signal() {
    let threads = SignalFence(signal_threads());
    std::thread::spawn(move || threads.attach(Side::Producer)).join().expect("no panic");
    while threads.heavy(Side::Producer).is_err() {
        std::thread::yield_now(); // another test is at it
    }
}

#[test]
fn who_finds_the_lock_taken_does_not_wait() {
    let lock = TryLock::new();
    let inner = std::cell::Cell::new(Ok(()));
    assert_eq!(lock.alone(|| inner.set(lock.alone(|| unreachable!()))), Ok(()));
    assert_eq!(inner.get(), Err(Busy));
    assert_eq!(lock.alone(|| ()), Ok(()));
}

#[test]
fn polled_ends_are_never_ready_to_sleep() {
    assert_eq!(Polled.heavy(Side::Consumer), Err(Busy));
}
