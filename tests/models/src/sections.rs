//! The sections of `arch/rseq.rs` as the kernel runs them: a step at a time, aborted before any of them by a membarrier, and then begun again; one at a time on a CPU.
//!
//! A section that is preempted has had no effect, because its last step is its only store that others look at, and it starts over. So those of one CPU exclude each other, and it
//! is enough that the CPU is taken from the first step to the last. What a signal handler does on top of a section is the same.
//!
//! Loads whose address another load gave are ordered after it by the hardware; loom knows no dependencies, so these loads acquire.

use std::cell::Cell;
use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicUsize};

use loom::cell::UnsafeCell;
use loom::sync::Mutex;

use crate::arch::ArrayHeader;
use crate::fence::{self, Restarted};
use crate::words::AtomicUsize as Word;
use crate::words::Ordering::{Acquire, Relaxed};

/// CPUs that a test may have, and how many this one has: a process has one test.
const MOST: usize = 2;
static CPUS: AtomicUsize = AtomicUsize::new(MOST);

pub fn cpus() -> usize {
    CPUS.load(atomic::Ordering::Relaxed)
}

pub fn have_cpus(cpus: usize) {
    CPUS.store(cpus.clamp(1, MOST), atomic::Ordering::Relaxed);
}

loom::lazy_static! {
    static ref ALONE: [Mutex<()>; MOST] = std::array::from_fn(|_| Mutex::new(()));
}

/// Which section began last on each CPU: an earlier one was preempted, and starts over.
static LATEST: [AtomicUsize; MOST] = [const { AtomicUsize::new(0) }; MOST];

/// Sections that have begun.
static BEGUN: AtomicUsize = AtomicUsize::new(0);

/// A section begins on that CPU, which is the caller's alone at this moment; its number.
fn begin(cpu: usize) -> usize {
    let number = BEGUN.fetch_add(1, atomic::Ordering::Relaxed) + 1;
    LATEST[cpu].store(number, atomic::Ordering::Relaxed);
    number
}

loom::thread_local! {
    /// The CPU that this thread is on; -1: it has no rseq.
    static CPU: Cell<i32> = Cell::new(-1);
}

/// The calling thread is on that CPU from now on.
pub fn move_to(cpu: i32) {
    CPU.with(|mine| mine.set(cpu));
}

pub fn cpu() -> i32 {
    CPU.with(Cell::get)
}

/// Where the current thread's rseq fields lie: here, nowhere.
#[derive(Clone, Copy, Debug)]
pub struct Fields;

impl Fields {
    pub fn index(self) -> i32 {
        cpu()
    }

    pub fn load(self, _: isize) -> i32 {
        cpu()
    }
}

type Step<R> = Result<R, Restarted>;

fn load(address: usize) -> Step<usize> {
    fence::step()?;
    // SAFETY: a word of the library's: our callers vouch for it.
    Ok(unsafe { &*std::ptr::with_exposed_provenance::<Word>(address) }.load_here(Relaxed))
}

fn load_block(table: *const *mut u8, index: i32) -> Step<usize> {
    fence::step()?;
    // SAFETY: the table has entries from -2 on.
    let entry = unsafe { &*table.offset(index as isize).cast::<Word>() };
    Ok(entry.load_here(Acquire))
}

fn commit(address: usize, value: usize) -> Step<()> {
    fence::step()?;
    // SAFETY: as in `load`.
    unsafe { &*std::ptr::with_exposed_provenance::<Word>(address) }.store_here(value, Relaxed);
    Ok(())
}

/// Runs the steps until they come to their end.
fn section<R>(steps: impl Fn(i32) -> Step<R>) -> R {
    loop {
        let index = cpu();
        let alone = usize::try_from(index).ok().map(|cpu| {
            let alone = ALONE[cpu].lock().expect("no panic");
            begin(cpu);
            alone
        });
        fence::arm();
        let end = steps(index);
        drop(alone);
        if let Ok(result) = end {
            return result;
        }
    }
}

/// A section that may be preempted before each of its steps: for those that store more than once, if only where nobody looks.
pub struct Preemptible {
    cpu: Option<usize>,
    number: usize,
}

impl Preemptible {
    /// Runs the steps until they come to their end. They are given the index.
    pub fn section<R>(steps: impl Fn(&Self, i32) -> Step<R>) -> R {
        loop {
            let index = cpu();
            let cpu = usize::try_from(index).ok();
            let number = cpu.map_or(0, |cpu| {
                let _alone = ALONE[cpu].lock().expect("no panic");
                begin(cpu)
            });
            fence::arm();
            if let Ok(result) = steps(&Self { cpu, number }, index) {
                return result;
            }
        }
    }

    fn is_latest(&self) -> Step<()> {
        let latest = self.cpu.map_or(0, |cpu| LATEST[cpu].load(atomic::Ordering::Relaxed));
        if latest == self.number { Ok(()) } else { Err(Restarted) }
    }

    /// A look is a look whether or not the thread is preempted before it, as long as nobody hears of it.
    pub fn load(&self, address: usize) -> Step<usize> {
        let found = load(address)?;
        self.is_latest()?;
        Ok(found)
    }

    pub fn load_block(&self, table: *const *mut u8, index: i32) -> Step<usize> {
        let found = load_block(table, index)?;
        self.is_latest()?;
        Ok(found)
    }

    /// All of these by one store.
    pub fn store(&self, words: &[(usize, usize)]) -> Step<()> {
        fence::step()?;
        let _alone = self.cpu.map(|cpu| ALONE[cpu].lock().expect("no panic"));
        self.is_latest()?;
        for &(address, value) in words {
            // SAFETY: as in `load`.
            unsafe { &*std::ptr::with_exposed_provenance::<Word>(address) }.store_here(value, Relaxed);
        }
        Ok(())
    }
}

/// # Safety
/// As in the library.
pub unsafe fn claim<const SHIFT: u32, const INDEX: u32>(_: isize, first: *const usize) -> (usize, usize) {
    section(|index| {
        let seat = load(first.expose_provenance())?.wrapping_add_signed((index as isize) << SHIFT);
        let found = load(seat)?;
        if found == 0 {
            commit(seat, seat)?;
        }
        Ok((seat, found))
    })
}

/// # Safety
/// As in the library.
pub unsafe fn add(_: Fields, table: *const *mut u8, offset: usize, value: usize) -> i32 {
    section(|index| {
        let word = load_block(table, index)? + offset;
        if index >= 0 {
            commit(word, load(word)?.wrapping_add(value))?; // the stopped block: nobody looks
        }
        Ok(index)
    })
}

/// # Safety
/// As in the library.
pub unsafe fn compare_store(
    _: Fields,
    table: *const *mut u8,
    offset: usize,
    expected: usize,
    new: usize,
) -> (i32, usize) {
    section(|index| {
        let word = load_block(table, index)? + offset;
        let found = load(word)?;
        if found == expected && index >= 0 {
            commit(word, new)?; // the stopped block: nobody looks
        }
        Ok((index, found))
    })
}

/// # Safety
/// As in the library.
pub unsafe fn increment_at(_: Fields, table: *const *mut u8, source: *const usize) -> (i32, usize) {
    section(|index| {
        let block = load_block(table, index)?;
        let offset = load(source.expose_provenance())?;
        if index >= 0 {
            commit(block + offset, load(block + offset)?.wrapping_add(1))?;
        }
        Ok((index, offset))
    })
}

loom::lazy_static! {
    /// For each block that is changed by plain stores, by address: loom sees who reads and who changes it, and whether one is ordered before the other.
    static ref BLOCKS: std::sync::Mutex<HashMap<usize, Arc<Watch>>> = std::sync::Mutex::new(HashMap::new());
}

struct Watch(UnsafeCell<()>);

// SAFETY: it holds nothing.
unsafe impl Sync for Watch {}
// SAFETY: as above.
unsafe impl Send for Watch {}

fn block(address: usize) -> Arc<Watch> {
    BLOCKS.lock().expect("no panic").entry(address).or_insert_with(|| Arc::new(Watch(UnsafeCell::new(())))).clone()
}

/// Somebody who has stopped that block looks at it or changes it.
pub fn watched<T>(stopped: NonNull<T>) -> NonNull<T> {
    fence::interrupt();
    block(stopped.addr().get()).0.with_mut(|_| ());
    stopped
}

/// Moves `change(len, capacity)` objects to or from the current CPU's array; where they begin, and how many.
fn edit(
    table: *const *mut u8,
    offset: usize,
    count: impl Fn(usize, usize) -> usize,
    push: Option<*const *mut u8>,
    to: *mut *mut u8,
) -> usize {
    section(|index| {
        let found = load_block(table, index)? + offset;
        let block = block(found);
        let watch = &block.0;
        let header = std::ptr::with_exposed_provenance_mut::<ArrayHeader>(found);
        fence::step()?;
        // SAFETY: an array's header, whose slots follow it; loom looks who else is there.
        let (len, capacity) = watch.with(|_| unsafe { ((*header).len, (*header).capacity) });
        let count = count(len, capacity);
        if count == 0 {
            return Ok(0);
        }
        fence::step()?;
        // SAFETY: as above; slots beyond the length are nobody's.
        let slots = unsafe { header.add(1).cast::<*mut u8>() };
        let left = match push {
            // SAFETY: as many as the caller has and as there is room for.
            Some(from) => watch.with_mut(|_| unsafe {
                std::ptr::copy_nonoverlapping(from, slots.add(len), count);
                len + count
            }),
            // SAFETY: as many as there are.
            None => watch.with(|_| unsafe {
                std::ptr::copy_nonoverlapping(slots.add(len - count), to, count);
                len - count
            }),
        };
        fence::step()?;
        // SAFETY: as above.
        watch.with_mut(|_| unsafe { (*header).len = left });
        Ok(count)
    })
}

/// # Safety
/// As in the library.
pub unsafe fn array_push_batch(
    _: Fields,
    table: *const *mut u8,
    offset: usize,
    from: *const *mut u8,
    count: usize,
) -> usize {
    edit(table, offset, |len, capacity| count.min(capacity - len), Some(from), std::ptr::null_mut())
}

/// # Safety
/// As in the library.
pub unsafe fn array_pop_batch(
    _: Fields,
    table: *const *mut u8,
    offset: usize,
    to: *mut *mut u8,
    count: usize,
) -> usize {
    edit(table, offset, |len, _| count.min(len), None, to)
}

/// # Safety
/// As in the library.
pub unsafe fn array_push(fields: Fields, table: *const *mut u8, offset: usize, object: *mut u8) -> bool {
    // SAFETY: as our contract says.
    unsafe { array_push_batch(fields, table, offset, &raw const object, 1) == 1 }
}

/// # Safety
/// As in the library.
pub unsafe fn array_pop(fields: Fields, table: *const *mut u8, offset: usize) -> *mut u8 {
    let mut object = std::ptr::null_mut();
    // SAFETY: as our contract says.
    let count = unsafe { array_pop_batch(fields, table, offset, &raw mut object, 1) };
    if count == 1 { object } else { std::ptr::null_mut() }
}
