//! The two ways to count.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use dacapo::queue::mesh::{Answer, Core, Mesh};

/// A word, zeros behind it: short enough to travel inside a job.
pub type Word = [u8; 32];
type Hasher = BuildHasherDefault<DefaultHasher>;
/// A part of the map, or all of it.
pub type Counts = HashMap<Word, u64, Hasher>;

fn add(counts: &mut Counts, word: Word) -> u64 {
    let count = counts.entry(word).or_insert(0);
    *count += 1;
    *count
}

fn sum(counts: &Counts) -> (u64, usize) {
    (counts.values().sum(), counts.len())
}

/// A way to count, as one thread of the server sees it.
pub trait Counting {
    /// A count on its way.
    type Pending<'a>
    where
        Self: 'a;

    /// Counts the word.
    fn count(&self, word: Word) -> Self::Pending<'_>;
    /// Whether the number is there.
    fn is_ready(&self, pending: &Self::Pending<'_>) -> bool;
    /// The number.
    fn take(&self, pending: Self::Pending<'_>) -> u64;
    /// Does what others have asked for.
    fn serve(&self) {}
    /// Whether the thread may sleep until its sockets or `bell` have something.
    fn may_sleep(&self, bell: i32) -> bool {
        let _ = bell;
        true
    }
    /// It sleeps no longer.
    fn wake_up(&self) {}
}

/// One map under a mutex.
#[derive(Default)]
pub struct Locked(Mutex<Counts>);

impl Locked {
    /// All counts together, and how many there are.
    pub fn sum(&self) -> (u64, usize) {
        sum(&self.0.lock().expect("no panic"))
    }
}

impl Counting for Locked {
    type Pending<'a> = u64;

    fn count(&self, word: Word) -> u64 {
        add(&mut self.0.lock().expect("no panic"), word)
    }

    fn is_ready(&self, _: &u64) -> bool {
        true
    }

    fn take(&self, pending: u64) -> u64 {
        pending
    }
}

/// A part of the map, which this thread owns, and the way to the others.
pub struct Sharded<'m> {
    core: Core<'m, RefCell<Counts>>,
    /// Threads that still have connections.
    left: &'m AtomicUsize,
}

impl<'m> Sharded<'m> {
    /// The calling thread as core `index`.
    pub fn join(mesh: &'m Mesh<RefCell<Counts>>, index: usize, left: &'m AtomicUsize) -> Self {
        Self { core: mesh.join(index, RefCell::default()).expect("each core is joined once"), left }
    }

    /// When this thread's connections have ended: serves the others until theirs have too.
    pub fn leave(self) -> (u64, usize) {
        self.left.fetch_sub(1, Ordering::AcqRel);
        (0..self.core.cores()).filter(|&other| other != self.core.index()).for_each(|other| self.core.nudge(other));
        self.core.serve_until(|| self.left.load(Ordering::Acquire) == 0);
        sum(&self.core.local().borrow())
    }
}

impl<'m> Counting for Sharded<'m> {
    type Pending<'a>
        = Answer<'a, 'm, RefCell<Counts>, u64>
    where
        Self: 'a;

    fn count(&self, word: Word) -> Self::Pending<'_> {
        let owner = Hasher::default().hash_one(word) as usize % self.core.cores();
        let job = move |there: &Core<'_, RefCell<Counts>>| add(&mut there.local().borrow_mut(), word);
        self.core
            .submit_to(owner, job)
            .expect("the rings have room for all that is under way, and nobody leaves before the end")
    }

    fn is_ready(&self, pending: &Self::Pending<'_>) -> bool {
        pending.is_ready()
    }

    fn take(&self, pending: Self::Pending<'_>) -> u64 {
        pending.wait().expect("nobody leaves before the end")
    }

    fn serve(&self) {
        self.core.serve();
    }

    fn may_sleep(&self, bell: i32) -> bool {
        self.core.may_wait_for(bell)
    }

    fn wake_up(&self) {
        self.core.wake_up();
    }
}
