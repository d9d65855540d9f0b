//! dacapo/*.h: what the library offers beyond any libc, to C programs. Pointers to opaque objects; the contracts stand in the headers.

mod counter;
mod hash;
mod percpu;
mod rcu;

use core::ptr::null_mut;

use super::errno::fail;
use crate::malloc;
use crate::sys::Errno;

/// Puts what was made into the heap; null and errno if there is no memory.
fn boxed<T>(made: Result<T, Errno>) -> *mut T {
    let place = malloc::allocate_aligned(align_of::<T>(), size_of::<T>()).cast::<T>();
    match made {
        Ok(value) if !place.is_null() => {
            // SAFETY: fresh memory of this size and alignment.
            unsafe { place.write(value) };
            place
        }
        made => {
            // SAFETY: ours, or null.
            unsafe { malloc::deallocate(place.cast()) };
            let _: i32 = fail(made.err().unwrap_or(Errno::ENOMEM));
            null_mut()
        }
    }
}

/// Ends what [`boxed`] made; null is nothing.
unsafe fn unbox<T>(object: *mut T) {
    if !object.is_null() {
        object.drop_in_place();
        malloc::deallocate(object.cast());
    }
}
