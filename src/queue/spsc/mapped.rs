//! A ring in a mapping of its own, given back by the last end.

use core::ptr::NonNull;

use super::shared::Shared;
use super::{Consumer, Producer};
use crate::queue::fences::{Fences, Picked};
use crate::sync::atomic::Slot;
use crate::sys::Errno;
use crate::sys::memory::{self, MapFlags, Protection};

/// At the start of the mapping.
#[repr(C)]
struct Mapped<T, F> {
    shared: Shared<T, F>,
    bytes: usize,
}

/// # Safety
/// `shared` is that of a [`Mapped`], which nobody uses any more.
unsafe fn release<T, F>(shared: NonNull<u8>) {
    // SAFETY: `shared` is its first field.
    let bytes = unsafe { shared.cast::<Mapped<T, F>>().as_ref().bytes };
    // SAFETY: nobody uses it any more.
    let _ = unsafe { memory::unmap(shared.as_ptr(), bytes) }; // a whole mapping: cannot fail
}

/// Both ends of a new ring for `capacity` messages, rounded up to a power of two, with the best fences that the kernel has. It lies in a mapping of its own,
/// which goes with the last end.
///
/// # Errors
/// ENOMEM: no memory, or more than a `usize` can count. EINVAL: the capacity is 0.
pub fn channel<T>(capacity: usize) -> Result<(Producer<'static, T>, Consumer<'static, T>), Errno> {
    channel_with(capacity, Picked::new())
}

/// As [`channel`], with fences of the caller's choice.
///
/// # Errors
/// As [`channel`].
#[allow(clippy::type_complexity, reason = "two ends of one ring")]
pub fn channel_with<T, F: Fences + 'static>(
    capacity: usize,
    fences: F,
) -> Result<(Producer<'static, T, F>, Consumer<'static, T, F>), Errno> {
    const { assert!(align_of::<T>() <= crate::arch::CACHE_LINE) };
    if capacity == 0 {
        return Err(Errno::EINVAL);
    }
    let capacity = capacity.checked_next_power_of_two().ok_or(Errno::ENOMEM)?;
    let slots_at = size_of::<Mapped<T, F>>();
    let bytes = capacity.checked_mul(size_of::<T>()).and_then(|b| b.checked_add(slots_at)).ok_or(Errno::ENOMEM)?;
    if bytes > isize::MAX as usize {
        return Err(Errno::ENOMEM);
    }
    let mapping = memory::map(bytes, Protection::READ_WRITE, MapFlags::EMPTY)?;
    let mapping = NonNull::new(mapping).ok_or(Errno::ENOMEM)?;
    // SAFETY: both parts lie in the fresh mapping, aligned to a page and, since a `Mapped` is made of lines, to a line.
    let shared = unsafe {
        let slots = mapping.add(slots_at).cast::<Slot<T>>().as_ptr();
        let shared = Shared::new(slots, capacity - 1, fences, Some(release::<T, F> as unsafe fn(NonNull<u8>)));
        mapping.cast::<Mapped<T, F>>().write(Mapped { shared, bytes });
        mapping.cast::<Shared<T, F>>()
    };
    // SAFETY: a new ring has no ends yet, and counts two; the mapping goes with the last one.
    Ok(unsafe { (Producer::new(shared), Consumer::new(shared)) })
}
