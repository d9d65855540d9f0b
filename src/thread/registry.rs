//! All threads of the process, for those who must reach every one of them: fork, set*id, the debugger in us.
//!
//! A ring under a lock; signals are blocked while it is held, since a handler may fork. The main thread joins when it first asks who it is or
//! makes a thread.

use core::cell::UnsafeCell;
use core::ptr;
use core::sync::atomic::{AtomicU8, Ordering};

use super::control::{Control, current};
use super::stack;
use crate::per_thread;
use crate::start::Lock;
use crate::sys;
use crate::sys::signal::{self, How, Set};

/// The list; reachable only through [`locked`].
pub struct Registry {
    first: *mut Control,
    count: usize,
}

struct Guarded {
    lock: Lock,
    registry: UnsafeCell<Registry>,
}

// SAFETY: the lock guards the list.
unsafe impl Sync for Guarded {}

static REGISTRY: Guarded =
    Guarded { lock: Lock::new(), registry: UnsafeCell::new(Registry { first: ptr::null_mut(), count: 0 }) };

/// 1 until a second thread is made; never 1 again, but in a forked child. glibc's name, for objects compiled against its headers.
#[cfg_attr(feature = "libc", unsafe(no_mangle))]
#[allow(non_upper_case_globals)]
static __libc_single_threaded: AtomicU8 = AtomicU8::new(1);

/// Whether there has been a second thread. While it says no, locks that only threads of this process take may be skipped. One plain load.
/// Async-signal-safe.
#[inline(always)]
#[must_use]
pub fn is_multi_threaded() -> bool {
    __libc_single_threaded.load(Ordering::Relaxed) == 0 // Relaxed: set before the second thread exists
}

pub(super) fn second_thread() {
    __libc_single_threaded.store(0, Ordering::Relaxed);
}

/// Runs `f` on the list. The caller has blocked all signals, unless it is the only thread.
pub fn locked<R>(f: impl FnOnce(&mut Registry) -> R) -> R {
    REGISTRY.lock.lock();
    // SAFETY: under the lock.
    let result = f(unsafe { &mut *REGISTRY.registry.get() });
    REGISTRY.lock.unlock();
    result
}

impl Registry {
    pub(super) fn add(&mut self, control: &Control) {
        let this = ptr::from_ref(control).cast_mut();
        control.next.set(self.first);
        control.previous.set(ptr::null_mut());
        // SAFETY: what is in the list is alive: a thread removes itself before its memory goes.
        if let Some(first) = unsafe { self.first.as_ref() } {
            first.previous.set(this);
        }
        self.first = this;
        self.count += 1;
        control.registered.set(true);
    }

    fn remove(&mut self, control: &Control) {
        let (next, previous) = (control.next.get(), control.previous.get());
        // SAFETY: as in `add`.
        unsafe {
            match previous.as_ref() {
                Some(previous) => previous.next.set(next),
                None => self.first = next,
            }
            if let Some(next) = next.as_ref() {
                next.previous.set(previous);
            }
        }
        self.count -= 1;
        control.registered.set(false);
    }

    /// Threads.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none: before the main thread has joined.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Every thread, in no order; each lives as long as the lock is held.
    pub fn iter(&self) -> impl Iterator<Item = &Control> {
        let mut at = self.first;
        core::iter::from_fn(move || {
            // SAFETY: as in `add`; the lock is held as long as `self` is borrowed.
            let control = unsafe { at.as_ref() }?;
            at = control.next.get();
            Some(control)
        })
    }
}

/// The main thread joins.
pub(super) fn adopt(control: &Control) {
    if !control.registered.get() {
        locked(|registry| registry.add(control));
    }
}

/// The calling thread leaves; whether it was the last one. Signals are blocked.
pub(super) fn leave(control: &Control) -> bool {
    locked(|registry| {
        if registry.count == 1 {
            return true; // it stays: the process ends in this thread
        }
        registry.remove(control);
        false
    })
}

/// Before fork(2): no thread changes the list until [`after_fork_in_parent`] or [`after_fork_in_child`]. Blocks all signals; returns the
/// mask to give back.
#[must_use]
pub fn before_fork() -> Set {
    let mask = signal::mask(How::Set, &Set::ALL).unwrap_or(Set::EMPTY); // cannot fail for these arguments
    let _ = current();
    REGISTRY.lock.lock();
    mask
}

/// After fork(2), in the parent: undoes [`before_fork`].
pub fn after_fork_in_parent(mask: Set) {
    REGISTRY.lock.unlock();
    let _ = signal::mask(How::Set, &mask); // cannot fail for these arguments
}

/// After fork(2), in the child: the calling thread is the only one, under a new id; the memory of the others goes to the cache or the kernel.
/// Its rseq area stays registered: the kernel saw to that.
pub fn after_fork_in_child(mask: Set) {
    let this = current();
    let tid = sys::thread::gettid();
    per_thread::current().tid.store(tid, Ordering::Relaxed);
    this.tid.store(tid, Ordering::Relaxed);
    super::robust::after_fork_in_child();
    stack::after_fork_in_child();
    // SAFETY: one thread; the lock is ours, from `before_fork`.
    let registry = unsafe { &mut *REGISTRY.registry.get() };
    let mut other = registry.first;
    *registry = Registry { first: ptr::null_mut(), count: 0 };
    REGISTRY.lock.reset();
    registry.add_all_but(this, &mut other);
    __libc_single_threaded.store(1, Ordering::Relaxed);
    let _ = signal::mask(How::Set, &mask); // cannot fail for these arguments
}

impl Registry {
    fn add_all_but(&mut self, this: &Control, first: &mut *mut Control) {
        let mut other = *first;
        while let Some(control) = ptr::NonNull::new(other) {
            // SAFETY: it was in the list, so its memory is still mapped; its thread does not exist in this process.
            unsafe {
                other = control.as_ref().next.get();
                if !ptr::eq(control.as_ptr(), this) && !super::control::is_main(control.as_ref()) {
                    control.as_ref().tid.store(0, Ordering::Relaxed);
                    stack::dispose(control);
                }
            }
        }
        self.add(this);
    }
}
