//! Asking the scheduler for a few microseconds more: the time-slice extension of Linux 7.0.
//!
//! ```text
//!   request = 1;  ... a short hold ...  request = 0;  if granted { rseq_slice_yield() }
//! ```
//! 1. The kernel, about to preempt a thread whose `request` is set, may let it run on for 5 microseconds (`granted`), once.
//! 2. The thread gives the CPU back as soon as it is through; a timer sees to it if it does not.
//!
//! A thread has to be enabled by prctl(2) first; the kernel then says so in `flags` of its rseq area, and only then is `request` written. So an older
//! kernel, one without CONFIG_RSEQ_SLICE_EXTENSION, and a thread without rseq see nothing of this.
//!
//! Price where the kernel lacks it: one load and one branch; where it has it: two stores and two loads more.
//!
//! Source: the kernel's `Documentation/userspace-api/rseq.rst`.

use core::mem::offset_of;
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicU8, AtomicU32};

use super::{Area, fields, offsets};
use crate::arch;
use crate::fence::light;
use crate::sys::rseq as kernel;

// LACKS: 0 nobody asked yet, or the kernel has it; 1 it refused.
static LACKS: AtomicU32 = AtomicU32::new(0);

/// RSEQ_CS_FLAG_SLICE_EXT_ENABLED, in `flags` of the area.
const ENABLED: i32 = 1 << 5;

/// While it lives, this thread asks not to be preempted. For holds of a microsecond; nested ones end with the first.
#[derive(Debug)]
pub struct Extended {
    asked: bool,
}

/// Asks from now on, if the kernel grants such things. Async-signal-safe.
#[inline]
#[must_use = "the request ends when this is dropped"]
pub fn extend() -> Extended {
    if LACKS.load(Relaxed) != 0 {
        return Extended { asked: false }; // Relaxed: a verdict of the kernel's; no memory hangs on it
    }
    Extended { asked: ask() }
}

/// Whether this thread's requests are heard. Asks the kernel once a thread.
#[must_use]
pub fn is_available() -> bool {
    super::find();
    LACKS.load(Relaxed) == 0 && (fields().load(offset_of!(Area, flags) as isize) & ENABLED != 0 || enable())
}

#[cold]
fn enable() -> bool {
    let enabled = kernel::enable_slice_extension().is_ok();
    if !enabled {
        LACKS.store(1, Relaxed);
    }
    enabled
}

fn area() -> *const Area {
    arch::tls::thread_pointer().wrapping_add_signed(offsets().0) as *const Area
}

fn request() -> &'static AtomicU8 {
    // SAFETY: only called once the kernel has said that the field is alive in this thread's area, which lives as long as the thread.
    unsafe { &(*area()).slice_request }
}

fn ask() -> bool {
    if !is_available() {
        return false;
    }
    request().store(1, Relaxed);
    light(); // the kernel looks at it when it interrupts this very thread: program order is enough
    true
}

impl Drop for Extended {
    #[inline]
    fn drop(&mut self) {
        if self.asked {
            give_back();
        }
    }
}

fn give_back() {
    light();
    request().store(0, Relaxed);
    // SAFETY: as in `request`.
    if unsafe { (*area()).slice_granted.load(Relaxed) } != 0 {
        let _ = kernel::slice_yield(); // a timer may have ended it since
    }
}
