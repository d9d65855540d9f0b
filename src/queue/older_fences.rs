//! The ways to fence another thread from before membarrier(2): a signal, and taking a page away. For comparison, and for kernels where a
//! filter forbids membarrier; [`super::Picked`] does not pick them.

use core::ptr::NonNull;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};

use super::fences::{Busy, Fences, Side, TryLock};
use crate::arch::barrier;
use crate::fence;
use crate::sys::futex::{self, Scope};
use crate::sys::memory::{self, MapFlags, Protection};
use crate::sys::time::Timespec;
use crate::sys::{Errno, process, thread};

/// Which thread is asked to fence itself; 0: none.
static ASKED: AtomicU32 = AtomicU32::new(0);
static ASKING: TryLock = TryLock::new();

/// A signal to the thread on the other side, whose handler is the fence. One such signal is under way in the process at a time.
#[derive(Debug)]
pub struct SignalThreads {
    signal: u32,
    /// Of the producer and the consumer; 0: not attached, and then the other side cannot sleep.
    threads: [AtomicU32; 2],
}

impl SignalThreads {
    /// Of a queue whose threads take `signal`.
    ///
    /// # Safety
    /// [`SignalThreads::handler`] is installed for `signal` (with SA_RESTART, if system calls are not to fail with EINTR), neither thread blocks it, and
    /// whoever begins to use one end of the queue attaches to it first.
    #[must_use]
    pub const unsafe fn new(signal: u32) -> Self {
        Self { signal, threads: [const { AtomicU32::new(0) }; 2] }
    }

    /// To be installed as the signal's handler. Async-signal-safe.
    pub extern "C" fn handler(_: i32) {
        let me = thread::gettid();
        if ASKED.load(Relaxed) == me {
            barrier::full();
            // Release: pairs with Acquire in `heavy`.
            if ASKED.compare_exchange(me, 0, Release, Relaxed).is_ok() {
                futex::wake(&raw const ASKED, 1, Scope::Private);
            }
        }
    }
}

/// [`SignalThreads`] of a queue, as a way to fence.
#[derive(Clone, Copy, Debug)]
pub struct SignalFence<'a>(pub &'a SignalThreads);

// SAFETY: the handler's fence lies, in the other thread, somewhere between the call and the return of `heavy`; a thread that is gone
// has nothing in its store buffer.
unsafe impl Fences for SignalFence<'_> {
    #[inline(always)]
    fn light(&self) {
        fence::light();
    }

    fn heavy(&self, other: Side) -> Result<(), Busy> {
        let them = self.0.threads[other as usize].load(Acquire); // Acquire: pairs with `attach`
        if them == 0 {
            return Err(Busy);
        }
        barrier::full();
        ASKING.alone(|| {
            ASKED.store(them, SeqCst);
            let pid = process::getpid();
            if thread::tgkill(pid, them, self.0.signal).is_ok() {
                let tenth = Timespec { seconds: 0, nanos: 100_000_000 };
                while ASKED.load(Acquire) == them {
                    let late = futex::wait(&ASKED, them, Some(&tenth), Scope::Private) == Err(Errno::ETIMEDOUT);
                    if late && thread::tgkill(pid, them, 0) == Err(Errno::ESRCH) {
                        break; // it ended meanwhile
                    }
                }
            }
            ASKED.store(0, Relaxed);
            barrier::full();
        })
    }

    fn attach(&self, side: Side) {
        // Release: pairs with Acquire in `heavy`.
        self.0.threads[side as usize].store(thread::gettid(), Release);
    }
}

/// A page for each end of one queue, to be taken away: the interrupts that make the other CPUs forget it are full fences for them.
#[derive(Debug)]
pub struct Pages {
    pages: NonNull<u8>,
}

const PAGE: usize = 1 << 16; // the largest page that Linux has on either CPU

impl Pages {
    /// Maps them.
    ///
    /// # Errors
    /// ENOSYS: taking a page away interrupts nobody on this CPU, so it is no fence. ENOMEM.
    pub fn new() -> Result<Self, Errno> {
        if !barrier::revoking_interrupts() {
            return Err(Errno::ENOSYS);
        }
        let pages = memory::map(2 * PAGE, Protection::READ_WRITE, MapFlags::EMPTY)?;
        Ok(Self { pages: NonNull::new(pages).ok_or(Errno::ENOMEM)? })
    }

    /// One thread at a time for each side.
    fn fence(&self, other: Side) {
        barrier::full();
        // SAFETY: our own mapping, which nobody else knows, and in it the page of the caller's side. It must be there and writable for
        // its loss to matter.
        let done = unsafe {
            let page = self.pages.as_ptr().add(other as usize * PAGE);
            memory::protect(page, PAGE, Protection::READ_WRITE)
                .map(|()| page.write_volatile(1))
                .and_then(|()| memory::protect(page, PAGE, Protection::READ))
        };
        if done.is_err() {
            fence::heavy(); // splitting a mapping met a limit
        }
        barrier::full();
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: our own mapping, and the last reference to it.
        let _ = unsafe { memory::unmap(self.pages.as_ptr(), 2 * PAGE) }; // a whole mapping: cannot fail
    }
}

// SAFETY: each side's page is written by the thread on that side alone, and what is written does not matter.
unsafe impl Sync for Pages {}
// SAFETY: no thread is special to it.
unsafe impl Send for Pages {}

/// mprotect(2) by whoever wants to sleep, on pages of this queue alone: many queues at once wait for the kernel's lock on the memory map.
#[derive(Clone, Copy, Debug)]
pub struct Mprotect<'a>(pub &'a Pages);

// SAFETY: a page that was there and writable is taken away, and the kernel waits until every CPU that runs a thread of this process was interrupted.
unsafe impl Fences for Mprotect<'_> {
    #[inline(always)]
    fn light(&self) {
        fence::light();
    }

    fn heavy(&self, other: Side) -> Result<(), Busy> {
        self.0.fence(other);
        Ok(())
    }
}

static REVOKING: TryLock = TryLock::new();

/// mprotect(2) by one thread of the process at a time: the others go on polling, and nobody waits for the kernel's lock.
#[derive(Clone, Copy, Debug)]
pub struct MprotectTry<'a>(pub &'a Pages);

// SAFETY: as for `Mprotect`.
unsafe impl Fences for MprotectTry<'_> {
    #[inline(always)]
    fn light(&self) {
        fence::light();
    }

    fn heavy(&self, other: Side) -> Result<(), Busy> {
        REVOKING.alone(|| self.0.fence(other))
    }
}
