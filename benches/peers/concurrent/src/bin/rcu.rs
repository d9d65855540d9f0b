//! RCU: `rcu TRIALS` prints `ROW<TAB>PEER<TAB>FIGURE` lines, one for each trial; the trials are interleaved. Reads in ns, updates in us.

use std::hint::black_box;
use std::sync::{Arc, Mutex};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering::*};

use arc_swap::ArcSwap;
use concurrent::together;
use crossbeam_epoch::{self as epoch, Atomic, Owned};
use dacapo::rcu::{Domain, GracePeriods, Pointer, Qsbr, RcuCell};

const READS: u64 = 1_000_000;
const UPDATES: u64 = 200;

type Pair = [u64; 2];

/// What a trial measured: ns a read, us an update, and us within which half of the updates were over.
type Figures = (f64, f64, f64);

/// Readers that read, `rest` after every 1,000 reads, until the writer, if there is one, has made its updates.
///
/// `read` is copied into each thread, so that what it refers to is in registers: the C programs have the same at constant addresses.
fn trial(
    readers: usize,
    read: impl Fn() -> u64 + Copy + Sync,
    rest: impl Fn() + Sync,
    update: Option<&(dyn Fn(u64) + Sync)>,
) -> Figures {
    let (over, reading) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (reads, spent, updates) = (AtomicU64::new(0), AtomicU64::new(0), Mutex::new(Vec::new()));
    together(readers + usize::from(update.is_some()), |thread| {
        if thread == readers {
            while reading.load(Relaxed) < readers {
                std::thread::yield_now();
            }
            let timed = |n| {
                let begin = std::time::Instant::now();
                update.expect("there is one")(n);
                begin.elapsed().as_nanos() as u64
            };
            updates.lock().expect("no panic").extend((0..UPDATES).map(timed));
            over.store(true, SeqCst);
            return;
        }
        let (begin, read, mut sum, mut done) = (std::time::Instant::now(), read, 0_u64, 0);
        loop {
            for _ in 0..1000 {
                sum = sum.wrapping_add(read());
            }
            rest();
            if done == 0 {
                reading.fetch_add(1, Relaxed);
            }
            done += 1000;
            if if update.is_some() { over.load(Relaxed) } else { done >= READS } {
                break;
            }
        }
        black_box(sum);
        spent.fetch_add(begin.elapsed().as_nanos() as u64, SeqCst);
        reads.fetch_add(done, SeqCst);
    });
    let mut updates = updates.into_inner().expect("no panic");
    updates.sort_unstable();
    let mean = updates.iter().sum::<u64>() as f64 / UPDATES as f64 / 1000.0;
    let half = updates.get(updates.len() / 2).map_or(0.0, |&nanos| nanos as f64 / 1000.0);
    (spent.load(SeqCst) as f64 / reads.load(SeqCst) as f64, mean, half)
}

fn report(name: &str, row: impl Fn(usize, bool) -> Option<Figures>) {
    for (readers, writing) in [(1, false), (2, false), (1, true), (2, true)] {
        let Some((read, update, half)) = row(readers, writing) else { continue };
        let label = format!("{readers}R{}W", u8::from(writing));
        println!("{label} read\t{name}\t{read:.3}");
        if writing {
            println!("{label} update\t{name}\t{update:.3}");
            println!("{label} median update\t{name}\t{half:.3}");
        }
    }
}

fn sum(pair: &Pair) -> u64 {
    pair[0].wrapping_add(pair[1])
}

fn new(n: u64) -> *mut Pair {
    Box::into_raw(Box::new([n, n]))
}

fn general() {
    let (domain, pointer) = (&Domain::new().expect("memory"), &Pointer::new(new(0)));
    let update = |n| {
        let old = pointer.swap(new(n));
        domain.synchronize();
        // SAFETY: a grace period has passed since nobody can find it.
        drop(unsafe { Box::from_raw(old) });
    };
    report("dacapo", |readers, writing| {
        let read = move || {
            let guard = domain.enter();
            // SAFETY: the updater waits for a grace period.
            unsafe { pointer.load(&guard) }.map_or(0, sum)
        };
        Some(trial(readers, read, || (), writing.then_some(&update)))
    });
}

fn qsbr() {
    thread_local!(static READER: std::cell::RefCell<Option<dacapo::rcu::qsbr::Reader<'static>>> = const { std::cell::RefCell::new(None) });
    let domain: &'static Qsbr = Box::leak(Box::new(Qsbr::new()));
    let pointer = &AtomicPtr::new(new(0));
    let update = |n| {
        let old = pointer.swap(new(n), AcqRel);
        domain.synchronize();
        // SAFETY: a grace period has passed since nobody can find it.
        drop(unsafe { Box::from_raw(old) });
    };
    report("dacapo qsbr", |readers, writing| {
        let rest = || {
            READER.with_borrow_mut(|reader| {
                reader.get_or_insert_with(|| domain.register().expect("memory")).quiescent();
            });
        };
        // SAFETY: the thread is a reader from its first rest on, before which the updater waits, and quiescent only between reads.
        let read = move || sum(unsafe { &*pointer.load(Acquire) });
        Some(trial(readers, read, rest, writing.then_some(&update)))
    });
}

fn cell() {
    let cell = &RcuCell::new([0_u64; 2]).expect("memory");
    let update = |n| cell.store([n, n]);
    report("dacapo RcuCell", |readers, writing| {
        Some(trial(readers, move || sum(&cell.load()), || (), writing.then_some(&update)))
    });
}

fn arc_swap() {
    let shared = &ArcSwap::from_pointee([0_u64; 2]);
    let update = |n| shared.store(Arc::new([n, n]));
    report("arc-swap", |readers, writing| Some(trial(readers, move || sum(&shared.load()), || (), writing.then_some(&update))));
}

fn crossbeam() {
    let shared = &Atomic::new([0_u64; 2]);
    let update = |n| {
        let guard = epoch::pin();
        let old = shared.swap(Owned::new([n, n]), AcqRel, &guard);
        // SAFETY: nobody finds it any more.
        unsafe { guard.defer_destroy(old) };
    };
    report("crossbeam-epoch", |readers, writing| {
        let read = move || {
            let guard = epoch::pin();
            // SAFETY: never null; destroyed after its readers.
            sum(unsafe { shared.load(Acquire, &guard).deref() })
        };
        Some(trial(readers, read, || (), writing.then_some(&update)))
    });
}

fn nothing() {
    let pointer = &AtomicPtr::new(new(0));
    // SAFETY: never freed.
    let read = move || sum(unsafe { &*pointer.load(Acquire) });
    report("no synchronisation", |readers, writing| (!writing).then(|| trial(readers, read, || (), None)));
}

fn main() {
    let trials = std::env::args().nth(1).and_then(|word| word.parse().ok()).unwrap_or(5);
    for _ in 0..trials {
        general();
        qsbr();
        cell();
        arc_swap();
        crossbeam();
        nothing();
    }
}
