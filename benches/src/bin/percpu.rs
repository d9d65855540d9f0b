//! One shared counter, made six ways: per CPU by a restartable sequence, atomic, under a mutex, racy, thread-local.
//!
//! Adding to one word again and again costs what the CPU takes to forward a store to the next load (5 cycles on many, 0 on
//! some): the ways with 8 counters in turn show the price of the instructions alone.
//!
//! ```text
//! percpu MILLISECONDS ROUNDS THREADS...
//! ```
//! Prints `WAY<TAB>THREADS<TAB>CPU NANOSECONDS<TAB>WALL NANOSECONDS` for every way, number of threads and round. Both are for one
//! addition in one thread: processor time over additions, and elapsed time times threads over additions. The ways take
//! turns. The sums are checked, except the racy one's.

use std::cell::{Cell, UnsafeCell};
use std::hint::black_box;
use std::process::exit;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Barrier, Mutex};
use std::time::Instant;

use dacapo::arch::rseq as section;
use dacapo::percpu::Counters;
use dacapo::rseq;

/// Additions between two looks at the stop flag.
const BATCH: usize = 1000;
const LINE: usize = 128;

#[repr(align(128))]
struct Line<T>(T);

// SAFETY: only the racy way and the pthread mutex share one; the first means to, the second locks.
unsafe impl<T> Sync for Line<T> {}

static ATOMIC: Line<AtomicUsize> = Line(AtomicUsize::new(0));
static RACY: Line<UnsafeCell<[usize; LINE / 8]>> = Line(UnsafeCell::new([0; LINE / 8]));
static STD_MUTEX: Line<Mutex<usize>> = Line(Mutex::new(0));
static PTHREAD_MUTEX: Line<UnsafeCell<(libc::pthread_mutex_t, usize)>> =
    Line(UnsafeCell::new((libc::PTHREAD_MUTEX_INITIALIZER, 0)));
static STOP: Line<AtomicBool> = Line(AtomicBool::new(false));
/// Sum of what threads counted in their own variable.
static COLLECTED: AtomicUsize = AtomicUsize::new(0);

thread_local!(static OWN: Cell<usize> = const { Cell::new(0) });

/// The library's counters, and a table of our own for the section alone: one line for each CPU, entries -1 and -2 are the
/// stopped block.
struct PerCpu {
    counters: Counters<8>,
    pointers: Vec<*mut u8>,
}

// SAFETY: the blocks are changed by sections only, and read when no thread runs one.
unsafe impl Sync for PerCpu {}

impl PerCpu {
    fn new() -> &'static PerCpu {
        // SAFETY: a query without arguments.
        let cpus = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_CONF) } as usize;
        let blocks: &'static mut [Line<[usize; LINE / 8]>] =
            (0..cpus + 2).map(|_| Line([0; LINE / 8])).collect::<Vec<_>>().leak();
        let pointers = blocks.iter_mut().map(|block| (&raw mut *block).cast()).collect();
        Box::leak(Box::new(PerCpu { counters: Counters::new().expect("memory"), pointers }))
    }

    fn table(&self) -> *const *mut u8 {
        // SAFETY: two entries precede it.
        unsafe { self.pointers.as_ptr().add(2) }
    }

    fn sum(&self) -> usize {
        // SAFETY: every block is a line of counters, and nobody adds now.
        self.pointers
            .iter()
            .map(|&block| unsafe { block.cast::<[usize; LINE / 8]>().read() }.iter().sum::<usize>())
            .sum()
    }

    fn clear(&self) {
        for &block in &self.pointers {
            // SAFETY: as in `sum`.
            unsafe { block.cast::<[usize; LINE / 8]>().write([0; LINE / 8]) }
        }
    }
}

/// The ways to count. Each is a loop of its own, so that the addition is inlined into it.
const WAYS: [&str; 10] = [
    "per-CPU add",
    "plain add (racy)",
    "thread-local add",
    "atomic add",
    "pthread mutex add",
    "std Mutex add",
    "empty loop",
    "per-CPU add, 8 counters",
    "plain add, 8 counters",
    "the section alone",
];

/// Adds until stopped, in batches; returns how often.
fn work(way: usize, cpus: &PerCpu) -> usize {
    let mut done = 0;
    let table = cpus.table();
    let fields = rseq::fields();
    OWN.set(0);
    while !STOP.0.load(Relaxed) {
        match way {
            0 => {
                for _ in 0..BATCH {
                    cpus.counters.add(0, 1);
                }
            }
            1 => {
                let word = RACY.0.get().cast::<usize>();
                for _ in 0..BATCH {
                    // SAFETY: volatile, so that it is one load and one store; that increments get lost is what it shows.
                    unsafe { word.write_volatile(word.read_volatile() + 1) };
                }
            }
            2 => {
                for _ in 0..BATCH {
                    OWN.with(|own| black_box(own).set(own.get() + 1));
                }
            }
            3 => {
                for _ in 0..BATCH {
                    ATOMIC.0.fetch_add(1, Relaxed);
                }
            }
            4 => {
                for _ in 0..BATCH {
                    let shared = PTHREAD_MUTEX.0.get();
                    // SAFETY: the number is only touched under its lock.
                    unsafe {
                        libc::pthread_mutex_lock(&raw mut (*shared).0);
                        (*shared).1 += 1;
                        libc::pthread_mutex_unlock(&raw mut (*shared).0);
                    }
                }
            }
            5 => {
                for _ in 0..BATCH {
                    *STD_MUTEX.0.lock().unwrap() += 1;
                }
            }
            7 => {
                for at in 0..BATCH {
                    cpus.counters.add(at % 8, 1);
                }
            }
            8 => {
                for at in 0..BATCH {
                    let word = RACY.0.get().cast::<usize>();
                    // SAFETY: as above; the line has eight words.
                    unsafe { word.add(at % 8).write_volatile(word.add(at % 8).read_volatile() + 1) };
                }
            }
            9 => {
                for _ in 0..BATCH {
                    // SAFETY: the table covers every CPU, and -1 and -2; the first word of a block is its counter.
                    unsafe { section::add(fields, table, 0, 1) };
                }
            }
            _ => {
                for at in 0..BATCH {
                    black_box(at);
                }
            }
        }
        done += BATCH;
    }
    COLLECTED.fetch_add(OWN.get(), Relaxed);
    done
}

/// This thread's processor time in nanoseconds.
fn cpu_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes one timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Runs one way in so many threads; returns (additions, processor nanoseconds, elapsed nanoseconds).
fn run(way: usize, threads: usize, milliseconds: u64, cpus: &'static PerCpu) -> (usize, u64, u64) {
    STOP.0.store(false, Relaxed);
    let ready = &*Box::leak(Box::new(Barrier::new(threads + 1)));
    let members: Vec<_> = (0..threads)
        .map(|_| {
            std::thread::spawn(move || {
                let registered = rseq::register_current_thread();
                ready.wait();
                let (cpu, wall) = (cpu_ns(), Instant::now());
                let done = work(way, cpus);
                let taken = (done, cpu_ns() - cpu, wall, Instant::now());
                if registered.is_ok() {
                    let _ = rseq::unregister_current_thread();
                }
                taken
            })
        })
        .collect();
    ready.wait();
    std::thread::sleep(std::time::Duration::from_millis(milliseconds));
    STOP.0.store(true, Relaxed);
    let all: Vec<_> = members.into_iter().map(|member| member.join().unwrap()).collect();
    let begin = all.iter().map(|taken| taken.2).min().unwrap();
    let end = all.iter().map(|taken| taken.3).max().unwrap();
    (all.iter().map(|taken| taken.0).sum(), all.iter().map(|taken| taken.1).sum(), (end - begin).as_nanos() as u64)
}

/// What the way has counted since the last time (`before`: the library's counters then); `None` if it may lose additions or does not count.
fn counted(way: usize, cpus: &PerCpu, before: &mut usize) -> Option<usize> {
    match way {
        0 | 7 => {
            let sum = (0..8).map(|which| cpus.counters.sum(which)).sum::<usize>();
            Some(sum - core::mem::replace(before, sum))
        }
        9 => {
            let sum = cpus.sum();
            cpus.clear();
            Some(sum)
        }
        2 => Some(COLLECTED.swap(0, Relaxed)),
        3 => Some(ATOMIC.0.swap(0, Relaxed)),
        // SAFETY: all threads are joined.
        4 => Some(unsafe { core::mem::take(&mut (*PTHREAD_MUTEX.0.get()).1) }),
        5 => Some(core::mem::take(&mut STD_MUTEX.0.lock().unwrap())),
        _ => None,
    }
}

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).map(|text| text.parse().expect("a number")).collect();
    let [milliseconds, rounds, counts @ ..] = &numbers[..] else {
        eprintln!("usage: percpu MILLISECONDS ROUNDS THREADS...");
        exit(2);
    };
    let state = rseq::init();
    println!("state\t{state:?}, mm_cid {}", rseq::features().mm_cid);
    if matches!(state, rseq::State::Unavailable(_)) {
        eprintln!("no rseq here: {state:?}");
        exit(77);
    }
    let cpus = PerCpu::new();
    let mut before = 0;
    for &threads in counts {
        for round in 0..*rounds {
            for turn in 0..WAYS.len() {
                let way = (turn + round) % WAYS.len();
                COLLECTED.store(0, Relaxed);
                let (done, cpu, wall) = run(way, threads, *milliseconds as u64, cpus);
                if let Some(sum) = counted(way, cpus, &mut before)
                    && sum != done
                {
                    eprintln!("{}: {done} additions came to {sum}", WAYS[way]);
                    exit(1);
                }
                let each = |ns: f64| ns / done as f64;
                println!(
                    "{}\t{threads}\t{:.4}\t{:.4}",
                    WAYS[way],
                    each(cpu as f64),
                    each(wall as f64 * threads as f64)
                );
            }
        }
    }
}
