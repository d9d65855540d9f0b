//! What the files import, over loom.

use std::ops::{Deref, DerefMut};

use crate::fence;

/// The library's lock has no poison. Who sleeps for it has passed a fence, as in the library.
#[derive(Debug)]
pub struct Mutex<T>(loom::sync::Mutex<T>);

pub struct Guard<'a, T>(loom::sync::MutexGuard<'a, T>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub fn lock(&self) -> Guard<'_, T> {
        fence::stop();
        let guard = self.0.lock().expect("no panic");
        fence::run();
        Guard(guard)
    }

    pub fn try_lock(&self) -> Option<Guard<'_, T>> {
        self.0.try_lock().ok().map(Guard)
    }

    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().expect("no panic")
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

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

pub mod time {
    pub struct Timespec {
        pub seconds: i64,
        pub nanos: i64,
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
