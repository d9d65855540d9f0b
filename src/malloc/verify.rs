//! Whether the heap's structures are what their descriptions say. For tests, and for a program that suspects itself.
//!
//! | level | looks at | price |
//! | --- | --- | --- |
//! | `Cursors` | every CPU's cursors, every class's stack | microseconds; takes no lock |
//! | `Runs` | also every run that has something to give, its free blocks one by one, and the page heap's bins | each class's lock in turn |
//! | `Blocks` | also every cached block and parked run: all magazines are emptied into the runs first, as [`super::trim`] does | milliseconds; everybody starts cold |
//!
//! Other threads may go on; what they hold at the moment is not looked at.

#[doc(hidden)]
pub use super::hot::use_any_index;
use super::lock::Quiet;
use super::size_class::{self, COUNT};
use super::{central, cpu_block, drain, init, page_heap, shard};

/// How much [`is_valid`] looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Cursors and stacks.
    Cursors,
    /// Also the runs and the page heap.
    Runs,
    /// Also the cached blocks.
    Blocks,
}

/// A broken invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The rule.
    pub rule: &'static str,
    /// The class, or 0 for the page heap.
    pub class: usize,
    /// The address or unit that breaks it.
    pub place: usize,
}

/// Checks the heap; the first broken invariant that is found. A heap that is not up is valid.
///
/// # Errors
/// [`Broken`].
pub fn is_valid(level: Level) -> Result<(), Broken> {
    if init::heap() != init::Heap::Up {
        return Ok(());
    }
    let quiet = Quiet::enter();
    cpu_block::check()?;
    if level >= Level::Blocks {
        // SAFETY: the magazines are handed over whole.
        unsafe {
            drain::drain(&quiet, |class, magazine| central::give_up(class, magazine, &quiet));
            shard::drain(&quiet, |class, magazine| central::give_up(class, magazine, &quiet));
        }
    }
    if level >= Level::Blocks {
        page_heap::with(&quiet, |heap| heap.check_parked())?;
    }
    for class in 1..COUNT {
        if level >= Level::Blocks {
            central::clear(class, &quiet);
        }
        central::check(class, level >= Level::Runs, &quiet)?;
    }
    if level >= Level::Runs {
        page_heap::with(&quiet, |heap| heap.check())?;
    }
    Ok(())
}

/// Which blocks of a run were met.
pub struct Met([u64; MOST / 64]);

/// Blocks that a run may have.
const MOST: usize = (1 << size_class::UNIT_SHIFT) / 16;

impl Met {
    /// None.
    pub const NONE: Met = Met([0; MOST / 64]);

    /// Notes a block by its place in the run; false if it was met before or the run is not so long.
    pub fn note(&mut self, place: usize) -> bool {
        let Some(word) = self.0.get_mut(place / 64) else { return false };
        let bit = 1 << (place % 64);
        let first = *word & bit == 0;
        *word |= bit;
        first
    }
}
