//! Locks against their peers: `cargo run --release -p benches --bin locks [trials]`. Wall ns per operation over all threads, minimum of the trials,
//! which are interleaved so that a noisy moment hits every row.

use std::cell::UnsafeCell;
use std::hint::black_box;
use std::sync::Barrier;
use std::time::Instant;

/// Short enough that some trial falls between two time slices of whatever else runs here.
const OPERATIONS: u64 = 200_000;

/// One contender: `operation` is done so many times in each thread.
struct Row {
    name: &'static str,
    operation: Box<dyn Fn(u64) + Sync>,
}

fn row(name: &'static str, operation: impl Fn(u64) + Sync + 'static) -> Row {
    Row { name, operation: Box::new(operation) }
}

/// Wall ns per operation, all threads together: from the first that starts to the last that ends.
fn time(row: &Row, threads: u64) -> f64 {
    // Many threads: enough for each that starting them does not count.
    let each = OPERATIONS / threads.min(8);
    let start = Barrier::new(threads as usize);
    let spans = std::thread::scope(|scope| {
        let work = || {
            start.wait();
            let begin = Instant::now();
            (row.operation)(each);
            (begin, Instant::now())
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker")).collect::<Vec<_>>()
    });
    let begin = spans.iter().map(|span| span.0).min().expect("a thread");
    let end = spans.iter().map(|span| span.1).max().expect("a thread");
    (end - begin).as_nanos() as f64 / (each * threads) as f64
}

fn table(title: &str, rows: &[Row], threads: &[u64], trials: u32) {
    println!("\n{title:<34}{}", threads.iter().map(|t| format!("{:>9}", format!("{t}T"))).collect::<String>());
    let mut best = vec![vec![f64::INFINITY; threads.len()]; rows.len()];
    for _ in 0..trials {
        for (row, best) in rows.iter().zip(&mut best) {
            for (&threads, best) in threads.iter().zip(best) {
                *best = best.min(time(row, threads));
            }
        }
    }
    for (row, best) in rows.iter().zip(&best) {
        println!("{:<34}{}", row.name, best.iter().map(|ns| format!("{ns:>9.2}")).collect::<String>());
    }
}

struct Pthread(UnsafeCell<libc::pthread_mutex_t>, UnsafeCell<u64>);
// SAFETY: the mutex guards the counter.
unsafe impl Sync for Pthread {}
// SAFETY: as above.
unsafe impl Send for Pthread {}

impl Pthread {
    fn new() -> Self {
        Self(UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER), UnsafeCell::new(0))
    }

    fn add(&self) {
        // SAFETY: a valid mutex around the one use of the counter.
        unsafe {
            libc::pthread_mutex_lock(self.0.get());
            *self.1.get() += 1;
            libc::pthread_mutex_unlock(self.0.get());
        }
    }
}

fn locks() -> Vec<Row> {
    let ours = dacapo::sync::Mutex::new(0_u64);
    let std = std::sync::Mutex::new(0_u64);
    let parking_lot = parking_lot::Mutex::new(0_u64);
    let pthread = Pthread::new();
    vec![
        row("dacapo Mutex", move |n| (0..n).for_each(|_| *ours.lock() += 1)),
        row("std Mutex", move |n| (0..n).for_each(|_| *std.lock().expect("no panic") += 1)),
        row("parking_lot Mutex", move |n| (0..n).for_each(|_| *parking_lot.lock() += 1)),
        row("pthread mutex (host)", move |n| (0..n).for_each(|_| pthread.add())),
    ]
}

fn reads() -> Vec<Row> {
    let ours = dacapo::sync::RwLock::new(0_u64);
    let std = std::sync::RwLock::new(0_u64);
    let parking_lot = parking_lot::RwLock::new(0_u64);
    vec![
        row("dacapo RwLock", move |n| (0..n).for_each(|_| _ = black_box(*ours.read()))),
        row("std RwLock", move |n| (0..n).for_each(|_| _ = black_box(*std.read().expect("no panic")))),
        row("parking_lot RwLock", move |n| (0..n).for_each(|_| _ = black_box(*parking_lot.read()))),
    ]
}

fn notifications() -> Vec<Row> {
    let ours = dacapo::sync::Condvar::new();
    let std = std::sync::Condvar::new();
    let parking_lot = parking_lot::Condvar::new();
    vec![
        row("dacapo Condvar", move |n| (0..n).for_each(|_| black_box(&ours).notify_one())),
        row("std Condvar", move |n| (0..n).for_each(|_| black_box(&std).notify_one())),
        row("parking_lot Condvar", move |n| (0..n).for_each(|_| _ = black_box(&parking_lot).notify_one())),
    ]
}

/// Additions to one counter by everybody.
fn counters() -> Vec<Row> {
    use std::sync::atomic::{AtomicU64, Ordering};
    let per_cpu = dacapo::percpu::Counter::new().expect("memory");
    let atomic = AtomicU64::new(0);
    let pthread = Pthread::new();
    vec![
        row("dacapo per-CPU counter", move |n| (0..n).for_each(|_| per_cpu.add(0, 1))),
        row("plain add (one thread only)", |n| {
            let mut word = 0_u64;
            // SAFETY: this thread's own; volatile, so that every addition is a load and a store.
            (0..n).for_each(|_| unsafe { (&raw mut word).write_volatile((&raw mut word).read_volatile() + 1) });
        }),
        row("atomic add", move |n| (0..n).for_each(|_| _ = atomic.fetch_add(1, Ordering::Relaxed))),
        row("pthread mutex (host)", move |n| (0..n).for_each(|_| pthread.add())),
    ]
}

fn main() {
    let trials = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(50);
    table("lock; add; unlock (ns)", &locks(), &[1, 2, 8], trials);
    table("read lock; unlock (ns)", &reads(), &[1, 2, 8], trials);
    table("add to one counter (ns)", &counters(), &[1, 2, 8, 64], trials);
    table("notify without a waiter (ns)", &notifications(), &[1], trials);
}
