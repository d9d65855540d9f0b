//! The concurrency cost hierarchy: every way to add one to a counter, from a plain addition to a lock that waits for a time slice.
//!
//! ```text
//! hierarchy rows                                      NAME, LEVEL and where it comes from
//! hierarchy time MS ROUNDS PIN THREADS... [-- WORD]   NAME THREADS PIN NS CPU_NS FAIRNESS
//! hierarchy fair MS ROUNDS THREADS [-- WORD]          NAME THREADS EVEN CPU_EVEN NS CPU_NS: how evenly threads are served that all run all the time
//! hierarchy count                                     NAME LOCKED INSTRUCTIONS, each per operation, by stepping
//! hierarchy order MS ROUNDS                           VARIANT NS: the price of linearizability
//! hierarchy litmus ROUNDS                             FENCES OUTCOME COUNT: what store forwarding lets be seen
//! ```
//! Tab-separated lines. NS is for one operation in one thread: elapsed time times threads, over operations. FAIRNESS: operations of the slowest thread over
//! those of the fastest, from a common start on (so a short trial shows who was started first); EVEN the same in a window in which all run, CPU_EVEN of their
//! processor time; there NS is elapsed time over all threads' operations. Sums are checked, except the racy one's.

mod count;
mod fair;
mod litmus;
mod order;
mod rows;
mod seed_locks;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use rows::Row;

/// What one thread did: operations, processor time, begin, end.
type Share = (u64, u64, Instant, Instant);

/// Nanoseconds of an operation in one thread, of them processor time, and the fairness.
struct Trial {
    wall: f64,
    cpu: f64,
    fairness: f64,
}

/// The CPUs that this process may use.
fn cpus() -> Vec<usize> {
    // SAFETY: the call fills the set, whose bits are read.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::sched_getaffinity(0, size_of_val(&set), &raw mut set);
        (0..libc::CPU_SETSIZE as usize).filter(|&cpu| libc::CPU_ISSET(cpu, &set)).collect()
    }
}

fn pin(cpu: usize) {
    // SAFETY: the set is a valid one.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &raw const set);
    }
}

/// This thread's processor time in nanoseconds.
fn cpu_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes one timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Runs `work(thread, stop)` in so many threads for so long; `work` returns how many operations it did.
fn run(threads: usize, pinned: bool, time: Duration, work: impl Fn(usize, &AtomicBool) -> u64 + Sync) -> Trial {
    let (stop, ready, cpus) = (AtomicBool::new(false), Barrier::new(threads + 1), cpus());
    let shares: Vec<Share> = std::thread::scope(|scope| {
        let members: Vec<_> = (0..threads)
            .map(|n| {
                let (stop, ready, cpus, work) = (&stop, &ready, &cpus, &work);
                scope.spawn(move || {
                    if pinned {
                        pin(cpus[n % cpus.len()]);
                    }
                    let registered = dacapo::rseq::register_current_thread();
                    ready.wait();
                    let (cpu, begin) = (cpu_ns(), Instant::now());
                    let done = work(n, stop);
                    let share = (done, cpu_ns() - cpu, begin, Instant::now());
                    if registered.is_ok() {
                        let _ = dacapo::rseq::unregister_current_thread();
                    }
                    share
                })
            })
            .collect();
        ready.wait();
        std::thread::sleep(time);
        stop.store(true, Relaxed);
        members.into_iter().map(|member| member.join().expect("a member")).collect()
    });
    let done: u64 = shares.iter().map(|share| share.0).sum();
    let begin = shares.iter().map(|share| share.2).min().expect("a thread");
    let end = shares.iter().map(|share| share.3).max().expect("a thread");
    let (least, most) = (shares.iter().map(|share| share.0).min(), shares.iter().map(|share| share.0).max());
    Trial {
        wall: (end - begin).as_nanos() as f64 * threads as f64 / done as f64,
        cpu: shares.iter().map(|share| share.1).sum::<u64>() as f64 / done as f64,
        fairness: least.expect("a thread") as f64 / most.expect("a thread") as f64,
    }
}

/// One trial of a row, with its sum checked.
fn trial(row: &Row, threads: usize, pinned: bool, ms: u64) -> Trial {
    let subject = Arc::new((row.make)());
    let total = std::sync::atomic::AtomicU64::new(0);
    // A convoy takes some time slices to form: what may wait for one is watched for longer.
    let ms = if row.batch <= 4 { 5 * ms } else { ms };
    let trial = run(threads, pinned, Duration::from_millis(ms), |_, stop| {
        let mut done = 0;
        while !stop.load(Relaxed) {
            subject.add(row.batch);
            done += row.batch;
        }
        total.fetch_add(done, Relaxed);
        done
    });
    let (done, sum) = (total.into_inner(), subject.total());
    if sum.is_some_and(|sum| sum != done) {
        eprintln!("{}: {done} additions came to {sum:?}", row.name);
        std::process::exit(1);
    }
    trial
}

fn time(ms: u64, rounds: u64, pinned: bool, threads: &[usize], word: Option<&str>) {
    let rows = rows::all();
    for _ in 0..rounds {
        for &threads in threads {
            for row in rows.iter().filter(|row| word.is_none_or(|word| row.name.contains(word))) {
                let Trial { wall, cpu, fairness } = trial(row, threads, pinned, ms);
                println!("{}\t{threads}\t{}\t{wall:.4}\t{cpu:.4}\t{fairness:.4}", row.name, u8::from(pinned));
            }
        }
    }
}

fn main() {
    dacapo::rseq::init();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = words.iter().position(|word| word == "--").map(|at| words[at + 1].as_str());
    let numbers: Vec<u64> = words.iter().skip(1).map_while(|word| word.parse().ok()).collect();
    match (words.first().map(String::as_str), &numbers[..]) {
        (Some("rows"), []) => rows::all().iter().for_each(|row| println!("{}\t{}\t{}", row.name, row.level, row.from)),
        (Some("time"), [ms, rounds, pinned, threads @ ..]) => {
            let threads: Vec<usize> = threads.iter().map(|&n| n as usize).collect();
            time(*ms, *rounds, *pinned != 0, &threads, word);
        }
        (Some("fair"), [ms, rounds, threads]) => fair::all(*ms, *rounds, *threads as usize, word),
        (Some("count"), []) => count::all(),
        (Some("order"), [ms, rounds]) => order::all(*ms, *rounds),
        (Some("litmus"), [rounds]) => litmus::all(*rounds),
        _ => {
            eprintln!("usage: see the head of benches/src/bin/hierarchy/main.rs");
            std::process::exit(2);
        }
    }
}
