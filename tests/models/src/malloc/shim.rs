//! The neighbours of malloc's front.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicUsize, Ordering::Relaxed};

use crate::fence;
use crate::sys::Errno;

/// Plain words of the library's that more than one thread looks at.
pub trait Words<T> {
    /// # Safety
    /// A word that may be looked at.
    unsafe fn look(self) -> T;
    /// What was there.
    ///
    /// # Safety
    /// A word that may be changed.
    unsafe fn change(self, new: T) -> T;
}

fn word(place: *const usize) -> &'static crate::words::AtomicUsize {
    // SAFETY: our callers vouch for it; the memory itself is never changed while threads run.
    unsafe { &*place.cast() }
}

impl Words<usize> for *mut usize {
    unsafe fn look(self) -> usize {
        word(self).load(Relaxed)
    }
    unsafe fn change(self, new: usize) -> usize {
        word(self).store(new, Relaxed);
        0 // a slot's, which nobody asks for
    }
}

impl Words<*mut usize> for *const *mut usize {
    unsafe fn look(self) -> *mut usize {
        std::ptr::with_exposed_provenance_mut(word(self.cast()).load(Relaxed))
    }
    unsafe fn change(self, _: *mut usize) -> *mut usize {
        unreachable!("a pair is changed")
    }
}

impl Words<[*mut usize; 2]> for *mut [*mut usize; 2] {
    unsafe fn look(self) -> [*mut usize; 2] {
        [0, 1].map(|which| {
            std::ptr::with_exposed_provenance_mut(word(self.cast::<usize>().wrapping_add(which)).load(Relaxed))
        })
    }
    unsafe fn change(self, new: [*mut usize; 2]) -> [*mut usize; 2] {
        // SAFETY: as our contract says.
        let old = unsafe { self.look() };
        for (which, new) in new.into_iter().enumerate() {
            word(self.cast::<usize>().wrapping_add(which)).store(new.expose_provenance(), Relaxed);
        }
        old
    }
}

/// One class, whose blocks have every size.
pub mod size_class {
    pub const COUNT: usize = 2;
    pub const LEVELS: usize = 5;
    pub const SMALL: usize = 16;

    pub const fn of(_: usize) -> usize {
        1
    }

    /// A line each.
    pub const fn bytes(_: usize) -> usize {
        64
    }

    pub const fn capacity(_: usize) -> usize {
        super::super::magazine::SLOTS
    }

    pub fn batch(_: usize, _: usize) -> usize {
        super::super::magazine::SLOTS
    }
}

/// What the fast paths load: constant while threads run.
pub mod hot {
    use super::{AtomicPtr, AtomicUsize, Relaxed};

    pub const MEDIUM: usize = 32;
    pub const MEDIUM_STEP: usize = 16;

    pub struct Hot {
        pub table: AtomicPtr<u8>,
        pub limit: AtomicUsize,
    }

    impl Hot {
        pub fn table(&self) -> *const *mut u8 {
            self.table.load(Relaxed).cast()
        }
    }

    pub static HOT: Hot = Hot { table: AtomicPtr::new(std::ptr::null_mut()), limit: AtomicUsize::new(0) };

    pub fn ready() -> bool {
        true
    }
}

/// The middle: magazines with blocks, and blocks without magazines, behind one lock.
pub mod central {
    use super::super::lock::Quiet;
    use super::super::magazine::{self, Cursor, Place, middle};

    pub fn take(_: usize, _: usize) -> Cursor {
        let mut middle = middle();
        let Some(cursor) = middle.full.pop() else { return std::ptr::null_mut() };
        let cursor = std::ptr::with_exposed_provenance_mut(cursor);
        middle.places[magazine::number(cursor)] = Place::Out;
        cursor
    }

    pub fn take_one(_: usize) -> *mut u8 {
        std::ptr::without_provenance_mut(middle().loose.pop().unwrap_or(0))
    }

    /// # Safety
    /// As in the library, which the model checks.
    pub unsafe fn give(class: usize, cursor: Cursor) {
        if magazine::is_empty(class, cursor) {
            // SAFETY: as our contract says.
            return unsafe { magazine::release(class, cursor) };
        }
        let mut middle = middle();
        middle.put(cursor, Place::Full);
        middle.full.push(cursor.expose_provenance());
    }

    /// # Safety
    /// As in the library, which the model checks.
    pub unsafe fn give_one(_: usize, block: *mut u8) {
        middle().loose.push(block.addr());
    }

    /// # Safety
    /// As in the library, which the model checks.
    pub unsafe fn give_up(class: usize, cursor: Cursor, _: &Quiet) {
        let blocks = magazine::blocks(class, cursor);
        let mut middle = middle();
        middle.loose.extend(blocks);
        if cursor != magazine::none() {
            middle.put(cursor, Place::Empty);
        }
    }

    pub fn decay(_: &Quiet) {}
}

/// For threads on a CPU that is stopped: straight from the middle.
pub mod shard {
    use super::super::magazine::Place;
    use super::super::magazine::middle;
    use super::central;

    pub fn allocate(class: usize) -> *mut u8 {
        let cursor = central::take(class, 1);
        if cursor.is_null() {
            return central::take_one(class);
        }
        let mut blocks = super::super::magazine::blocks(class, cursor);
        let block = blocks.pop().expect("not empty");
        let mut middle = middle();
        middle.put(cursor, Place::Empty);
        middle.loose.extend(blocks);
        std::ptr::without_provenance_mut(block)
    }

    /// # Safety
    /// As in the library, which the model checks.
    pub unsafe fn free(class: usize, block: *mut u8) {
        // SAFETY: as our contract says.
        unsafe { central::give_one(class, block) };
    }
}

pub mod check {
    pub fn double_free(block: usize) -> ! {
        panic!("block {block:x} was freed twice")
    }
}

pub mod counts {
    #[derive(Clone, Copy, Debug)]
    pub enum Event {
        Miss,
        Fetched,
        Flushed,
    }

    pub fn add(_: Event, _: usize) {}
}

pub mod growth {
    pub struct Growth;
    impl Growth {
        pub const fn new() -> Self {
            Self
        }
        pub fn room(&self, size: usize) -> usize {
            size
        }
    }
}

pub mod starts {
    pub struct Starts;
    impl Starts {
        pub const fn new() -> Self {
            Self
        }
    }
}

#[derive(Debug)]
pub struct Broken {
    pub rule: &'static str,
    pub class: usize,
    pub place: usize,
}

/// No map: there is no address space to spare.
pub mod page_map {
    pub const BYTES: usize = 0;

    pub fn init(_: *mut u8) {}
}

/// A clock on which every look is long after the one before.
pub mod page_heap {
    use super::super::lock::Quiet;
    use super::{AtomicI64, Relaxed};

    pub static NOW: AtomicI64 = AtomicI64::new(0);

    pub fn now() -> i64 {
        NOW.fetch_add(2000, Relaxed) + 2000
    }

    pub struct PageHeap;
    impl PageHeap {
        pub fn look_at_the_clock(&mut self) {}
    }

    pub fn with<R>(_: &Quiet, body: impl FnOnce(&mut PageHeap) -> R) -> R {
        body(&mut PageHeap)
    }
}

/// No signals here.
pub mod signal {
    #[derive(Clone, Copy, Debug)]
    pub struct Set;
    impl Set {
        pub const ALL: Self = Self;
        pub const EMPTY: Self = Self;
    }

    pub enum How {
        Block,
        Set,
    }

    pub fn mask(_: How, _: &Set) -> Option<Set> {
        Some(Set)
    }
}

/// Whether this kernel refuses the fence that restarts sections: a model runs in a process of its own.
pub static REFUSED: AtomicBool = AtomicBool::new(false);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    RegisterPrivateExpeditedRseq,
    PrivateExpedited,
    PrivateExpeditedRseq,
}

pub fn membarrier(command: Command) -> Result<u32, Errno> {
    match command {
        _ if REFUSED.load(Relaxed) => return Err(Errno::EINVAL),
        Command::RegisterPrivateExpeditedRseq => {}
        Command::PrivateExpedited => fence::heavy(),
        Command::PrivateExpeditedRseq => fence::heavy_rseq(None),
    }
    Ok(0)
}

/// Where a thread may run: on every CPU.
pub mod sched {
    use crate::fence;
    use crate::sections::{cpus, move_to};
    use crate::sys::Errno;

    pub fn get_affinity(_: u32, mask: &mut [usize]) -> Result<usize, Errno> {
        mask[0] = (1 << cpus()) - 1;
        Ok(size_of_val(mask))
    }

    pub fn set_affinity(_: u32, mask: &[usize]) -> Result<(), Errno> {
        if mask[0].is_power_of_two() {
            fence::stop();
            move_to(mask[0].trailing_zeros().cast_signed());
            fence::run();
        }
        Ok(())
    }
}
