//! The orderly end of the process.
//!
//! ```text
//!   exit(code): destructors of this thread's locals -> atexit, newest first -> fini_array, last first -> flush -> exit_group(code)
//! ```
//! 1. Each stage is a hook that its room sets at first use, so that a program that registers nothing links nothing.
//! 2. The first thread to call [`exit`] owns the end; every other one that calls it sleeps until the process is gone.
//! 3. If a handler of the owner calls [`exit`] again, the stages go on behind the handlers that were started already, and the
//!    newer code counts: each handler runs at most once.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use super::init_fini;
use crate::arch;
use crate::sys::futex::{self, Scope};
use crate::sys::process;
use crate::tls;

/// A stage's function, mixed with the pointer guard, or 0.
pub(crate) struct Hook(AtomicUsize);

impl Hook {
    const fn none() -> Self {
        Self(AtomicUsize::new(0))
    }

    pub(crate) fn set(&self, function: fn()) {
        self.0.store(tls::mix(function as usize), Ordering::Release); // Release: pairs with `run`
    }

    #[inline(always)]
    fn run(&self) {
        let function = self.0.load(Ordering::Acquire); // Acquire: pairs with `set`
        if function != 0 {
            // SAFETY: `set` stored a function of this type.
            let function: fn() = unsafe { core::mem::transmute(tls::unmix(function)) };
            function();
        }
    }
}

/// Destructors of the calling thread's locals: set by `thread::local_destructors`.
pub(crate) static THREAD_LOCALS: Hook = Hook::none();
/// What was registered with `at_exit`: set by its first use.
pub(crate) static AT_EXIT: Hook = Hook::none();
static FLUSH: Hook = Hook::none();

/// Calls `function` as the last stage of every orderly exit; stdio's, at the first use of a stream.
pub fn set_flush_hook(function: fn()) {
    FLUSH.set(function);
}

/// The thread pointer of the thread that owns the end; 0 while nobody does.
static OWNER: AtomicUsize = AtomicUsize::new(0);

/// Ends the process in order.
pub fn exit(code: i32) -> ! {
    claim();
    THREAD_LOCALS.run();
    AT_EXIT.run();
    init_fini::fini();
    FLUSH.run();
    process::exit_group(code)
}

fn claim() {
    let me = arch::tls::thread_pointer();
    // Relaxed: nothing is read on the strength of it; the handlers have locks of their own.
    match OWNER.compare_exchange(0, me, Ordering::Relaxed, Ordering::Relaxed) {
        Err(owner) if owner != me => wait_for_the_end(),
        _ => {}
    }
}

#[cold]
fn wait_for_the_end() -> ! {
    static NEVER: AtomicU32 = AtomicU32::new(0);
    loop {
        let _ = futex::wait(&NEVER, 0, None, Scope::Private); // EINTR: a handler ran
    }
}
