//! The ways to add one, each with the level on which it lives when threads meet.

use std::cell::{Cell, UnsafeCell};
use std::hint::{black_box, spin_loop};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::{Condvar as StdCondvar, Mutex as StdMutex};

use dacapo::counter::{StripedCounter, ThreadCounter};
use dacapo::percpu::Counter;
use dacapo::rcu::Domain;
use dacapo::sync::{Condvar, EventCount, Mutex, QueuedLock, SeqLock, TicketLock};

use crate::seed_locks::{Mutex3, Pthread, QueuedFifo, Spinner, TicketBlocking, TicketSpinner};

/// A way to add one.
pub struct Row {
    pub name: &'static str,
    /// Of the hierarchy, when threads meet.
    pub level: u8,
    /// `seed`: an algorithm of the essay; `dacapo`: a type of the library; `peer`.
    pub from: &'static str,
    /// Operations between two looks at the clock: few where one may take a time slice.
    pub batch: u64,
    pub make: fn() -> Box<dyn Subject>,
}

/// A counter that threads share.
pub trait Subject: Send + Sync {
    /// So many operations. A loop of its own in each, so that the operation is inlined into it.
    fn add(&self, times: u64);
    /// The sum, where it must be exact.
    fn total(&self) -> Option<u64>;
}

/// On lines of its own.
#[repr(align(128))]
struct Apart<T>(T);

struct Of<T, A: Fn(&T), S: Fn(&T) -> Option<u64>> {
    subject: Apart<T>,
    add: A,
    sum: S,
}

impl<T: Send + Sync, A: Fn(&T) + Send + Sync, S: Fn(&T) -> Option<u64> + Send + Sync> Subject for Of<T, A, S> {
    #[inline(never)]
    fn add(&self, times: u64) {
        for _ in 0..times {
            (self.add)(&self.subject.0);
        }
    }
    fn total(&self) -> Option<u64> {
        (self.sum)(&self.subject.0)
    }
}

fn of<T: Send + Sync + 'static>(
    subject: T,
    add: impl Fn(&T) + Send + Sync + 'static,
    sum: impl Fn(&T) -> Option<u64> + Send + Sync + 'static,
) -> Box<dyn Subject> {
    Box::new(Of { subject: Apart(subject), add, sum })
}

/// A word that only a lock makes exact.
pub struct Word(pub UnsafeCell<u64>);
// SAFETY: shared by those who lock, and by the racy row, which means to show what happens.
unsafe impl Sync for Word {}

impl Word {
    pub const fn new() -> Self {
        Word(UnsafeCell::new(0))
    }
    #[inline(always)]
    pub fn bump(&self) {
        // SAFETY: volatile, so that it is one load and one store even where nobody locks.
        unsafe { self.0.get().write_volatile(self.0.get().read_volatile() + 1) };
    }
    pub fn get(&self) -> Option<u64> {
        // SAFETY: called when all threads have been joined.
        Some(unsafe { self.0.get().read_volatile() })
    }
}

/// A thread's own place for the length of a batch would hide the price of finding it: as in the essay, it is a thread-local.
struct Tls;

thread_local! {
    static OWN: Cell<u64> = const { Cell::new(0) };
    static INDEX: Cell<usize> = const { Cell::new(0) };
}

/// The essay's adaptive multi-counter: a failed compare-and-exchange moves the thread on.
struct CasMulti([Apart<AtomicU64>; 64]);

impl CasMulti {
    #[inline(always)]
    fn add(&self) {
        loop {
            let index = INDEX.get();
            let word = &self.0[index % 64].0;
            let count = word.load(Relaxed);
            if word.compare_exchange(count, count + 1, Relaxed, Relaxed).is_ok() {
                return;
            }
            INDEX.set(index + 1);
        }
    }
}

/// A place in a [`ThreadCounter`], kept over the batch.
struct Places(ThreadCounter<64>);

impl Subject for Places {
    #[inline(never)]
    fn add(&self, times: u64) {
        let mine = self.0.mine();
        for _ in 0..times {
            mine.add(black_box(1));
        }
    }
    fn total(&self) -> Option<u64> {
        Some(self.0.sum() as u64)
    }
}

macro_rules! row {
    ($name:literal, $level:literal, $from:literal, $batch:literal, $make:expr) => {
        Row { name: $name, level: $level, from: $from, batch: $batch, make: || $make }
    };
}

pub fn all() -> Vec<Row> {
    vec![
        row!("plain add (racy)", 0, "seed", 512, of(Word::new(), Word::bump, |_| None)),
        row!("tls add", 0, "seed", 512, of(Tls, |_| OWN.with(|own| own.set(black_box(own.get()) + 1)), |_| None)),
        row!("per-thread add", 0, "dacapo", 512, Box::new(Places(ThreadCounter::new()))),
        row!(
            "per-CPU add",
            0,
            "dacapo",
            512,
            of(Counter::new().expect("memory"), |c| c.add(0, 1), |c| Some(c.sum(0) as u64))
        ),
        row!("seqlock read", 0, "dacapo", 512, of(SeqLock::new([1, 2]), |s| _ = black_box(s.read()), |_| None)),
        row!("event count notify", 0, "dacapo", 512, of(EventCount::new(), |e| black_box(e).notify_one(), |_| None)),
        row!("condvar notify", 0, "dacapo", 512, of(Condvar::new(), |c| black_box(c).notify_one(), |_| None)),
        row!("condvar notify (std)", 3, "peer", 16, of(StdCondvar::new(), |c| black_box(c).notify_one(), |_| None)),
        row!(
            "RCU read",
            0,
            "dacapo",
            512,
            of(
                (Domain::new().expect("memory"), AtomicU64::new(1)),
                |(domain, word)| {
                    let _reading = domain.enter();
                    black_box(word.load(Acquire));
                },
                |_| None
            )
        ),
        row!("striped add", 1, "dacapo", 512, of(StripedCounter::<64>::new(), |c| c.add(1), |c| Some(c.sum() as u64))),
        row!(
            "cas multi",
            1,
            "seed",
            512,
            of(CasMulti([const { Apart(AtomicU64::new(0)) }; 64]), CasMulti::add, |c| Some(
                c.0.iter().map(|word| word.0.load(Relaxed)).sum()
            ))
        ),
        row!(
            "atomic add",
            2,
            "seed",
            256,
            of(AtomicU64::new(0), |c| _ = c.fetch_add(1, Relaxed), |c| Some(c.load(Relaxed)))
        ),
        row!("cas add", 2, "seed", 256, of(AtomicU64::new(0), cas_add, |c| Some(c.load(Relaxed)))),
        row!("dacapo Mutex", 2, "dacapo", 64, of(Mutex::new(0_u64), |m| *m.lock() += 1, |m| Some(*m.lock()))),
        row!(
            "dacapo Mutex::with",
            2,
            "dacapo",
            64,
            of(Mutex::new(0_u64), |m| m.with(|n| *n += 1), |m| Some(*m.lock()))
        ),
        row!(
            "mutex add (std)",
            2,
            "seed",
            64,
            of(StdMutex::new(0_u64), |m| *m.lock().expect("no panic") += 1, |m| Some(*m.lock().expect("no panic")))
        ),
        row!(
            "mutex add (parking_lot)",
            2,
            "peer",
            64,
            of(parking_lot::Mutex::new(0_u64), |m| *m.lock() += 1, |m| Some(*m.lock()))
        ),
        row!("mutex add (pthread)", 2, "seed", 64, of(Pthread::new(), Pthread::add, Pthread::total)),
        row!("mutex3", 2, "seed", 64, of(Mutex3::new(), Mutex3::add, Mutex3::total)),
        row!("pure spin", 2, "seed", 16, of(Spinner::new(), |s| s.add(|| {}), Spinner::total)),
        row!("pause spin", 2, "seed", 16, of(Spinner::new(), |s| s.add(spin_loop), Spinner::total)),
        row!("yield spin", 2, "seed", 16, of(Spinner::new(), |s| s.add(std::thread::yield_now), Spinner::total)),
        row!(
            "seqlock, 1 write in 1000",
            2,
            "dacapo",
            512,
            of(
                (SeqLock::new([1, 2]), Calls),
                |(s, calls)| { if calls.every(1000) { s.update(|w| w[0] += 1) } else { _ = black_box(s.read()) } },
                |_| None
            )
        ),
        row!(
            "ticket yield",
            3,
            "seed",
            4,
            of(TicketSpinner::new(), |t| t.add(std::thread::yield_now), TicketSpinner::total)
        ),
        row!("ticket blocking", 4, "seed", 1, of(TicketBlocking::new(), TicketBlocking::add, TicketBlocking::total)),
        row!("queued fifo", 4, "seed", 1, of(QueuedFifo::new(), QueuedFifo::add, QueuedFifo::total)),
        row!("dacapo TicketLock", 4, "dacapo", 1, of(TicketLock::new(0_u64), |l| *l.lock() += 1, |l| Some(*l.lock()))),
        row!(
            "dacapo QueuedLock",
            4,
            "dacapo",
            1,
            of(QueuedLock::new(0_u64), |l| l.with(|n| *n += 1), |l| Some(l.with(|n| *n)))
        ),
        row!("ticket spin", 5, "seed", 1, of(TicketSpinner::new(), |t| t.add(|| {}), TicketSpinner::total)),
    ]
}

#[inline(always)]
fn cas_add(count: &AtomicU64) {
    let mut seen = count.load(Relaxed);
    while let Err(now) = count.compare_exchange_weak(seen, seen + 1, Relaxed, Relaxed) {
        seen = now;
    }
}

/// Counts calls of each thread.
struct Calls;

impl Calls {
    #[inline(always)]
    fn every(&self, n: u64) -> bool {
        let now = OWN.get() + 1;
        OWN.set(now);
        now.is_multiple_of(n)
    }
}

/// Keeps what a lock guards between its two ends, for the locks of `seed_locks`.
pub fn guarded(word: &Word, serving: &AtomicU64) {
    word.bump();
    serving.store(serving.load(Relaxed) + 1, Release);
}

/// Whether it is that ticket's turn.
#[inline(always)]
pub fn is_served(serving: &AtomicU64, ticket: u64) -> bool {
    serving.load(Acquire) == ticket
}
