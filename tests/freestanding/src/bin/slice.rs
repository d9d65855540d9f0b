//! A thread that asks for a longer slice gets one when it would be preempted, and the kernel has it back when the request ends; one that does not ask never does.
//! Needs Linux 7.0 built with CONFIG_RSEQ_SLICE_EXTENSION, as Debian's 7.3 is not.
#![no_std]
#![no_main]

use core::hint::spin_loop;
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicBool, AtomicU64};

use dacapo::rseq::slice;
use dacapo::sync::Mutex;
use dacapo::sys::time::clock_gettime;
use dacapo::{per_thread, sys, thread};
use freestanding::{check, skip};

/// What the rival counts while it runs: it moves on only while this thread does not run, because both have one CPU.
static RIVAL: AtomicU64 = AtomicU64::new(0);
static OVER: AtomicBool = AtomicBool::new(false);

/// Grants to see each way.
const ENOUGH: u32 = 3;
const SECONDS: i64 = 20;

fn only_on_cpu_0() {
    let mut mask = [0; 32];
    check!(sys::sched::get_affinity(0, &mut mask).is_ok());
    let first = mask.iter().position(|&word| word != 0).unwrap_or(0);
    let mut one = [0; 32];
    one[first] = 1 << mask[first].trailing_zeros();
    check!(sys::sched::set_affinity(0, &one).is_ok());
}

fn rival() {
    only_on_cpu_0();
    while !OVER.load(Relaxed) {
        RIVAL.fetch_add(1, Relaxed);
    }
}

fn seconds() -> i64 {
    clock_gettime(1).map_or(0, |time| time.seconds)
}

fn granted() -> bool {
    per_thread::current().rseq.slice_granted.load(Relaxed) != 0
}

fn requested() -> bool {
    per_thread::current().rseq.slice_request.load(Relaxed) != 0
}

/// Spins for a while, or until a slice is granted; what the rival had counted just before.
fn hold() -> Option<u64> {
    (0..20_000).find_map(|_| {
        spin_loop();
        let before = RIVAL.load(Relaxed);
        granted().then_some(before)
    })
}

dacapo::main!(|_, _| {
    if !slice::is_available() {
        skip("this kernel grants no longer slices (before Linux 7.0, or built without CONFIG_RSEQ_SLICE_EXTENSION)");
    }
    only_on_cpu_0();
    let rival = thread::spawn(rival).ok();
    check!(rival.is_some());
    let end = seconds() + SECONDS;

    // The control: without asking there is nothing to see, however often this thread is preempted.
    let (mut preempted, mut last) = (0, 0);
    while preempted < 20 && seconds() < end {
        check!(hold().is_none() && !requested());
        let now = RIVAL.load(Relaxed);
        preempted += u32::from(now != last);
        last = now;
    }
    check!(preempted == 20);

    // Ended by hand, to see what the kernel says about it.
    let (mut by_hand, mut by_mutex, mut holds) = (0, 0, 0_u64);
    while by_hand < ENOUGH && seconds() < end {
        holds += 1;
        let asked = slice::extend();
        if hold().is_some() {
            // A timer may have ended it in this moment: then the kernel says no, and it does not count.
            by_hand += u32::from(sys::rseq::slice_yield());
            check!(!granted());
        }
        drop(asked);
        check!(!granted() && !requested());
    }
    // A mutex's short hold asks, and its end gives the CPU to the rival.
    let mutex = Mutex::new(());
    while by_mutex < ENOUGH && seconds() < end {
        holds += 1;
        let before = mutex.with(|()| hold());
        check!(!granted() && !requested());
        by_mutex += u32::from(before.is_some_and(|before| RIVAL.load(Relaxed) != before));
    }
    OVER.store(true, Relaxed);
    check!(rival.is_some_and(|rival| rival.join().is_ok()));
    dacapo::println!("{holds} holds: {by_hand} slices ended by hand, {by_mutex} by the end of a mutex's hold");
    check!(by_hand == ENOUGH && by_mutex == ENOUGH);
    0
});
