//! A thread's end.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use super::control::{DETACHED, EXITED, current, is_main};
use super::{cancel, locals, registry, robust, stack};
use crate::inject::{self, Point};
use crate::rseq;
use crate::sys::signal::{self, How, Set};
use crate::sys::thread as kernel;

/// What a thread runs: C's `void *(*)(void *)`.
pub type Start = unsafe extern "C" fn(*mut ()) -> *mut ();

unsafe extern "C" {
    /// `arch/<cpu>/thread.S`.
    fn dacapo_unmap_and_exit(address: *mut u8, size: usize) -> !;
}

/// Ends the calling thread: cleanup handlers, newest first; destructors of thread-locals; destructors of keys. `result` goes to its joiner. The
/// last thread's end is the process's, in order, with code 0.
pub fn exit(result: *mut ()) -> ! {
    cancel::begin_end();
    let this = current();
    while let Some(cleanup) = NonNull::new(this.cleanup.get()) {
        // SAFETY: the frame that pushed it has not returned: we are deeper in the same stack.
        unsafe {
            this.cleanup.set(cleanup.as_ref().below);
            if let Some(routine) = cleanup.as_ref().routine {
                routine(cleanup.as_ref().argument);
            }
        }
    }
    locals::run(this);
    this.values.run_destructors();
    this.result.set(result);

    let mask = signal::mask(How::Set, &Set::ALL).unwrap_or(Set::EMPTY); // cannot fail for these arguments
    if registry::leave(this) {
        let _ = signal::mask(How::Set, &mask); // as above
        crate::start::exit(0)
    }
    if is_main(this) {
        kernel::set_tid_address(&raw const this.tid); // so that it can be joined like any other
    }
    // AcqRel: pairs with `detach`: one of the two sees the other's bit
    let state = this.state.fetch_or(EXITED, Ordering::AcqRel);
    if state & DETACHED == 0 || is_main(this) {
        kernel::exit(0); // the kernel writes tid = 0 and wakes the joiner, who has the memory from then on
    }
    if let Some(drop_result) = this.drop_result.get() {
        // SAFETY: set by `spawn` for this very result, and nobody will join.
        unsafe { drop_result(this.argument.get()) };
    }
    this.values.unmap();
    let (mapping, size) = (this.mapping.get(), this.mapping_size.get());
    if mapping.is_null() || stack::put(NonNull::from(this)) {
        inject::delay_long(Point::ThreadLeaves);
        kernel::exit(0); // from the cache it is taken only when the kernel has written tid = 0
    }
    // The kernel must not write to memory that is gone, and may be another thread's already: neither the rseq area nor tid, nor read the list.
    let _ = rseq::unregister_current_thread(); // EINVAL: it was not registered
    robust::leave();
    if cfg!(not(dacapo_broken = "id_word_kept")) {
        kernel::set_tid_address(core::ptr::null());
    }
    // SAFETY: our own mapping; no other thread has its address, and we do not come back.
    unsafe { dacapo_unmap_and_exit(mapping, size) }
}
