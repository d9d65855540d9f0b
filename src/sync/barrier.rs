//! A place where threads wait for each other.

use super::raw::{RawBarrier, Scope};

/// A place where a fixed number of threads wait for each other, any number of times.
#[derive(Debug)]
pub struct Barrier {
    raw: RawBarrier,
}

impl Barrier {
    /// Opens when `threads` have arrived; 0 counts as 1.
    #[must_use]
    pub const fn new(threads: u32) -> Self {
        Self { raw: RawBarrier::new(threads) }
    }

    /// Waits for the others; true in one of them.
    pub fn wait(&self) -> bool {
        self.raw.wait(Scope::Private)
    }
}
