//! pthread_atfork: what fork runs before and after itself.
//!
//! fork does not link this: the first registration leaves [`run`]'s address with it.

use core::ffi::c_int;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::code;
use crate::libc::unistd::{Phase, set_fork_hook};
use crate::sync::raw::{RawMutex, Scope};
use crate::sys::Errno;
use crate::thread::cancel;

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

/// Runs the handlers of a phase: the latest registered first before the fork, the first registered first after it. Each fork calls it with
/// Prepare, then with Parent (also when the kernel refused) or Child.
fn run(phase: Phase) {
    if phase == Phase::Prepare {
        TABLE.lock.lock(Scope::Private);
    }
    let count = TABLE.count.load(Ordering::Relaxed); // Relaxed: under the lock
    // Cancelled in a handler, the thread would take the lock with it.
    cancel::without(|| {
        for at in 0..count {
            let at = if phase == Phase::Prepare { count - 1 - at } else { at };
            // SAFETY: entries below `count` are not written any more; handlers are the program's own, to be called just here.
            unsafe {
                let handler = (*TABLE.handlers.get()).get(at).and_then(|three| *three.get(phase as usize)?);
                if let Some(handler) = handler {
                    handler();
                }
            }
        }
    });
    if phase != Phase::Prepare {
        // SAFETY: taken in Prepare, by this thread; in the child it is the same thread.
        unsafe { TABLE.lock.unlock(Scope::Private) };
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
            set_fork_hook(run);
            Ok(())
        }
        None => Err(Errno::ENOMEM),
    };
    TABLE.lock.unlock(Scope::Private);
    code(result)
}
