//! Readers and updaters under everything that can come between: signals, migrations, sleeping readers, forks, threads without rseq.

mod callbacks;
mod cell;
mod domain;
mod list;
mod qsbr;

use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering::*};

/// What readers look at: alive while it is published and for one grace period after that; then an updater poisons it.
struct Object {
    a: AtomicU64,
    b: AtomicU64,
}

const ALIVE: u64 = 0x600d;
const POISON: u64 = 0xdead;

/// Objects that are published, taken away, poisoned after a grace period, and published again: memory is never given back, so that a reader that
/// comes too late reads poison, not somebody else's data.
struct Pool {
    objects: Vec<Object>,
    free: Mutex<Vec<usize>>,
    published: AtomicPtr<Object>,
}

impl Pool {
    fn new() -> Pool {
        let objects: Vec<_> = (0..64).map(|_| Object { a: AtomicU64::new(ALIVE), b: AtomicU64::new(ALIVE) }).collect();
        let published = AtomicPtr::new((&raw const objects[0]).cast_mut());
        Pool { objects, free: Mutex::new((1..64).collect()), published }
    }

    /// Publishes a fresh object and, after `grace_period`, poisons the one before.
    fn replace(&self, grace_period: impl FnOnce()) {
        let next = self.free.lock().unwrap().pop().expect("fewer updaters than objects");
        self.objects[next].a.store(ALIVE, Relaxed);
        self.objects[next].b.store(ALIVE, Relaxed);
        let old = self.published.swap((&raw const self.objects[next]).cast_mut(), AcqRel);
        grace_period();
        // SAFETY: objects live as long as the pool.
        let old = unsafe { &*old };
        old.a.store(POISON, Relaxed);
        old.b.store(POISON, Relaxed);
        let index = (std::ptr::from_ref(old) as usize - self.objects.as_ptr() as usize) / size_of::<Object>();
        self.free.lock().unwrap().push(index);
    }

    /// Loads the published object and looks at it for a while; how often it was poisoned.
    fn look(&self, times: usize) -> usize {
        // SAFETY: as above.
        let object = unsafe { &*self.published.load(Acquire) };
        (0..times).filter(|_| object.a.load(Relaxed) != ALIVE || object.b.load(Relaxed) != ALIVE).count()
    }
}
