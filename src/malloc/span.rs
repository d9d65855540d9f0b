//! What is known about each unit of 64 KiB: one [`Span`] beside the units, not inside, so that free blocks' lines stay the user's.

use core::sync::atomic::AtomicUsize;

use crate::arch::ListNode;

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Not the first unit of anything; its class run, if any, starts at `head`. Fresh spans read as this.
    Inside = 0,
    /// First unit of a free run, in the page heap's bins.
    Free = 1,
    /// Last unit of a free run of more than one; the run starts at `head`.
    FreeEnd = 2,
    /// First unit of a run that is cut into blocks of one class.
    Class = 3,
    /// First unit of a run that is one block.
    Run = 4,
}

/// What a free run's memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Reads as zero.
    Clean = 0,
    /// Has been written to since the kernel gave it.
    Dirty = 1,
    /// Address space only: committing it may fail.
    Bare = 2,
}

/// Whether a large block is one of those that realloc makes longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Grows {
    /// It has the length that it was asked for with.
    No = 0,
    /// Not yet, but such blocks do ([`super::starts`]).
    Soon = 1,
    /// It has grown.
    Yes = 2,
}

/// A unit's description. The page heap's lock guards it, except in a class run: there the class's lock does; `bytes` and `grows` belong to the run's user.
#[repr(C)]
#[derive(Debug)]
pub struct Span {
    /// What this unit is.
    pub kind: Kind,
    /// Class run: the class, in every unit of it.
    pub class: u8,
    /// Free run: its memory.
    pub state: State,
    /// Class run: is in its class's list of runs with something to give.
    pub listed: bool,
    /// First unit: how many there are.
    pub units: u32,
    /// Where the run starts.
    pub head: u32,
    /// Neighbours in a list, as unit + 1; 0 is none.
    pub previous: u32,
    /// See `previous`.
    pub next: u32,
    /// Class run: blocks it has, blocks that were cut off so far (by bump), and cut ones that lie in `list`.
    /// `free <= carved <= blocks`; the run is empty when `free == carved`.
    pub blocks: u16,
    /// See `blocks`.
    pub carved: u16,
    /// See `blocks`.
    pub free: u16,
    /// Run: whether its block does.
    pub grows: Grows,
    /// Class run: its free blocks.
    pub list: *mut ListNode,
    /// Run: bytes that its user may use; 0 while it is parked.
    pub bytes: AtomicUsize,
}

const _: () = assert!(size_of::<Span>() == 48);
