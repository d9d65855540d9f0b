//! What to do when a section was refused.
//!
//! ```text
//!   index < 0    the thread is not registered: register it if the process owns its registrations; else the side block
//!   stopped      not made yet: make it and try again; taken away: refuse
//!   neither      really full, really empty
//! ```

use core::mem::offset_of;
use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use super::memory::{Block, PerCpu};
use crate::per_thread;
use crate::rseq::{self, Area, State};

/// What a refusal meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The obstacle is gone: try again.
    Again,
    /// This thread has no rseq: use the side block.
    Side,
    /// As the section said: full or empty, or stopped by somebody.
    Meant,
}

/// `cpu_id` of a thread whose registration was refused: RSEQ_CPU_ID_REGISTRATION_FAILED.
const REFUSED: i32 = -2;

/// Registers the calling thread if this process owns its registrations and nobody has tried yet; true if it is registered now. In a
/// guest, the threads that the host started meet this at their first operation.
#[cold]
pub(crate) fn enrol() -> bool {
    if rseq::state() != State::Owned || rseq::fields().load(offset_of!(Area, cpu_id) as isize) == REFUSED {
        return false;
    }
    let registered = rseq::register_current_thread().is_ok();
    if !registered {
        // The kernel does not know the area, so it is ours to write.
        per_thread::current().rseq.cpu_id.store(REFUSED as u32, Ordering::Relaxed);
    }
    registered
}

/// Finds out why a section refused, and removes the obstacle if it can. `make` as in [`PerCpu::make`].
#[cold]
pub(super) fn refused<T: Block>(owner: &PerCpu<T>, make: impl FnOnce(NonNull<T>)) -> Refusal {
    let index = rseq::fields().index();
    if index < 0 {
        return if enrol() { Refusal::Again } else { Refusal::Side };
    }
    if owner.is_stopped(index as usize) && owner.make(index as usize, make) { Refusal::Again } else { Refusal::Meant }
}
