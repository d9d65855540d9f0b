//! 10,000 detached threads (1,000 where the CPU is emulated), more at once than the cache takes: each runs, and their memory goes back.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicUsize, Ordering};

use dacapo::sys::Errno;
use dacapo::{sys, thread};
use freestanding::{check, mappings};

static DONE: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

dacapo::main!(|_, _| {
    let all = if freestanding::rounds_are_dear() { 1_000 } else { 10_000 };
    let before = mappings();
    let mut started = 0;
    while started < all {
        let worker = thread::Builder::new().stack_size(64 << 10);
        match worker.spawn(|| DONE.fetch_add(1, Ordering::Relaxed)) {
            Ok(handle) => {
                drop(handle);
                started += 1;
            }
            Err(errno) => {
                check!(errno == Errno::EAGAIN);
                REFUSED.fetch_add(1, Ordering::Relaxed);
                sys::sched::yield_now();
            }
        }
    }
    let only_we_are_left = || thread::registry::locked(|registry| registry.len()) == 1;
    while DONE.load(Ordering::Relaxed) < all || !only_we_are_left() {
        sys::sched::yield_now();
    }
    // Those that have left the registry are unmapping themselves now: wait for the last one.
    let mut patience = 10_000;
    while mappings() > before.map(|lines| lines + 32) && patience > 0 {
        patience -= 1;
        sys::sched::yield_now();
    }
    check!(mappings() <= before.map(|lines| lines + 32), "{before:?} mappings, then {:?}", mappings());
});
