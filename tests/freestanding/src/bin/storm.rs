//! A storm whose every choice comes from a number, `DACAPO_SEED`: threads on the per-CPU counters, lists, arrays and the heap, two or more
//! a CPU, sent from CPU to CPU, while one of them drains. No object is lost or held twice, every sum is exact, every block keeps what was
//! written into it.
//!
//! In a guest whose clock counts instructions the same number gives the same run, to the byte: `x.py qemu --deterministic --seed N`.
#![no_std]
#![no_main]

use core::mem::MaybeUninit;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed, Ordering::SeqCst};

use dacapo::arch::ListNode;
use dacapo::percpu::{ArrayCache, Counters, FreeList};
use dacapo::sys::sched;
use dacapo::{malloc, thread};
use freestanding::{Random, check};

/// An object, and whether a thread holds it now.
#[repr(C)]
struct Object {
    node: ListNode,
    held: AtomicU32,
}

impl Object {
    const fn new() -> Object {
        Object { node: ListNode { next: null_mut(), room: 0 }, held: AtomicU32::new(0) }
    }
}

const OBJECTS: usize = 64;
/// Objects that a thread holds at most.
const POCKET: usize = 12;
const BLOCKS: usize = 24;
const MOST_THREADS: usize = 256;

static mut ALL: [Object; OBJECTS] = [const { Object::new() }; OBJECTS];
/// Objects out of the game, a bit each.
static LOST_AND_FOUND: AtomicU64 = AtomicU64::new(0);
static STARTED: AtomicUsize = AtomicUsize::new(0);
static IDS: [AtomicU32; MOST_THREADS] = [const { AtomicU32::new(0) }; MOST_THREADS];
static WORLD: AtomicUsize = AtomicUsize::new(0);

/// What all threads share; `main` keeps it until they have ended.
struct World {
    counters: Counters<2>,
    list: FreeList,
    array: ArrayCache,
    seed: u64,
    rounds: usize,
    threads: usize,
    cpus: Cpus,
}

fn world() -> &'static World {
    // SAFETY: `main` sets it before there is another thread, and it outlives them all.
    unsafe { &*(WORLD.load(SeqCst) as *const World) }
}

/// The CPUs that the program may run on.
#[derive(Clone, Copy)]
struct Cpus {
    mask: [usize; 16],
    count: usize,
}

impl Cpus {
    fn allowed() -> Cpus {
        let mut mask = [0; 16];
        check!(sched::get_affinity(0, &mut mask).is_ok());
        Cpus { mask, count: mask.iter().map(|word| word.count_ones() as usize).sum() }
    }

    /// A set of the `n`th CPU alone.
    fn only(&self, n: usize) -> [usize; 16] {
        let mut left = n % self.count;
        let mut one = [0; 16];
        for cpu in 0..16 * 64 {
            if self.mask[cpu / 64] >> (cpu % 64) & 1 == 1 {
                if left == 0 {
                    one[cpu / 64] = 1 << (cpu % 64);
                    break;
                }
                left -= 1;
            }
        }
        one
    }
}

/// Objects in one thread's hands.
struct Pocket {
    objects: [Option<NonNull<Object>>; POCKET],
    len: usize,
}

impl Pocket {
    fn put(&mut self, object: NonNull<Object>) {
        // SAFETY: objects are statics.
        let before = unsafe { object.as_ref() }.held.swap(1, SeqCst);
        check!(before == 0, "object {} is held twice", number_of(object));
        check!(self.len < POCKET);
        self.objects[self.len] = Some(object);
        self.len += 1;
    }

    fn take(&mut self) -> Option<NonNull<Object>> {
        self.len = self.len.checked_sub(1)?;
        let object = self.objects[self.len].take()?;
        // SAFETY: as above.
        unsafe { object.as_ref() }.held.store(0, SeqCst);
        Some(object)
    }

    fn give(&mut self, world: &World, to_list: bool) {
        let Some(object) = self.take() else { return };
        let refused = if to_list {
            // SAFETY: a static that nobody else holds.
            unsafe { world.list.push(object.cast()) }.err()
        } else {
            world.array.push(object.cast()).err().map(NonNull::cast)
        };
        if let Some(object) = refused {
            self.put(object.cast());
        }
    }

    fn get(&mut self, world: &World, from_list: bool) {
        if self.len == POCKET {
            return;
        }
        let got = if from_list { world.list.pop().map(NonNull::cast) } else { world.array.pop().map(NonNull::cast) };
        if let Some(object) = got {
            self.put(object);
        }
    }
}

fn number_of(object: NonNull<Object>) -> usize {
    (object.as_ptr() as usize - &raw const ALL as usize) / size_of::<Object>()
}

/// A block of the heap, filled with a mark of its own.
#[derive(Clone, Copy)]
struct Filled {
    start: *mut u8,
    size: usize,
    mark: u8,
}

impl Filled {
    const NONE: Filled = Filled { start: null_mut(), size: 0, mark: 0 };

    fn new(random: &mut Random) -> Filled {
        let most = if random.below(16) == 0 { 9_000 } else { 300 };
        let size = 1 + random.below(most) as usize;
        let (start, mark) = (malloc::allocate(size), random.below(255) as u8 + 1);
        check!(!start.is_null());
        // SAFETY: a live block of that size.
        unsafe { start.write_bytes(mark, size) };
        Filled { start, size, mark }
    }

    fn free(self) {
        if self.start.is_null() {
            return;
        }
        // SAFETY: live until the last line, and ours.
        unsafe {
            check!(*self.start == self.mark && *self.start.add(self.size - 1) == self.mark, "a block was changed");
            malloc::deallocate(self.start);
        }
    }
}

fn work() -> [usize; 2] {
    let world = world();
    let me = STARTED.fetch_add(1, SeqCst);
    IDS[me].store(dacapo::sys::thread::gettid(), SeqCst);
    let mut random = Random::of(world.seed, me as u64);
    let mut pocket = Pocket { objects: [None; POCKET], len: 0 };
    let mut blocks = [Filled::NONE; BLOCKS];
    let mut added = [0; 2];
    for _ in 0..world.rounds {
        match random.below(100) {
            0..30 => {
                let (which, n) = (random.below(2) as usize, random.below(9) as usize);
                world.counters.add(which, n);
                added[which] += n;
            }
            30..50 => pocket.get(world, random.below(2) == 0),
            50..70 => pocket.give(world, random.below(2) == 0),
            70..88 => {
                let slot = random.below(BLOCKS as u64) as usize;
                core::mem::replace(&mut blocks[slot], Filled::NONE).free();
                blocks[slot] = Filled::new(&mut random);
            }
            88..96 => {
                let mut to = [MaybeUninit::uninit(); 3];
                let room = to.len().min(POCKET - pocket.len);
                let n = world.array.pop_batch(&mut to[..room]);
                // SAFETY: so many were written.
                to[..n].iter().for_each(|object| pocket.put(unsafe { object.assume_init() }.cast()));
            }
            // Some thread, perhaps this one, goes to some CPU.
            96..98 => {
                let whom = IDS[random.below(world.threads as u64) as usize].load(SeqCst);
                let only = world.cpus.only(random.below(1 << 20) as usize);
                // Refused where the thread is gone, or the CPU.
                let _ = if whom == 0 { Ok(()) } else { sched::set_affinity(whom, &only) };
            }
            98 => sched::yield_now(),
            // One of the threads drains: a CPU's list at a time, or all of them.
            _ if me == 0 => match random.below(4) {
                0 => world.list.drain(|chain| chain.for_each(|node| keep(world, node.cast()))),
                1 => world.array.drain(|objects| objects.iter().for_each(|object| keep(world, object.cast()))),
                2 => {
                    let at = random.below(world.list.slots() as u64) as usize;
                    world.list.drain_one(at).for_each(|node| keep(world, node.cast()));
                }
                _ => {
                    let at = random.below(world.array.slots() as u64) as usize;
                    world.array.drain_one(at, |objects| objects.iter().for_each(|object| keep(world, object.cast())));
                }
            },
            _ => pocket.give(world, true),
        }
    }
    blocks.into_iter().for_each(Filled::free);
    while let Some(object) = pocket.take() {
        found(object);
    }
    IDS[me].store(0, SeqCst);
    added
}

/// Out of the game: `main` counts it.
fn found(object: NonNull<Object>) {
    let bit = 1 << number_of(object);
    check!(LOST_AND_FOUND.fetch_or(bit, SeqCst) & bit == 0, "object {} is in two places", number_of(object));
}

/// What a drain brought goes to another CPU's turn, or to `main`.
fn keep(world: &World, object: NonNull<Object>) {
    // SAFETY: objects are statics, and this one was taken out.
    check!(unsafe { object.as_ref() }.held.load(Relaxed) == 0, "object {} is drained and held", number_of(object));
    // SAFETY: a static that nobody else holds.
    if unsafe { world.list.push(object.cast()) }.is_err() {
        found(object);
    }
}

/// Hands the objects to the CPUs' lists and arrays, and puts those that find no room aside.
fn deal(world: &World) {
    for n in 0..OBJECTS {
        let _ = sched::set_affinity(0, &world.cpus.only(n)); // refused where that CPU is gone: any other will do
        // SAFETY: one of the statics; nobody else has seen it yet.
        let object = unsafe { NonNull::new_unchecked((&raw mut ALL).cast::<Object>().add(n)) };
        // SAFETY: as above.
        let refused = unsafe { world.list.push(object.cast()) }.is_err() && world.array.push(object.cast()).is_err();
        if refused {
            found(object);
        }
    }
    let _ = sched::set_affinity(0, &world.cpus.mask); // as above
}

dacapo::main!(|_, env| {
    let cpus = Cpus::allowed();
    let (Ok(counters), Ok(list), Ok(array)) = (Counters::new(), FreeList::new(8), ArrayCache::new(8)) else {
        freestanding::failed(file!(), line!(), "memory")
    };
    let rounds = if env.value(b"DACAPO_EMULATED").is_some() { 2_000 } else { 20_000 };
    let world = World {
        counters,
        list,
        array,
        seed: freestanding::number(b"DACAPO_SEED", 1),
        rounds: freestanding::number(b"DACAPO_ROUNDS", rounds) as usize,
        threads: (2 * cpus.count + 1).min(MOST_THREADS),
        cpus,
    };
    WORLD.store(&raw const world as usize, SeqCst);
    deal(&world);
    let mut expected = [0; 2];
    let mut handles = [const { None }; MOST_THREADS];
    for handle in &mut handles[..world.threads] {
        *handle = thread::spawn(work).ok();
    }
    for handle in &mut handles[..world.threads] {
        let Some(Ok(added)) = handle.take().map(thread::JoinHandle::join) else {
            freestanding::failed(file!(), line!(), "a thread")
        };
        expected = [expected[0] + added[0], expected[1] + added[1]];
    }
    check!(expected == [0, 1].map(|which| world.counters.sum(which)), "{expected:?} were added");
    world.list.drain(|chain| chain.for_each(|node| found(node.cast())));
    world.array.drain(|objects| objects.iter().for_each(|object| found(object.cast())));
    check!(LOST_AND_FOUND.load(SeqCst) == u64::MAX, "lost: {:x}", !LOST_AND_FOUND.load(SeqCst));
    // Who added where depends on every interleaving.
    let mut print = 0_u64;
    for index in 0..world.list.slots() {
        print = print.wrapping_mul(0x100_0000_01b3) ^ world.counters.at(0, Some(index)) as u64;
    }
    let World { seed, threads, rounds, .. } = world;
    dacapo::println!(
        "storm: seed {seed}, {threads} threads on {} CPUs, {rounds} rounds, {} aborts, who added where: {print:016x}",
        cpus.count,
        aborts()
    );
    freestanding::wait_for_the_console();
});

/// Aborts of the library's sections; 0 where the build does not count them.
fn aborts() -> u64 {
    #[cfg(dacapo_count_aborts)]
    return dacapo::rseq::aborts();
    #[cfg(not(dacapo_count_aborts))]
    0
}
