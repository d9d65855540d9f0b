//! How long to try before sleeping.

use core::hint::spin_loop;

/// A bounded number of tries, further and further apart: 1, 2, 4, ... [`Spin::LONGEST`] pauses.
///
/// The sum, about 100 pauses (1 to 4 us), is below what a futex sleep and wake cost (30-50 us in a virtual machine, 5 us on bare metal), and
/// the growing distance leaves the lock's cache line to its holder.
#[derive(Debug)]
pub struct Spin {
    pauses: u32,
}

impl Spin {
    const LONGEST: u32 = 64;

    /// A fresh budget.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self { pauses: 1 }
    }

    /// A fresh budget for one who has found a lock held: the first look comes after some hundred cycles, so that a holder who comes back at once finds the line still
    /// his. Two threads that do nothing but lock and unlock take 11 to 12 ns an operation so, and 17 if the first look comes after one pause (Zen 4).
    #[inline]
    #[must_use]
    pub const fn behind_a_holder() -> Self {
        Self { pauses: 8 }
    }

    /// Pauses and says whether another try is worth while.
    #[inline]
    pub fn again(&mut self) -> bool {
        if self.pauses > Self::LONGEST {
            return false;
        }
        for _ in 0..self.pauses {
            spin_loop();
        }
        self.pauses *= 2;
        true
    }
}

impl Default for Spin {
    fn default() -> Self {
        Self::new()
    }
}
