//! pthread_atfork: what fork runs before and after itself.
//!
//! fork calls [`run`] and links a table and its lock for it, nothing more: handlers are reached by address only.

use core::ffi::c_int;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::code;
use crate::sync::raw::{RawMutex, Scope};
use crate::sys::Errno;

type Handler = Option<unsafe extern "C" fn()>;

/// Registrations of a process; each program and library makes a few.
const MOST: usize = 64;

struct Table {
    /// Held from PREPARE to PARENT or CHILD, so that all three see the same handlers.
    lock: RawMutex,
    count: AtomicUsize,
    handlers: core::cell::UnsafeCell<[[Handler; 3]; MOST]>,
}

// SAFETY: entries are written under the lock, before `count` covers them, and never again.
unsafe impl Sync for Table {}

static TABLE: Table = Table {
    lock: RawMutex::new(),
    count: AtomicUsize::new(0),
    handlers: core::cell::UnsafeCell::new([[None; 3]; MOST]),
};

/// When handlers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before fork(2), the latest registered first.
    Prepare,
    /// After it in the parent, the first registered first.
    Parent,
    /// After it in the child, the first registered first.
    Child,
}

/// Runs the handlers of a phase. Each fork calls it with Prepare first, then with Parent (also when fork(2) failed) or Child.
///
/// # Safety
/// Called by fork, in this order; handlers are the program's own.
pub unsafe fn run(phase: Phase) {
    if phase == Phase::Prepare {
        TABLE.lock.lock(Scope::Private);
    }
    let count = TABLE.count.load(Ordering::Relaxed); // Relaxed: under the lock
    for at in 0..count {
        let at = if phase == Phase::Prepare { count - 1 - at } else { at };
        let handler = (*TABLE.handlers.get()).get(at).and_then(|three| *three.get(phase as usize)?);
        if let Some(handler) = handler {
            handler();
        }
    }
    if phase != Phase::Prepare {
        TABLE.lock.unlock(Scope::Private); // in the child too: it is the thread that took it
    }
}

/// ENOMEM: 64 are registered.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_atfork(prepare: Handler, parent: Handler, child: Handler) -> c_int {
    TABLE.lock.lock(Scope::Private);
    let count = TABLE.count.load(Ordering::Relaxed); // Relaxed: under the lock
    let result = match (*TABLE.handlers.get()).get_mut(count) {
        Some(three) => {
            *three = [prepare, parent, child];
            TABLE.count.store(count + 1, Ordering::Relaxed);
            Ok(())
        }
        None => Err(Errno::ENOMEM),
    };
    TABLE.lock.unlock(Scope::Private);
    code(result)
}
