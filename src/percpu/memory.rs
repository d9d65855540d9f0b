//! A block for each index, and the table that sections find them by.
//!
//! ```text
//!            -2      -1       0        1             slots-1
//!   table: stopped stopped block 0 | stopped ... block or stopped       an entry is stopped until its block is made, and while it is taken away
//!   stopped | side | block 0 | block 1 | ...                            each a multiple of CACHE_LINE, so that no two CPUs write one line
//! ```
//! All of it is one lazily touched mapping: address space for every index, memory for those in use.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicPtr, Ordering};

use super::topology;
use crate::arch::CACHE_LINE;
use crate::sync::raw::{RawMutex, Scope};
use crate::sys::Errno;
use crate::sys::memory::{self, MapFlags, Protection};

/// What may lie in a per-CPU block.
///
/// # Safety
/// All-zero bytes are a valid value; everything that another thread may look at while sections change it is an atomic.
pub unsafe trait Block {}

/// How blocks come into being.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Birth {
    /// All exist from the start, zeroed: for sections that cannot refuse.
    Eager,
    /// Each is made when a section was refused there: see [`PerCpu::make_here`].
    Lazy,
}

/// A block for each index, a stopped one and a side one.
#[derive(Debug)]
pub struct PerCpu<T> {
    mapping: NonNull<u8>,
    size: usize,
    /// Entry 0; two more lie before it.
    table: NonNull<AtomicPtr<u8>>,
    slots: usize,
    stride: usize,
    /// The stopped block, the side block and block 0 follow each other here.
    blocks: NonNull<u8>,
    /// Held while an entry of the table differs from what it will be: by who stops a block, and by who makes one.
    pub(super) stopper: RawMutex,
    owns: PhantomData<UnsafeCell<T>>,
}

// SAFETY: the blocks are changed by sections, which exclude each other by index, and by whoever holds `stopper` and has stopped the
// block; what others may look at is atomic, by Block's contract.
unsafe impl<T: Block> Sync for PerCpu<T> {}
// SAFETY: it owns its mapping; no thread is special to it.
unsafe impl<T: Block> Send for PerCpu<T> {}

impl<T: Block> PerCpu<T> {
    /// Address space for a block of `size_of::<T>() + tail` bytes for every index, all zero.
    ///
    /// # Errors
    /// ENOMEM: no address space, or more than a `usize` can count.
    pub fn new(tail: usize, birth: Birth) -> Result<Self, Errno> {
        const { assert!(align_of::<T>() <= CACHE_LINE) };
        crate::rseq::find();
        let slots = topology::slots();
        let round = |bytes: usize| bytes.checked_next_multiple_of(CACHE_LINE).ok_or(Errno::ENOMEM);
        let table_size = round((slots + 2) * size_of::<usize>())?;
        let stride = round(size_of::<T>().checked_add(tail).ok_or(Errno::ENOMEM)?)?;
        let size = stride.checked_mul(slots + 2).and_then(|s| s.checked_add(table_size)).ok_or(Errno::ENOMEM)?;
        let mapping = memory::map(size, Protection::READ_WRITE, MapFlags::NORESERVE)?;
        let mapping = NonNull::new(mapping).ok_or(Errno::ENOMEM)?;
        // SAFETY: both lie inside the mapping, by the sizes above.
        let (table, blocks) = unsafe { (mapping.cast::<AtomicPtr<u8>>().add(2), mapping.add(table_size)) };
        let this = Self { mapping, size, table, slots, stride, blocks, stopper: RawMutex::new(), owns: PhantomData };
        for index in -2..slots as isize {
            let block = if index >= 0 && birth == Birth::Eager { this.block(index as usize) } else { this.stopped() };
            this.entry(index).store(block.as_ptr().cast(), Ordering::Relaxed); // Relaxed: nobody else has `this` yet
        }
        Ok(this)
    }

    /// What the sections of [`crate::arch::rseq`] take.
    #[inline(always)]
    #[must_use]
    pub fn table(&self) -> *const *mut u8 {
        self.table.as_ptr() as *const *mut u8
    }

    /// Indices: 0 to this.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// Table entry `index`, -2 to slots - 1.
    fn entry(&self, index: isize) -> &AtomicPtr<u8> {
        // SAFETY: the table has entries from -2 to slots - 1, and our callers keep to them.
        unsafe { &*self.table.as_ptr().offset(index) }
    }

    /// The block that a section of index `index` (as it stands in the rseq area, so negative without rseq) would find now. For guesses: another
    /// thread may be the one that uses it by the time the caller looks. Look through atomics.
    #[inline(always)]
    pub(super) fn at(&self, index: i32) -> NonNull<T> {
        let block = self.entry(index as isize).load(Ordering::Relaxed); // Relaxed: blocks outlive `self`, whichever it is
        // SAFETY: entries are never null.
        unsafe { NonNull::new_unchecked(block.cast()) }
    }

    fn nth(&self, n: usize) -> NonNull<T> {
        // SAFETY: n is at most slots + 1, and so many blocks lie there.
        unsafe { self.blocks.add(n * self.stride).cast() }
    }

    /// The stopped block: both empty and full. Sections of threads without rseq write to it, and nobody looks.
    #[must_use]
    pub fn stopped(&self) -> NonNull<T> {
        self.nth(0)
    }

    /// The block of all threads without rseq. Use atomics, or a lock.
    #[must_use]
    pub fn side(&self) -> NonNull<T> {
        self.nth(1)
    }

    /// Block `index`, whether it was made or not: the blocks follow each other in the order of their indices, the side block as -1 and the stopped one as -2. It may be looked at through atomics, and changed while it is stopped.
    #[must_use]
    pub fn block(&self, index: usize) -> NonNull<T> {
        assert!(index < self.slots);
        self.nth(2 + index)
    }

    /// The blocks that sections may have used, and the side block. Zeroed pages that nobody used are not touched.
    pub fn blocks(&self) -> impl Iterator<Item = NonNull<T>> {
        let used = (0..self.slots).filter(|&index| self.is_made(index)).map(|index| self.block(index));
        used.chain(core::iter::once(self.side()))
    }

    fn is_made(&self, index: usize) -> bool {
        self.entry(index as isize).load(Ordering::Acquire) != self.stopped().as_ptr().cast() // Acquire: pairs with `put`
    }

    /// Whether sections are refused at `index` now, because the block is not made or was taken away.
    #[must_use]
    pub fn is_stopped(&self, index: usize) -> bool {
        index >= self.slots || !self.is_made(index)
    }

    /// Makes the block of the CPU where the caller is, if it does not exist. `make` gets it zeroed the first time, or as it was left
    /// (then it must leave it alone). False if somebody has a block stopped just now. Async-signal-safe.
    pub fn make(&self, index: usize, make: impl FnOnce(NonNull<T>)) -> bool {
        if index >= self.slots || !self.stopper.try_lock() {
            return false;
        }
        if !self.is_made(index) {
            make(self.block(index));
            self.put(index);
        }
        // SAFETY: taken above.
        unsafe { self.stopper.unlock(Scope::Private) };
        true
    }

    /// Lets sections use block `index` from now on.
    pub(super) fn put(&self, index: usize) {
        // Release: pairs with Acquire in `is_made`, and with the sections, whose load of the block depends on that of the entry.
        self.entry(index as isize).store(self.block(index).as_ptr().cast(), Ordering::Release);
    }

    /// Refuses sections at `index` from now on; those in flight may still commit until [`crate::fence::heavy_rseq`].
    pub(super) fn take_away(&self, index: usize) {
        self.entry(index as isize).store(self.stopped().as_ptr().cast(), Ordering::Relaxed); // Relaxed: the fence follows
    }
}

impl<T> Drop for PerCpu<T> {
    fn drop(&mut self) {
        // SAFETY: our own mapping, and the last reference to it.
        let _ = unsafe { memory::unmap(self.mapping.as_ptr(), self.size) }; // a whole mapping: cannot fail
    }
}
