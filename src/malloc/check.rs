//! What happens to a program that frees what it may not: one line that names the address and the rule, then SIGABRT.

use crate::sys::process::abort_with;

/// Not a block's first byte: inside one, in unused memory, or nothing of ours.
#[cold]
pub fn not_a_block(pointer: usize) -> ! {
    abort_with("free(): ", pointer, " is not the start of a live block")
}

/// Freed a second time.
#[cold]
pub fn double_free(pointer: usize) -> ! {
    abort_with("free(): ", pointer, " was freed before: double free")
}
