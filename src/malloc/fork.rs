//! fork in a process whose other threads are in the middle of malloc.
//!
//! 1. [`prepare`] takes every lock, in their order; no slow path is half-way then. Fast paths need nothing: a list is consistent at any instant.
//! 2. The parent goes on with [`parent`]. The child, whose only thread is the one that forked, opens the same locks with [`child`].
//!
//! An owner's fork calls the three; a guest's run by pthread_atfork, first registered and therefore outermost.

use core::sync::atomic::{AtomicU64, Ordering};

use super::lock::Quiet;
use super::{central, checked, cpu_cache, init, large, page_heap, shard};
use crate::sys::signal::Set;

/// The signal mask of the thread that forks; the locks guard it.
static MASK: AtomicU64 = AtomicU64::new(0);

/// Before fork: blocks all signals and takes every lock.
pub extern "C" fn prepare() {
    let mask = Quiet::enter().keep();
    init::acquire();
    cpu_cache::acquire();
    shard::acquire_all(); // before the classes': a shard that is drained gives its chains to them
    central::acquire_all();
    page_heap::PAGE_HEAP.acquire();
    large::acquire();
    checked::acquire();
    MASK.store(mask.0, Ordering::Relaxed);
}

/// After fork in the parent: opens them.
pub extern "C" fn parent() {
    let quiet = Quiet::resume(Set(MASK.load(Ordering::Relaxed)));
    checked::release();
    large::unlock();
    page_heap::PAGE_HEAP.release();
    central::release_all();
    shard::release_all();
    cpu_cache::release();
    init::release();
    drop(quiet);
}

/// After fork in the child: opens them. Sleepers of the parent do not exist here, so waking them wakes nobody.
pub extern "C" fn child() {
    parent();
}

/// Has the host libc call the three.
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
            register(prepare, parent, child, core::ptr::null_mut());
        }
    } else if posix != 0 {
        // SAFETY: POSIX's.
        unsafe {
            let register: unsafe extern "C" fn(Hook, Hook, Hook) -> i32 = core::mem::transmute(posix);
            register(prepare, parent, child);
        }
    }
}

/// Has an owner's fork call the three.
#[cfg(feature = "start")]
pub fn register() {
    CALLS.store((&raw const AROUND).cast_mut().cast(), Ordering::Release); // Release: pairs with `around`
}

/// When an owner's fork calls [`around`].
#[cfg(feature = "start")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before fork, after all other hooks.
    Before = 0,
    /// In the parent, before all other hooks.
    Parent = 1,
    /// In the child, before all other hooks.
    Child = 2,
}

#[cfg(feature = "start")]
static AROUND: [extern "C" fn(); 3] = [prepare, parent, child];
/// [`AROUND`], once the heap is up: fork alone does not link the heap.
#[cfg(feature = "start")]
static CALLS: core::sync::atomic::AtomicPtr<()> = core::sync::atomic::AtomicPtr::new(core::ptr::null_mut());

/// Calls the function for that moment, if this process has a heap. For fork, whose caller blocks the signals that it cares about itself.
///
/// The heap may come up between two calls on another thread: `before` says what the first one found, and goes into the others.
#[cfg(feature = "start")]
pub fn around(when: When, before: bool) -> bool {
    let calls = CALLS.load(Ordering::Acquire).cast::<[extern "C" fn(); 3]>(); // Acquire: pairs with `register`
    if calls.is_null() || (when != When::Before && !before) {
        return false;
    }
    // SAFETY: `register` stored the address of AROUND.
    unsafe { (*calls)[when as usize]() };
    true
}
