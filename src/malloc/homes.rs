//! Stacks of magazines in four copies, so that what a CPU gives to the middle is most likely what it takes from there next: warm, and without another CPU's
//! hand on the line of the stack's top.
//!
//! A CPU's *home* is the copy that its index falls on. It gives there, and takes from there first, then from the others in turn.

use super::stack::Stack;
use crate::rseq;

/// Copies of every stack. A power of two.
pub const HOMES: usize = 4;

/// The same stack in each home. A home's `N` stacks lie together.
pub struct Homes<const N: usize>([[Stack; N]; HOMES]);

impl<const N: usize> Homes<N> {
    /// Empty ones.
    pub const fn new() -> Self {
        Self([const { [const { Stack::new() }; N] }; HOMES])
    }

    /// The copies of a stack, the current CPU's first.
    #[inline(always)]
    pub fn near_first(&self, number: usize) -> impl Iterator<Item = &Stack> {
        let home = rseq::fields().index() as usize; // a thread without an index, -1 or -2, is at home in one of the last two
        // SAFETY: the mask keeps the home inside, the callers the number: a class, or one of two kinds.
        (0..HOMES).map(move |turn| unsafe { self.0.get_unchecked((home ^ turn) & (HOMES - 1)).get_unchecked(number) })
    }

    /// The copies of a stack.
    pub fn all(&self, number: usize) -> impl Iterator<Item = &Stack> {
        // SAFETY: as above.
        self.0.iter().map(move |home| unsafe { home.get_unchecked(number) })
    }
}
