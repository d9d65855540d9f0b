//! How far blocks grow: what realloc gives beyond what it is asked for, so that the next growth of the block is no copy.
//!
//! ```text
//!   octave    ... | 128 < bytes <= 256 | 256 < bytes <= 512 | ...
//!   came        blocks that realloc moved into this octave from a lower one
//!   went        blocks that it moved on from here
//! ```
//! A block that has to move gets all of the next octave if three quarters of those that came into its own went on, all of the one after that if so did
//! those of the next octave, and one more if nearly all did: 15 of 16. That is at most 16 times what was asked for, or 64 KiB. So nothing is given away
//! where blocks grow once and stay, and where they go on, four fifths of the moves and most of the copied bytes are saved. Every 16th move gives no more
//! than was asked for: it is how the counts learn that blocks have ceased to grow. Blocks beyond 64 KiB have a reserve instead (module `large`).
//!
//! Each CPU counts for itself, with plain loads and stores: a lost count does no harm. Threads without rseq give what they are asked for.

use core::sync::atomic::{AtomicU8, Ordering};

use super::size_class::UNIT;

/// log2 of the largest block that is counted, and one more.
const OCTAVES: usize = 17;
/// Fewer blocks than this tell nothing.
const ENOUGH: u8 = 8;
/// Moves between two that give exactly what is asked for.
const EXACT: u8 = 16;
/// For each octave more, how many of 16 blocks must have gone on.
const SHARES: [u32; 3] = [12, 12, 15];

/// What one CPU knows.
#[derive(Debug)]
pub struct Growth {
    came: [AtomicU8; OCTAVES],
    went: [AtomicU8; OCTAVES],
    moves: AtomicU8,
}

const fn octave(bytes: usize) -> usize {
    let log2 = (usize::BITS - bytes.saturating_sub(1).leading_zeros()) as usize;
    if log2 < OCTAVES { log2 } else { OCTAVES - 1 }
}

impl Growth {
    /// Nothing is known.
    pub const fn new() -> Self {
        Self {
            came: [const { AtomicU8::new(0) }; OCTAVES],
            went: [const { AtomicU8::new(0) }; OCTAVES],
            moves: AtomicU8::new(0),
        }
    }

    /// Whether at least `share` of 16 blocks went on from an octave.
    fn goes_on(&self, octave: usize, share: u32) -> bool {
        let [came, went] =
            [&self.came, &self.went].map(|counts| counts.get(octave).map_or(0, |count| count.load(Ordering::Relaxed)));
        came >= ENOUGH && u32::from(went) * 16 >= u32::from(came) * share
    }

    /// How long a block should be that grows to `size` bytes: `size`, or up to 16 times that.
    pub fn room(&self, size: usize) -> usize {
        let mut room = size;
        for share in SHARES {
            if room > UNIT / 2 || !self.goes_on(octave(room), share) {
                break; // also where the next power of two would be none
            }
            room = 2 * room.next_power_of_two();
        }
        room
    }

    /// Whether the next move is one of those that give no more than is asked for.
    pub fn be_exact(&self) -> bool {
        let moves = self.moves.load(Ordering::Relaxed).wrapping_add(1);
        self.moves.store(moves, Ordering::Relaxed);
        moves.is_multiple_of(EXACT)
    }

    /// A block of `from` bytes outgrew them, and has moved to one of `to` bytes.
    pub fn moved(&self, from: usize, to: usize) {
        let (from, to) = (octave(from), octave(to));
        if from < to {
            self.count(&self.went, from);
            self.count(&self.came, to);
        }
    }

    fn count(&self, counts: &[AtomicU8; OCTAVES], octave: usize) {
        let Some(count) = counts.get(octave) else { return };
        let now = count.load(Ordering::Relaxed);
        if now < u8::MAX {
            return count.store(now + 1, Ordering::Relaxed);
        }
        // What was long ago counts half.
        for count in [&self.came, &self.went].into_iter().filter_map(|counts| counts.get(octave)) {
            count.store(count.load(Ordering::Relaxed) / 2, Ordering::Relaxed);
        }
    }
}
