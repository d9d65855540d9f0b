//! Bringing the heap up, once, from the first allocation that misses: nobody has to call anything.
//!
//! ```text
//!   DOWN --first allocation--> COMING_UP --> UP          sentinels, region, table, then the fast paths open
//!                                        `-> FAILED      no address space for a region: every block is a mapping of its own
//!                                        `-> CHECKED     the user wants the checked heap instead
//! ```
//! Allocations of the very thread that is bringing the heap up (through a hook of the host libc) are served by the early heap.

use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use super::lock::{Lock, Quiet};
use super::{central, counts, cpu_cache, fork, options, page_map, region, report};
use crate::arch;
use crate::sys::sched;

const DOWN: u32 = 0;
const UP: u32 = 1;
const FAILED: u32 = 2;
const CHECKED: u32 = 3;

static STATE: AtomicU32 = AtomicU32::new(DOWN);
static ONCE: Lock<()> = Lock::new(());
/// The thread pointer of the thread that is in [`bring_up`]; 0 is none.
static BY: AtomicUsize = AtomicUsize::new(0);
/// Whether fork calls [`fork::prepare`] and its companions, or is about to.
static HOOKED: AtomicBool = AtomicBool::new(false);

/// What an allocation that missed finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heap {
    /// The per-CPU heap is up.
    Up,
    /// This thread is just bringing it up.
    ComingUp,
    /// It cannot be had.
    Failed,
    /// The checked heap serves this process; the per-CPU heap is never brought up.
    Checked,
}

/// Whether the per-CPU heap is up, be its fast paths open or closed.
#[inline]
pub fn is_up() -> bool {
    cpu_cache::ready() || STATE.load(Ordering::Acquire) == UP // Acquire: pairs with `first_use`
}

/// The heap's state; brings it up if need be.
#[inline]
pub fn heap() -> Heap {
    if cpu_cache::ready() { Heap::Up } else { first_use() }
}

#[cold]
#[inline(never)]
fn first_use() -> Heap {
    match STATE.load(Ordering::Acquire) {
        UP => return Heap::Up, // with its fast paths closed
        CHECKED => return Heap::Checked,
        _ => {}
    }
    let me = arch::tls::thread_pointer();
    if BY.load(Ordering::Relaxed) == me {
        return Heap::ComingUp;
    }
    // Before any lock is taken, so that no fork sees one held; without one, so that the host's function may allocate and come back here.
    if !HOOKED.swap(true, Ordering::Relaxed) {
        fork::register();
    }
    {
        let quiet = Quiet::enter();
        let _once = ONCE.lock(&quiet);
        if STATE.load(Ordering::Relaxed) == DOWN {
            BY.store(me, Ordering::Relaxed);
            options::load();
            let state = match options::check() {
                true => CHECKED,
                false if bring_up() => UP,
                false => FAILED,
            };
            STATE.store(state, Ordering::Release);
            BY.store(0, Ordering::Relaxed);
        }
    }
    report::register(); // without the lock: the host's function may allocate
    match STATE.load(Ordering::Acquire) {
        UP => Heap::Up,
        CHECKED => Heap::Checked,
        _ => Heap::Failed,
    }
}

fn bring_up() -> bool {
    register_rseq();
    central::init();
    if !region::init() {
        return false;
    }
    let (base, bytes) = region::first();
    let units = bytes >> super::size_class::UNIT_SHIFT;
    let Some(map) = cpu_cache::make_table(possible_cpus(), units) else { return false };
    page_map::init(map, units);
    counts::init();
    cpu_cache::open(base, bytes, options::closed());
    true
}

/// As a guest we look for the host's registration now; as owner, start-up has done it before `main`.
#[cfg(not(feature = "start"))]
fn register_rseq() {
    let _ = crate::rseq::init();
}
#[cfg(feature = "start")]
fn register_rseq() {}

/// One more than the largest CPU number that this machine may ever report.
fn possible_cpus() -> usize {
    let mut mask = [0_usize; cpu_cache::INDICES / usize::BITS as usize];
    sched::get_affinity(0, &mut mask).map_or(cpu_cache::INDICES, |bytes| bytes * 8)
}

/// Keeps the heap from coming up, across fork.
pub fn acquire() {
    ONCE.acquire();
}

/// The other half of [`acquire`].
pub fn release() {
    ONCE.release();
}
