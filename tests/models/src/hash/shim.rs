//! What the hash table imports, over loom: a lock, memory, and a domain whose grace periods end when nobody reads.

use std::alloc::{Layout, alloc, dealloc};

use loom::sync::atomic::AtomicUsize;
use loom::sync::atomic::Ordering::AcqRel;

/// A period that begins now: over as soon as a moment without readers is seen.
#[derive(Clone, Copy)]
pub struct PollState;

pub trait GracePeriods {
    fn poll_state(&self) -> PollState;
    fn has_passed(&self, state: PollState) -> bool;
    fn poll(&self, state: PollState) -> bool;
    fn synchronize(&self);
}

/// Counts its readers in one word. Whoever changes or asks it comes after whoever did so before: as strong as a grace period's fences, and no stronger.
pub struct Domain {
    readers: AtomicUsize,
}

impl Domain {
    pub fn new() -> Self {
        Self { readers: AtomicUsize::new(0) }
    }

    /// A read section.
    pub fn read<T>(&self, look: impl FnOnce() -> T) -> T {
        self.readers.fetch_add(1, AcqRel);
        let found = look();
        self.readers.fetch_sub(1, AcqRel);
        found
    }
}

impl GracePeriods for Domain {
    fn poll_state(&self) -> PollState {
        PollState
    }

    fn has_passed(&self, state: PollState) -> bool {
        self.poll(state)
    }

    fn poll(&self, _: PollState) -> bool {
        self.readers.fetch_add(0, AcqRel) == 0
    }

    fn synchronize(&self) {
        while !self.poll(PollState) {
            loom::thread::yield_now();
        }
    }
}

#[allow(clippy::upper_case_acronyms, reason = "as the library has it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errno {
    ENOMEM,
}

pub mod topology {
    pub fn allowed() -> usize {
        1
    }
}

/// Blocks with their size in front.
pub mod malloc {
    use super::{Layout, alloc, dealloc};

    const FRONT: usize = 128;

    pub fn allocate_aligned(align: usize, size: usize) -> *mut u8 {
        assert!(align <= FRONT);
        let layout = Layout::from_size_align(size + FRONT, FRONT).expect("a small size");
        // SAFETY: not empty; the first bytes are ours.
        unsafe {
            let block = alloc(layout);
            block.cast::<usize>().write(size);
            block.add(FRONT)
        }
    }

    /// # Safety
    /// From [`allocate_aligned`].
    pub unsafe fn deallocate(block: *mut u8) {
        // SAFETY: as above.
        unsafe {
            let block = block.sub(FRONT);
            let size = block.cast::<usize>().read();
            dealloc(block, Layout::from_size_align(size + FRONT, FRONT).expect("as above"));
        }
    }
}

/// Arrays of a model are never so large.
pub mod memory {
    use super::Errno;

    pub struct Protection;
    impl Protection {
        pub const READ_WRITE: Self = Self;
    }
    pub struct MapFlags;
    impl MapFlags {
        pub const EMPTY: Self = Self;
    }
    pub enum Advice {
        HugePage,
    }

    pub fn map(_: usize, _: Protection, _: MapFlags) -> Result<*mut u8, Errno> {
        Err(Errno::ENOMEM)
    }

    pub unsafe fn unmap(_: *mut u8, _: usize) -> Result<(), Errno> {
        Ok(())
    }

    pub unsafe fn advise(_: *mut u8, _: usize, _: Advice) -> Result<(), Errno> {
        Ok(())
    }
}
