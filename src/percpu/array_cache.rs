//! Bounded arrays of object pointers, one a CPU: nothing is written into the objects, and batches move in one section.
//!
//! # Promises
//! A. Each object that was pushed comes out exactly once: popped, stolen or drained; on one CPU the last first. B. A push or a pop concerns the current CPU's array alone: it is
//! refused, or does less, if that is full, or empty, or just in another thread's hands. It never waits. C. A drain while others push and pop takes what is in each array when it
//! comes to it. D. A batch is one section: nobody finds half of it.
//!
//! # Price
//! A push 12 instructions, a pop 11, no atomic (level 0 of the [hierarchy](crate::counter)); batches about 4 an object. A drain or a theft: one membarrier, 0.6 to 9 us.
//!
//! Without rseq: one array under a lock for all threads.

use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::fallback::{Refusal, refused};
use super::memory::{Birth, Block, PerCpu};
use super::stop::Refusing;
use crate::arch::{ArrayHeader, rseq as section};
use crate::rseq;
use crate::sync::raw::{RawMutex, Scope};
use crate::sys::Errno;

/// An array for each CPU, at most `capacity` long. Push and pop: 12 and 11 instructions, 1 branch, no atomic; batches: about 4 an object.
///
/// It holds addresses and never looks behind them.
#[derive(Debug)]
pub struct ArrayCache {
    arrays: PerCpu<ArrayHeader>,
    /// Guards the side array.
    side: RawMutex,
    capacity: usize,
}

/// An object's address.
pub type Object = NonNull<u8>;

// SAFETY: a zeroed header is an array without room; only who has it stopped looks at it.
unsafe impl Block for ArrayHeader {}
// SAFETY: an array of length and capacity 0 refuses every push and pop.
unsafe impl Refusing for ArrayHeader {}

impl ArrayHeader {
    /// The slots in use.
    fn objects(&mut self) -> &mut [Object] {
        // SAFETY: `len` objects lie behind the header, all of them pushed as Objects; the header is borrowed.
        unsafe { core::slice::from_raw_parts_mut((&raw mut *self).add(1).cast(), self.len) }
    }

    /// Moves up to `to.len()` objects from the end of the array to `to`.
    fn pop_into(&mut self, to: &mut [MaybeUninit<Object>]) -> usize {
        let n = to.len().min(self.len);
        let first = self.len - n;
        for (to, from) in to.iter_mut().zip(self.objects().iter().skip(first)) {
            to.write(*from);
        }
        self.len = first;
        n
    }

    /// Appends as many of `from` as fit.
    fn push_from(&mut self, from: &[Object]) -> usize {
        let n = from.len().min(self.capacity - self.len);
        let old = self.len;
        // SAFETY: `capacity` slots lie behind the header; the new ones are below it, and are written before anyone reads them.
        unsafe {
            let slots = (&raw mut *self).add(1).cast::<Object>();
            core::ptr::copy_nonoverlapping(from.as_ptr(), slots.add(old), n);
        }
        self.len = old + n;
        n
    }
}

impl ArrayCache {
    /// Empty arrays.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn new(capacity: usize) -> Result<Self, Errno> {
        let tail = capacity.checked_mul(size_of::<Object>()).ok_or(Errno::ENOMEM)?;
        let arrays = PerCpu::<ArrayHeader>::new(tail, Birth::Lazy)?;
        // SAFETY: the side block exists, and nobody else knows it yet.
        unsafe { (*arrays.side().as_ptr()).capacity = capacity };
        Ok(Self { arrays, side: RawMutex::new(), capacity })
    }

    /// Objects that each array can hold.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    fn refused(&self) -> Refusal {
        // SAFETY: the block is not in the table yet, and nobody else makes one: see `PerCpu::make`.
        refused(&self.arrays, |array| unsafe { (*array.as_ptr()).capacity = self.capacity })
    }

    /// Puts an object into the current CPU's array.
    ///
    /// # Errors
    /// The array is full or stopped: the object comes back.
    #[inline]
    pub fn push(&self, object: Object) -> Result<(), Object> {
        // SAFETY: each block begins with an array's header and has its capacity in slots.
        if unsafe { section::array_push(rseq::fields(), self.arrays.table(), 0, object.as_ptr()) } {
            return Ok(());
        }
        if self.push_refused(&[object]) == 1 { Ok(()) } else { Err(object) }
    }

    /// Takes an object from the current CPU's array; `None` if it is empty or stopped.
    #[inline]
    pub fn pop(&self) -> Option<Object> {
        // SAFETY: as in `push`.
        let object = unsafe { section::array_pop(rseq::fields(), self.arrays.table(), 0) };
        NonNull::new(object).or_else(|| {
            let mut one = [MaybeUninit::uninit()];
            // SAFETY: as many as it says were written.
            (self.pop_refused(&mut one) == 1).then(|| unsafe { one[0].assume_init() })
        })
    }

    /// Puts as many of `objects` as fit into the current CPU's array, the first ones first, in one section; returns how many.
    #[inline]
    pub fn push_batch(&self, objects: &[Object]) -> usize {
        match self.push_section(objects) {
            0 if !objects.is_empty() => self.push_refused(objects),
            n => n,
        }
    }

    /// Takes up to `to.len()` objects from the end of the current CPU's array in one section; returns how many, the first ones of `to`.
    #[inline]
    pub fn pop_batch(&self, to: &mut [MaybeUninit<Object>]) -> usize {
        match self.pop_section(to) {
            0 if !to.is_empty() => self.pop_refused(to),
            n => n,
        }
    }

    #[inline]
    fn push_section(&self, objects: &[Object]) -> usize {
        let from = objects.as_ptr().cast::<*mut u8>();
        // SAFETY: as in `push`; the slice holds so many objects.
        unsafe { section::array_push_batch(rseq::fields(), self.arrays.table(), 0, from, objects.len()) }
    }

    #[inline]
    fn pop_section(&self, to: &mut [MaybeUninit<Object>]) -> usize {
        let room = to.as_mut_ptr().cast::<*mut u8>();
        // SAFETY: as in `push`; the slice has so much room.
        unsafe { section::array_pop_batch(rseq::fields(), self.arrays.table(), 0, room, to.len()) }
    }

    #[cold]
    fn push_refused(&self, objects: &[Object]) -> usize {
        while self.refused() == Refusal::Again {
            let n = self.push_section(objects);
            if n > 0 {
                return n;
            }
        }
        if rseq::fields().index() >= 0 { 0 } else { self.with_side(|array| array.push_from(objects)) }
    }

    #[cold]
    fn pop_refused(&self, to: &mut [MaybeUninit<Object>]) -> usize {
        while self.refused() == Refusal::Again {
            let n = self.pop_section(to);
            if n > 0 {
                return n;
            }
        }
        if rseq::fields().index() >= 0 { 0 } else { self.with_side(|array| array.pop_into(to)) }
    }

    /// Takes everything out of all arrays, and gives each array's objects to `sink`. One fence; others' operations are refused meanwhile.
    pub fn drain(&self, mut sink: impl FnMut(&[Object])) {
        let mut empty = |array: &mut ArrayHeader| {
            sink(array.objects());
            array.len = 0;
        };
        self.arrays.stop_each(&mut empty);
        self.with_side(empty);
    }

    /// As [`ArrayCache::drain`], for one index.
    pub fn drain_one(&self, index: usize, sink: impl FnOnce(&[Object])) {
        if let Some(mut array) = self.arrays.stop(index) {
            sink(array.objects());
            array.len = 0;
        }
    }

    /// Takes up to `to.len()` objects from the end of another index's array; returns how many. One fence, if that array was ever used.
    pub fn steal(&self, index: usize, to: &mut [MaybeUninit<Object>]) -> usize {
        // A look first: a fence for an array that is empty anyway would be a waste. Volatile: its CPU may be changing it.
        // SAFETY: the block lies in the mapping, and a length is one aligned word.
        let len = unsafe { (&raw const (*self.arrays.block(index).as_ptr()).len).read_volatile() };
        if len == 0 || self.arrays.is_stopped(index) {
            return 0;
        }
        self.arrays.stop(index).map_or(0, |mut array| array.pop_into(to))
    }

    /// Takes up to `to.len()` objects from the side array, which threads without rseq use; returns how many.
    pub fn steal_side(&self, to: &mut [MaybeUninit<Object>]) -> usize {
        self.with_side(|array| array.pop_into(to))
    }

    /// Indices for [`ArrayCache::drain_one`]: 0 to this.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.arrays.slots()
    }

    fn with_side<R>(&self, edit: impl FnOnce(&mut ArrayHeader) -> R) -> R {
        self.side.lock(Scope::Private);
        // SAFETY: the lock is ours, and only its holders touch the side array.
        let result = edit(unsafe { self.arrays.side().as_mut() });
        // SAFETY: taken above.
        unsafe { self.side.unlock(Scope::Private) };
        result
    }
}
