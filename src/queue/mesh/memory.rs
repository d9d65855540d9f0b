//! Where the rings lie, and who is which core.
//!
//! ```text
//!     mapping:  seat 0 | seat 1 | ...              each core's bell and counts
//!               link 0>0 | link 0>1 | ... | link 1>0 | ...
//!     link:     outgoing (the sender's line) | incoming (the receiver's line) | slips (the sender's) | items (both)
//! ```
//! Zeroed memory is a mesh that nobody has used, so nothing is touched before its first use.

use core::cell::{Cell, UnsafeCell};
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::task::Waker;

use super::core::Core;
use super::counts::{CoreCounts, CoreStatistics};
use super::item::Item;
use crate::queue::bell::Bell;
use crate::queue::fences::{Picked, Way};
use crate::queue::line::Line;
use crate::sys::Errno;
use crate::sys::memory::{self, MapFlags, Protection};

/// What belongs to one core.
#[repr(C)]
pub(super) struct Seat {
    /// Where it sleeps.
    pub bell: Line<Bell>,
    pub counts: Line<CoreCounts>,
    /// Somebody has joined as this core.
    taken: Line<AtomicBool>,
    /// Its sender has used the links that begin here.
    used: Line<AtomicBool>,
}

/// What the sender alone keeps of a link.
#[derive(Default)]
pub(super) struct Outgoing {
    /// Items filled so far.
    pub sent: Cell<usize>,
    /// Items before this one are back, and their wakers were called. `sent - capacity <= woken <= sent`.
    pub woken: Cell<usize>,
    /// Items filled since the receiver's bell was last looked at.
    pub unrung: Cell<usize>,
}

/// What the receiver alone keeps of a link.
#[derive(Default)]
pub(super) struct Incoming {
    /// Items begun so far.
    pub next: Cell<usize>,
    /// Items answered since the sender's bell was last looked at.
    pub unrung: Cell<usize>,
}

/// What the sender alone keeps of an item.
pub(super) struct Slip {
    /// An [`super::Answer`] exists for it.
    pub held: Cell<bool>,
    has_waker: Cell<bool>,
    waker: UnsafeCell<MaybeUninit<Waker>>,
}

impl Slip {
    /// Whom to wake when the item is back. The previous one is dropped.
    pub fn set_waker(&self, waker: Waker) {
        drop(self.take_waker());
        // SAFETY: the sender's thread alone comes here, and no reference leaves.
        unsafe { (*self.waker.get()).write(waker) };
        self.has_waker.set(true);
    }

    /// The waker, if one was set.
    pub fn take_waker(&self) -> Option<Waker> {
        // SAFETY: set, and the mark is taken away with it; the sender's thread alone comes here.
        self.has_waker.take().then(|| unsafe { (*self.waker.get()).assume_init_read() })
    }
}

/// One direction of one pair.
#[derive(Clone, Copy)]
pub(super) struct Link<'m> {
    pub outgoing: &'m Outgoing,
    pub incoming: &'m Incoming,
    slips: NonNull<Slip>,
    items: NonNull<Item>,
    mask: usize,
    mesh: PhantomData<&'m ()>,
}

impl<'m> Link<'m> {
    /// Item `index` of all that were ever sent.
    #[inline(always)]
    pub fn item(&self, index: usize) -> &'m Item {
        // SAFETY: there are mask + 1 items, and they live as long as the mesh.
        unsafe { self.items.add(index & self.mask).as_ref() }
    }

    /// The sender's notes on it.
    #[inline(always)]
    pub fn slip(&self, index: usize) -> &'m Slip {
        // SAFETY: there are mask + 1 slips, and they live as long as the mesh.
        unsafe { self.slips.add(index & self.mask).as_ref() }
    }

    pub fn capacity(&self) -> usize {
        self.mask + 1
    }
}

/// Rings between all pairs of `cores` threads, each of which has local data of type `L`.
#[derive(Debug)]
pub struct Mesh<L> {
    mapping: NonNull<u8>,
    bytes: usize,
    cores: usize,
    mask: usize,
    /// Bytes from one link to the next.
    stride: usize,
    fences: Picked,
    local: PhantomData<fn(&L)>,
}

// SAFETY: a seat's bell and counts are atomics; each line of a link belongs to the one thread that holds the core, items change hands by their state.
unsafe impl<L> Sync for Mesh<L> {}
// SAFETY: it owns its mapping; no thread is special to it before it joins.
unsafe impl<L> Send for Mesh<L> {}

/// Why a thread cannot be that core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinError {
    /// There is no such core.
    NoSuchCore,
    /// Somebody is that core, or was.
    Taken,
}

const SEAT: usize = size_of::<Seat>();
/// The two ends' lines, at the start of a link.
const ENDS: usize = size_of::<Line<Outgoing>>() + size_of::<Line<Incoming>>();

impl<L> Mesh<L> {
    /// A mesh of `cores` cores with room for `capacity` (rounded up to a power of two) items in each ring.
    ///
    /// Address space: 152 bytes for each item of each of the `cores * cores` rings; memory as it is used.
    ///
    /// # Errors
    /// EINVAL: no cores, or no capacity. ENOMEM: no address space.
    pub fn new(cores: usize, capacity: usize) -> Result<Self, Errno> {
        if cores == 0 || capacity == 0 {
            return Err(Errno::EINVAL);
        }
        let capacity = capacity.checked_next_power_of_two().filter(|&c| c <= 1 << 24).ok_or(Errno::ENOMEM)?;
        let slips = (capacity * size_of::<Slip>()).next_multiple_of(align_of::<Line<u8>>());
        let stride = ENDS + slips + capacity * size_of::<Item>();
        let links = cores.checked_mul(cores).and_then(|n| n.checked_mul(stride)).ok_or(Errno::ENOMEM)?;
        let bytes = cores.checked_mul(SEAT).and_then(|n| n.checked_add(links)).ok_or(Errno::ENOMEM)?;
        if bytes > isize::MAX as usize {
            return Err(Errno::ENOMEM);
        }
        let mapping = memory::map(bytes, Protection::READ_WRITE, MapFlags::NORESERVE)?;
        let mapping = NonNull::new(mapping).ok_or(Errno::ENOMEM)?;
        Ok(Self { mapping, bytes, cores, mask: capacity - 1, stride, fences: Picked::new(), local: PhantomData })
    }

    /// Makes the calling thread core `index`, with its local data, until the [`Core`] is dropped. Each core can be joined once.
    ///
    /// # Errors
    /// [`JoinError`].
    pub fn join(&self, index: usize, local: L) -> Result<Core<'_, L>, JoinError> {
        if index >= self.cores {
            return Err(JoinError::NoSuchCore);
        }
        if self.seat(index).taken.swap(true, Relaxed) {
            return Err(JoinError::Taken);
        }
        self.seat(index).used.store(true, Release); // Release: pairs with Acquire in `drop`
        Ok(Core::new(self, index, local))
    }

    /// How many cores there are.
    #[must_use]
    pub fn cores(&self) -> usize {
        self.cores
    }

    /// Who pays for the fences: senders nothing, or (without membarrier) each batch a full fence.
    #[must_use]
    pub fn way(&self) -> Way {
        self.fences.way()
    }

    /// What a core has done so far; one count read after the other.
    ///
    /// # Panics
    /// There is no such core.
    #[must_use]
    pub fn statistics(&self, core: usize) -> CoreStatistics {
        self.seat(core).counts.read()
    }

    #[inline(always)]
    pub(super) fn fences(&self) -> &Picked {
        &self.fences
    }

    #[inline(always)]
    pub(super) fn seat(&self, core: usize) -> &Seat {
        assert!(core < self.cores);
        // SAFETY: the seats are at the start of the mapping; zeroed memory is a valid one.
        unsafe { self.mapping.cast::<Seat>().add(core).as_ref() }
    }

    #[inline(always)]
    pub(super) fn link(&self, from: usize, to: usize) -> Link<'_> {
        debug_assert!(from < self.cores && to < self.cores);
        // SAFETY: cores * cores links follow the seats, each as the module's picture says; zeroed memory is a valid one.
        unsafe {
            let link = self.mapping.add(self.cores * SEAT + (from * self.cores + to) * self.stride);
            Link {
                outgoing: link.cast::<Line<Outgoing>>().as_ref(),
                incoming: link.add(size_of::<Line<Outgoing>>()).cast::<Line<Incoming>>().as_ref(),
                slips: link.add(ENDS).cast(),
                items: link.add(self.stride - (self.mask + 1) * size_of::<Item>()).cast(),
                mask: self.mask,
                mesh: PhantomData,
            }
        }
    }
}

impl<L> Drop for Mesh<L> {
    /// Drops jobs that nobody ran and answers that nobody took.
    fn drop(&mut self) {
        // Acquire: pairs with Release in `join`; whoever drops the mesh has ended its borrows, and so comes after all that the cores did.
        for from in (0..self.cores).filter(|&core| self.seat(core).used.load(Acquire)) {
            for to in 0..self.cores {
                let link = self.link(from, to);
                for index in 0..link.outgoing.sent.get().min(link.capacity()) {
                    drop(link.slip(index).take_waker());
                    // SAFETY: all cores have left.
                    unsafe { link.item(index).clear() };
                }
            }
        }
        // SAFETY: our own mapping, and the last reference to it.
        let _ = unsafe { memory::unmap(self.mapping.as_ptr(), self.bytes) }; // a whole mapping: cannot fail
    }
}
