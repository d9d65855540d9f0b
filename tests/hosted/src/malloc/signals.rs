//! malloc and free in handlers that interrupt malloc and free.
//!
//! Only our malloc is interrupted, never the host's, which the harness itself uses: a handler that waits for a fork elsewhere in the process, which
//! holds our locks and waits for the host's, would wait for ever (docs/malloc.md).

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

use dacapo::malloc;

use super::model::{Heap, PerCpu, run};

static SIGNALS: AtomicUsize = AtomicUsize::new(0);
static RUNS: AtomicUsize = AtomicUsize::new(0);
static WRONG: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static KEPT: Cell<*mut u8> = const { Cell::new(std::ptr::null_mut()) };
    /// Whether this thread is in our malloc.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

extern "C" fn allocate_in_handler(_: i32) {
    SIGNALS.fetch_add(1, Ordering::Relaxed);
    if !INSIDE.get() {
        return;
    }
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

/// A timer that sends its signal to the thread that made it.
struct Timer(libc::timer_t);

impl Timer {
    fn new() -> Timer {
        // SAFETY: reads and fills structs of ours.
        unsafe {
            let mut event: libc::sigevent = std::mem::zeroed();
            event.sigev_notify = libc::SIGEV_THREAD_ID;
            event.sigev_signo = libc::SIGVTALRM;
            event.sigev_notify_thread_id = libc::gettid();
            let mut timer = std::mem::zeroed();
            assert_eq!(libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer), 0);
            Timer(timer)
        }
    }

    /// Arms it once.
    fn arm(&self, nanoseconds: u32) {
        let never = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let once = libc::itimerspec {
            it_interval: never,
            it_value: libc::timespec { tv_sec: 0, tv_nsec: nanoseconds.into() },
        };
        // SAFETY: reads one struct; the timer lives.
        assert_eq!(unsafe { libc::timer_settime(self.0, 0, &raw const once, std::ptr::null_mut()) }, 0);
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: the timer exists.
        unsafe { libc::timer_delete(self.0) };
    }
}

/// The heap, with the timer armed anew by the operation after each signal. An interval would not do: where a handler takes longer than
/// that, on an emulated CPU that has other work, no operation would ever end.
struct Interrupted {
    timer: Timer,
    seen: usize,
    /// Signals still to come: on a slow CPU with many busy threads there could be one for each operation, and nothing else would run.
    left: u32,
}

impl Interrupted {
    fn inside<R>(&mut self, operation: impl FnOnce(&mut PerCpu) -> R) -> R {
        let signals = SIGNALS.load(Ordering::Relaxed);
        if signals != self.seen && self.left > 0 {
            (self.seen, self.left) = (signals, self.left - 1);
            self.timer.arm(support::period(1000 + signals as u32 * 379 % 20_000)); // in this operation, or in one of the next
        }
        INSIDE.set(true);
        let result = operation(&mut PerCpu);
        INSIDE.set(false);
        result
    }
}

impl Heap for Interrupted {
    fn allocate(&mut self, align: usize, size: usize, zeroed: bool) -> *mut u8 {
        self.inside(|heap| heap.allocate(align, size, zeroed))
    }
    fn reallocate(&mut self, block: *mut u8, size: usize) -> *mut u8 {
        self.inside(|heap| heap.reallocate(block, size))
    }
    fn deallocate(&mut self, block: *mut u8) {
        self.inside(|heap| heap.deallocate(block));
    }
    fn usable_size(&mut self, block: *mut u8) -> usize {
        self.inside(|heap| heap.usable_size(block))
    }
}

#[test]
fn handlers_allocate_and_free_while_they_interrupt_malloc() {
    // SAFETY: the handler is made for this.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = allocate_in_handler as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(libc::SIGVTALRM, &raw const action, std::ptr::null_mut()), 0);
    }
    let mut heap = Interrupted { timer: Timer::new(), seen: usize::MAX, left: support::rounds(40_000) };
    // At least three models, and as many as it takes to be interrupted.
    for seed in (1..200).take_while(|seed| *seed < 4 || RUNS.load(Ordering::Relaxed) <= 10) {
        run(&mut heap, seed, support::rounds(40_000) as usize).unwrap();
    }
    drop(heap);
    assert!(RUNS.load(Ordering::Relaxed) > 10, "without signals this tests nothing");
    assert_eq!(WRONG.load(Ordering::Relaxed), 0);
    println!("{} of {} signals came inside", RUNS.load(Ordering::Relaxed), SIGNALS.load(Ordering::Relaxed));
}
