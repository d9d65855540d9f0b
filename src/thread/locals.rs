//! Destructors of C++'s `thread_local` and Rust's `thread_local!`: `__cxa_thread_atexit_impl`.
//!
//! A stack in each thread. Where the entries come from: the first few lie in a block of the thread's own pages, mapped at first use.

use super::control::{Control, current};
use crate::start::exit::THREAD_LOCALS;
use crate::sys::Errno;
use crate::sys::memory::{self, MapFlags, Protection};
use crate::tls;

/// A page of entries.
#[repr(C)]
pub struct Destructor {
    below: *mut Destructor,
    used: usize,
    /// Function (mixed with the pointer guard) and argument.
    entries: [(usize, *mut ()); ENTRIES],
}

const BYTES: usize = 4096;
const ENTRIES: usize = (BYTES - 16) / 16;

const _: () = assert!(size_of::<Destructor>() <= BYTES);

/// Has `function(argument)` called at the calling thread's end, or at the process's if it comes first, before everything registered earlier.
///
/// # Errors
/// ENOMEM.
///
/// # Safety
/// `function` may be called with `argument` in this thread at any later time.
pub unsafe fn register_destructor(function: unsafe extern "C" fn(*mut ()), argument: *mut ()) -> Result<(), Errno> {
    THREAD_LOCALS.set(|| run(current()));
    let this = current();
    let mut page = this.destructors.get();
    // SAFETY: the pages are this thread's own; zeroed when fresh.
    unsafe {
        if page.is_null() || (*page).used == ENTRIES {
            let fresh = memory::map(BYTES, Protection::READ_WRITE, MapFlags::EMPTY)?.cast::<Destructor>();
            (*fresh).below = page;
            this.destructors.set(fresh);
            page = fresh;
        }
        let entries = (&raw mut (*page).entries).cast::<(usize, *mut ())>();
        entries.add((*page).used).write((tls::mix(function as usize), argument));
        (*page).used += 1;
    }
    Ok(())
}

/// Runs them, newest first, until none is left; gives the pages back.
pub(super) fn run(this: &Control) {
    loop {
        let page = this.destructors.get();
        if page.is_null() {
            return;
        }
        // SAFETY: as above; an entry below `used` was written.
        unsafe {
            if (*page).used == 0 {
                this.destructors.set((*page).below);
                let _ = memory::unmap(page.cast(), BYTES); // a whole mapping: cannot fail
                continue;
            }
            (*page).used -= 1;
            let (mixed, argument) = (&raw const (*page).entries).cast::<(usize, *mut ())>().add((*page).used).read();
            let function: unsafe extern "C" fn(*mut ()) = core::mem::transmute(tls::unmix(mixed));
            function(argument);
        }
    }
}
