//! The words that a thread must not take with it when it ends: the list of the robust mutexes that it holds.
//!
//! ```text
//!   PerThread::robust  next -> link -> link -> back to the head      the kernel walks it when the thread ends, however it ends
//!                      pending -> a link                             being added or removed: in the list or not
//! ```
//! 1. Before a word is locked or unlocked its link is pending, until the list says the same as the word ([`operation`]).
//! 2. Who ends between two steps is found either by the list or by `pending`. Only the order of the stores counts, as this thread itself would see it:
//!    the kernel walks the list on its behalf. So the fences are the compiler's.
//! 3. The words lie in memory that processes share or not; the kernel wakes with scope Shared in both cases, so sleepers sleep so.
//! 4. The list is made known to the kernel at a thread's first robust mutex. A forked child starts without one.

use core::ptr::{self, null_mut};
use core::sync::atomic::{AtomicU32, Ordering, compiler_fence};

use crate::per_thread;
use crate::sys::Errno;
use crate::sys::futex::{self, RobustHead, RobustLink, Scope};

/// Bytes from a link to its word: where `pthread_mutex_t` has the two.
pub const OFFSET: isize = -24;
/// In the word: the owner's id.
pub const OWNER: u32 = linux_raw_sys::general::FUTEX_TID_MASK;
/// In the word: its last owner ended with it. The kernel sets it.
pub const DIED: u32 = linux_raw_sys::general::FUTEX_OWNER_DIED;
/// In the word: somebody sleeps, or is about to.
pub const SLEEPERS: u32 = linux_raw_sys::general::FUTEX_WAITERS;

fn head() -> &'static RobustHead {
    &per_thread::current().robust
}

/// The head as the link that the last one leads back to. The kernel only reads `next` of it, and so do we.
fn as_link(head: &RobustHead) -> *mut RobustLink {
    (&raw const *head).cast_mut().cast()
}

/// Makes the calling thread's list known to the kernel, once.
///
/// # Errors
/// ENOSYS: an emulator that has no such lists.
#[inline]
pub fn register() -> Result<(), Errno> {
    if head().next.get().is_null() { register_slow() } else { Ok(()) }
}

#[cold]
fn register_slow() -> Result<(), Errno> {
    let head = head();
    head.offset.set(OFFSET);
    head.next.set(as_link(head));
    // SAFETY: the area lives as long as the thread, or `leave` takes the list back; it is an empty list.
    unsafe { futex::set_robust_list(head) }.inspect_err(|_| head.next.set(null_mut()))
}

/// Runs `f`, which locks or unlocks the word of this link and adds or removes the link.
pub fn operation<R>(link: &RobustLink, f: impl FnOnce() -> R) -> R {
    head().pending.set((&raw const *link).cast_mut());
    compiler_fence(Ordering::SeqCst);
    let result = f();
    compiler_fence(Ordering::SeqCst);
    head().pending.set(null_mut());
    result
}

/// Adds a link whose word the caller has locked.
pub fn add(link: &RobustLink) {
    let head = head();
    let this = (&raw const *link).cast_mut();
    let first = head.next.get();
    if first.is_null() {
        return; // the kernel knows no list of ours: see `register`
    }
    link.next.set(first);
    link.previous.set(as_link(head));
    compiler_fence(Ordering::SeqCst);
    head.next.set(this);
    if first != as_link(head) {
        // SAFETY: what is in the list is a mutex that this thread holds; destroying it meanwhile is the program's mistake.
        unsafe { (*first).previous.set(this) };
    }
}

/// Removes a link that [`add`] has added in this thread.
pub fn remove(link: &RobustLink) {
    let head = head();
    if head.next.get().is_null() {
        return; // as above
    }
    let (next, previous) = (link.next.get(), link.previous.get());
    // SAFETY: as in `add`; of the head only `next` is written.
    unsafe {
        (*previous.cast::<RobustHead>()).next.set(next);
        if next != as_link(head) {
            (*next).previous.set(previous);
        }
    }
    compiler_fence(Ordering::SeqCst);
    link.next.set(null_mut());
    link.previous.set(null_mut());
}

/// Before the calling thread unmaps its own area: does what the kernel would, and takes the list back from it.
pub(super) fn leave() {
    let head = head();
    let mut link = head.next.get();
    if link.is_null() {
        return;
    }
    let tid = per_thread::current().tid.load(Ordering::Relaxed); // Relaxed: this thread's own
    while !ptr::eq(link, as_link(head)) {
        // SAFETY: as in `add`; the word lies OFFSET bytes away, and once it is given up the link is not looked at.
        unsafe {
            let next = (*link).next.get();
            give_up(&*link.byte_offset(OFFSET).cast::<AtomicU32>(), tid);
            link = next;
        }
    }
    // SAFETY: no list.
    let _ = unsafe { futex::set_robust_list(ptr::null()) }; // it worked for the head
}

fn give_up(word: &AtomicU32, tid: u32) {
    let address = &raw const *word;
    let mut seen = word.load(Ordering::Relaxed);
    while seen & OWNER == tid {
        // Release: pairs with Acquire where the next owner takes it
        match word.compare_exchange(seen, seen & SLEEPERS | DIED, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => {
                if seen & SLEEPERS != 0 {
                    futex::wake(address, 1, Scope::Shared);
                }
                return;
            }
            Err(now) => seen = now,
        }
    }
}

/// In a forked child: what the parent holds is not ours, and the kernel knows no list of this thread.
pub fn after_fork_in_child() {
    head().next.set(null_mut());
    head().pending.set(null_mut());
}
