//! A thread's mapping: how it is divided, and the small cache of used ones.
//!
//! ```text
//!   low  guard | stack | packet | thread-local area (aligned) | Control  high
//! ```
//! The cache is why a thread made after another one has ended costs neither `mmap`, `mprotect` and `munmap` nor fresh pages. It holds up
//! to [`CACHED`] mappings of at most [`LARGEST`] bytes each. A mapping in it may still belong to a detached thread that is about to end: it is
//! taken only when its `tid` is 0.

use core::cell::UnsafeCell;
use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering;

use super::Control;
use crate::start::{Lock, auxv::auxv};
use crate::sys::Errno;
use crate::sys::memory::{self, MapFlags, Protection};
use crate::tls;

/// Bytes of stack that a thread gets if nobody says otherwise: 8 MiB of address space, of which only touched pages cost memory.
pub const DEFAULT_STACK: usize = 8 << 20;
/// The least that a thread can start and end on, with room for a signal frame.
const SMALLEST_STACK: usize = 16 << 10;

/// Mappings that the cache holds.
const CACHED: usize = 16;
/// Bytes of the largest mapping that it takes.
const LARGEST: usize = 16 << 20;

/// What a mapping is asked for.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    /// Usable bytes of stack.
    pub stack: usize,
    /// Bytes without access below it; whole pages.
    pub guard: usize,
    /// Bytes above the stack for the caller, 64-aligned.
    pub packet: usize,
}

/// A mapping divided.
pub(super) struct Parts {
    pub control: NonNull<Control>,
    /// Where the stack starts, 64-aligned; the packet, if any, begins here too, upwards.
    pub stack_top: *mut u8,
    pub area: *mut u8,
    /// Whether every byte is zero.
    pub fresh: bool,
}

struct Cache {
    lock: Lock,
    first: UnsafeCell<*mut Control>,
    count: UnsafeCell<usize>,
}

// SAFETY: the lock guards the list.
unsafe impl Sync for Cache {}

static CACHE: Cache = Cache { lock: Lock::new(), first: UnsafeCell::new(ptr::null_mut()), count: UnsafeCell::new(0) };

/// Divides `high - low`, from the top down; None if the stack would be smaller than `least`.
fn divide(low: usize, high: usize, packet: usize, least: usize) -> Option<(usize, usize, usize)> {
    let layout = tls::current_layout();
    let control = high.checked_sub(size_of::<Control>())? & !(align_of::<Control>().max(64) - 1);
    let area = control.checked_sub(layout.size)? & !(layout.align - 1);
    let top = area.checked_sub(packet)? & !63;
    (top.checked_sub(low)? >= least).then_some((control, area, top))
}

/// Bytes that `divide` may take besides stack and packet.
fn overhead() -> usize {
    let layout = tls::current_layout();
    size_of::<Control>() + layout.size + layout.align + 256
}

/// A mapping for a thread, from the cache or the kernel.
///
/// # Errors
/// EAGAIN: no memory, or the sizes are absurd.
pub(super) fn obtain(shape: Shape) -> Result<Parts, Errno> {
    let page = auxv().page_size();
    let round = |size: usize| size.checked_add(page - 1).map(|size| size & !(page - 1)).ok_or(Errno::EAGAIN);
    let guard = round(shape.guard)?;
    let body = shape.stack.max(SMALLEST_STACK).checked_add(overhead() + shape.packet).ok_or(Errno::EAGAIN)?;
    let size = round(body)?.checked_add(guard).ok_or(Errno::EAGAIN)?;
    let (mapping, fresh) = match take(size, guard) {
        Some(mapping) => (mapping, false),
        None => (map(size, guard)?, true),
    };
    let (low, high) = (mapping as usize + guard, mapping as usize + size);
    let Some((control, area, top)) = divide(low, high, shape.packet, 0) else {
        return Err(Errno::EAGAIN); // cannot be: `size` has room for everything
    };
    let control = control as *mut Control;
    // SAFETY: inside the mapping, which is ours alone.
    unsafe {
        if !fresh {
            control.write_bytes(0, 1);
        }
        // Control::NEW is all zeros, as `Values` and the states say.
        (*control).mapping.set(mapping);
        (*control).mapping_size.set(size);
        (*control).guard_size.set(guard);
        (*control).stack_low.set(low as *mut u8);
        (*control).stack_size.set(top - low);
        Ok(Parts { control: NonNull::new_unchecked(control), stack_top: top as *mut u8, area: area as *mut u8, fresh })
    }
}

/// Divides a stack of the user's.
///
/// # Errors
/// EINVAL: it is too small.
///
/// # Safety
/// `low..+size` is the thread's alone until it was joined.
pub(super) unsafe fn on(low: *mut u8, size: usize, packet: usize) -> Result<Parts, Errno> {
    let high = (low as usize).checked_add(size).ok_or(Errno::EINVAL)?;
    let (control, area, top) = divide(low as usize, high, packet, SMALLEST_STACK / 2).ok_or(Errno::EINVAL)?;
    let control = control as *mut Control;
    // SAFETY: inside the user's memory.
    unsafe {
        control.write_bytes(0, 1);
        (*control).stack_low.set(low);
        (*control).stack_size.set(top - low as usize);
        Ok(Parts {
            control: NonNull::new_unchecked(control),
            stack_top: top as *mut u8,
            area: area as *mut u8,
            fresh: false,
        })
    }
}

fn map(size: usize, guard: usize) -> Result<*mut u8, Errno> {
    let mapping = memory::map(size, Protection::READ_WRITE, MapFlags::STACK).map_err(|_| Errno::EAGAIN)?;
    if guard != 0 {
        // SAFETY: the lowest pages of a mapping that nobody uses yet.
        if unsafe { memory::protect(mapping, guard, Protection::NONE) }.is_err() {
            // SAFETY: as above.
            let _ = unsafe { memory::unmap(mapping, size) }; // the whole mapping: no split, cannot fail
            return Err(Errno::EAGAIN);
        }
    }
    Ok(mapping)
}

/// Takes a mapping of just this kind out of the cache.
fn take(size: usize, guard: usize) -> Option<*mut u8> {
    CACHE.lock.lock();
    let mut link = CACHE.first.get();
    let mut found = None;
    // SAFETY: under the lock; what is in the list is a Control in a mapping that nobody unmaps.
    unsafe {
        while !(*link).is_null() {
            let control = *link;
            // Acquire in `tid`: pairs with the kernel's store when the thread was done with the mapping
            let over = (*control).tid() == 0 || cfg!(dacapo_broken = "early_reuse");
            if (*control).mapping_size.get() == size && (*control).guard_size.get() == guard && over {
                *link = (*control).next.get();
                *CACHE.count.get() -= 1;
                found = Some((*control).mapping.get());
                break;
            }
            link = (*control).next.as_ptr();
        }
    }
    CACHE.lock.unlock();
    found
}

/// Puts a mapping into the cache, if there is room. Its thread has ended, or is about to and will not be joined.
pub(super) fn put(control: NonNull<Control>) -> bool {
    // SAFETY: alive until it is in the cache, and then the cache's.
    let this = unsafe { control.as_ref() };
    if this.mapping_size.get() > LARGEST {
        return false;
    }
    CACHE.lock.lock();
    // SAFETY: under the lock.
    let room = unsafe {
        let room = *CACHE.count.get() < CACHED;
        if room {
            *CACHE.count.get() += 1;
            this.next.set(*CACHE.first.get());
            *CACHE.first.get() = control.as_ptr();
        }
        room
    };
    CACHE.lock.unlock();
    room
}

/// Gives the memory of an ended thread to the cache or to the kernel.
///
/// # Safety
/// The thread has ended (its `tid` was seen 0), and nobody uses its Control any more.
pub(super) unsafe fn dispose(control: NonNull<Control>) {
    // SAFETY: alive, and nobody else's.
    let (mapping, size) = unsafe {
        let this = control.as_ref();
        this.values.unmap();
        (this.mapping.get(), this.mapping_size.get())
    };
    if mapping.is_null() || put(control) {
        return; // a stack of the user's, or cached
    }
    // SAFETY: the whole mapping, which nobody uses.
    let _ = unsafe { memory::unmap(mapping, size) }; // no split, cannot fail
}

/// In a forked child: the cache belongs to the one thread that is left. If another one was changing it, it is given up.
pub(super) fn after_fork_in_child() {
    if CACHE.lock.is_locked() {
        // SAFETY: one thread.
        unsafe {
            *CACHE.first.get() = ptr::null_mut();
            *CACHE.count.get() = 0;
        }
        CACHE.lock.reset();
        return;
    }
    // SAFETY: one thread. The other threads are gone, so the mappings of those that were about to end are free.
    unsafe {
        let mut control = *CACHE.first.get();
        while !control.is_null() {
            (*control).tid.store(0, Ordering::Relaxed);
            control = (*control).next.get();
        }
    }
}
