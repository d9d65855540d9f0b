//! Who has rseq: the threads that are on a CPU ([`crate::sections`]).

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::sections::Fields;
use crate::sys::Errno;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Owned,
    Adopted,
    Unavailable(Errno),
}

/// A model runs in a process of its own, which has rseq or has not.
pub static UNAVAILABLE: AtomicBool = AtomicBool::new(false);

pub fn state() -> State {
    if UNAVAILABLE.load(Ordering::Relaxed) { State::Unavailable(Errno::ENOMEM) } else { State::Adopted }
}

pub fn fields() -> Fields {
    Fields
}

/// All that [`crate::sections`] asks for.
pub fn area_offset() -> isize {
    0
}

pub fn kept_area_offset() -> isize {
    0
}

pub fn kept_fields() -> Fields {
    Fields
}

pub fn find() {}

pub fn register_current_thread() -> Result<(), Errno> {
    unreachable!("not the owner of registrations")
}

#[derive(Debug)]
pub struct Area {
    pub cpu_id: AtomicU32,
    pub mm_cid: AtomicU32,
}

pub struct Features {
    pub mm_cid: bool,
}

pub fn features() -> Features {
    Features { mm_cid: true }
}
