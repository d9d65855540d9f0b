//! membarrier(2) as the kernel promises it: between call and return, every other running thread passes a full fence, wherever it is in its program.
//!
//! Each thread has a word. The caller sets PENDING in those of the others that are RUNNING, and waits until they have taken it away; they look before each
//! access to memory ([`interrupt`]). A fence between two accesses is all that can matter, so that these are all the points there are. The looks are
//! read-modify-writes: they find the newest value, order nothing by themselves, and loom tries all their interleavings.

use std::cell::Cell;

use loom::sync::atomic::AtomicUsize;
use loom::sync::atomic::Ordering::{Relaxed, SeqCst};

const RUNNING: usize = 1;
const PENDING: usize = 2;
/// With PENDING: of the RSEQ kind.
const RESTART: usize = 4;
const THREADS: usize = 3;

loom::lazy_static! {
    static ref WORDS: [AtomicUsize; THREADS] = std::array::from_fn(|_| AtomicUsize::new(0));
}

loom::thread_local! {
    /// Which of the words is this thread's; none: it is never asked.
    static ME: Cell<Option<usize>> = Cell::new(None);
    /// Whether a section that began before now must start over.
    static RESTARTED: Cell<bool> = Cell::new(false);
}

/// What a section ends with when it must start over.
#[derive(Debug)]
pub struct Restarted;

/// A section begins.
pub fn arm() {
    RESTARTED.with(|restarted| restarted.set(false));
}

/// Before each access of a section.
///
/// # Errors
/// A membarrier has restarted it.
pub fn step() -> Result<(), Restarted> {
    interrupt();
    if RESTARTED.with(Cell::get) { Err(Restarted) } else { Ok(()) }
}

fn me() -> Option<usize> {
    ME.with(Cell::get)
}

/// Which thread this is.
pub fn number() -> Option<usize> {
    me()
}

fn full() {
    loom::sync::atomic::fence(SeqCst);
}

/// The calling thread takes part, as number `thread`, until `body` returns.
pub fn take_part<R>(thread: usize, body: impl FnOnce() -> R) -> R {
    ME.with(|me| me.set(Some(thread)));
    run();
    let result = body();
    stop();
    ME.with(|me| me.set(None));
    result
}

/// The scheduler takes the thread off its CPU: a full fence.
pub fn stop() {
    if let Some(me) = me() {
        full();
        WORDS[me].fetch_and(0, Relaxed);
    }
}

/// The scheduler lets it run again: a full fence.
pub fn run() {
    if let Some(me) = me()
        && WORDS[me].fetch_or(RUNNING, Relaxed) & RUNNING == 0
    {
        full();
    }
}

/// So many threads are running, all of them from the start: their first fence is one that somebody asks for.
pub fn all_run(threads: usize) {
    WORDS[..threads].iter().for_each(|word| word.store(RUNNING, Relaxed));
}

/// Before every access: the interrupt of a membarrier, if one is under way.
pub fn interrupt() {
    let Some(me) = me() else { return };
    let asked = WORDS[me].fetch_or(0, Relaxed);
    if asked & PENDING != 0 {
        if asked & RESTART != 0 {
            RESTARTED.with(|restarted| restarted.set(true));
        }
        full();
        WORDS[me].fetch_and(!(PENDING | RESTART), Relaxed);
    }
}

pub struct Ways {
    pub membarrier: bool,
}

pub fn register() -> Ways {
    Ways { membarrier: true }
}

/// Nothing but the compiler's order; loom's threads have no other compiler.
pub fn light() {}

pub fn heavy() {
    interrupt_all(PENDING);
}

pub fn heavy_rseq(_: Option<u32>) {
    interrupt_all(PENDING | RESTART);
}

fn interrupt_all(how: usize) {
    full();
    let others = || (0..THREADS).filter(|&thread| Some(thread) != me());
    let mut asked = [false; THREADS];
    for other in others() {
        // A thread that is not running has passed a fence, and passes another one before it runs.
        asked[other] = WORDS[other].fetch_or(0, Relaxed) & RUNNING != 0;
        if asked[other] {
            WORDS[other].fetch_or(how, Relaxed);
        }
    }
    for other in others().filter(|&other| asked[other]) {
        while WORDS[other].fetch_or(0, Relaxed) & (RUNNING | PENDING) == RUNNING | PENDING {
            interrupt(); // two at once: the kernel lets one wait, which is interrupted like everybody
            loom::thread::yield_now();
        }
    }
    full();
}
