//! The store-buffering litmus test: each side stores, fences, and loads what the other one stores. Both loading the old value is what the
//! pair of fences forbids.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use dacapo::fence;

#[repr(align(128))]
struct Line(AtomicU32);

static LIGHT_STORES: Line = Line(AtomicU32::new(0));
static HEAVY_STORES: Line = Line(AtomicU32::new(0));
static LIGHT_ROUND: Line = Line(AtomicU32::new(0));
static HEAVY_ROUND: Line = Line(AtomicU32::new(0));
static LITMUS: std::sync::Mutex<()> = std::sync::Mutex::new(());

fn meet(mine: &Line, other: &Line, round: u32) {
    mine.0.store(round, std::sync::atomic::Ordering::SeqCst);
    let mut spins = 0;
    while other.0.load(Relaxed) < round {
        spins += 1;
        if spins > 2000 {
            std::thread::yield_now(); // the machine is busy: the other side is not running
        }
        core::hint::spin_loop();
    }
}

/// Rounds in which both sides loaded the old value; one such test at a time.
fn forbidden(rounds: u32, heavy: impl Fn() + Sync) -> u32 {
    let _one_at_a_time = LITMUS.lock();
    litmus(support::rounds(rounds), heavy)
}

fn litmus(rounds: u32, heavy: impl Fn() + Sync) -> u32 {
    for line in [&LIGHT_STORES, &HEAVY_STORES, &LIGHT_ROUND, &HEAVY_ROUND] {
        line.0.store(0, Relaxed);
    }
    let start = Barrier::new(2);
    let cpus = support::affinity::allowed();
    let (light_saw, heavy_saw) = std::thread::scope(|scope| {
        let light = scope.spawn(|| {
            support::affinity::pin(cpus[0]);
            start.wait();
            let mut saw = Vec::with_capacity(rounds as usize);
            for round in 1..=rounds {
                meet(&LIGHT_ROUND, &HEAVY_ROUND, round);
                LIGHT_STORES.0.store(round, Relaxed);
                fence::light();
                saw.push(HEAVY_STORES.0.load(Relaxed));
            }
            saw
        });
        let heavy = scope.spawn(|| {
            support::affinity::pin(cpus[1]);
            start.wait();
            let mut saw = Vec::with_capacity(rounds as usize);
            for round in 1..=rounds {
                meet(&HEAVY_ROUND, &LIGHT_ROUND, round);
                HEAVY_STORES.0.store(round, Relaxed);
                heavy();
                saw.push(LIGHT_STORES.0.load(Relaxed));
            }
            saw
        });
        (light.join().expect("light side"), heavy.join().expect("heavy side"))
    });
    (1..=rounds).zip(light_saw.iter().zip(&heavy_saw)).filter(|&(round, (&l, &h))| l < round && h < round).count()
        as u32
}

fn one_cpu() -> bool {
    let one = support::affinity::allowed().len() < 2;
    if one {
        eprintln!("skipped: needs two CPUs");
    }
    one
}

/// The negative control: the same test sees the forbidden outcome when the heavy side has no fence.
#[test]
fn without_a_heavy_fence_both_sides_miss_each_other() {
    assert!(
        one_cpu() || (0..200).any(|_| forbidden(support::rounds(50_000), fence::light) > 0),
        "this test could not see a missing fence"
    );
}

#[test]
fn heavy_orders_the_light_side() {
    assert!(one_cpu() || forbidden(support::rounds(20_000), fence::heavy) == 0);
}

#[test]
fn heavy_rseq_orders_the_light_side() {
    assert!(one_cpu() || forbidden(support::rounds(20_000), || fence::heavy_rseq(None)) == 0);
    let light_cpu = support::affinity::allowed()[0] as u32;
    assert!(one_cpu() || forbidden(support::rounds(20_000), || fence::heavy_rseq(Some(light_cpu))) == 0);
}

#[test]
fn the_walk_orders_the_light_side() {
    assert!(
        one_cpu()
            || forbidden(support::rounds(2_000), || fence::walk(None).expect("affinity may be changed here")) == 0
    );
}

#[test]
fn without_membarrier_heavy_walks_and_puts_the_affinity_back() {
    let verdict = support::process::child(|| {
        support::seccomp::refuse(&[libc::SYS_membarrier]);
        let allowed = || std::thread::available_parallelism().map_or(0, usize::from);
        let before = allowed();
        fence::heavy();
        fence::heavy_rseq(None);
        fence::heavy_rseq(Some(0));
        fence::heavy_rseq(Some(100_000));
        i32::from(allowed() != before)
    });
    assert_eq!(verdict, 0);
}

#[test]
fn without_membarrier_heavy_still_orders_the_light_side() {
    support::process::alone("fence::without_membarrier_heavy_still_orders_the_light_side", || {
        support::seccomp::refuse(&[libc::SYS_membarrier]);
        assert!(one_cpu() || litmus(support::rounds(2_000), fence::heavy) == 0);
    });
}

#[test]
fn without_any_way_to_fence_heavy_aborts_and_says_so() {
    let verdict = support::process::child(|| {
        support::seccomp::refuse(&[libc::SYS_membarrier, libc::SYS_sched_setaffinity]);
        fence::heavy();
        0
    });
    assert_eq!(verdict, 128 + libc::SIGABRT);
}

#[test]
fn registration_is_idempotent() {
    assert_eq!(fence::register(), fence::register());
}
