//! Counters, readers and queues under benches/scale/plugin.c, which counts what an operation costs the memory system of a machine with many CPUs.
//!
//! ```text
//! scale FIRST_NUMBER OPERATIONS fallback|rseq THREADS...
//! ```
//! Every row runs OPERATIONS times in each of so many threads (fewer times with more than 8, or if they wait), each on a virtual CPU of its own, and is reported by the plugin under its number: this program prints
//! `@row NUMBER NAME THREADS OPERATIONS`, and `@rseq STATE` first. With `fallback` the rseq call is refused, and only the rows that would use it run.
//!
//! The protocol with the plugin is that of benches/scale/scale.h: a thread warms, meets the others by spinning, is counted, and meets them again.

use std::collections::VecDeque;
use std::hint::black_box;
use std::process::exit;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use dacapo::counter::{StripedCounter, ThreadCounter};
use dacapo::percpu::Counters;
use dacapo::rcu::{Domain, Pointer, Qsbr, RcuCell};
use dacapo::{queue, rseq, sync};

/// As in benches/scale/bell.h.
const BELL: usize = 0x5ca_1e00_0000;
const BELL_BYTES: usize = 0x10_0000;
const WARM: usize = 0;
const COUNT: usize = 8;
const LEAVE: usize = 16;
const RESET: usize = 24;
const REPORT: usize = 4096;

/// Messages that fit into a queue.
const CAPACITY: usize = 256;
const MOST: usize = 256;
/// With more threads than this, each does less.
const FEW: usize = 8;

fn ring(offset: usize) {
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
    // SAFETY: the page is mapped by `main` for as long as the process lives.
    unsafe { ((BELL + offset) as *mut u64).write_volatile(1) };
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
}

#[repr(align(128))]
struct Line<T>(T);

/// One thread's share: does so many operations.
type Work = Box<dyn FnMut(usize)>;
/// Makes what the threads of one row share; what that returns is called in each thread, with its index, and makes its work.
type Prepare = fn(usize) -> Arc<dyn Fn(usize) -> Work + Send + Sync>;

struct Row {
    name: &'static str,
    prepare: Prepare,
    /// How many threads one operation takes: two where one sends and the other receives.
    threads: usize,
    /// Whether it uses rseq: then it also runs without.
    per_cpu: bool,
}

impl Row {
    /// How often each thread does it. Those who wait for each other, asleep or not, take a hundred turns for an operation: they do less.
    fn operations(&self, most: usize, threads: usize) -> usize {
        let waits = ["Mutex", "RwLock", "flume", "kanal"].iter().any(|word| self.name.contains(word));
        (most / if waits { 100 } else { 1 } * FEW / threads.max(FEW)).max(20)
    }
}

macro_rules! rows {
    ($($name:literal $threads:literal $per_cpu:literal $prepare:expr;)*) => {
        [$(Row { name: $name, threads: $threads, per_cpu: $per_cpu, prepare: $prepare }),*]
    };
}

/// A row whose threads all do the same to one shared object, which lives for ever.
fn shared<T: Send + Sync + 'static>(
    object: T,
    operation: impl Fn(&'static T) + Copy + Send + Sync + 'static,
) -> Arc<dyn Fn(usize) -> Work + Send + Sync> {
    let object: &'static Line<T> = Box::leak(Box::new(Line(object)));
    Arc::new(move |_| Box::new(move |operations| (0..operations).for_each(|_| operation(&black_box(object).0))))
}

/// A queue for each pair of threads: even ones send, odd ones receive.
fn pairs<S: Send + 'static, R: Send + 'static>(
    threads: usize,
    channel: impl Fn() -> (S, R),
    send: impl Fn(&mut S, u64) + Copy + Send + Sync + 'static,
    receive: impl Fn(&mut R) -> u64 + Copy + Send + Sync + 'static,
) -> Arc<dyn Fn(usize) -> Work + Send + Sync> {
    let ends: Vec<Mutex<(Option<S>, Option<R>)>> = (0..threads / 2)
        .map(|_| {
            let (sender, receiver) = channel();
            Mutex::new((Some(sender), Some(receiver)))
        })
        .collect();
    Arc::new(move |index| {
        let mut pair = ends[index / 2].lock().expect("nobody panics");
        if index % 2 == 0 {
            let mut sender = pair.0.take().expect("one sender");
            Box::new(move |operations| (0..operations as u64).for_each(|n| send(&mut sender, n)))
        } else {
            let mut receiver = pair.1.take().expect("one receiver");
            Box::new(move |operations| {
                (0..operations as u64).for_each(|n| assert_eq!(receive(&mut receiver), n, "a message is lost"))
            })
        }
    })
}

type Polled = Arc<Line<Mutex<VecDeque<u64>>>>;

fn mutex_queue() -> (Polled, Polled) {
    let queue = Arc::new(Line(Mutex::new(VecDeque::with_capacity(CAPACITY))));
    (queue.clone(), queue)
}

fn send_polling(queue: &mut Polled, n: u64) {
    loop {
        let mut queue = queue.0.lock().expect("nobody panics");
        if queue.len() < CAPACITY {
            return queue.push_back(n);
        }
    }
}

fn receive_polling(queue: &mut Polled) -> u64 {
    loop {
        if let Some(n) = queue.0.lock().expect("nobody panics").pop_front() {
            return n;
        }
    }
}

static VALUE: u64 = 7;

fn seven() -> Pointer<u64> {
    Pointer::new((&raw const VALUE).cast_mut())
}

const COUNT_OF_ROWS: usize = 21;
static ROWS: [Row; COUNT_OF_ROWS] = rows! {
    "counter:dacapo-percpu" 1 true |_| shared(Counters::<1>::new().expect("memory"), |counters| counters.add(0, 1));
    "counter:dacapo-thread" 1 false |_| {
        let counter: &'static ThreadCounter<MOST> = Box::leak(Box::new(ThreadCounter::new()));
        Arc::new(move |_| {
            let mine = counter.mine();
            Box::new(move |operations| (0..operations).for_each(|_| mine.add(1)))
        })
    };
    "counter:dacapo-striped" 1 false |_| shared(StripedCounter::<MOST>::new(), |counter| counter.add(1));
    "counter:atomic-add" 1 false |_| shared(AtomicUsize::new(0), |word| {
        word.fetch_add(1, Ordering::Relaxed);
    });
    "counter:dacapo-Mutex" 1 false |_| shared(sync::Mutex::new(0), |number| *number.lock() += 1);
    "counter:std-Mutex" 1 false |_| shared(Mutex::new(0), |number| *number.lock().expect("nobody panics") += 1);
    "counter:parking_lot-Mutex" 1 false |_| shared(parking_lot::Mutex::new(0), |number| *number.lock() += 1);
    "read:dacapo-Domain" 1 true |_| shared((Domain::new().expect("memory"), seven()), |(domain, pointer)| {
        let guard = domain.enter();
        // SAFETY: what it points to is static.
        black_box(unsafe { pointer.load(&guard) }.copied());
    });
    "read:dacapo-Qsbr" 1 false |_| {
        let both: &'static (Qsbr, Pointer<u64>) = Box::leak(Box::new((Qsbr::new(), seven())));
        Arc::new(move |_| {
            let mut reader = both.0.register().expect("memory");
            Box::new(move |operations| for _ in 0..operations {
                // SAFETY: what it points to is static.
                black_box(unsafe { both.1.load(&reader) }.copied());
                reader.quiescent();
            })
        })
    };
    "read:dacapo-RcuCell" 1 true |_| shared(RcuCell::new(7_u64).expect("memory"), |cell| {
        black_box(*cell.load());
    });
    "read:std-RwLock" 1 false |_| shared(std::sync::RwLock::new(7_u64), |lock| {
        black_box(*lock.read().expect("nobody panics"));
    });
    "read:parking_lot-RwLock" 1 false |_| shared(parking_lot::RwLock::new(7_u64), |lock| {
        black_box(*lock.read());
    });
    "read:std-Mutex-of-Arc" 1 false |_| shared(Mutex::new(Arc::new(7_u64)), |lock| {
        let value = lock.lock().expect("nobody panics").clone();
        black_box(*value);
    });
    "queue:dacapo-spsc" 2 false |threads| pairs(threads, || queue::spsc::channel::<u64>(CAPACITY).expect("memory"),
        |sender, n| sender.push(n).expect("open"), |receiver| receiver.pop().expect("open"));
    "queue:dacapo-spsc-polled" 2 false |threads| pairs(threads,
        || queue::spsc::channel_with::<u64, _>(CAPACITY, queue::Polled).expect("memory"),
        |sender, n| while sender.try_push(n).is_err() {}, |receiver| loop {
            if let Ok(n) = receiver.try_pop() { return n }
        });
    "queue:rtrb-polled" 2 false |threads| pairs(threads, || rtrb::RingBuffer::<u64>::new(CAPACITY),
        |sender, n| while sender.push(n).is_err() {}, |receiver| loop {
            if let Ok(n) = receiver.pop() { return n }
        });
    "queue:crossbeam" 2 false |threads| pairs(threads, || crossbeam_channel::bounded::<u64>(CAPACITY),
        |sender, n| sender.send(n).expect("open"), |receiver| receiver.recv().expect("open"));
    "queue:std-sync_channel" 2 false |threads| pairs(threads, || std::sync::mpsc::sync_channel::<u64>(CAPACITY),
        |sender, n| sender.send(n).expect("open"), |receiver| receiver.recv().expect("open"));
    "queue:flume" 2 false |threads| pairs(threads, || flume::bounded::<u64>(CAPACITY),
        |sender, n| sender.send(n).expect("open"), |receiver| receiver.recv().expect("open"));
    "queue:kanal" 2 false |threads| pairs(threads, || kanal::bounded::<u64>(CAPACITY),
        |sender, n| sender.send(n).expect("open"), |receiver| receiver.recv().expect("open"));
    "queue:std-Mutex-polled" 2 false |threads| pairs(threads, mutex_queue, send_polling, receive_polling);
};

/// One thread of a row, pinned: CPU 0 belongs to the first thread and to the kernel.
fn member(
    index: usize,
    threads: usize,
    operations: usize,
    met: &AtomicUsize,
    make: &(dyn Fn(usize) -> Work + Send + Sync),
) {
    // SAFETY: the set is a valid one.
    let refused = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(index + 1, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &raw const set)
    };
    assert_eq!(refused, 0, "CPU {} cannot be had", index + 1);
    let _ = rseq::register_current_thread();
    let meet = |time: usize| {
        met.fetch_add(1, Ordering::AcqRel);
        while met.load(Ordering::Acquire) < time * threads {} // no hint: a turn ends by itself
    };
    let mut work = make(index);
    ring(WARM);
    meet(1);
    work(operations / 2);
    meet(2);
    ring(COUNT);
    work(operations);
    ring(WARM);
    meet(3);
    ring(LEAVE);
    drop(work);
    let _ = rseq::unregister_current_thread();
}

fn run(row: &Row, number: usize, threads: usize, operations: usize) {
    let operations = row.operations(operations, threads);
    let make = (row.prepare)(threads);
    let met = Line(AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for index in 0..threads {
            let (make, met) = (&make, &met);
            scope.spawn(move || member(index, threads, operations, &met.0, &**make));
        }
    });
    ring(REPORT + 8 * number);
    println!("@row {number} {} {threads} {}", row.name, operations * threads / row.threads);
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [number, operations, mode, counts @ ..] = &words[..] else {
        eprintln!("usage: scale FIRST_NUMBER OPERATIONS fallback|rseq THREADS...");
        exit(2);
    };
    let fallback = mode == "fallback";
    if fallback {
        support::seccomp::refuse(&[libc::SYS_rseq]);
    }
    let (mut number, operations): (usize, usize) =
        (number.parse().expect("a number"), operations.parse().expect("a number"));
    // SAFETY: a fixed mapping where nothing else is mapped.
    let bell = unsafe {
        libc::mmap(
            BELL as *mut libc::c_void,
            BELL_BYTES,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE,
            -1,
            0,
        )
    };
    assert_eq!(bell as usize, BELL, "the bell's address is taken");
    ring(RESET);
    let state = rseq::init();
    println!("@rseq {state:?}, mm_cid {}", rseq::features().mm_cid);
    if fallback != matches!(state, rseq::State::Unavailable(_)) {
        eprintln!("asked for {mode}, but rseq is {state:?}");
        exit(1);
    }
    for row in ROWS.iter().filter(|row| row.per_cpu || !fallback) {
        for threads in counts.iter().map(|count| count.parse().expect("a number")).filter(|count| *count >= row.threads)
        {
            run(row, number, threads, operations);
            number += 1;
        }
    }
}
