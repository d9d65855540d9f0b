//! Whose rseq area it is: adopted from the host libc, owned by us, or not to be had.
//!
//! ```text
//!                         __rseq_size > 0            rseq(2) accepted              ENOSYS, EPERM, another owner
//!   guest, first use ----> Adopted                ----> Owned                   ----> Unavailable
//!   owner, start-up  ------------------------------------^                            ^
//! ```
//! The kernel accepts one area a thread. A guest adopts what the host libc registered and never registers a second one; TCMalloc's
//! way, to overwrite fields of the host's area, breaks the ABI and the program since Linux 6.19.
//!
//! Which fields are alive: an owned area has what AT_RSEQ_FEATURE_SIZE says. An adopted one was registered with 32 bytes at least, even by
//! the glibc versions whose `__rseq_size` says 20, so features up to min(32, AT_RSEQ_FEATURE_SIZE) are alive in it.
//!
//! Registration length: 32 where the kernel announces nothing or 28; else the announced size, which asks Linux 7.0 and later for
//! the optimised mode (ids written on change only).

use core::mem::offset_of;
use core::sync::atomic::{AtomicU32, Ordering};

use super::{Area, offsets};
use crate::per_thread;
use crate::sys::{self, Errno};

/// The registration length of the first rseq kernels; every later one accepts it too.
const LEGACY_LENGTH: u32 = 32;

/// Who registered the current process's areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// [`init`] has not run.
    Unknown,
    /// The host libc did; we use its area and keep to its rules.
    Adopted,
    /// We do, thread by thread.
    Owned,
    /// Nobody can: no kernel support, a filter, or another library took it. Every operation uses its path without rseq.
    Unavailable(Errno),
}

/// Which optional fields of the area the kernel keeps up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// `node_id` is alive.
    pub node_id: bool,
    /// `mm_cid` is alive, and is the index that sections use.
    pub mm_cid: bool,
}

// STATE: 0 unknown, 1 adopted, 2 owned, 3 unavailable; from bit 8 on, the errno of 3.
static STATE: AtomicU32 = AtomicU32::new(0);
const ADOPTED: u32 = 1;
const OWNED: u32 = 2;
const UNAVAILABLE: u32 = 3;

/// Bytes of the area that the kernel keeps alive, and bytes to register.
static ALIVE: AtomicU32 = AtomicU32::new(0);
static LENGTH: AtomicU32 = AtomicU32::new(LEGACY_LENGTH);

/// The state that [`init`] found.
#[must_use]
pub fn state() -> State {
    let word = STATE.load(Ordering::Acquire); // Acquire: pairs with `publish`
    match word & 0xff {
        0 => State::Unknown,
        ADOPTED => State::Adopted,
        OWNED => State::Owned,
        _ => State::Unavailable(Errno::from_raw((word >> 8) as u16)),
    }
}

/// The optional fields that are alive in this process.
#[must_use]
pub fn features() -> Features {
    let alive = ALIVE.load(Ordering::Relaxed) as usize;
    Features { node_id: alive >= offset_of!(Area, mm_cid), mm_cid: alive >= offset_of!(Area, mm_cid) + 4 }
}

/// Finds or makes the process's registration and registers the current thread if we own it. `feature_size` and `align` are the
/// auxiliary vector's AT_RSEQ_FEATURE_SIZE and AT_RSEQ_ALIGN, 0 where it has none.
///
/// Idempotent; threads that race here find the same answer. Not to be called from a signal handler.
#[cfg(feature = "start")]
pub fn init(feature_size: u32, align: u32) -> State {
    own(feature_size, align)
}

/// Finds or makes the process's registration and registers the current thread if we own it.
///
/// Idempotent; threads that race here find the same answer. Not to be called from a signal handler.
#[cfg(not(feature = "start"))]
pub fn init() -> State {
    let known = state();
    if known != State::Unknown {
        return known;
    }
    let (feature_size, align) = sys::auxv::rseq_features();
    match host_area() {
        Some((offset, size)) => {
            let alive = if size > LEGACY_LENGTH { size } else { feature_size.clamp(20, LEGACY_LENGTH) };
            publish(ADOPTED, alive, offset)
        }
        None => own(feature_size, align),
    }
}

/// The host libc's registration: (`__rseq_offset`, `__rseq_size`), if it has made one.
#[cfg(not(feature = "start"))]
fn host_area() -> Option<(isize, u32)> {
    let offset = crate::arch::tls::weak_address!("__rseq_offset") as *const isize;
    let size = crate::arch::tls::weak_address!("__rseq_size") as *const u32;
    if offset.is_null() || size.is_null() {
        return None;
    }
    // SAFETY: the two symbols have these types in the host libc's ABI (sys/rseq.h) and are constant once the program runs.
    let (offset, size) = unsafe { (*offset, *size) };
    (size > 0).then_some((offset, size))
}

fn own(feature_size: u32, align: u32) -> State {
    let room = size_of::<Area>() as u32;
    let fits = feature_size > LEGACY_LENGTH && feature_size <= room && align <= align_of::<Area>() as u32;
    LENGTH.store(if fits { feature_size } else { LEGACY_LENGTH }, Ordering::Relaxed);
    let alive = if fits { feature_size } else { feature_size.clamp(20, LEGACY_LENGTH) };
    match register_area() {
        Ok(()) => {
            #[cfg(feature = "start")]
            exported::__rseq_size.store(alive, Ordering::Relaxed);
            publish(OWNED, alive, per_thread::offset())
        }
        Err(errno) => {
            // The index field is then cpu_id, which stays -1: every section lands on the stopped block.
            publish(UNAVAILABLE | u32::from(errno.raw()) << 8, 0, per_thread::offset())
        }
    }
}

fn publish(word: u32, alive: u32, area: isize) -> State {
    ALIVE.store(alive, Ordering::Relaxed);
    let field = if features().mm_cid { offset_of!(Area, mm_cid) } else { offset_of!(Area, cpu_id) };
    offsets::settle(area, field);
    STATE.store(word, Ordering::Release); // Release: pairs with `state`
    state()
}

fn register_area() -> Result<(), Errno> {
    let area = &raw const per_thread::current().rseq;
    // SAFETY: the area is this thread's own, 64-aligned, 64 bytes long, and lives until `unregister_current_thread` or the thread's end.
    let result = unsafe { sys::rseq::register(area.cast_mut().cast(), LENGTH.load(Ordering::Relaxed)) };
    match result {
        Err(Errno::EBUSY) => Ok(()), // this very area is registered already
        other => other,
    }
}

/// Registers the current thread's area, where we own the registration. A thread for which the kernel refuses stays on
/// the path without rseq.
///
/// # Errors
/// EINVAL: another library registered another area in this thread. ENOSYS, EPERM: the kernel or a filter refuses.
pub fn register_current_thread() -> Result<(), Errno> {
    match state() {
        State::Owned => register_area(),
        State::Unavailable(errno) => Err(errno),
        State::Adopted | State::Unknown => Ok(()),
    }
}

/// Takes the current thread's area back from the kernel: before its memory goes away. Afterwards the thread is on the path without rseq.
///
/// # Errors
/// EINVAL: it was not registered.
pub fn unregister_current_thread() -> Result<(), Errno> {
    if state() != State::Owned {
        return Ok(());
    }
    let area = &per_thread::current().rseq;
    // SAFETY: the kernel stops looking at an area that stays valid.
    unsafe { sys::rseq::unregister((&raw const *area).cast_mut().cast(), LENGTH.load(Ordering::Relaxed)) }?;
    // The kernel leaves 0 there, which is another thread's index. The area is ours to write again: the kernel does not look at it any more.
    area.mm_cid.store(u32::MAX, Ordering::Relaxed); // Relaxed: this thread's own
    Ok(())
}

/// What sys/rseq.h promises to C programs and debuggers: where the area lies and how much of it is alive.
#[cfg(feature = "start")]
#[allow(non_upper_case_globals)]
pub mod exported {
    /// Bytes from the thread pointer to the area.
    #[unsafe(no_mangle)]
    pub static __rseq_offset: isize = crate::arch::tls::PER_THREAD_OFFSET;
    /// Bytes of the area that are alive; 0 without rseq. Written once, before `main`.
    #[unsafe(no_mangle)]
    pub static __rseq_size: core::sync::atomic::AtomicU32 = core::sync::atomic::AtomicU32::new(0);
    /// Registration flags: none.
    #[unsafe(no_mangle)]
    pub static __rseq_flags: u32 = 0;
}
