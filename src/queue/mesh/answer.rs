//! What comes back from another core.

use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::core::Core;

/// The core left before it began the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// The answer to a job that was sent. Dropping it gives the answer up: the job runs all the same.
///
/// As a future, it is woken by its own core's [`Core::serve`].
#[derive(Debug)]
#[must_use = "an answer that is dropped is given up"]
pub struct Answer<'c, 'm, L, R> {
    core: &'c Core<'m, L>,
    to: usize,
    index: usize,
    /// The result was given away: the item is not this handle's any more.
    taken: bool,
    answer: PhantomData<R>,
}

impl<'c, 'm, L, R> Answer<'c, 'm, L, R> {
    #[inline(always)]
    pub(super) fn new(core: &'c Core<'m, L>, to: usize, index: usize) -> Self {
        Self { core, to, index, taken: false, answer: PhantomData }
    }

    /// Whether waiting would not wait.
    #[must_use]
    #[inline]
    pub fn is_ready(&self) -> bool {
        self.core.outgoing(self.to).item(self.index).is_back() || self.core.is_gone(self.to)
    }

    /// Waits, and serves others meanwhile.
    ///
    /// # Errors
    /// [`Gone`].
    #[inline]
    pub fn wait(mut self) -> Result<R, Gone> {
        while !self.is_ready() {
            self.core.serve_or_wait(|| self.is_ready());
        }
        self.take()
    }

    /// The answer, if it is there; else the same handle back.
    ///
    /// # Errors
    /// Not there yet.
    #[inline]
    pub fn try_take(mut self) -> Result<Result<R, Gone>, Self> {
        if self.is_ready() { Ok(self.take()) } else { Err(self) }
    }

    /// Once, and only when it is ready.
    #[inline]
    fn take(&mut self) -> Result<R, Gone> {
        assert!(!self.taken, "an answer is taken once");
        self.taken = true;
        let item = self.core.outgoing(self.to).item(self.index);
        // The receiver answers, then leaves: whoever sees that it left, and looks once more, sees every answer.
        if item.is_back() {
            // SAFETY: the item is back with this handle's answer, which nobody has taken, and no one else takes.
            return Ok(unsafe { item.take() });
        }
        // SAFETY: the receiver has left, and will never look at the item.
        unsafe { item.clear() };
        Err(Gone)
    }
}

// Nothing in it is pinned: the answer lies in the mesh.
impl<L, R> Unpin for Answer<'_, '_, L, R> {}

impl<L, R> Future for Answer<'_, '_, L, R> {
    type Output = Result<R, Gone>;

    /// # Panics
    /// Polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.is_ready() {
            return Poll::Ready(self.take());
        }
        self.core.outgoing(self.to).slip(self.index).set_waker(context.waker().clone());
        self.core.flush();
        Poll::Pending
    }
}

impl<L, R> Drop for Answer<'_, '_, L, R> {
    fn drop(&mut self) {
        let slip = self.core.outgoing(self.to).slip(self.index);
        drop(slip.take_waker());
        slip.held.set(false); // whoever fills the item next drops what is in it
    }
}
