//! futex(2), private to the process unless the function says otherwise.

use core::cell::Cell;
use core::ptr::null_mut;
use core::sync::atomic::AtomicU32;

use linux_raw_sys::general as raw;

use super::time::Timespec;
use super::{Errno, call};

/// `struct robust_list`: a link of the list of words that the kernel looks at when the thread ends.
#[repr(C)]
#[derive(Debug)]
pub struct RobustLink {
    /// The next link; the head ends the list.
    pub next: Cell<*mut RobustLink>,
    /// The link before; ours, the kernel does not look.
    pub previous: Cell<*mut RobustLink>,
}

/// `struct robust_list_head`.
#[repr(C)]
#[derive(Debug)]
pub struct RobustHead {
    /// The first link, or this very word; null: the kernel does not know this head.
    pub next: Cell<*mut RobustLink>,
    /// Bytes from a link to its word.
    pub offset: Cell<isize>,
    /// What is just being locked or unlocked, and may be in the list or not; or null.
    pub pending: Cell<*mut RobustLink>,
}

impl RobustHead {
    /// One that the kernel does not know.
    #[allow(clippy::declare_interior_mutable_const, reason = "a birth image: every use is a fresh copy")]
    pub const UNKNOWN: RobustHead =
        RobustHead { next: Cell::new(null_mut()), offset: Cell::new(0), pending: Cell::new(null_mut()) };
}

/// `set_robust_list(head, size)`: when the calling thread ends, each word in the list that holds its id gets FUTEX_OWNER_DIED instead, and a sleeper is
/// woken. Null: no list.
///
/// # Errors
/// ENOSYS: the kernel, or an emulator, has no such lists.
///
/// # Safety
/// The head lies where it is until the thread ends or sets another one, and its links are a list.
pub unsafe fn set_robust_list(head: *const RobustHead) -> Result<(), Errno> {
    // SAFETY: as the caller promises.
    unsafe { call!(__NR_set_robust_list, head as usize, size_of::<RobustHead>()) }.map(drop)
}

/// Whether the word lies in memory that other processes share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Threads of this process only.
    Private,
    /// Any process that maps the word.
    Shared,
}

impl Scope {
    #[inline(always)]
    fn flag(self) -> usize {
        match self {
            Scope::Private => raw::FUTEX_PRIVATE_FLAG as usize,
            Scope::Shared => 0,
        }
    }
}

/// `futex(word, FUTEX_WAIT, expected, timeout)`: sleeps while the word holds `expected`, for at most `timeout` from now.
///
/// # Errors
/// EAGAIN: the word held something else. ETIMEDOUT. EINTR: a signal came.
#[inline]
pub fn wait(word: &AtomicU32, expected: u32, timeout: Option<&Timespec>, scope: Scope) -> Result<(), Errno> {
    let timeout = timeout.map_or(0, |t| &raw const *t as usize);
    // SAFETY: the word and the timeout are borrowed for the call.
    unsafe {
        call!(__NR_futex, word.as_ptr() as usize, raw::FUTEX_WAIT as usize | scope.flag(), expected as usize, timeout)
    }
    .map(drop)
}

/// Which clock an absolute deadline is read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// CLOCK_MONOTONIC.
    Monotonic,
    /// CLOCK_REALTIME.
    Realtime,
}

/// `futex(word, FUTEX_WAIT_BITSET, expected, deadline, MATCH_ANY)`: as [`wait`], until an absolute time.
///
/// # Errors
/// As [`wait`]; EINVAL: the deadline is not a time.
#[inline]
pub fn wait_until(
    word: &AtomicU32,
    expected: u32,
    deadline: Option<&Timespec>,
    clock: Clock,
    scope: Scope,
) -> Result<(), Errno> {
    let [a, b, c, d, e, f] = wait_until_arguments(word, expected, deadline, clock, scope);
    // SAFETY: the word and the deadline are borrowed for the call.
    unsafe { call!(__NR_futex, a, b, c, d, e, f) }.map(drop)
}

/// The arguments of the call that [`wait_until`] makes, for those who make it in another way.
#[inline(always)]
pub(crate) fn wait_until_arguments(
    word: &AtomicU32,
    expected: u32,
    deadline: Option<&Timespec>,
    clock: Clock,
    scope: Scope,
) -> [usize; 6] {
    const MATCH_ANY: usize = u32::MAX as usize;
    let realtime = if clock == Clock::Realtime { raw::FUTEX_CLOCK_REALTIME as usize } else { 0 };
    let deadline = deadline.map_or(0, |t| &raw const *t as usize);
    let operation = raw::FUTEX_WAIT_BITSET as usize | scope.flag() | realtime;
    [word.as_ptr() as usize, operation, expected as usize, deadline, 0, MATCH_ANY]
}

/// `futex(word, FUTEX_WAIT_BITSET, expected, NULL, mask)`: as [`wait`], for wakes whose mask shares a bit.
///
/// # Errors
/// As [`wait`], except ETIMEDOUT.
#[inline]
pub fn wait_masked(word: &AtomicU32, expected: u32, mask: u32) -> Result<(), Errno> {
    let operation = raw::FUTEX_WAIT_BITSET as usize | Scope::Private.flag();
    // SAFETY: the word is borrowed for the call.
    unsafe { call!(__NR_futex, word.as_ptr() as usize, operation, expected as usize, 0, 0, mask as usize) }.map(drop)
}

/// `futex(word, FUTEX_WAKE_BITSET, all, mask)`: wakes the sleepers of [`wait_masked`] whose mask shares a bit; how many. Async-signal-safe.
#[inline]
pub fn wake_masked(word: *const AtomicU32, mask: u32) -> usize {
    let operation = raw::FUTEX_WAKE_BITSET as usize | Scope::Private.flag();
    // SAFETY: the kernel uses the address as a key and reads nothing there, so the word may be gone already.
    unsafe { call!(__NR_futex, word as usize, operation, i32::MAX as usize, 0, 0, mask as usize) }.unwrap_or(0)
}

/// `futex(word, FUTEX_WAKE, count)`: wakes up to `count` sleepers; how many it woke. Async-signal-safe.
#[inline]
pub fn wake(word: *const AtomicU32, count: u32, scope: Scope) -> usize {
    // SAFETY: the kernel uses the address as a key and reads nothing there, so the word may be gone already.
    unsafe { call!(__NR_futex, word as usize, raw::FUTEX_WAKE as usize | scope.flag(), count as usize) }.unwrap_or(0)
}

/// `futex(word, FUTEX_CMP_REQUEUE, wake, requeue, target, expected)`: wakes `wake` sleepers and moves up to `requeue` others to `target`.
///
/// # Errors
/// EAGAIN: the word did not hold `expected`.
#[inline]
pub fn requeue(
    word: &AtomicU32,
    expected: u32,
    wake: u32,
    requeue: u32,
    target: *const AtomicU32,
    scope: Scope,
) -> Result<usize, Errno> {
    let operation = raw::FUTEX_CMP_REQUEUE as usize | scope.flag();
    // SAFETY: the word is borrowed for the call; the target is a key that the kernel does not read.
    unsafe {
        call!(
            __NR_futex,
            word.as_ptr() as usize,
            operation,
            wake as usize,
            requeue as usize,
            target as usize,
            expected as usize
        )
    }
}
