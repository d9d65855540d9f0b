//! malloc and free in handlers that interrupt malloc and free.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

use dacapo::malloc;

use super::model::{Heap, PerCpu, run};

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

/// Arms the timer once: after so much processor time of the process one signal comes.
fn arm(microseconds: u32) {
    let never = libc::timeval { tv_sec: 0, tv_usec: 0 };
    let once =
        libc::itimerval { it_interval: never, it_value: libc::timeval { tv_sec: 0, tv_usec: microseconds.into() } };
    // SAFETY: reads one struct.
    assert_eq!(unsafe { libc::setitimer(libc::ITIMER_VIRTUAL, &raw const once, std::ptr::null_mut()) }, 0);
}

/// The heap, with the timer armed anew by the operation after each signal. An interval would not do: where a handler takes longer than
/// that, on an emulated CPU that has other work, no operation would ever end.
struct Interrupted {
    seen: usize,
    /// Signals still to come: on a slow CPU with many busy threads there could be one for each operation, and nothing else would run.
    left: u32,
}

impl Interrupted {
    fn heap(&mut self) -> PerCpu {
        let runs = RUNS.load(Ordering::Relaxed);
        if runs != self.seen && self.left > 0 {
            (self.seen, self.left) = (runs, self.left - 1);
            arm(support::period(100));
        }
        PerCpu
    }
}

impl Heap for Interrupted {
    fn allocate(&mut self, align: usize, size: usize, zeroed: bool) -> *mut u8 {
        self.heap().allocate(align, size, zeroed)
    }
    fn reallocate(&mut self, block: *mut u8, size: usize) -> *mut u8 {
        self.heap().reallocate(block, size)
    }
    fn deallocate(&mut self, block: *mut u8) {
        self.heap().deallocate(block);
    }
    fn usable_size(&mut self, block: *mut u8) -> usize {
        self.heap().usable_size(block)
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
    let mut heap = Interrupted { seen: usize::MAX, left: support::rounds(4000) };
    // At least three models, and as many as it takes to be interrupted.
    for seed in (1..200).take_while(|seed| *seed < 4 || RUNS.load(Ordering::Relaxed) <= 10) {
        run(&mut heap, seed, support::rounds(40_000) as usize).unwrap();
    }
    arm(0);
    assert!(RUNS.load(Ordering::Relaxed) > 10, "without signals this tests nothing");
    assert_eq!(WRONG.load(Ordering::Relaxed), 0);
}
