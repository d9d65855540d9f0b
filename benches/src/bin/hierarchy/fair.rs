//! How evenly a lock serves threads that do nothing but use it.
//!
//! All threads are alive and have had the lock before the window begins, and go on after it: their counts are read at both ends while they run, so that
//! neither the order of starting nor that of stopping is in the figure.

use std::sync::Barrier;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::{Duration, Instant};

use crate::rows::{self, Row};

/// What a thread shows while it runs, on lines of its own: its operations, and the clock of its processor time.
#[repr(align(128))]
#[derive(Default)]
struct Shown {
    done: AtomicU64,
    clock: AtomicU64,
}

impl Shown {
    /// Operations, and nanoseconds of processor time.
    fn look(&self) -> (u64, u64) {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: writes one timespec. The clock is that of a live thread.
        unsafe { libc::clock_gettime(self.clock.load(Relaxed) as u32 as libc::clockid_t, &raw mut time) };
        (self.done.load(Relaxed), time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
    }
}

/// What the threads had in the window: operations and processor time of each; and how long it was.
fn window(row: &Row, threads: usize, length: Duration) -> (Vec<(u64, u64)>, Duration) {
    let (subject, stop, ready) = ((row.make)(), AtomicBool::new(false), Barrier::new(threads + 1));
    let shown: Vec<Shown> = (0..threads).map(|_| Shown::default()).collect();
    std::thread::scope(|scope| {
        for shown in &shown {
            let (subject, stop, ready) = (&subject, &stop, &ready);
            scope.spawn(move || {
                let mut clock = 0;
                // SAFETY: of the calling thread; writes one number.
                unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &raw mut clock) };
                shown.clock.store(u64::from(clock as u32), Relaxed);
                let registered = dacapo::rseq::register_current_thread();
                ready.wait();
                while !stop.load(Relaxed) {
                    subject.add(row.batch);
                    shown.done.store(shown.done.load(Relaxed) + row.batch, Relaxed);
                }
                if registered.is_ok() {
                    let _ = dacapo::rseq::unregister_current_thread();
                }
            });
        }
        ready.wait();
        while shown.iter().any(|shown| shown.done.load(Relaxed) == 0) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(length / 10);
        let (begin, first) = (Instant::now(), shown.iter().map(Shown::look).collect::<Vec<_>>());
        std::thread::sleep(length);
        let (took, last) = (begin.elapsed(), shown.iter().map(Shown::look).collect::<Vec<_>>());
        stop.store(true, Relaxed);
        (last.iter().zip(first).map(|(last, first)| (last.0 - first.0, last.1 - first.1)).collect(), took)
    })
}

/// The least over the most.
fn evenness(values: impl Iterator<Item = u64> + Clone) -> f64 {
    values.clone().min().unwrap_or(0) as f64 / values.max().unwrap_or(0).max(1) as f64
}

pub fn all(ms: u64, rounds: u64, threads: usize, word: Option<&str>) {
    let rows: Vec<_> = rows::all().into_iter().filter(|row| word.is_none_or(|word| row.name.contains(word))).collect();
    for _ in 0..rounds {
        for row in &rows {
            let (shares, took) = window(row, threads, Duration::from_millis(ms));
            let done = shares.iter().map(|share| share.0).sum::<u64>() as f64;
            let cpu = shares.iter().map(|share| share.1).sum::<u64>() as f64;
            let (operations, processor) = (evenness(shares.iter().map(|s| s.0)), evenness(shares.iter().map(|s| s.1)));
            let (wall, cpu) = (took.as_nanos() as f64 / done, cpu / done);
            println!("{}\t{threads}\t{operations:.4}\t{processor:.4}\t{wall:.4}\t{cpu:.4}", row.name);
        }
    }
}
