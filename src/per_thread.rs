//! The one thread-local struct of the library.
//!
//! ```text
//!   owner   at a constant distance from the thread pointer (`arch::tls::PER_THREAD_OFFSET`), written by thread start-up
//!   guest   in the host's static TLS (`dacapo_guest_thread`), born with the values of `PerThread::NEW`
//! ```
//! Its first field is the rseq area, so that in a process of ours the area's place is a constant of the link.

use core::cell::Cell;
use core::mem::offset_of;
use core::sync::atomic::AtomicU32;

use crate::arch;
use crate::rseq::Area;
use crate::sys::futex::RobustHead;

/// Bytes of [`PerThread`]; AArch64's thread start-up reserves as many below the thread pointer.
pub const SIZE: usize = 256;

/// What the library keeps for each thread.
#[repr(C, align(64))]
pub struct PerThread {
    /// Written by the kernel, except `rseq_cs`.
    pub rseq: Area,
    /// The kernel's thread id; 0 until somebody asks.
    pub tid: AtomicU32,
    /// C's `errno`. Written through `libc::errno` only.
    pub errno: Cell<i32>,
    /// The thread's control block (`thread::Control`); null in a thread that we did not start.
    pub control: Cell<*mut ()>,
    /// Depth of nested RCU read sections.
    pub rcu_nesting: Cell<usize>,
    /// -1, for ever: the index of sections that run on what was known before `rseq::init` (see `rseq::offsets`).
    pub no_index: i32,
    /// C's `h_errno`, of the functions that look for hosts.
    pub h_errno: Cell<i32>,
    /// Whether the thread is to be cancelled: the bits of [`cancel`]. Other threads set ASKED, all else is the thread's own.
    pub cancel: AtomicU32,
    /// Whether it may be cancelled anywhere, not only at cancellation points.
    pub cancel_anywhere: Cell<bool>,
    /// The robust mutexes that it holds: the kernel's head of their list.
    pub robust: RobustHead,
    reserved: [u32; 32],
}

/// The bits of [`PerThread::cancel`], and what a refused call returns. A thread is cancelled when its word is [`cancel::ASKED`] and nothing else.
pub mod cancel {
    /// Somebody wants the thread to end.
    pub const ASKED: u32 = 1;
    /// The thread does not want to be cancelled now.
    pub const DISABLED: u32 = 2;
    /// The thread is ending: nobody can cancel it any more.
    pub const ENDING: u32 = 4;
    /// The error of a call that was not made because the thread is to be cancelled: no number of the kernel's.
    pub const REFUSED: u16 = 4095;
}

const _: () = assert!(size_of::<PerThread>() == SIZE && offset_of!(PerThread, rseq) == 0);

impl PerThread {
    /// A thread's values at birth: no CPU yet, so that every section falls into its path without rseq until registration.
    #[allow(clippy::declare_interior_mutable_const, reason = "a birth image: every use is a fresh copy")]
    pub const NEW: PerThread = PerThread {
        rseq: Area::UNREGISTERED,
        tid: AtomicU32::new(0),
        errno: Cell::new(0),
        control: Cell::new(core::ptr::null_mut()),
        rcu_nesting: Cell::new(0),
        no_index: -1,
        h_errno: Cell::new(0),
        cancel: AtomicU32::new(0),
        cancel_anywhere: Cell::new(false),
        robust: RobustHead::UNKNOWN,
        reserved: [0; 32],
    };
}

/// Bytes from the thread pointer to the current thread's [`PerThread`].
#[inline(always)]
#[must_use]
pub fn offset() -> isize {
    #[cfg(feature = "start")]
    let offset = arch::tls::PER_THREAD_OFFSET;
    #[cfg(not(feature = "start"))]
    let offset = arch::tls::guest_offset();
    offset
}

/// The current thread's own struct. Async-signal-safe.
#[inline(always)]
#[must_use]
pub fn current() -> &'static PerThread {
    let address = arch::tls::thread_pointer().wrapping_add_signed(offset());
    // SAFETY: thread start-up (owner) or the host's static TLS (guest) put a PerThread there that lives as long as the thread;
    // its cells are touched by this thread only.
    unsafe { &*(address as *const PerThread) }
}

// The guest's copy in the host's static TLS: the image of `PerThread::NEW`.
#[cfg(not(feature = "start"))]
core::arch::global_asm!(
    ".pushsection .tdata.dacapo_guest_thread, \"awT\", %progbits",
    ".globl dacapo_guest_thread",
    ".hidden dacapo_guest_thread",
    ".type dacapo_guest_thread, %object",
    ".balign 64",
    "dacapo_guest_thread:",
    ".long 0, -1",     // cpu_id_start, cpu_id: not registered
    ".quad 0",         // rseq_cs
    ".long 0, 0, -1",  // flags, node_id, mm_cid
    ".zero {others}",
    ".long -1", // no_index
    ".zero {rest}",
    ".size dacapo_guest_thread, {size}",
    ".popsection",
    others = const offset_of!(PerThread, no_index) - 28,
    rest = const SIZE - offset_of!(PerThread, no_index) - 4,
    size = const SIZE,
);
