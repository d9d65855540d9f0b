//! Which long blocks begin as growing ones: where nearly all blocks of a length are outgrown, the next one gets a run with a reserve at once. Else its first growth
//! would copy it there, which is most of what the growth costs.
//!
//! ```text
//!   length     ... 64 KiB | ... 128 KiB | ... 192 KiB | ... 256 KiB       in units
//!   score      0 ..= 64   + 1 for a block that is outgrown   - 3 for one that began so for nothing
//! ```
//! Blocks begin so from a score of 16 on, and only where the magazines of their class are empty: what is allocated and freed as it is goes on to be served by
//! those, and is not counted. An outgrown block therefore does not go back to them then. So three quarters of the blocks that come past the magazines have to grow.
//! Each CPU counts for itself, with plain loads and stores: a lost count does no harm. Threads without rseq begin no block so.

use core::sync::atomic::{AtomicU8, Ordering};

use super::size_class::{LARGEST, UNIT, UNIT_SHIFT};

/// Shorter blocks are copied in less time than a run takes.
pub const SHORTEST: usize = UNIT / 8 * 7 + 1;

/// Lengths that are told apart.
const LENGTHS: usize = LARGEST >> UNIT_SHIFT;
/// The score from which on blocks begin as growing ones, and the highest.
const ENOUGH: u8 = 16;
const MOST: u8 = 64;
/// What is lost by a block that does not grow.
const UNUSED: u8 = 3;

/// What one CPU knows: each length's score.
#[derive(Debug)]
pub struct Starts([AtomicU8; LENGTHS]);

impl Starts {
    /// Nothing is known.
    pub const fn new() -> Self {
        Self([const { AtomicU8::new(0) }; LENGTHS])
    }

    /// The score of blocks of so many bytes; None: they are too short, or too long.
    fn score(&self, bytes: usize) -> Option<&AtomicU8> {
        if bytes < SHORTEST { None } else { self.0.get((bytes - 1) >> UNIT_SHIFT) }
    }

    /// Whether a block of so many bytes begins as one that grows.
    pub fn grows(&self, bytes: usize) -> bool {
        self.score(bytes).is_some_and(|score| score.load(Ordering::Relaxed) >= ENOUGH)
    }

    /// A block of so many bytes has become longer.
    pub fn outgrown(&self, bytes: usize) {
        if let Some(score) = self.score(bytes) {
            score.store((score.load(Ordering::Relaxed) + 1).min(MOST), Ordering::Relaxed);
        }
    }

    /// A block of so many bytes began as one that grows, and was freed as it was.
    pub fn unused(&self, bytes: usize) {
        if let Some(score) = self.score(bytes) {
            score.store(score.load(Ordering::Relaxed).saturating_sub(UNUSED), Ordering::Relaxed);
        }
    }
}
