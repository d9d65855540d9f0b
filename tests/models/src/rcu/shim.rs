//! What the files import, over loom.

/// A look that finds nothing lets another thread run, for as often as it takes.
pub struct Spin;

impl Spin {
    pub fn new() -> Self {
        Self
    }

    pub fn again(&mut self) -> bool {
        loom::thread::yield_now();
        true
    }
}

pub mod sched {
    pub fn yield_now() {
        loom::thread::yield_now();
    }
}

/// The clock stands still.
pub mod time {
    #[derive(Default)]
    pub struct Timespec {
        pub seconds: i64,
        pub nanos: i64,
    }

    pub fn clock_gettime(_: i32) -> Option<Timespec> {
        Some(Timespec { seconds: 1, nanos: 0 })
    }
}

pub mod futex {
    use loom::sync::{Condvar, Mutex};

    use super::time::Timespec;
    use crate::fence;
    use crate::sync::raw::Scope;
    use crate::sys::Errno;
    use crate::words::AtomicU32;

    loom::lazy_static! {
        /// One queue of sleepers for all words: who is woken looks at its own.
        static ref SLEEPERS: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
    }

    pub fn wait(word: &AtomicU32, expected: u32, _: Option<&Timespec>, _: Scope) -> Result<(), Errno> {
        fence::stop();
        let guard = SLEEPERS.0.lock().expect("no panic");
        let same = word.kernel_load() == expected;
        if same {
            drop(SLEEPERS.1.wait(guard).expect("no panic"));
        } else {
            drop(guard);
        }
        fence::run();
        if same { Ok(()) } else { Err(Errno::EAGAIN) }
    }

    pub fn wake(_: *const AtomicU32, _: u32, _: Scope) {
        let _guard = SLEEPERS.0.lock().expect("no panic");
        SLEEPERS.1.notify_all();
    }
}
