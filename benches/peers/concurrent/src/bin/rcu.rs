//! RCU: `rcu TRIALS` prints `ROW<TAB>PEER<TAB>FIGURE` lines, one for each trial; the trials are interleaved. Reads in ns, updates in us.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering::*};

use arc_swap::ArcSwap;
use concurrent::together;
use crossbeam_epoch::{self as epoch, Atomic, Owned};
use dacapo::rcu::{Domain, GracePeriods, Pointer, Qsbr, RcuCell};

const READS: u64 = 1_000_000;
const UPDATES: u64 = 200;

type Pair = [u64; 2];

/// Readers that read until the writer, if there is one, has made its updates; (ns a read, us an update).
fn trial(readers: usize, read: impl Fn(u64) -> u64 + Sync, update: Option<&(dyn Fn(u64) + Sync)>) -> (f64, f64) {
    let (over, reading) = (AtomicBool::new(false), AtomicUsize::new(0));
    let (reads, spent, updated) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    together(readers + usize::from(update.is_some()), |thread| {
        if thread == readers {
            while reading.load(Relaxed) < readers {
                std::thread::yield_now();
            }
            let begin = std::time::Instant::now();
            (0..UPDATES).for_each(|n| update.expect("there is one")(n));
            updated.store(begin.elapsed().as_nanos() as u64, SeqCst);
            over.store(true, SeqCst);
            return;
        }
        let (begin, mut sum, mut done) = (std::time::Instant::now(), 0_u64, 0);
        loop {
            for n in 0..1000 {
                sum = sum.wrapping_add(read(n));
            }
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
    (spent.load(SeqCst) as f64 / reads.load(SeqCst) as f64, updated.load(SeqCst) as f64 / UPDATES as f64 / 1000.0)
}

fn report(name: &str, row: impl Fn(usize, bool) -> Option<(f64, f64)>) {
    for (readers, writing) in [(1, false), (2, false), (1, true), (2, true)] {
        let Some((read, update)) = row(readers, writing) else { continue };
        let label = format!("{readers}R{}W", u8::from(writing));
        println!("{label} read\t{name}\t{read:.3}");
        if writing {
            println!("{label} update\t{name}\t{update:.3}");
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
    let (domain, pointer) = (Domain::new().expect("memory"), Pointer::new(new(0)));
    let update = |n| {
        let old = pointer.swap(new(n));
        domain.synchronize();
        // SAFETY: a grace period has passed since nobody can find it.
        drop(unsafe { Box::from_raw(old) });
    };
    report("dacapo", |readers, writing| {
        let read = |_| {
            let guard = domain.enter();
            // SAFETY: the updater waits for a grace period.
            unsafe { pointer.load(&guard) }.map_or(0, sum)
        };
        Some(trial(readers, read, writing.then_some(&update)))
    });
}

fn qsbr() {
    thread_local!(static READER: std::cell::RefCell<Option<dacapo::rcu::qsbr::Reader<'static>>> = const { std::cell::RefCell::new(None) });
    let domain: &'static Qsbr = Box::leak(Box::new(Qsbr::new()));
    let pointer = AtomicPtr::new(new(0));
    let update = |n| {
        let old = pointer.swap(new(n), AcqRel);
        domain.synchronize();
        // SAFETY: a grace period has passed since nobody can find it.
        drop(unsafe { Box::from_raw(old) });
    };
    report("dacapo qsbr", |readers, writing| {
        let read = |n| {
            if n == 0 {
                READER.with_borrow_mut(|reader| {
                    reader.get_or_insert_with(|| domain.register().expect("memory")).quiescent();
                });
            }
            // SAFETY: the thread is a reader, and quiescent only between reads.
            sum(unsafe { &*pointer.load(Acquire) })
        };
        Some(trial(readers, read, writing.then_some(&update)))
    });
}

fn cell() {
    let cell = RcuCell::new([0_u64; 2]).expect("memory");
    let update = |n| cell.store([n, n]);
    report("dacapo RcuCell", |readers, writing| {
        Some(trial(readers, |_| sum(&cell.load()), writing.then_some(&update)))
    });
}

fn arc_swap() {
    let shared = ArcSwap::from_pointee([0_u64; 2]);
    let update = |n| shared.store(Arc::new([n, n]));
    report("arc-swap", |readers, writing| Some(trial(readers, |_| sum(&shared.load()), writing.then_some(&update))));
}

fn crossbeam() {
    let shared = Atomic::new([0_u64; 2]);
    let update = |n| {
        let guard = epoch::pin();
        let old = shared.swap(Owned::new([n, n]), AcqRel, &guard);
        // SAFETY: nobody finds it any more.
        unsafe { guard.defer_destroy(old) };
    };
    report("crossbeam-epoch", |readers, writing| {
        let read = |_| {
            let guard = epoch::pin();
            // SAFETY: never null; destroyed after its readers.
            sum(unsafe { shared.load(Acquire, &guard).deref() })
        };
        Some(trial(readers, read, writing.then_some(&update)))
    });
}

fn nothing() {
    let pointer = AtomicPtr::new(new(0));
    // SAFETY: never freed.
    let read = |_| sum(unsafe { &*black_box(&pointer).load(Acquire) });
    report("no synchronisation", |readers, writing| (!writing).then(|| trial(readers, read, None)));
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
