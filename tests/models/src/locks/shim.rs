//! What the locks import, over loom.

use loom::sync::atomic::AtomicU32;

/// No clock here: what waits, waits for ever.
#[derive(Clone, Copy, Debug)]
pub struct Deadline;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut;

pub fn sleep(word: &AtomicU32, expected: u32, _: Option<&Deadline>, scope: futex::Scope) -> Result<(), TimedOut> {
    let _ = futex::wait(word, expected, None, scope);
    Ok(())
}

/// Another thread's turn: who pauses has nothing to do.
pub fn spin_loop() {
    loom::thread::yield_now();
}

/// No looking before sleeping, so that sleeping is what is explored.
pub struct Spin;

impl Spin {
    pub fn new() -> Self {
        Self
    }

    pub fn behind_a_holder() -> Self {
        Self
    }

    pub fn again(&mut self) -> bool {
        false
    }
}

pub mod sched {
    pub fn yield_now() {
        loom::thread::yield_now();
    }
}

pub mod arch {
    pub fn after_locked() {}
}

pub mod rseq {
    pub fn find() {}

    /// All on different CPUs, or nobody knows: the hint decides about spinning only.
    pub fn cpu_hint() -> u32 {
        u32::MAX
    }
}

pub mod futex {
    use loom::sync::atomic::AtomicU32;
    use loom::sync::atomic::Ordering::Relaxed;
    use loom::sync::{Condvar, Mutex};

    use crate::locks::halves;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Scope {
        Private,
    }

    loom::lazy_static! {
        /// The kernel's queue of sleepers, one for all words: whoever is woken by another word's wake looks at its own and sleeps again.
        static ref SLEEPERS: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
    }

    /// The word was not as expected.
    pub struct Changed;

    pub fn wait(word: &AtomicU32, expected: u32, _: Option<()>, _: Scope) -> Result<(), Changed> {
        let guard = SLEEPERS.0.lock().expect("no panic");
        if word.load(Relaxed) != expected {
            return Err(Changed);
        }
        drop(SLEEPERS.1.wait(guard).expect("no panic"));
        Ok(())
    }

    pub fn wake(_: *const AtomicU32, _: u32, _: Scope) -> usize {
        let _guard = SLEEPERS.0.lock().expect("no panic");
        SLEEPERS.1.notify_all();
        1
    }

    loom::lazy_static! {
        /// Wakes so far, for each bit of a mask.
        static ref WAKES: (Mutex<[u32; 32]>, Condvar) = (Mutex::new([0; 32]), Condvar::new());
    }

    /// Sleeps until somebody wakes the mask's bit: not by other bits' wakes, so that a wake of the wrong one is a deadlock.
    pub fn wait_masked(word: &halves::AtomicU32, expected: u32, mask: u32) -> Result<(), Changed> {
        let bit = mask.trailing_zeros() as usize;
        let mut wakes = WAKES.0.lock().expect("no panic");
        if word.load(Relaxed) != expected {
            return Err(Changed);
        }
        let before = wakes[bit];
        while wakes[bit] == before {
            wakes = WAKES.1.wait(wakes).expect("no panic");
        }
        Ok(())
    }

    pub fn wake_masked(_: *const halves::AtomicU32, mask: u32) -> usize {
        WAKES.0.lock().expect("no panic")[mask.trailing_zeros() as usize] += 1;
        WAKES.1.notify_all();
        1
    }
}
