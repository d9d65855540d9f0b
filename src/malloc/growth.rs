//! How far blocks grow: what realloc gives beyond what it is asked for, so that the next growth of the block is no copy.
//!
//! ```text
//!   octave    ... | 128 < bytes <= 256 | 256 < bytes <= 512 | ...
//!   came        blocks that realloc moved into this octave from a lower one
//!   went        blocks that it moved on from here
//! ```
//! A block that has to move gets all of the next octave if three quarters of those that came into its own went on, all of the one after that if so did
//! those of the next octave, and up to [`FAR`] more if nearly all did: 15 of 16. That is at most 64 times what was asked for, or 64 KiB. So nothing is given
//! away where blocks grow once and stay, and where they go on, nine tenths of the moves and most of the copied bytes are saved. Every 16th move
//! gives no more than was asked for: it is how the counts learn that blocks have ceased to grow. Then what follows from the counts is worked out, too.
//! Blocks beyond 64 KiB have a reserve instead (module `large`).
//!
//! Each CPU counts for itself, with plain loads and stores: a lost count does no harm. Threads without rseq give what they are asked for.

use core::sync::atomic::{AtomicU8, Ordering};

use super::size_class::UNIT;

/// log2 of the largest block that is counted, and one more.
const OCTAVES: usize = 17;
const _: () = assert!(1 << (OCTAVES - 1) == UNIT);
/// Fewer blocks than this tell nothing.
const ENOUGH: u8 = 8;
/// Moves between two that give exactly what is asked for.
const EXACT: u8 = 16;
/// How many of 16 blocks must have gone on from an octave, so that the next one is given, too.
const MOST: u32 = 12;
/// ... and that those after it are.
const NEARLY_ALL: u32 = 15;
/// Octaves that are given beyond the next two.
const FAR: usize = 3;

/// What one CPU knows.
#[derive(Debug)]
pub struct Growth {
    came: [AtomicU8; OCTAVES],
    went: [AtomicU8; OCTAVES],
    moves: AtomicU8,
    /// log2 of what a block gets that grows to a size of the octave; 0: what it asks for.
    rooms: [AtomicU8; OCTAVES],
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
            rooms: [const { AtomicU8::new(0) }; OCTAVES],
        }
    }

    /// Whether at least `share` of 16 blocks went on from an octave.
    fn goes_on(&self, octave: usize, share: u32) -> bool {
        let [came, went] =
            [&self.came, &self.went].map(|counts| counts.get(octave).map_or(0, |count| count.load(Ordering::Relaxed)));
        came >= ENOUGH && u32::from(went) * 16 >= u32::from(came) * share
    }

    /// How long a block should be that grows to `size` bytes: `size`, or up to 64 times that.
    #[inline]
    pub fn room(&self, size: usize) -> usize {
        match self.rooms.get(octave(size)).map_or(0, |room| room.load(Ordering::Relaxed)) {
            0 => size,
            log2 => size.max(1 << (log2 & 31)),
        }
    }

    /// Whether the next move is one of those that give no more than is asked for.
    #[inline]
    pub fn be_exact(&self) -> bool {
        let moves = self.moves.load(Ordering::Relaxed).wrapping_add(1);
        self.moves.store(moves, Ordering::Relaxed);
        if moves.is_multiple_of(EXACT) {
            self.work_out_rooms();
            return true;
        }
        false
    }

    #[cold]
    #[inline(never)]
    fn work_out_rooms(&self) {
        let mut far = [0; OCTAVES + 2]; // octaves in a row, from each on, that nearly all blocks went on from
        for (octave, room) in self.rooms.iter().enumerate().rev() {
            let go_on = |octave| self.goes_on(octave, MOST);
            far[octave] = if self.goes_on(octave, NEARLY_ALL) { 1 + far[octave + 1] } else { 0 };
            let more = match (go_on(octave), go_on(octave + 1)) {
                (false, _) => 0,
                (true, false) => 1,
                (true, true) => 2 + far[octave + 2].min(FAR),
            };
            let log2 = if more == 0 { 0 } else { (octave + more).min(OCTAVES - 1) };
            room.store(log2 as u8, Ordering::Relaxed);
        }
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
