//! A lock-free stack of numbered things that are never unmapped: the class's full magazines, and the empty ones.
//!
//! ```text
//!   top     generation << 32 | count << 17 | number of the top one, 0 is none
//!   link    of each thing, in its own memory: the number of the one below
//! ```
//! 1. push: link the new one to the top, exchange the top. pop: read the top's link, exchange the top for it.
//! 2. The generation, which every change raises, keeps an exchange from succeeding on a top that was away meanwhile and is back: its link is another by then.
//! 3. Who popped a thing has it alone, and sees what was written to it before it was pushed.
//!
//! Async-signal-safe. Price: one compare-and-exchange.
//!
//! Source: Treiber, "Systems programming: coping with parallelism", 1986.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::inject::{self, Point};

/// See the module.
#[derive(Debug)]
#[repr(align(64))]
pub struct Stack {
    top: AtomicU64,
    /// The lowest count since [`Stack::unused`] was asked; may miss a change that happens at the same moment.
    lowest: AtomicU32,
}

const NUMBER: u64 = (1 << 17) - 1;
/// The highest count that the word has room for: more are not counted. A class's stack is bounded far below.
const UNCOUNTED: u64 = (1 << 15) - 1;

/// The negative control lets the generation stay: the model finds a thing that two threads have.
const GENERATIONS: bool = cfg!(not(dacapo_broken = "stack_no_generation"));
/// The negative control publishes without order: the model finds contents that are not there yet.
const PUBLISH: Ordering =
    if cfg!(dacapo_broken = "stack_relaxed_push") { Ordering::Relaxed } else { Ordering::Release };

const fn word(before: u64, count: u64, number: u32) -> u64 {
    ((before >> 32).wrapping_add(GENERATIONS as u64) << 32) | (count << 17) | number as u64
}

const fn count_of(word: u64) -> u64 {
    (word >> 17) & UNCOUNTED
}

impl Stack {
    /// An empty one.
    pub const fn new() -> Self {
        Self { top: AtomicU64::new(0), lowest: AtomicU32::new(0) }
    }

    /// How many it has.
    #[inline(always)]
    pub fn count(&self) -> usize {
        count_of(self.top.load(Ordering::Relaxed)) as usize
    }

    /// How many nobody has needed since the last time this was asked.
    pub fn unused(&self) -> usize {
        let now = self.count();
        (self.lowest.swap(now as u32, Ordering::Relaxed) as usize).min(now)
    }

    /// Puts the caller's thing on top. `link` finds the link of a number.
    #[inline(always)]
    pub fn push<'a>(&self, number: u32, link: impl Fn(u32) -> &'a AtomicU32) {
        let mut top = self.top.load(Ordering::Relaxed);
        loop {
            link(number).store((top & NUMBER) as u32, Ordering::Relaxed);
            inject::delay(Point::StackPush);
            let new = word(top, (count_of(top) + 1).min(UNCOUNTED), number);
            // Release: pairs with the Acquire in `pop`.
            match self.top.compare_exchange_weak(top, new, PUBLISH, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => top = now,
            }
        }
    }

    /// Takes the one on top; 0 if there is none. `link` finds the link of a number, also of one that somebody else has just taken.
    #[inline(always)]
    pub fn pop<'a>(&self, link: impl Fn(u32) -> &'a AtomicU32) -> u32 {
        let mut top = self.top.load(Ordering::Acquire); // Acquire: pairs with `push`
        loop {
            let number = (top & NUMBER) as u32;
            if number == 0 {
                return 0;
            }
            let below = link(number).load(Ordering::Relaxed); // perhaps another's link by now: then the exchange fails
            inject::delay(Point::StackPop);
            let new = word(top, count_of(top).saturating_sub(1), below);
            match self.top.compare_exchange_weak(top, new, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => {
                    let left = count_of(new) as u32;
                    if left < self.lowest.load(Ordering::Relaxed) {
                        self.lowest.store(left, Ordering::Relaxed); // the line is ours at this moment
                    }
                    return number;
                }
                Err(now) => top = now,
            }
        }
    }
}
