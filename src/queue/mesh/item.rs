//! One job on its way there, and its answer on its way back.

use core::cell::{Cell, UnsafeCell};
use core::mem::MaybeUninit;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::arch::barrier;

// The state, and whose the item is:
//   0 FREE      the sender's: nothing in it
//   1 REQUEST   the receiver's: a job
//   2 RUNNING   the receiver's: nothing in it, the job is on the receiver's stack
//   3 ANSWER    the sender's: the job's result
const FREE: u32 = 0;
const REQUEST: u32 = 1;
const RUNNING: u32 = 2;
const ANSWER: u32 = 3;

/// The negative control hands a job over without ordering it (`dacapo_broken`).
const PUBLISH: core::sync::atomic::Ordering =
    if cfg!(dacapo_broken = "mesh_relaxed_request") { Relaxed } else { Release };

/// Bytes that a job may capture, and that its answer may have. Larger ones go in a box.
pub const ROOM: usize = 96;

/// Where the job or its answer lies.
#[repr(C, align(16))]
#[derive(Debug)]
struct Place(MaybeUninit<[u8; ROOM]>);

type Run = unsafe fn(&Item, *const ());
type Discard = unsafe fn(&Item, bool);

/// Two cache lines: valid, and FREE, when all its bytes are zero.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct Item {
    state: AtomicU32,
    /// Runs the job: the item, the receiver's [`super::Core`].
    run: Cell<Option<Run>>,
    /// Drops what is in it: a job, or else an answer.
    discard: Cell<Option<Discard>>,
    place: UnsafeCell<Place>,
}

const _: () = assert!(size_of::<Item>() == 128);

/// # Safety
/// It is the caller's turn; a job of type `F`, made for a context of type `C`, lies in the item.
unsafe fn run<C, R, F: FnOnce(&C) -> R>(item: &Item, context: *const ()) {
    // SAFETY: the job is taken out once; the state says so in case it panics. The context is the receiver's own core.
    unsafe {
        let job = item.place.get().cast::<F>().read();
        item.state.store(RUNNING, Relaxed);
        let answer = job(&*context.cast::<C>());
        item.place.get().cast::<R>().write(answer);
    }
}

/// # Safety
/// It is the caller's turn; a job of type `F` lies in the item, or else an answer of type `R`.
unsafe fn discard<F, R>(item: &Item, job: bool) {
    // SAFETY: the state, which the caller has read, says which it is.
    unsafe {
        if job {
            item.place.get().cast::<F>().drop_in_place();
        } else {
            item.place.get().cast::<R>().drop_in_place();
        }
    }
}

impl Item {
    /// Puts a job in and hands the item to the receiver.
    ///
    /// # Safety
    /// The item is free, and the caller its sender; its receiver runs it with a `C`.
    #[inline]
    pub(super) unsafe fn fill<C, R, F: FnOnce(&C) -> R>(&self, job: F) {
        const {
            assert!(
                size_of::<F>() <= ROOM && size_of::<R>() <= ROOM,
                "a job and its answer have at most item::ROOM bytes: box them"
            );
            assert!(align_of::<F>() <= align_of::<Place>() && align_of::<R>() <= align_of::<Place>());
        }
        // SAFETY: free, so that nobody else touches it; it fits, as was just asserted.
        unsafe { self.place.get().cast::<F>().write(job) };
        self.run.set(Some(run::<C, R, F>));
        self.discard.set(Some(discard::<F, R>));
        self.state.store(REQUEST, PUBLISH); // Release: the job; pairs with `is_request`
    }

    /// Whether it holds a job that nobody has begun. The receiver's question.
    #[inline(always)]
    pub(super) fn is_request(&self) -> bool {
        self.state.load(Acquire) == REQUEST // Acquire: pairs with `fill`
    }

    /// Runs the job and hands the item back.
    ///
    /// # Safety
    /// `is_request` said yes to the receiver, and `context` is what its jobs were made for.
    #[inline]
    pub(super) unsafe fn serve(&self, context: *const ()) {
        if let Some(run) = self.run.get() {
            // SAFETY: whoever filled the item chose the function for what lies there.
            unsafe { run(self, context) };
        }
        self.state.store(ANSWER, Release); // Release: the answer; pairs with `is_answered`
    }

    /// Whether it is back: it holds the answer, or was free all along. The sender's question.
    #[inline(always)]
    pub(super) fn is_back(&self) -> bool {
        matches!(self.state.load(Acquire), ANSWER | FREE) // Acquire: pairs with `serve`
    }

    /// Takes the answer and frees the item.
    ///
    /// # Safety
    /// It holds one of type `R`, as `is_back` said to the sender that filled it.
    #[inline]
    pub(super) unsafe fn take<R>(&self) -> R {
        // SAFETY: it is the sender's turn, and it takes it once.
        let answer = unsafe { self.place.get().cast::<R>().read() };
        self.state.store(FREE, Relaxed); // the receiver does not look at it before the next `fill`
        answer
    }

    /// Drops what is in it, whatever it is, and frees it.
    ///
    /// # Safety
    /// It is the caller's: back, or its receiver will never come.
    pub(super) unsafe fn clear(&self) {
        let state = self.state.load(Acquire);
        if let (REQUEST | ANSWER, Some(discard)) = (state, self.discard.get()) {
            self.state.store(FREE, Relaxed);
            // SAFETY: the function belongs to what lies there, and the state says which of both that is.
            unsafe { discard(self, state == REQUEST) };
        }
        self.state.store(FREE, Relaxed);
    }

    /// Asks for its lines, which another core has written.
    #[inline(always)]
    pub(super) fn prefetch(&self) {
        barrier::prefetch(self);
        barrier::prefetch((&raw const *self).cast::<u8>().wrapping_add(64));
    }
}
