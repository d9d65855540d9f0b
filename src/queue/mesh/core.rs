//! One thread of a mesh.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;

use super::answer::Answer;
use super::item::Item;
use super::memory::{Link, Mesh, Seat};
use crate::queue::bell::{Rung, Slept};
use crate::queue::fences::{Fences, Side};
use crate::sync::raw::{Deadline, Spin};
use crate::sys::{Errno, sched};

/// Jobs that are sent, or run, between two looks at a bell.
pub const BATCH: usize = 16;

/// The negative control wakes nobody (`dacapo_broken`).
const RINGS: bool = cfg!(not(dacapo_broken = "mesh_no_ring"));

/// Why a job was not sent; it comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refused<F> {
    /// The ring has no room: jobs that were not answered yet, or answers that were not taken.
    Full(F),
    /// That core has left.
    Gone(F),
}

// Without the job, which is a closure.
impl<F> fmt::Debug for Refused<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Refused::Full(_)) { "Full" } else { "Gone" })
    }
}

/// The calling thread, as one core of a mesh, with its local data. It stays on its thread.
#[derive(Debug)]
pub struct Core<'m, L> {
    mesh: &'m Mesh<L>,
    index: usize,
    local: L,
    /// Jobs sent and answers given whose receivers' bells were not looked at yet.
    unrung: Cell<usize>,
    /// Neither Send nor Sync: rings have one thread at each end.
    thread: PhantomData<*mut ()>,
}

impl<'m, L> Core<'m, L> {
    pub(super) fn new(mesh: &'m Mesh<L>, index: usize, local: L) -> Self {
        Self { mesh, index, local, unrung: Cell::new(0), thread: PhantomData }
    }

    /// Which core this is.
    pub fn index(&self) -> usize {
        self.index
    }

    /// How many cores there are.
    pub fn cores(&self) -> usize {
        self.mesh.cores()
    }

    /// This core's data.
    pub fn local(&self) -> &L {
        &self.local
    }

    /// The mesh that it is a core of.
    pub fn mesh(&self) -> &'m Mesh<L> {
        self.mesh
    }

    /// Moves the calling thread to a CPU and keeps it there.
    ///
    /// # Errors
    /// EINVAL: there is no such CPU, or it is not ours to use. EPERM, ENOSYS: a filter.
    pub fn pin(&self, cpu: usize) -> Result<(), Errno> {
        const WORD: usize = usize::BITS as usize;
        let mut mask = [0_usize; 8192 / WORD];
        *mask.get_mut(cpu / WORD).ok_or(Errno::EINVAL)? = 1 << (cpu % WORD);
        sched::set_affinity(0, &mask[..=cpu / WORD])
    }

    fn seat(&self) -> &'m Seat {
        self.mesh.seat(self.index)
    }

    pub(super) fn outgoing(&self, to: usize) -> Link<'m> {
        self.mesh.link(self.index, to)
    }

    pub(super) fn is_gone(&self, core: usize) -> bool {
        self.mesh.seat(core).bell.is_gone()
    }

    /// Sends `job` to `core`, where it runs with that core; the answer comes back. Never waits. On this core itself, it runs at once.
    ///
    /// Job and answer have at most [`super::item::ROOM`] bytes each, which the compiler checks.
    ///
    /// # Errors
    /// [`Refused`]: the job comes back.
    ///
    /// # Panics
    /// There is no such core.
    #[inline]
    pub fn try_submit_to<R, F>(&self, core: usize, job: F) -> Result<Answer<'_, 'm, L, R>, Refused<F>>
    where
        R: Send + 'static,
        F: FnOnce(&Core<'_, L>) -> R + Send + 'static,
    {
        let seat = self.mesh.seat(core); // checks the index
        let link = self.outgoing(core);
        let index = link.outgoing.sent.get();
        let item = link.item(index);
        if !self.claim(link, index, item) {
            self.seat().counts.refused.add(1);
            return Err(if seat.bell.is_gone() { Refused::Gone(job) } else { Refused::Full(job) });
        }
        if seat.bell.is_gone() {
            return Err(Refused::Gone(job));
        }
        link.slip(index).held.set(true);
        link.outgoing.sent.set(index.wrapping_add(1));
        self.seat().counts.submitted.add(1);
        // SAFETY: claimed, so free and ours; the receiver of this mesh serves it with a core of this type, whatever its lifetimes.
        unsafe { item.fill::<Core<'_, L>, R, F>(job) };
        if core == self.index {
            link.incoming.next.set(index.wrapping_add(1));
            // SAFETY: filled just now by this core, for a core of this type.
            unsafe { item.serve((&raw const *self).cast()) };
        } else {
            if self.count_unrung(&link.outgoing.unrung) >= BATCH {
                self.flush_to(core);
            }
        }
        Ok(Answer::new(self, core, index))
    }

    /// Whether the item can be filled: it is back, and its answer was taken or given up.
    #[inline]
    fn claim(&self, link: Link<'_>, index: usize, item: &Item) -> bool {
        if link.slip(index).held.get() || !item.is_back() {
            return false;
        }
        // SAFETY: back, and nobody holds its answer.
        unsafe { item.clear() };
        if index.wrapping_sub(link.outgoing.woken.get()) > link.capacity() - 1 {
            link.outgoing.woken.set(index.wrapping_sub(link.capacity() - 1)); // the item's last use, of which nobody waits any more
        }
        true
    }

    /// As [`Core::try_submit_to`]; waits while the ring is full, and serves others meanwhile.
    ///
    /// # Errors
    /// [`Refused::Gone`]. [`Refused::Full`]: only when the oldest item's answer is there and the caller has not taken it: waiting would never end.
    ///
    /// # Panics
    /// There is no such core.
    #[inline]
    pub fn submit_to<R, F>(&self, core: usize, job: F) -> Result<Answer<'_, 'm, L, R>, Refused<F>>
    where
        R: Send + 'static,
        F: FnOnce(&Core<'_, L>) -> R + Send + 'static,
    {
        let mut job = job;
        loop {
            job = match self.try_submit_to(core, job) {
                Err(Refused::Full(job)) => job,
                done => return done,
            };
            let link = self.outgoing(core);
            let oldest = link.outgoing.sent.get();
            let item = link.item(oldest);
            if !item.is_back() {
                self.serve_or_wait(|| item.is_back() || self.is_gone(core));
            } else if link.slip(oldest).held.get() {
                return Err(Refused::Full(job));
            }
        }
    }

    /// Serves others until there is nothing to serve, then waits until `done` or there is.
    pub(super) fn serve_or_wait(&self, done: impl Fn() -> bool) {
        if self.serve() == 0 && !done() {
            self.wait(None, done);
        }
    }

    /// Lets others know of what was sent to them, if they sleep.
    #[inline]
    pub fn flush(&self) {
        if self.unrung.get() != 0 {
            for core in 0..self.mesh.cores() {
                self.flush_to(core);
            }
        }
    }

    /// The same for one core: one look at its bell, if it was sent anything.
    #[inline]
    fn flush_to(&self, core: usize) {
        let sent = self.outgoing(core).outgoing.unrung.take() + self.mesh.link(core, self.index).incoming.unrung.take();
        if sent != 0 {
            self.unrung.set(self.unrung.get() - sent);
            self.ring(core);
        }
    }

    #[inline]
    fn count_unrung(&self, of: &Cell<usize>) -> usize {
        self.unrung.set(self.unrung.get() + 1);
        of.set(of.get() + 1);
        of.get()
    }

    /// The sender's part of the sleep protocol, after it has stored something for `core`.
    #[inline]
    fn ring(&self, core: usize) {
        self.mesh.fences().light();
        let bell = &self.mesh.seat(core).bell;
        if RINGS && bell.wants_ringing() && bell.ring() == Rung::Sleeper {
            self.seat().counts.wakes.add(1);
        }
    }

    /// Runs what others have sent, up to [`BATCH`] jobs of each, and wakes the tasks whose answers have come; how many of both. Never waits.
    pub fn serve(&self) -> usize {
        self.flush();
        let mut done = 0;
        for other in 0..self.mesh.cores() {
            if other != self.index {
                done += self.serve_one(other) + self.wake_tasks(other);
            }
        }
        self.flush();
        done
    }

    /// Runs what `from` has sent.
    fn serve_one(&self, from: usize) -> usize {
        let link = self.mesh.link(from, self.index);
        let mut count = 0;
        while count < BATCH {
            let next = link.incoming.next.get();
            let item = link.item(next);
            if !item.is_request() {
                break;
            }
            link.incoming.next.set(next.wrapping_add(1)); // first: a job that serves goes on with the next one
            link.item(next.wrapping_add(1)).prefetch();
            // SAFETY: a request of this mesh's, whose jobs are made for a core of this type.
            unsafe { item.serve((&raw const *self).cast()) };
            self.count_unrung(&link.incoming.unrung);
            count += 1;
        }
        if count > 0 {
            let counts = &self.seat().counts;
            counts.served.add(count as u64);
            counts.batches.add(1);
            self.flush_to(from);
        }
        count
    }

    /// Calls the wakers of the answers that have come from `core`, in the order of their jobs.
    fn wake_tasks(&self, core: usize) -> usize {
        let link = self.outgoing(core);
        let mut count = 0;
        while link.outgoing.woken.get() != link.outgoing.sent.get() {
            let index = link.outgoing.woken.get();
            if !link.item(index).is_back() && !self.is_gone(core) {
                break;
            }
            link.outgoing.woken.set(index.wrapping_add(1));
            if let Some(waker) = link.slip(index).take_waker() {
                count += 1;
                waker.wake();
            }
        }
        count
    }

    /// Whether [`Core::serve`] has something to do.
    pub fn has_work(&self) -> bool {
        (0..self.mesh.cores()).any(|other| {
            let coming = self.mesh.link(other, self.index);
            let going = self.outgoing(other);
            let oldest = going.outgoing.woken.get();
            other != self.index
                && (coming.item(coming.incoming.next.get()).is_request()
                    || oldest != going.outgoing.sent.get() && (going.item(oldest).is_back() || self.is_gone(other)))
        })
    }

    /// Waits until [`Core::has_work`], or `done` says so, or the deadline comes, or now and then: polls for a few microseconds, then sleeps.
    pub fn wait(&self, deadline: Option<&Deadline>, done: impl Fn() -> bool) -> Slept {
        self.flush();
        let mut spin = Spin::new();
        while spin.again() {
            if self.has_work() || done() {
                return Slept::Not;
            }
        }
        let nothing = || !self.has_work() && !done();
        let slept = self.seat().bell.sleep(self.mesh.fences(), Side::Producer, deadline, nothing);
        let counts = &self.seat().counts;
        if slept == Slept::Not {
            counts.vain.add(1)
        } else {
            counts.sleeps.add(1)
        }
        slept
    }

    /// Serves others until `done`. The condition is looked at after each round of jobs, and when somebody rings.
    pub fn serve_until(&self, done: impl Fn() -> bool) {
        while !done() {
            self.serve_or_wait(&done);
        }
    }

    /// Before waiting for `eventfd` among other descriptors: true if the caller may wait, and must call [`Core::wake_up`] afterwards; whoever has work for this
    /// core writes 1 to it. False if there is work now. The descriptor is the caller's, non-blocking, and read by the caller.
    pub fn may_wait_for(&self, eventfd: i32) -> bool {
        self.flush();
        let watching = self.seat().bell.watch(self.mesh.fences(), Side::Producer, eventfd, || !self.has_work());
        let counts = &self.seat().counts;
        if watching {
            counts.sleeps.add(1)
        } else {
            counts.vain.add(1)
        }
        watching
    }

    /// After waiting: others need not ring any more.
    pub fn wake_up(&self) {
        self.seat().bell.wake_up();
    }

    /// Rings another core, which then looks at its condition in [`Core::serve_until`].
    pub fn nudge(&self, core: usize) {
        self.ring(core);
    }
}

impl<L> Drop for Core<'_, L> {
    /// Runs what has come, and leaves: what comes from now on is refused, what was not begun is [`super::Gone`].
    fn drop(&mut self) {
        self.serve();
        self.seat().bell.leave();
        for other in (0..self.mesh.cores()).filter(|&other| other != self.index) {
            self.ring(other); // it may wait for an answer of ours
        }
    }
}
