//! What the threads do, and what must hold afterwards.

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};
use std::time::Duration;

use dacapo::arch::ListNode;
use dacapo::malloc;
use dacapo::malloc::verify::{Level, is_valid};
use dacapo::percpu::{ArrayCache, Counters, FreeList};

use crate::Random;
use crate::kit;
use crate::torment::{for_a_while, storm, under_fire};

pub type Scenario = fn(seed: u64);
pub const ALL: &[(&str, Scenario)] = &[
    ("counters", counters),
    ("objects", objects),
    ("heap", heap),
    ("churn", churn),
    ("forks", forks),
    ("readers", kit::readers),
    ("queues", kit::queues),
];

/// More than any CPU here can run at once.
pub const THREADS: u64 = 24;
/// One round of a scenario, for its threads.
pub const ROUND: Duration = Duration::from_millis(400);

/// In a row: drawing lots takes longer than adding, and most signals would come then.
const ADDITIONS: usize = 8;

fn counters(seed: u64) {
    let counters = Counters::<4>::new().expect("memory");
    let expected: [AtomicUsize; 4] = Default::default();
    storm(seed, THREADS, |_, random| {
        let handled = AtomicUsize::new(0);
        let body = || {
            counters.add(3, 1);
            handled.fetch_add(1, Relaxed);
        };
        let mut mine = [0; 3];
        under_fire(random, &body, |random| {
            for_a_while(ROUND, || {
                let (which, n) = (random.below(3) as usize, random.below(9) as usize);
                (0..ADDITIONS).for_each(|_| counters.add(which, n));
                mine[which] += ADDITIONS * n;
            });
        });
        mine.iter().zip(&expected).for_each(|(n, sum)| _ = sum.fetch_add(*n, SeqCst));
        expected[3].fetch_add(handled.into_inner(), SeqCst);
    });
    for (which, sum) in expected.into_iter().enumerate() {
        assert_eq!(counters.sum(which), sum.into_inner(), "counter {which}");
    }
}

/// An object, and whether a thread has it now.
#[repr(C)]
struct Object {
    node: ListNode,
    held: AtomicU32,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Held(NonNull<Object>);
// SAFETY: an object is touched by the thread that holds it; `held` is an atomic.
unsafe impl Send for Held {}

impl Held {
    fn take(object: NonNull<Object>) -> Held {
        // SAFETY: all objects here are leaked.
        assert_eq!(unsafe { object.as_ref() }.held.swap(1, SeqCst), 0, "two threads hold one object");
        Held(object)
    }
    fn give_up(self) -> NonNull<Object> {
        // SAFETY: as above.
        unsafe { self.0.as_ref() }.held.store(0, SeqCst);
        self.0
    }
}

fn objects(seed: u64) {
    const OBJECTS: usize = 256;
    let new = || Object { node: ListNode { next: std::ptr::null_mut(), room: 0 }, held: AtomicU32::new(1) };
    let mut all: Vec<Held> = (0..OBJECTS).map(|_| Held(NonNull::from(Box::leak(Box::new(new()))))).collect();
    let (list, array) = (FreeList::new(12).expect("memory"), ArrayCache::new(12).expect("memory"));
    let spare = Mutex::new(all.clone());
    let put = |object: Held, to_list: bool| {
        let object = object.give_up();
        let pushed = if to_list {
            // SAFETY: leaked, held by nobody, and only we know it.
            unsafe { list.push(object.cast()) }.is_ok()
        } else {
            array.push(object.cast()).is_ok()
        };
        if pushed { None } else { Some(Held::take(object)) }
    };
    let get = |from_list: bool| {
        let object = if from_list { list.pop().map(NonNull::cast) } else { array.pop().map(NonNull::cast) };
        object.map(Held::take)
    };
    storm(seed, THREADS, |thread, random| {
        // A handler takes an object and puts it back; one that does not fit any more waits here for its thread.
        let pocket: [std::cell::Cell<Option<Held>>; 2] = Default::default();
        let body = || {
            for (from_list, pocket) in [true, false].into_iter().zip(&pocket) {
                let object = pocket.take().or_else(|| get(from_list));
                pocket.set(object.and_then(|object| put(object, !from_list)));
            }
        };
        let mut mine: Vec<Held> = Vec::new();
        let without_rseq = matches!(dacapo::rseq::state(), dacapo::rseq::State::Unavailable(_));
        let nothing = || ();
        // Without rseq these operations take a lock, and are not for handlers.
        let body: &dyn Fn() = if without_rseq { &nothing } else { &body };
        under_fire(random, body, |random| {
            for_a_while(ROUND, || match random.below(if thread < 2 { 60 } else { 56 }) {
                0..20 => mine.extend(get(random.below(2) == 0)),
                20..40 => {
                    if let Some(object) = mine.pop() {
                        mine.extend(put(object, random.below(2) == 0));
                    }
                }
                40..45 => {
                    let mut to = [MaybeUninit::uninit(); 7];
                    let n = array.pop_batch(&mut to[..random.below(8) as usize]);
                    // SAFETY: so many were written.
                    mine.extend(to[..n].iter().map(|object| Held::take(unsafe { object.assume_init() }.cast())));
                }
                45..50 => {
                    let count = mine.len().min(random.below(8) as usize);
                    let from: Vec<_> = mine.drain(..count).map(|object| object.give_up().cast()).collect();
                    let n = array.push_batch(&from);
                    mine.extend(from[n..].iter().map(|object| Held::take(object.cast())));
                }
                50..53 => mine.extend(list.take().map(|node| Held::take(node.cast()))),
                53..56 => {
                    let mut spare = spare.lock().expect("no panic");
                    if mine.len() > 20 { spare.append(&mut mine) } else { mine.extend(spare.pop()) }
                }
                56 => list.drain(|chain| mine.extend(chain.map(|node| Held::take(node.cast())))),
                57 => array.drain(|objects| mine.extend(objects.iter().map(|object| Held::take(object.cast())))),
                58 => mine.extend(
                    list.drain_one(random.below(list.slots() as u64) as usize).map(|node| Held::take(node.cast())),
                ),
                _ => array.drain_one(random.below(array.slots() as u64) as usize, |objects| {
                    mine.extend(objects.iter().map(|object| Held::take(object.cast())));
                }),
            });
        });
        mine.extend(pocket.iter().filter_map(std::cell::Cell::take));
        spare.lock().expect("no panic").append(&mut mine);
    });
    let mut rest = spare.into_inner().expect("no panic");
    list.drain(|chain| rest.extend(chain.map(|node| Held::take(node.cast()))));
    array.drain(|objects| rest.extend(objects.iter().map(|object| Held::take(object.cast()))));
    rest.sort();
    all.sort();
    assert_eq!(rest, all, "lost or doubled");
}

/// A block of the heap, filled with a pattern of its own.
struct Filled {
    block: NonNull<u8>,
    size: usize,
    seal: u64,
}
// SAFETY: a block belongs to whoever has this.
unsafe impl Send for Filled {}

impl Filled {
    fn new(random: &mut Random) -> Filled {
        let size = match random.below(20) {
            0 => random.below(300_000),
            1..5 => random.below(10_000),
            _ => random.below(600),
        } as usize;
        let seal = random.next();
        let block = NonNull::new(malloc::allocate(size)).expect("memory");
        let new = Filled { block, size, seal };
        new.ends(|end| end.copy_from_slice(&seal.to_ne_bytes()));
        new
    }

    /// Its first and its last eight bytes, if it has so many.
    fn ends(&self, mut look: impl FnMut(&mut [u8])) {
        if self.size >= 16 {
            for at in [0, self.size - 8] {
                // SAFETY: inside the block, which is ours.
                look(unsafe { std::slice::from_raw_parts_mut(self.block.as_ptr().add(at), 8) });
            }
        }
    }

    fn check(&self) {
        self.ends(|end| assert_eq!(end, self.seal.to_ne_bytes(), "{:?}, {} bytes, was changed", self.block, self.size));
    }

    fn free(self) {
        self.check();
        // SAFETY: live, and nobody else's.
        unsafe { malloc::deallocate(self.block.as_ptr()) };
    }
}

/// malloc and free in a handler: one block each time, kept for a while.
fn handler(pocket: &std::cell::Cell<*mut u8>) {
    let old = pocket.replace(malloc::allocate(48));
    // SAFETY: a block of an earlier signal, or null.
    unsafe { malloc::deallocate(old) };
}

fn heap_work(random: &mut Random, time: Duration, shared: &Mutex<Vec<Filled>>) {
    let pocket = std::cell::Cell::new(std::ptr::null_mut());
    let mut mine: Vec<Filled> = Vec::new();
    under_fire(random, &|| handler(&pocket), |random| {
        for_a_while(time, || match random.below(1000) {
            0..400 => mine.push(Filled::new(random)),
            400..800 => {
                if !mine.is_empty() {
                    mine.swap_remove(random.below(mine.len() as u64) as usize).free();
                }
            }
            800..900 => {
                // To another thread and from one: freed elsewhere than it was allocated.
                let mut shared = shared.lock().expect("no panic");
                shared.extend(mine.pop());
                if shared.len() > 400 {
                    mine.extend(shared.drain(..200));
                }
            }
            900..998 => mine.iter().take(3).for_each(Filled::check),
            998 if random.below(2) == 0 => drop(malloc::trim(random.below(1 << 22) as usize)),
            998 => is_valid([Level::Cursors, Level::Runs, Level::Blocks][random.below(3) as usize]).unwrap(),
            _ => mine.drain(..).for_each(Filled::free),
        });
    });
    mine.into_iter().for_each(Filled::free);
    // SAFETY: the last signal's block, or null.
    unsafe { malloc::deallocate(pocket.into_inner()) };
}

fn heap(seed: u64) {
    let shared = Mutex::new(Vec::new());
    storm(seed, THREADS, |_, random| heap_work(random, ROUND, &shared));
    shared.into_inner().expect("no panic").into_iter().for_each(Filled::free);
    is_valid(Level::Blocks).unwrap();
}

fn churn(seed: u64) {
    let counters = Counters::<1>::new().expect("memory");
    let (shared, threads) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    storm(seed, 6, |_, random| {
        under_fire(random, &|| (), |random| {
            for_a_while(ROUND / 50, || {
                let mut random = random.clone();
                std::thread::scope(|scope| {
                    scope.spawn(|| {
                        counters.add(0, 1);
                        heap_work(&mut random, Duration::from_micros(200), &shared);
                        threads.fetch_add(1, SeqCst);
                    });
                });
                random.next();
            });
        });
    });
    assert_eq!(counters.sum(0), threads.into_inner(), "threads that counted");
    shared.into_inner().expect("no panic").into_iter().for_each(Filled::free);
}

fn forks(seed: u64) {
    let shared = Mutex::new(Vec::new());
    storm(seed, 8, |thread, random| {
        if thread > 0 {
            return heap_work(random, ROUND, &shared);
        }
        // Not under fire itself: fork starts over at every signal, and may take longer than the time between two.
        {
            let begun = std::time::Instant::now();
            while begun.elapsed() < ROUND {
                // SAFETY: the child uses this heap only, which registered itself with fork, and leaves by _exit.
                match unsafe { libc::fork() } {
                    0 => {
                        // Nothing else of std here: other threads may have been in its heap.
                        let mut kept = [const { None }; 64];
                        for n in 0..2000 {
                            if let Some(old) = kept[n % 64].replace(Filled::new(random)) {
                                old.free();
                            }
                        }
                        // SAFETY: no destructors.
                        unsafe { libc::_exit(0) }
                    }
                    child => {
                        assert!(child > 0, "fork: {}", std::io::Error::last_os_error());
                        let mut status = 0;
                        // SAFETY: fills the status.
                        while unsafe { libc::waitpid(child, &raw mut status, 0) } == -1 {}
                        assert_eq!(status, 0, "the child ended with {status:#x}");
                    }
                }
            }
        }
    });
    shared.into_inner().expect("no panic").into_iter().for_each(Filled::free);
}
