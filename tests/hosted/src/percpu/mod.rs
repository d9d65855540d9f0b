//! Per-CPU structures under everything that can come between: more threads than CPUs, signals, migrations, drains.

mod array_cache;
mod cell;
mod free_list;
mod ids;
mod limiter;
mod reference;
mod ring;
mod stack;
mod topology;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};

use dacapo::rseq;

/// Whether threads have an index; if not, every operation below takes the fallback, and must be just as exact.
pub fn have_rseq() -> bool {
    rseq::init();
    matches!(rseq::state(), rseq::State::Adopted | rseq::State::Owned)
}

/// Runs `work` in `threads` threads while signals rain and another thread moves them from CPU to CPU.
pub fn tormented(threads: usize, work: impl Fn(usize) + Sync) {
    let signals = support::signals::storm();
    let ids: Vec<_> = (0..threads).map(|_| AtomicU32::new(0)).collect();
    let (running, over) = (AtomicU32::new(threads as u32), AtomicBool::new(false));
    let cpus = support::affinity::allowed();
    std::thread::scope(|scope| {
        for (n, id) in ids.iter().enumerate() {
            let (work, running) = (&work, &running);
            scope.spawn(move || {
                id.store(dacapo::sys::thread::gettid(), SeqCst);
                let _ends_even_if_it_panics = Ending(running);
                work(n);
            });
        }
        scope.spawn(|| {
            for turn in 0.. {
                if over.load(SeqCst) {
                    return;
                }
                for (n, id) in ids.iter().enumerate() {
                    support::affinity::move_thread(id.load(SeqCst), cpus[(turn + n) % cpus.len()]);
                }
                std::thread::sleep(std::time::Duration::from_micros(150));
            }
        });
        while running.load(SeqCst) > 0 || signals.delivered() == 0 {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        over.store(true, SeqCst);
    });
}

struct Ending<'a>(&'a AtomicU32);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Ends the others too when the thread that has it ends, even by a panic.
pub struct Over<'a>(pub &'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}
