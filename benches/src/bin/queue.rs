//! Queues between two threads against their peers: `queue [trials]` prints `ROW<TAB>PEER<TAB>NS` lines. Each figure is the least of the trials, which are
//! interleaved and short, so that some fall between the time slices of whatever else runs here.

use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use dacapo::queue::mesh::Mesh;
use dacapo::queue::spsc::{channel, channel_with};
use dacapo::queue::{
    Fences, FullFences, Membarrier, Mprotect, MprotectTry, Pages, Polled, Side, SignalFence, SignalThreads,
};

const CAPACITY: usize = 1024;
const MESSAGES: u64 = 200_000;
const BATCH: usize = 32;

/// One figure of one contender: each call is a trial.
struct Row {
    name: &'static str,
    peer: &'static str,
    trial: Box<dyn FnMut() -> f64>,
}

fn row(name: &'static str, peer: &'static str, trial: impl FnMut() -> f64 + 'static) -> Row {
    Row { name, peer, trial: Box::new(trial) }
}

fn pin(cpu: usize) {
    // SAFETY: the set is a valid one. Where there is one CPU only, both threads share it.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        libc::sched_setaffinity(0, size_of_val(&set), &raw const set);
    }
}

fn meet(arrived: &AtomicU32) {
    arrived.fetch_add(1, Ordering::AcqRel);
    let mut spins = 0;
    while arrived.load(Ordering::Acquire) < 2 {
        spins += 1;
        if spins > 2000 {
            std::thread::yield_now();
        }
        spin_loop();
    }
}

/// Wall ns per message, from the first push to the last pop; both sides on CPUs of their own.
fn time(count: u64, produce: impl FnOnce() + Send, consume: impl FnOnce() + Send) -> f64 {
    let arrived = AtomicU32::new(0);
    let ([begin, other_begin], [end, other_end]) = std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            pin(1);
            meet(&arrived);
            let begin = Instant::now();
            produce();
            (begin, Instant::now())
        });
        let receiver = scope.spawn(|| {
            pin(0);
            meet(&arrived);
            let begin = Instant::now();
            consume();
            (begin, Instant::now())
        });
        let (sent, received) = (sender.join().expect("sender"), receiver.join().expect("receiver"));
        ([sent.0, received.0], [sent.1, received.1])
    });
    // Whoever begins first and whoever ends last: a thread may be over before the other has begun.
    let (begin, end) = (begin.min(other_begin), end.max(other_end));
    (end - begin).as_nanos() as f64 / count as f64
}

const ONE: &str = "one message";
const BATCHES: &str = "batch of 32, a message";

fn ours<F: Fences + Send + 'static>(fences: F) -> f64 {
    let (mut producer, mut consumer) = channel_with::<u64, F>(CAPACITY, fences).expect("memory");
    // Both ends outlive both threads' work: whom a signal is sent to must be there.
    time(
        MESSAGES,
        move || {
            producer.attach();
            (0..MESSAGES).for_each(|n| producer.push(n).expect("open"));
        },
        move || {
            consumer.attach();
            (0..MESSAGES).for_each(|n| assert!(consumer.pop() == Ok(n)));
        },
    )
}

fn ours_batched() -> f64 {
    let (mut producer, mut consumer) = channel::<u64>(CAPACITY).expect("memory");
    time(
        MESSAGES,
        move || {
            let mut values = [0; BATCH];
            for first in (0..MESSAGES).step_by(BATCH) {
                values.iter_mut().zip(first..).for_each(|(value, n)| *value = n);
                producer.push_all(&values).expect("open");
            }
        },
        move || {
            let (mut values, mut expected) = ([0; BATCH], 0);
            while expected < MESSAGES {
                let got = consumer.pop_slice(&mut values);
                if got == 0 {
                    consumer.wait(None);
                }
                for value in &values[..got] {
                    assert_eq!(*value, expected);
                    expected += 1;
                }
            }
        },
    )
}

fn polled() -> f64 {
    let (mut producer, mut consumer) = channel_with::<u64, _>(CAPACITY, Polled).expect("memory");
    time(
        MESSAGES,
        move || {
            for n in 0..MESSAGES {
                while producer.try_push(n).is_err() {
                    spin_loop();
                }
            }
        },
        move || {
            for n in 0..MESSAGES {
                while consumer.try_pop() != Ok(n) {
                    spin_loop();
                }
            }
        },
    )
}

fn rtrb_one() -> f64 {
    let (mut producer, mut consumer) = rtrb::RingBuffer::<u64>::new(CAPACITY);
    time(
        MESSAGES,
        move || {
            for n in 0..MESSAGES {
                while producer.push(n).is_err() {
                    spin_loop();
                }
            }
        },
        move || {
            for n in 0..MESSAGES {
                while consumer.pop() != Ok(n) {
                    spin_loop();
                }
            }
        },
    )
}

fn rtrb_batched() -> f64 {
    let (mut producer, mut consumer) = rtrb::RingBuffer::<u64>::new(CAPACITY);
    time(
        MESSAGES,
        move || {
            let mut first = 0;
            while first < MESSAGES {
                let Ok(chunk) = producer.write_chunk_uninit(BATCH) else {
                    spin_loop();
                    continue;
                };
                first += chunk.fill_from_iter(first..first + BATCH as u64) as u64;
            }
        },
        move || {
            let mut expected = 0;
            while expected < MESSAGES {
                let ready = consumer.slots().min(BATCH);
                let Ok(chunk) = consumer.read_chunk(ready) else { continue };
                if ready == 0 {
                    spin_loop();
                }
                for value in chunk {
                    assert_eq!(value, expected);
                    expected += 1;
                }
            }
        },
    )
}

/// A peer that blocks: how it sends and how it receives.
macro_rules! blocking {
    ($rows:ident, $name:literal, $make:expr) => {
        $rows.push(row(ONE, $name, || {
            let (sender, receiver) = $make;
            time(
                MESSAGES,
                move || (0..MESSAGES).for_each(|n| sender.send(n).expect("open")),
                move || (0..MESSAGES).for_each(|n| assert!(receiver.recv() == Ok(n))),
            )
        }));
        $rows.push(row(ROUND_TRIP, $name, || {
            let (to, from_there) = $make;
            let (back, from_back) = $make;
            time(
                TRIPS,
                move || {
                    for n in 0..TRIPS {
                        to.send(n).expect("open");
                        assert_eq!(from_back.recv(), Ok(n));
                    }
                },
                move || (0..TRIPS).for_each(|_| back.send(from_there.recv().expect("open")).expect("open")),
            )
        }));
    };
}

const ROUND_TRIP: &str = "there and back";
const TRIPS: u64 = 2_000;

fn round_trip() -> f64 {
    let (mut to, mut from_there) = channel::<u64>(CAPACITY).expect("memory");
    let (mut back, mut from_back) = channel::<u64>(CAPACITY).expect("memory");
    time(
        TRIPS,
        move || {
            for n in 0..TRIPS {
                to.push(n).expect("open");
                assert_eq!(from_back.pop(), Ok(n));
            }
        },
        move || (0..TRIPS).for_each(|_| back.push(from_there.pop().expect("open")).expect("open")),
    )
}

/// A call to another core: one at a time, or 16 under way.
fn mesh(under_way: usize) -> f64 {
    let mesh = Mesh::<std::cell::Cell<u64>>::new(2, CAPACITY).expect("memory");
    let done = AtomicU32::new(0);
    let calls = if under_way == 1 { TRIPS } else { MESSAGES / 4 };
    time(
        calls,
        || {
            let core = mesh.join(0, Default::default()).expect("free");
            let add = |n| {
                let job = move |there: &dacapo::queue::mesh::Core<'_, std::cell::Cell<u64>>| {
                    there.local().set(there.local().get() + n);
                    there.local().get()
                };
                core.submit_to(1, job).expect("room")
            };
            let mut waiting = std::collections::VecDeque::new();
            for n in 0..calls {
                if waiting.len() == under_way {
                    black_box(
                        waiting.pop_front().map(|answer: dacapo::queue::mesh::Answer<'_, '_, _, u64>| answer.wait()),
                    );
                }
                waiting.push_back(add(n));
            }
            while let Some(answer) = waiting.pop_front() {
                black_box(answer.wait().expect("it has not left"));
            }
            done.store(1, Ordering::Release);
            core.nudge(1);
        },
        || {
            let core = mesh.join(1, Default::default()).expect("free");
            core.serve_until(|| done.load(Ordering::Acquire) == 1);
        },
    )
}

/// The same work with the data under a mutex that both threads take.
fn mutexed() -> f64 {
    let shared = std::sync::Mutex::new(0_u64);
    let work = || {
        for n in 0..MESSAGES / 2 {
            *shared.lock().expect("no panic") += n;
        }
    };
    time(MESSAGES, work, work)
}

const HEAVY: &str = "going to sleep: the fence";

/// What the rare side pays while the other thread runs.
fn heavy<F: Fences + Send + Sync>(fences: F) -> f64 {
    const FENCES: u64 = 200;
    let (stop, went) = (AtomicU32::new(0), std::sync::Mutex::new(0.0));
    time(
        1,
        || {
            fences.attach(Side::Producer);
            stop.store(1, Ordering::Release);
            while stop.load(Ordering::Relaxed) != 2 {
                fences.light();
                spin_loop();
            }
        },
        || {
            fences.attach(Side::Consumer);
            while stop.load(Ordering::Acquire) == 0 {
                spin_loop();
            }
            let begin = Instant::now();
            (0..FENCES).for_each(|_| _ = black_box(fences.heavy(Side::Producer)));
            *went.lock().expect("no panic") = begin.elapsed().as_nanos() as f64 / FENCES as f64;
            stop.store(2, Ordering::Release);
        },
    );
    went.into_inner().expect("no panic")
}

const NOTIFY: &str = "notify, nobody waits";

fn notify(operation: impl Fn()) -> f64 {
    const TIMES: u32 = 100_000;
    let begin = Instant::now();
    (0..TIMES).for_each(|_| operation());
    begin.elapsed().as_nanos() as f64 / f64::from(TIMES)
}

fn rows() -> Vec<Row> {
    let mut rows = vec![
        row(ONE, "dacapo", || ours(dacapo::queue::Picked::new())),
        row(ONE, "dacapo, polled", polled),
        row(ONE, "rtrb", rtrb_one),
        row(ONE, "full fences", || ours(FullFences)),
        row(BATCHES, "dacapo", ours_batched),
        row(BATCHES, "rtrb", rtrb_batched),
        row(ROUND_TRIP, "dacapo", round_trip),
        row("mesh: a call, one at a time", "dacapo", || mesh(1)),
        row("mesh: a call, 16 under way", "dacapo", || mesh(16)),
        row("mesh: a call, 16 under way", "std Mutex, 2 threads", mutexed),
        row(HEAVY, "full fences", || heavy(FullFences)),
    ];
    // SAFETY: the handler is async-signal-safe.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = SignalThreads::handler as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigaction(libc::SIGURG, &raw const action, std::ptr::null_mut());
    }
    let signal = || {
        // SAFETY: installed above; both ends attach, and nobody blocks it.
        SignalFence(Box::leak(Box::new(unsafe { SignalThreads::new(libc::SIGURG as u32) })))
    };
    rows.push(row(ONE, "signal", move || ours(signal())));
    rows.push(row(HEAVY, "signal", move || heavy(signal())));
    if let Some(fences) = Membarrier::new() {
        rows.push(row(ONE, "membarrier", move || ours(fences)));
        rows.push(row(HEAVY, "membarrier", move || heavy(fences)));
    }
    if let Ok(pages) = Pages::new() {
        let pages: &'static Pages = Box::leak(Box::new(pages));
        rows.push(row(ONE, "mprotect", move || ours(Mprotect(pages))));
        rows.push(row(ONE, "mprotect, try-lock", move || ours(MprotectTry(pages))));
        rows.push(row(HEAVY, "mprotect", move || heavy(Mprotect(pages))));
        rows.push(row(HEAVY, "mprotect, try-lock", move || heavy(MprotectTry(pages))));
    }
    blocking!(rows, "crossbeam", crossbeam_channel::bounded::<u64>(CAPACITY));
    blocking!(rows, "std sync_channel", std::sync::mpsc::sync_channel::<u64>(CAPACITY));
    blocking!(rows, "flume", flume::bounded::<u64>(CAPACITY));
    blocking!(rows, "kanal", kanal::bounded::<u64>(CAPACITY));
    let (events, condvar) = (dacapo::sync::EventCount::new(), dacapo::sync::Condvar::new());
    let (std, parking_lot) = (std::sync::Condvar::new(), parking_lot::Condvar::new());
    rows.push(row(NOTIFY, "dacapo", move || notify(|| black_box(&events).notify_one())));
    rows.push(row(NOTIFY, "dacapo Condvar", move || notify(|| black_box(&condvar).notify_one())));
    rows.push(row(NOTIFY, "std Condvar", move || notify(|| black_box(&std).notify_one())));
    rows.push(row(NOTIFY, "parking_lot Condvar", move || notify(|| _ = black_box(&parking_lot).notify_one())));
    rows
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let trials = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(20);
    let only: Vec<String> = arguments.collect();
    let mut rows = rows();
    rows.retain(|row| only.is_empty() || only.iter().any(|word| row.name.contains(word.as_str())));
    let mut best = vec![f64::INFINITY; rows.len()];
    let begin = Instant::now();
    for trial in 0..trials {
        if trial >= 3 && begin.elapsed().as_secs() >= 60 {
            break; // a busy machine gets fewer trials, not a longer wait
        }
        for (row, best) in rows.iter_mut().zip(&mut best) {
            *best = best.min((row.trial)());
        }
    }
    for (row, best) in rows.iter().zip(&best) {
        println!("{}\t{}\t{best}", row.name, row.peer);
    }
}
