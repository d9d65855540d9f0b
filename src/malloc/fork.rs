//! fork in a process whose other threads are in the middle of malloc.
//!
//! 1. Before: the initialisation lock first, then every other lock, in their order; no slow path is half-way then. Fast paths need nothing: a
//!    magazine is consistent at any instant.
//! 2. The parent opens them and goes on. The child, whose only thread is the one that forked, opens the same locks.
//!
//! An owner's fork always takes the initialisation lock ([`before`], [`after`]). Whether the others are taken too is decided under it: a heap that comes up
//! says so under that lock, and none of the others is used earlier. So fork does not link the heap, and no fork sees a heap that is half-way up.
//!
//! A guest's hooks run by pthread_atfork, first registered and therefore outermost. No thread brings the heap up before they are
//! ([`super::init`] waits for them): a fork without hooks finds all locks open.

#[cfg(not(feature = "start"))]
use core::sync::atomic::{AtomicU64, Ordering};

use super::lock::{Lock, Quiet};
use super::{central, checked, cpu_block, magazine, mappings, page_heap, shard};
use crate::sys::signal::Set;

/// The initialisation lock: held while the heap comes up, and across fork.
pub(super) static ONCE: Lock<()> = Lock::new(());

/// Takes every lock but [`ONCE`], which is held.
extern "C" fn take_rest() {
    cpu_block::acquire();
    shard::acquire_all(); // before the classes': a shard that is drained gives its chains to them
    central::acquire_all();
    magazine::lock();
    page_heap::PAGE_HEAP.acquire();
    mappings::acquire();
    checked::acquire();
}

/// The other half of [`take_rest`]. In a child the parent's sleepers do not exist, so waking them wakes nobody.
extern "C" fn open_rest() {
    checked::release();
    mappings::unlock();
    page_heap::PAGE_HEAP.release();
    magazine::unlock();
    central::release_all();
    shard::release_all();
    cpu_block::release();
}

/// The signal mask of the thread that forks; the locks guard it.
#[cfg(not(feature = "start"))]
static MASK: AtomicU64 = AtomicU64::new(0);

/// Before fork: blocks all signals and takes every lock.
#[cfg(not(feature = "start"))]
pub extern "C" fn prepare() {
    let mask = Quiet::enter().keep();
    super::init::hooked(); // also if the registering thread is not back from the host yet: its copy in the child will not be
    ONCE.acquire();
    take_rest();
    MASK.store(mask.0, Ordering::Relaxed);
}

/// After fork, in the parent and in the child: opens them.
#[cfg(not(feature = "start"))]
pub extern "C" fn resume() {
    let quiet = Quiet::resume(Set(MASK.load(Ordering::Relaxed)));
    open_rest();
    ONCE.release();
    drop(quiet);
}

/// Has the host libc call them.
#[cfg(not(feature = "start"))]
pub fn register() {
    use crate::arch::tls::weak_address;
    type Hook = extern "C" fn();
    let glibc = weak_address!("__register_atfork");
    let posix = weak_address!("pthread_atfork");
    if glibc != 0 {
        // SAFETY: glibc's own entry point behind pthread_atfork; the last argument names the shared object, null the program.
        unsafe {
            let register: unsafe extern "C" fn(Hook, Hook, Hook, *mut u8) -> i32 = core::mem::transmute(glibc);
            register(prepare, resume, resume, core::ptr::null_mut());
        }
    } else if posix != 0 {
        // SAFETY: POSIX's.
        unsafe {
            let register: unsafe extern "C" fn(Hook, Hook, Hook) -> i32 = core::mem::transmute(posix);
            register(prepare, resume, resume);
        }
    }
}

#[cfg(feature = "start")]
pub use owner::{Held, after, before, register};

#[cfg(feature = "start")]
mod owner {
    use core::sync::atomic::{AtomicPtr, Ordering};

    use super::{ONCE, Quiet, Set, open_rest, take_rest};

    type Calls = [extern "C" fn(); 2];
    static BOTH: Calls = [take_rest, open_rest];
    /// [`BOTH`], once the heap comes up: fork alone does not link the heap. Written under [`ONCE`].
    static CALLS: AtomicPtr<Calls> = AtomicPtr::new(core::ptr::null_mut());

    /// From now on fork takes every lock. Under [`ONCE`], before any other lock of the heap is used.
    pub fn register() {
        CALLS.store((&raw const BOTH).cast_mut(), Ordering::Relaxed);
    }

    /// What [`before`] took: the caller's signal mask, and the function that opens the heap's locks if there is a heap.
    #[derive(Debug)]
    #[must_use]
    pub struct Held {
        mask: Set,
        open: Option<extern "C" fn()>,
    }

    /// Before fork, after all other hooks: blocks all signals, keeps the heap from coming up, and takes its locks if it is up.
    pub fn before() -> Held {
        let mask = Quiet::enter().keep();
        ONCE.acquire();
        // SAFETY: `register` stored the address of BOTH, or nobody stored anything.
        let calls = unsafe { CALLS.load(Ordering::Relaxed).as_ref() };
        Held {
            mask,
            open: calls.map(|calls| {
                calls[0]();
                calls[1]
            }),
        }
    }

    /// After fork, in the parent and in the child, before all other hooks: opens what [`before`] took, and restores the signal mask.
    pub fn after(held: Held) {
        let quiet = Quiet::resume(held.mask);
        if let Some(open) = held.open {
            open();
        }
        ONCE.release();
        drop(quiet);
    }
}
