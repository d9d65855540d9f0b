//! What we know about a thread, and the two ways to be done with it: join and detach.

use core::cell::Cell;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicU32, Ordering};

use super::{cancel, keys, locals, stack};
use crate::per_thread::{self, PerThread};
use crate::sys::futex::{self, Clock, Scope};
use crate::sys::signal::{self, How, Set};
use crate::sys::time::Timespec;
use crate::sys::{self, Errno, process};

// STATE, a set of bits:
/// Nobody will join: the thread disposes of itself, or, if it has ended already, whoever set this bit does.
pub(super) const DETACHED: u32 = 1;
/// The thread has run its last code that others can see.
pub(super) const EXITED: u32 = 2;
/// Somebody joins: nobody else may.
pub(super) const JOINING: u32 = 4;

/// How a joiner sleeps: as [`futex::wait_until`], which is the usual one.
pub type Sleep = fn(&AtomicU32, u32, Option<&Timespec>, Clock, Scope) -> Result<(), Errno>;

/// A handler that C's `pthread_cleanup_push` puts on the thread's list; it lies in the frame of the function that pushed it.
#[repr(C)]
#[derive(Debug)]
pub struct Cleanup {
    /// What to call.
    pub routine: Option<unsafe extern "C" fn(*mut ())>,
    /// Its argument.
    pub argument: *mut (),
    /// For the host libc's macros.
    pub cancel_type: i32,
    /// The one that was pushed before.
    pub below: *mut Cleanup,
}

/// A thread. Its address is the thread's handle.
#[repr(C)]
pub struct Control {
    /// The kernel's id while the thread lives; 0 once the kernel is done with its memory. A futex word of scope Shared: the kernel
    /// wakes it so.
    pub(super) tid: AtomicU32,
    /// DETACHED, EXITED, JOINING.
    pub(super) state: AtomicU32,
    pub(super) start: Cell<Option<super::Start>>,
    pub(super) argument: Cell<*mut ()>,
    pub(super) result: Cell<*mut ()>,
    /// What to do with the result of a Rust thread that nobody will join.
    pub(super) drop_result: Cell<Option<unsafe fn(*mut ())>>,
    /// The mask that the thread starts with.
    pub(super) mask: Cell<Set>,
    /// The whole mapping; null for the main thread and on a stack of the user's.
    pub(super) mapping: Cell<*mut u8>,
    pub(super) mapping_size: Cell<usize>,
    pub(super) guard_size: Cell<usize>,
    pub(super) stack_low: Cell<*mut u8>,
    pub(super) stack_size: Cell<usize>,
    /// The registry's, or the cache's, neighbours.
    pub(super) next: Cell<*mut Control>,
    pub(super) previous: Cell<*mut Control>,
    /// Whether the registry has it: then `tid` names a live thread.
    pub(super) registered: Cell<bool>,
    pub(super) destructors: Cell<*mut locals::Destructor>,
    /// C's cleanup handlers, newest first.
    pub cleanup: Cell<*mut Cleanup>,
    pub(super) values: keys::Values,
    /// The thread's area; null before it starts.
    pub(super) area: Cell<*const PerThread>,
}

// SAFETY: the cells are written by the spawning thread before the new one runs, by the thread itself, or under the registry's lock (its
// links); `result` is read after `tid` was seen 0.
unsafe impl Sync for Control {}

impl Control {
    #[allow(clippy::declare_interior_mutable_const, reason = "a birth image: every use is a fresh copy")]
    pub(super) const NEW: Control = Control {
        tid: AtomicU32::new(0),
        state: AtomicU32::new(0),
        start: Cell::new(None),
        argument: Cell::new(ptr::null_mut()),
        result: Cell::new(ptr::null_mut()),
        drop_result: Cell::new(None),
        mask: Cell::new(Set::EMPTY),
        mapping: Cell::new(ptr::null_mut()),
        mapping_size: Cell::new(0),
        guard_size: Cell::new(0),
        stack_low: Cell::new(ptr::null_mut()),
        stack_size: Cell::new(0),
        next: Cell::new(ptr::null_mut()),
        previous: Cell::new(ptr::null_mut()),
        registered: Cell::new(false),
        destructors: Cell::new(ptr::null_mut()),
        cleanup: Cell::new(ptr::null_mut()),
        values: keys::Values::NEW,
        area: Cell::new(ptr::null()),
    };

    /// The kernel's id; 0 after the thread's end.
    #[must_use]
    pub fn tid(&self) -> u32 {
        self.tid.load(Ordering::Acquire) // Acquire: pairs with the kernel's store at the thread's end
    }

    /// Whether it was detached.
    #[must_use]
    pub fn is_detached(&self) -> bool {
        self.state.load(Ordering::Relaxed) & DETACHED != 0
    }

    /// (lowest address, bytes) of the stack, without the guard; (null, 0) for the main thread, whose stack the kernel grows.
    #[must_use]
    pub fn stack(&self) -> (*mut u8, usize) {
        (self.stack_low.get(), self.stack_size.get())
    }

    /// Bytes of the guard below the stack.
    #[must_use]
    pub fn guard_size(&self) -> usize {
        self.guard_size.get()
    }

    /// Sends the thread a signal; 0 only asks whether it lives. Takes the registry's lock, with signals blocked. Async-signal-safe.
    ///
    /// # Errors
    /// ESRCH: it has ended. EINVAL: no such signal. EAGAIN: too many queued.
    pub fn kill(&self, signal: u32) -> Result<(), Errno> {
        let mask = signal::mask(How::Set, &Set::ALL)?;
        let result = super::registry::locked(|_| {
            if !self.registered.get() {
                return Err(Errno::ESRCH);
            }
            sys::thread::tgkill(process::getpid(), self.tid.load(Ordering::Relaxed), signal)
        });
        let _ = signal::mask(How::Set, &mask); // cannot fail for these arguments
        result
    }

    /// Sleeps until the thread has ended and its memory is nobody's; then the result may be read and the mapping reused.
    fn wait(&self, deadline: Option<(&Timespec, Clock)>, sleep: Sleep) -> Result<(), Errno> {
        loop {
            // Acquire: pairs with the kernel's store at the thread's end
            let tid = self.tid.load(Ordering::Acquire);
            if tid == 0 {
                return Ok(());
            }
            let (time, clock) = deadline.map_or((None, Clock::Realtime), |(time, clock)| (Some(time), clock));
            // Otherwise: woken; EAGAIN: it changed meanwhile; EINTR: a handler ran.
            if let Err(errno @ (Errno::ETIMEDOUT | Errno::EINVAL | cancel::CANCELLED)) =
                sleep(&self.tid, tid, time, clock, Scope::Shared)
            {
                return Err(errno);
            }
        }
    }

    /// Waits for the thread's end, until a deadline if there is one, and returns its result. The Control is gone afterwards, unless there is
    /// an error.
    ///
    /// # Errors
    /// EINVAL: the thread is detached, or another thread joins it. EDEADLK: it is the caller. ETIMEDOUT.
    ///
    /// # Safety
    /// `this` is a thread that was neither joined nor detached with success.
    pub unsafe fn join(this: NonNull<Control>, deadline: Option<(&Timespec, Clock)>) -> Result<*mut (), Errno> {
        // SAFETY: as the caller promises.
        unsafe { Control::join_by(this, deadline, futex::wait_until) }
    }

    /// As [`Control::join`], sleeping by `sleep`, whose errors end the wait as a deadline does.
    ///
    /// # Errors
    /// As there; [`cancel::CANCELLED`] if `sleep` is [`cancel::wait_until`].
    ///
    /// # Safety
    /// As there.
    pub unsafe fn join_by(
        this: NonNull<Control>,
        deadline: Option<(&Timespec, Clock)>,
        sleep: Sleep,
    ) -> Result<*mut (), Errno> {
        // SAFETY: alive, says the caller.
        let control = unsafe { this.as_ref() };
        control.claim_and_wait(deadline, sleep)?;
        let result = control.result.get();
        // SAFETY: the thread has ended, and we are its only joiner.
        unsafe { stack::dispose(this) };
        Ok(result)
    }

    fn claim_and_wait(&self, deadline: Option<(&Timespec, Clock)>, sleep: Sleep) -> Result<(), Errno> {
        if core::ptr::eq(self, current()) {
            return Err(Errno::EDEADLK);
        }
        if self.state.fetch_or(JOINING, Ordering::Relaxed) & (JOINING | DETACHED) != 0 {
            return Err(Errno::EINVAL);
        }
        let result = self.wait(deadline, sleep);
        if result.is_err() {
            self.state.fetch_and(!JOINING, Ordering::Relaxed);
        }
        result
    }

    /// The first half of [`Control::join`]: what lies above the stack may be read until [`Control::dispose`].
    ///
    /// # Safety
    /// As for [`Control::join`].
    pub(super) unsafe fn wait_for_end(this: NonNull<Control>) -> Result<(), Errno> {
        // SAFETY: alive, says the caller.
        unsafe { this.as_ref() }.claim_and_wait(None, futex::wait_until)
    }

    /// The second half of [`Control::join`].
    ///
    /// # Safety
    /// After [`Control::wait_for_end`] has succeeded, once.
    pub(super) unsafe fn dispose(this: NonNull<Control>) {
        // SAFETY: as the caller promises.
        unsafe { stack::dispose(this) };
    }

    /// As [`Control::join`], but does not wait.
    ///
    /// # Errors
    /// EBUSY: the thread has not ended. Otherwise as [`Control::join`].
    ///
    /// # Safety
    /// As for [`Control::join`].
    pub unsafe fn try_join(this: NonNull<Control>) -> Result<*mut (), Errno> {
        // SAFETY: alive, says the caller.
        if unsafe { this.as_ref() }.tid() != 0 {
            return Err(Errno::EBUSY);
        }
        // SAFETY: as the caller promises.
        unsafe { Control::join(this, None) }
    }

    /// Lets the thread dispose of itself when it ends.
    ///
    /// # Errors
    /// EINVAL: it is detached already, or somebody joins it.
    ///
    /// # Safety
    /// As for [`Control::join`].
    pub unsafe fn detach(this: NonNull<Control>) -> Result<(), Errno> {
        // SAFETY: alive, says the caller.
        let control = unsafe { this.as_ref() };
        let mut state = control.state.load(Ordering::Relaxed);
        loop {
            if state & (DETACHED | JOINING) != 0 {
                return Err(Errno::EINVAL);
            }
            // AcqRel: pairs with the thread's own at its end: one of the two sees the other's bit
            match control.state.compare_exchange(state, state | DETACHED, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
        if state & EXITED != 0 {
            control.wait(None, futex::wait_until)?; // it is between its last instruction and the kernel's store
            if let Some(drop_result) = control.drop_result.get() {
                // SAFETY: set by `spawn` for this very result; the thread did not see DETACHED, so it left it alone.
                unsafe { drop_result(control.argument.get()) };
            }
            // SAFETY: the thread has ended, and nobody joins it.
            unsafe { stack::dispose(this) };
        }
        Ok(())
    }
}

static MAIN: Control = Control::NEW;

/// The calling thread. Async-signal-safe.
#[inline]
#[must_use]
pub fn current() -> &'static Control {
    let control = per_thread::current().control.get().cast::<Control>();
    // SAFETY: set before the thread ran; alive as long as the thread.
    if control.is_null() { adopt_main() } else { unsafe { &*control } }
}

#[cold]
fn adopt_main() -> &'static Control {
    let mask = signal::mask(How::Set, &Set::ALL).unwrap_or(Set::EMPTY); // cannot fail for these arguments
    let mask = mask.without(cancel::SIGNAL); // who started the program may have blocked it
    let thread = per_thread::current();
    MAIN.area.set(thread);
    if MAIN.tid.load(Ordering::Relaxed) == 0 {
        let tid = sys::thread::gettid();
        thread.tid.store(tid, Ordering::Relaxed);
        MAIN.tid.store(tid, Ordering::Relaxed);
    }
    thread.control.set((&raw const MAIN).cast_mut().cast());
    super::registry::adopt(&MAIN);
    let _ = signal::mask(How::Set, &mask); // as above
    &MAIN
}

/// Whether this is the thread that the kernel started.
pub(super) fn is_main(control: &Control) -> bool {
    core::ptr::eq(control, &MAIN)
}
