//! Magazines of two slots, laid out as the library's are, and the one lock behind which the middle knows where each of them is.

use loom::sync::{Mutex, MutexGuard};

use super::shim::Words;
use crate::words::AtomicUsize;

pub type Cursor = *mut usize;

pub const SLOTS: usize = 2;
/// How many magazines there are.
pub const COUNT: usize = 6;
/// Words before the first slot: the header and BOTTOM.
const BASE: usize = 2;
/// The word below the first slot and the one above the last.
const END: usize = 1;

#[repr(align(64))]
pub struct Magazine([AtomicUsize; 8]);
pub static ALL: [Magazine; COUNT] = [const { Magazine([const { AtomicUsize::new(END) }; 8]) }; COUNT];

static STUBS: [AtomicUsize; 4] = [const { AtomicUsize::new(END) }; 4];
pub const STOPPED: Cursor = STUBS[1].as_ptr();

pub fn none() -> Cursor {
    STUBS[3].as_ptr()
}

/// Where a magazine is that no thread has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Empty,
    Full,
    /// A thread has it, or a CPU's block.
    Out,
}

/// What no thread and no CPU has.
pub struct Middle {
    pub places: [Place; COUNT],
    pub full: Vec<usize>,
    pub loose: Vec<usize>,
}

loom::lazy_static! {
    static ref MIDDLE: Mutex<Middle> =
        Mutex::new(Middle { places: [Place::Empty; COUNT], full: Vec::new(), loose: Vec::new() });
}

pub fn middle() -> MutexGuard<'static, Middle> {
    MIDDLE.lock().expect("no panic")
}

impl Middle {
    /// Somebody gives a magazine away, which must be his.
    pub fn put(&mut self, cursor: Cursor, place: Place) {
        let number = number(cursor);
        assert_eq!(self.places[number], Place::Out, "magazine {number} is given back by two");
        self.places[number] = place;
    }

    pub fn acquire(&mut self) -> Cursor {
        let Some(number) = self.places.iter().position(|&place| place == Place::Empty) else {
            return std::ptr::null_mut();
        };
        self.places[number] = Place::Out;
        base(number)
    }
}

/// The cursor of magazine `number` when it is empty.
pub fn base(number: usize) -> Cursor {
    ALL[number].0[BASE].as_ptr()
}

/// Which magazine a cursor is in.
pub fn number(cursor: Cursor) -> usize {
    let number = (cursor.addr() - ALL.as_ptr().addr()) / size_of::<Magazine>();
    assert!(number < COUNT && is_sound(1, cursor));
    number
}

/// All empty, as they are before anything has begun; the middle knows of them when it is asked first.
pub fn reset() {
    for magazine in &ALL {
        magazine.0.as_ptr().expose_provenance();
        for (at, word) in magazine.0.iter().enumerate() {
            let first = if at == BASE - 1 || at == BASE + SLOTS { END } else { 0 };
            word.store(first, crate::words::Ordering::Relaxed);
        }
    }
    STUBS.as_ptr().expose_provenance();
}

/// Makes all words loom's.
pub fn touch() {
    for word in ALL.iter().flat_map(|magazine| &magazine.0[BASE - 1..=BASE + SLOTS]).chain(&STUBS) {
        word.load_here(crate::words::Ordering::Relaxed);
    }
    drop(middle());
}

/// A magazine that is in no CPU's block yet, with these blocks; before loom has begun.
pub fn filled(number: usize, blocks: &[usize]) -> Cursor {
    for (at, &block) in blocks.iter().enumerate() {
        ALL[number].0[BASE + at].store(block, crate::words::Ordering::Relaxed);
    }
    base(number).wrapping_add(blocks.len())
}

pub fn is_sound(_: usize, cursor: Cursor) -> bool {
    let offset = cursor.addr().wrapping_sub(ALL.as_ptr().addr());
    let slot = (offset % size_of::<Magazine>() / 8).wrapping_sub(BASE);
    cursor == none() || cursor == STOPPED || offset < size_of_val(&ALL) && slot <= SLOTS
}

pub fn is_empty(_: usize, cursor: Cursor) -> bool {
    cursor == none() || cursor == STOPPED || cursor == base(number(cursor))
}

pub fn len(class: usize, cursor: Cursor) -> usize {
    if is_empty(class, cursor) { 0 } else { (cursor.addr() - base(number(cursor)).addr()) / 8 }
}

/// The blocks of a magazine, which is the caller's.
pub fn blocks(class: usize, cursor: Cursor) -> Vec<usize> {
    // SAFETY: slots of the magazine.
    (1..=len(class, cursor)).rev().map(|below| unsafe { cursor.sub(below).look() }).collect()
}

/// An empty one; null if there is none.
pub fn acquire(_: usize) -> Cursor {
    middle().acquire()
}

/// # Safety
/// As in the library, which the model checks.
pub unsafe fn release(_: usize, cursor: Cursor) {
    if cursor != none() {
        middle().put(cursor, Place::Empty);
    }
}
