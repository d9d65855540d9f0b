//! Where checked blocks lie: one reservation of chunks of 1 MiB. What is known about a block lies beside it, out of its reach.
//!
//! ```text
//!   chunk of a class   | Record of each slot | slot | slot | ...        slot:  zone .. block .. zone
//!   chunks of one      | no access .. zone | block | no access ..       the block ends at a page's end: running over it is a fault at once
//! ```
//! A block is named by its [`Id`]: a chunk and a slot, or the first chunk of a large one.

use core::ptr::null_mut;

use super::super::limits;
use super::super::size_class;
use crate::sys::memory::{self, Advice, MapFlags, Protection};

/// Bytes of a chunk.
pub const CHUNK: usize = 1 << 20;
const OS_PAGE: usize = 4096;
/// Slots of at most this many bytes share chunks: 64 KiB.
pub const LARGEST_SLOT: usize = 1 << 16;
/// Sizes of the reservation: the first that can be had.
const SIZES: [usize; 8] = [1 << 36, 1 << 34, 1 << 32, 1 << 30, 1 << 28, 1 << 26, 1 << 24, 1 << 22];

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Never used, or used again from now on.
    Free = 0,
    /// The user's.
    Live = 1,
    /// Freed, held back, full of poison.
    Quarantined = 2,
}

/// What is known about a slot. All zero is a free one.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// Number of the allocation.
    pub serial: u64,
    /// Bytes asked for; of a free slot: the next free one's id + 1, or 0.
    pub size: u32,
    /// From the slot's start to the block's, in sixteenths.
    pub offset: u16,
    /// See [`State`].
    pub state: State,
}

/// What is known about a large block, at the index of its first chunk.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Large {
    /// Number of the allocation.
    pub serial: u64,
    /// The block.
    pub block: usize,
    /// Bytes asked for.
    pub size: usize,
    /// First and last byte, + 1, of the pages with access.
    pub pages: (usize, usize),
    /// How many chunks it takes.
    pub chunks: u32,
    /// See [`State`].
    pub state: State,
}

/// A slot (chunk << 15 | slot) or a large block (bit 31 | chunk).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(pub u32);

const LARGE_BIT: u32 = 1 << 31;
const SLOT_BITS: u32 = 15;

/// Kinds of chunks, beside the classes' numbers.
const FREE: u8 = 0;
const LARGE_HEAD: u8 = 254;
const LARGE_REST: u8 = 255;

/// The reservation and its tables. All zero: not made yet.
pub struct Space {
    base: usize,
    chunks: usize,
    /// What each chunk is.
    kinds: *mut u8,
    larges: *mut Large,
    /// Where the next search for chunks starts.
    cursor: usize,
    /// id + 1 of each class's first free slot.
    free: [u32; size_class::COUNT],
}

/// Where an address lies.
pub enum Place {
    /// Outside, or where no block was ever.
    Nowhere,
    /// In a slot.
    Slot(Id),
    /// In the chunks of a large block.
    Large(Id),
}

/// Bytes of a class's chunk before its first slot, and its slots.
fn layout(class: usize) -> (usize, usize) {
    let slots = (CHUNK - 64) / (size_class::bytes(class) + size_of::<Record>());
    ((slots * size_of::<Record>()).next_multiple_of(64), slots)
}

impl Space {
    /// Nothing.
    pub const fn new() -> Self {
        Self { base: 0, chunks: 0, kinds: null_mut(), larges: null_mut(), cursor: 0, free: [0; size_class::COUNT] }
    }

    /// Reserves it, if that was not done yet; false if there is no address space.
    fn make(&mut self) -> bool {
        if self.chunks > 0 {
            return true;
        }
        let most = memory::address_space_limit() / 2;
        for size in SIZES {
            if size > most {
                continue;
            }
            let Ok(start) = memory::map(size + CHUNK, Protection::NONE, MapFlags::NORESERVE) else { continue };
            let chunks = size / CHUNK;
            let tables = chunks * (1 + size_of::<Large>()) + 64;
            let Ok(table) = memory::map(tables, Protection::READ_WRITE, MapFlags::NORESERVE) else { return false };
            self.base = (start as usize).next_multiple_of(CHUNK);
            self.larges = table.cast();
            self.kinds = table.wrapping_add(chunks * size_of::<Large>());
            self.chunks = chunks;
            return true;
        }
        false
    }

    fn kind(&self, chunk: usize) -> u8 {
        // SAFETY: callers pass chunks of the reservation.
        unsafe { *self.kinds.add(chunk) }
    }

    fn set_kind(&mut self, chunk: usize, kind: u8) {
        // SAFETY: as above.
        unsafe { *self.kinds.add(chunk) = kind };
    }

    fn address(&self, chunk: usize) -> usize {
        self.base + chunk * CHUNK
    }

    /// `wanted` free chunks in a row; the search goes on where the last one ended, so that addresses come back late.
    fn find(&mut self, wanted: usize) -> Option<usize> {
        for (from, to) in [(self.cursor, self.chunks), (0, self.chunks)] {
            let mut row = 0;
            for chunk in from..to {
                row = if self.kind(chunk) == FREE { row + 1 } else { 0 };
                if row == wanted {
                    self.cursor = chunk + 1;
                    return Some(chunk + 1 - wanted);
                }
            }
        }
        None
    }

    /// Gives a class a chunk; false if memory is short.
    fn grow(&mut self, class: usize) -> bool {
        if !self.make() || !limits::charge(CHUNK) {
            return false;
        }
        let Some(chunk) = self.find(1) else {
            limits::refund(CHUNK);
            return false;
        };
        // SAFETY: a free chunk of our own reservation.
        if unsafe { memory::protect(self.address(chunk) as *mut u8, CHUNK, Protection::READ_WRITE) }.is_err() {
            limits::refund(CHUNK);
            return false;
        }
        self.set_kind(chunk, class as u8);
        for slot in (0..layout(class).1).rev() {
            self.give(Id((chunk as u32) << SLOT_BITS | slot as u32));
        }
        true
    }

    /// A free slot of the class; None if memory is short.
    pub fn take(&mut self, class: usize) -> Option<Id> {
        if *self.free.get(class)? == 0 && !self.grow(class) {
            return None;
        }
        let first = self.free.get_mut(class)?;
        let id = Id(first.checked_sub(1)?);
        // SAFETY: the class's own free slot has a record.
        let next = unsafe { (*self.record(id)).size };
        *self.free.get_mut(class)? = next;
        Some(id)
    }

    /// Puts a slot back.
    pub fn give(&mut self, id: Id) {
        let class = self.class(id);
        let record = self.record(id);
        if let Some(first) = self.free.get_mut(class) {
            // SAFETY: the slot's own record.
            unsafe { *record = Record { serial: 0, size: *first, offset: 0, state: State::Free } };
            *first = id.0 + 1;
        }
    }

    /// Class of a slot.
    pub fn class(&self, id: Id) -> usize {
        self.kind((id.0 >> SLOT_BITS) as usize) as usize
    }

    /// A slot's record.
    pub fn record(&self, id: Id) -> *mut Record {
        let slot = (id.0 & ((1 << SLOT_BITS) - 1)) as usize;
        (self.address((id.0 >> SLOT_BITS) as usize) as *mut Record).wrapping_add(slot)
    }

    /// A slot's first byte and its bytes.
    pub fn slot(&self, id: Id) -> (*mut u8, usize) {
        let bytes = size_class::bytes(self.class(id));
        let slot = (id.0 & ((1 << SLOT_BITS) - 1)) as usize;
        let start = self.address((id.0 >> SLOT_BITS) as usize) + layout(self.class(id)).0 + slot * bytes;
        (start as *mut u8, bytes)
    }

    /// Whether an id names a large block.
    pub fn is_large(id: Id) -> bool {
        id.0 & LARGE_BIT != 0
    }

    /// A large block's record.
    pub fn large(&self, id: Id) -> *mut Large {
        self.larges.wrapping_add((id.0 & !LARGE_BIT) as usize)
    }

    /// Pages for a large block that ends where they end, as near as its alignment allows; None if memory is short.
    pub fn take_large(&mut self, size: usize, align: usize) -> Option<Id> {
        let align = align.max(16);
        let slack = if align > OS_PAGE { align } else { 0 };
        let whole = size.max(1).checked_next_multiple_of(align)?;
        let room = whole.checked_next_multiple_of(OS_PAGE)?;
        let chunks = room.checked_add(slack + 2 * OS_PAGE)?.div_ceil(CHUNK);
        if !self.make() {
            return None;
        }
        let chunk = self.find(chunks)?;
        let first = self.address(chunk) + OS_PAGE;
        let block = if align > OS_PAGE { first.next_multiple_of(align) } else { first + (room - whole) };
        let pages = (block & !(OS_PAGE - 1), (block + size.max(1)).next_multiple_of(OS_PAGE));
        if !limits::charge(pages.1 - pages.0) {
            return None;
        }
        // SAFETY: free chunks of our own reservation.
        if unsafe { memory::protect(pages.0 as *mut u8, pages.1 - pages.0, Protection::READ_WRITE) }.is_err() {
            limits::refund(pages.1 - pages.0);
            return None;
        }
        for rest in chunk..chunk + chunks {
            self.set_kind(rest, LARGE_REST);
        }
        self.set_kind(chunk, LARGE_HEAD);
        let id = Id(LARGE_BIT | chunk as u32);
        // SAFETY: the chunk's own record.
        unsafe { *self.large(id) = Large { serial: 0, block, size, pages, chunks: chunks as u32, state: State::Free } };
        Some(id)
    }

    /// Takes a large block's memory and access away; its addresses stay reserved until [`Space::give_large`].
    pub fn close_large(&mut self, id: Id) {
        // SAFETY: a large block's own record and pages, which its user has given up.
        unsafe {
            let (from, to) = (*self.large(id)).pages;
            let _ = memory::advise(from as *mut u8, to - from, Advice::DontNeed);
            let _ = memory::protect(from as *mut u8, to - from, Protection::NONE);
            limits::refund(to - from);
        }
    }

    /// Lets a closed large block's addresses be used again.
    pub fn give_large(&mut self, id: Id) {
        let first = (id.0 & !LARGE_BIT) as usize;
        // SAFETY: its own record.
        let chunks = unsafe {
            (*self.large(id)).state = State::Free;
            (*self.large(id)).chunks as usize
        };
        for chunk in first..first + chunks {
            self.set_kind(chunk, FREE);
        }
    }

    /// Which block's room an address lies in.
    pub fn place(&self, address: usize) -> Place {
        let mut chunk = address.wrapping_sub(self.base) / CHUNK;
        if chunk >= self.chunks {
            return Place::Nowhere;
        }
        match self.kind(chunk) {
            FREE => Place::Nowhere,
            LARGE_HEAD | LARGE_REST => {
                while self.kind(chunk) == LARGE_REST {
                    chunk -= 1;
                }
                Place::Large(Id(LARGE_BIT | chunk as u32))
            }
            class => {
                let (head, slots) = layout(class as usize);
                let slot = (address - self.address(chunk)).wrapping_sub(head) / size_class::bytes(class as usize);
                if slot >= slots { Place::Nowhere } else { Place::Slot(Id((chunk as u32) << SLOT_BITS | slot as u32)) }
            }
        }
    }

    /// Every block that was ever used, in the order of addresses.
    #[inline(never)]
    pub fn each(&self, action: &mut dyn FnMut(Id)) {
        for chunk in 0..self.chunks {
            match self.kind(chunk) {
                FREE | LARGE_REST => {}
                LARGE_HEAD => action(Id(LARGE_BIT | chunk as u32)),
                class => {
                    for slot in 0..layout(class as usize).1 {
                        action(Id((chunk as u32) << SLOT_BITS | slot as u32));
                    }
                }
            }
        }
    }
}
