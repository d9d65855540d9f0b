//! malloc and free in handlers that interrupt malloc and free.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

use dacapo::malloc;

static RUNS: AtomicUsize = AtomicUsize::new(0);
static WRONG: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static KEPT: Cell<*mut u8> = const { Cell::new(std::ptr::null_mut()) };
}

extern "C" fn allocate_in_handler(_: i32) {
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    // SAFETY: live blocks; the kept one is this thread's, from its previous signal.
    unsafe {
        for size in [24, 64, 700, 3000] {
            let block = malloc::allocate(size);
            block.write_bytes(run as u8, size);
            for at in 0..size {
                if block.add(at).read() != run as u8 {
                    WRONG.fetch_add(1, Ordering::Relaxed);
                }
            }
            malloc::deallocate(KEPT.replace(block));
        }
    }
}

#[test]
fn handlers_allocate_and_free_while_they_interrupt_malloc() {
    // SAFETY: the handler is made for this; the timer is stopped below.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = allocate_in_handler as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(libc::SIGVTALRM, &raw const action, std::ptr::null_mut()), 0);
        let period = libc::timeval { tv_sec: 0, tv_usec: support::period(100).into() };
        let timer = libc::itimerval { it_interval: period, it_value: period };
        assert_eq!(libc::setitimer(libc::ITIMER_VIRTUAL, &raw const timer, std::ptr::null_mut()), 0);
    }
    // At least three models, and as many as it takes to be interrupted.
    for seed in (1..200).take_while(|seed| *seed < 4 || RUNS.load(Ordering::Relaxed) <= 10) {
        super::model::run(&mut super::model::PerCpu, seed, support::rounds(40_000) as usize).unwrap();
    }
    // SAFETY: stops the timer.
    unsafe {
        let off: libc::itimerval = std::mem::zeroed();
        libc::setitimer(libc::ITIMER_VIRTUAL, &raw const off, std::ptr::null_mut());
    }
    assert!(RUNS.load(Ordering::Relaxed) > 10, "without signals this tests nothing");
    assert_eq!(WRONG.load(Ordering::Relaxed), 0);
}
