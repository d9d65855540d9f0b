//! Work for after a grace period: the kernel's `call_rcu`.
//!
//! ```text
//!   call ---> pending ---------------> waiting -----------------> run
//!             a stack that anyone      one batch, with the        by who holds `batch`,
//!             pushes to                number of its period       oldest first
//! ```
//! The library has no thread of its own: callbacks run in [`Domain::reclaim`], [`Domain::barrier`] and, when [`BOUND`] are pending, in
//! [`Domain::defer`]. So `defer` keeps the memory that waits bounded, by making who produces garbage wait for it: at most [`BOUND`] callbacks and one
//! more for each thread that defers, besides those that callbacks themselves ask for. `call` never waits, and somebody has to come and reclaim.
//!
//! Callbacks run one at a time, oldest first, in an ordinary context: they may take locks that their callers do not hold, call
//! [`Domain::call`] and [`Domain::defer`], and free memory. They must not call `barrier`, which would wait for themselves.

use core::ptr;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use core::sync::atomic::{AtomicPtr, AtomicUsize};

use super::Domain;
use super::grace::{GracePeriods, PollState};
use crate::arch::tls;
use crate::sync::Mutex;

/// Callbacks pending before [`Domain::defer`] waits for a grace period and runs them.
pub const BOUND: usize = 1024;

/// What lies in an object that is to be reclaimed: the kernel's `rcu_head`. The library's from the call on, until its function is called.
#[repr(C)]
#[derive(Debug)]
pub struct Callback {
    next: *mut Callback,
    function: Option<unsafe extern "C" fn(*mut Callback)>,
}

impl Callback {
    /// Not in use.
    #[must_use]
    pub const fn new() -> Self {
        Self { next: ptr::null_mut(), function: None }
    }
}

impl Default for Callback {
    fn default() -> Self {
        Self::new()
    }
}

/// A domain's callbacks.
#[derive(Debug)]
pub(super) struct Callbacks {
    /// Newest first.
    pending: AtomicPtr<Callback>,
    /// In `pending` and in `batch`.
    count: AtomicUsize,
    batch: Mutex<Batch>,
    /// The thread pointer of who is running callbacks, or 0.
    runner: AtomicUsize,
}

#[derive(Debug)]
struct Batch {
    /// Newest first; runs when `state` has passed.
    waiting: *mut Callback,
    state: Option<PollState>,
}

// SAFETY: the list belongs to who has the lock.
unsafe impl Send for Batch {}

impl Callbacks {
    pub(super) const fn new() -> Self {
        Self {
            pending: AtomicPtr::new(ptr::null_mut()),
            count: AtomicUsize::new(0),
            batch: Mutex::new(Batch { waiting: ptr::null_mut(), state: None }),
            runner: AtomicUsize::new(0),
        }
    }

    fn push(&self, callback: *mut Callback) {
        let mut head = self.pending.load(Relaxed);
        loop {
            // SAFETY: the callback is ours until it is published.
            unsafe { (*callback).next = head };
            // AcqRel: pairs with Acquire in `take`: the callback, and the rest of its object, are complete.
            match self.pending.compare_exchange_weak(head, callback, AcqRel, Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    fn take(&self) -> *mut Callback {
        self.pending.swap(ptr::null_mut(), Acquire) // Acquire: pairs with `push`
    }

    /// Whether the caller is inside a callback.
    fn is_running_here(&self) -> bool {
        self.runner.load(Relaxed) == tls::thread_pointer() // Relaxed: only this thread stores its own
    }

    /// Runs a list, oldest first; how many.
    ///
    /// # Safety
    /// A grace period has passed since each was pushed. The caller has `batch`.
    unsafe fn run(&self, mut newest: *mut Callback) -> usize {
        let mut oldest: *mut Callback = ptr::null_mut();
        while !newest.is_null() {
            // SAFETY: the list is ours: turn it round.
            let older = unsafe { core::mem::replace(&mut (*newest).next, oldest) };
            oldest = newest;
            newest = older;
        }
        self.runner.store(tls::thread_pointer(), Relaxed);
        let mut count = 0;
        while !oldest.is_null() {
            let callback = oldest;
            // SAFETY: a callback of ours; its function may free it, so the link is read first.
            unsafe {
                oldest = (*callback).next;
                if let Some(function) = (*callback).function {
                    function(callback);
                }
            }
            count += 1;
        }
        self.runner.store(0, Relaxed);
        self.count.fetch_sub(count, Relaxed);
        count
    }
}

impl Domain {
    /// Has `function` called with `callback` after a grace period, by whoever reclaims then. Lock-free; never waits, so it may be used inside
    /// read sections and in signal handlers.
    ///
    /// # Safety
    /// `callback` lies in an object that nobody uses but readers that came before, is not pending, and stays where it is until `function` is called, which
    /// may be in any thread.
    pub unsafe fn call(&self, callback: *mut Callback, function: unsafe extern "C" fn(*mut Callback)) {
        // SAFETY: the callback is ours now.
        unsafe { (*callback).function = Some(function) };
        self.callbacks.count.fetch_add(1, Relaxed); // Relaxed: a number to compare with a bound
        self.callbacks.push(callback);
    }

    /// As [`Domain::call`]; and if [`BOUND`] callbacks are pending, waits for a grace period and runs them, or waits until another thread has done so.
    /// Not inside a read section of this domain, not in a signal handler, and not with locks held that callbacks take. In a callback of this domain
    /// it does not wait. Callbacks of several domains may defer to each other's as one takes locks: in one order.
    ///
    /// # Safety
    /// As [`Domain::call`].
    pub unsafe fn defer(&self, callback: *mut Callback, function: unsafe extern "C" fn(*mut Callback)) {
        // SAFETY: as our contract says.
        unsafe { self.call(callback, function) };
        if self.pending() >= BOUND && !self.callbacks.is_running_here() {
            self.run_all(BOUND);
        }
    }

    /// Callbacks that have not run yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.callbacks.count.load(Relaxed)
    }

    /// Runs the callbacks whose grace period has passed, and does its share for the others: begins a grace period, ends one. Never waits. How
    /// many it ran; none if another thread is running some. For idle loops and for threads of the program's own; may be called inside a read section.
    pub fn reclaim(&self) -> usize {
        let Some(mut batch) = self.callbacks.batch.try_lock() else { return 0 };
        let mut ran = 0;
        // At most twice: the batch that was waiting, and the one that follows it.
        for _ in 0..2 {
            if batch.state.is_none() {
                batch.waiting = self.callbacks.take();
                if batch.waiting.is_null() {
                    break;
                }
                batch.state = Some(self.poll_state());
            }
            if !batch.state.is_some_and(|state| self.poll(state)) {
                break;
            }
            batch.state = None;
            // SAFETY: the batch was taken before its state was.
            ran += unsafe { self.callbacks.run(core::mem::replace(&mut batch.waiting, ptr::null_mut())) };
        }
        ran
    }

    /// Returns when every callback that was pending at the call has run; runs them itself. Not inside a read section of this domain, not from
    /// a callback, not in a signal handler.
    pub fn barrier(&self) {
        self.run_all(0);
    }

    /// Waits for others who run callbacks; then, if so many are still pending, runs them after a grace period.
    fn run_all(&self, at_least: usize) {
        let mut batch = self.callbacks.batch.lock();
        if self.pending() < at_least {
            return;
        }
        let newer = self.callbacks.take();
        let older = core::mem::replace(&mut batch.waiting, ptr::null_mut());
        batch.state = None;
        if newer.is_null() && older.is_null() {
            return;
        }
        self.synchronize();
        // SAFETY: both were taken before the grace period began.
        unsafe {
            self.callbacks.run(older);
            self.callbacks.run(newer);
        }
    }
}

impl Drop for Domain {
    /// Runs what is pending, after a grace period: a reader by [`Domain::enter_raw`] may still be there.
    fn drop(&mut self) {
        self.run_all(0);
    }
}
