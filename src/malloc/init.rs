//! Bringing the heap up, once, from the first allocation that misses: nobody has to call anything.
//!
//! ```text
//!   DOWN --first allocation--> COMING_UP --> UP          magazines, table, region, then the fast paths open
//!                                        `-> FAILED      no address space for a region: every block is a mapping of its own
//!                                        `-> CHECKED     the user wants the checked heap instead
//! ```
//! Allocations of the very thread that is bringing the heap up (through a hook of the host libc) are served by the early heap.
//!
//! fork must find the heap down, or its hooks there. An owner's fork takes the initialisation lock; as a guest we register hooks with the host before
//! anybody takes it, and whoever comes while another thread registers waits.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use super::lock::Quiet;
use super::{counts, cpu_block, fork, hot, magazine, options, region, report};
use crate::arch;
use crate::sys::sched;

const DOWN: u32 = 0;
const UP: u32 = 1;
const FAILED: u32 = 2;
const CHECKED: u32 = 3;

static STATE: AtomicU32 = AtomicU32::new(DOWN);
/// The thread pointer of the thread that is in [`bring_up`]; 0 is none.
static BY: AtomicUsize = AtomicUsize::new(0);

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
    hot::ready() || STATE.load(Ordering::Acquire) == UP // Acquire: pairs with `first_use`
}

/// The heap's state; brings it up if need be.
#[inline]
pub fn heap() -> Heap {
    if hot::ready() { Heap::Up } else { first_use() }
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
    #[cfg(not(feature = "start"))]
    if !hooks::ensure() {
        return Heap::ComingUp;
    }
    {
        let quiet = Quiet::enter();
        let _once = fork::ONCE.lock(&quiet);
        if STATE.load(Ordering::Relaxed) == DOWN {
            BY.store(me, Ordering::Relaxed);
            #[cfg(feature = "start")]
            fork::register();
            options::load();
            let state = match options::check() {
                true => CHECKED,
                false if bring_up(&quiet) => UP,
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

fn bring_up(quiet: &Quiet) -> bool {
    register_rseq();
    if !magazine::init(quiet) || !cpu_block::make_table(possible_cpus(), quiet) || !region::init() {
        return false;
    }
    counts::init();
    hot::open(options::closed());
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
    let mut mask = [0_usize; cpu_block::INDICES / usize::BITS as usize];
    sched::get_affinity(0, &mut mask).map_or(cpu_block::INDICES, |bytes| bytes * 8)
}

#[cfg(not(feature = "start"))]
pub use hooks::registered as hooked;

/// Registering with the host's fork, once, before the initialisation lock is taken for the first time.
#[cfg(not(feature = "start"))]
mod hooks {
    use core::sync::atomic::{AtomicU32, Ordering};

    use crate::malloc::fork;
    use crate::malloc::lock::Quiet;
    use crate::sys::futex::{self, Scope};
    use crate::sys::time::Timespec;
    use crate::sys::{process, thread};

    const NONE: u32 = 0;
    const DONE: u32 = u32::MAX;
    /// How long another thread is waited for, in milliseconds. It may itself wait for a lock of the host's that the caller of malloc holds.
    const PATIENCE: usize = 1000;

    /// NONE, DONE, or the id of the thread that is registering.
    static STATE: AtomicU32 = AtomicU32::new(NONE);

    /// The hooks are there.
    pub fn registered() {
        STATE.store(DONE, Ordering::Release);
    }

    /// Sees to it that the hooks are registered; false: this very thread is about to, and the host's function allocates.
    #[inline]
    pub fn ensure() -> bool {
        STATE.load(Ordering::Acquire) == DONE || register_or_wait() // Acquire: pairs with `registered`
    }

    #[cold]
    fn register_or_wait() -> bool {
        let me = thread::gettid();
        for _ in 0..PATIENCE {
            let now = STATE.load(Ordering::Acquire);
            if now == DONE {
                return true;
            }
            if now == me {
                return false;
            }
            // A child of fork has no thread that was registering in its parent.
            if now == NONE || thread::tgkill(process::getpid(), now, 0).is_err() {
                let _quiet = Quiet::enter(); // so that no handler forks meanwhile
                if STATE.compare_exchange(now, me, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                    fork::register();
                    registered();
                    futex::wake(&STATE, i32::MAX as u32, Scope::Private);
                    return true;
                }
            } else {
                let millisecond = Timespec { seconds: 0, nanos: 1_000_000 };
                let _ = futex::wait(&STATE, now, Some(&millisecond), Scope::Private); // any return: look again
            }
        }
        true // without hooks for now: they will be there in a moment
    }
}
