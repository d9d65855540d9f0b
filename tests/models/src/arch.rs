pub mod rseq {
    pub use crate::sections::*;
}

pub const CACHE_LINE: usize = 128;
/// The weaker machine: loom's memory orders neither.
pub const LOADS_PRECEDE_LATER_STORES: bool = false;
pub const LOADS_IN_ORDER: bool = false;

/// Malloc's sections, which are written by hand for each CPU.
pub mod heap {
    macro_rules! pop {
        (fn $name:ident; hot $hot:path) => {
            fn $name(slot: usize) -> *mut u8 {
                $crate::malloc::steps::pop($hot.table(), slot)
            }
        };
    }
    macro_rules! push {
        (fn $name:ident; hot $hot:path) => {
            unsafe fn $name(slot: usize, block: *mut u8) -> bool {
                $crate::malloc::steps::push($hot.table(), slot, block)
            }
        };
    }
    pub(crate) use {pop, push};
}

pub mod barrier {
    pub fn prefetch<T>(_: *const T) {}

    pub fn full() {
        loom::sync::atomic::fence(loom::sync::atomic::Ordering::SeqCst);
    }
}

pub mod tls {
    /// Tells threads from each other.
    pub fn thread_pointer() -> usize {
        crate::fence::number().map_or(usize::MAX, |number| number + 1)
    }
}

#[repr(C)]
#[derive(Debug)]
pub struct ArrayHeader {
    pub len: usize,
    pub capacity: usize,
}
