//! The streams that are in use, and flushing them all.

use core::ptr::null_mut;

use super::super::lock::{self, Lock};
use super::{File, UNLISTED, drain, give_back};

struct List {
    lock: Lock,
    first: *mut File,
}

static mut LIST: List = List { lock: Lock::new(), first: null_mut() };

/// Adds a stream that enters a mode for the first time.
#[cold]
#[inline(never)]
pub unsafe fn link(file: *mut File) {
    (*file).flags &= !UNLISTED;
    crate::start::exit::set_flush_hook(at_exit);
    let list = &raw mut LIST;
    let entered = lock::enter(&(*list).lock);
    (*file).next = (*list).first;
    (*file).previous = null_mut();
    if !(*list).first.is_null() {
        (*(*list).first).previous = file;
    }
    (*list).first = file;
    lock::leave(&(*list).lock, entered);
}

/// Takes a stream out.
pub unsafe fn unlink(file: *mut File) {
    if (*file).flags & UNLISTED != 0 {
        return;
    }
    (*file).flags |= UNLISTED;
    let list = &raw mut LIST;
    let entered = lock::enter(&(*list).lock);
    if !(*file).previous.is_null() {
        (*(*file).previous).next = (*file).next;
    } else if (*list).first == file {
        (*list).first = (*file).next;
    }
    if !(*file).next.is_null() {
        (*(*file).next).previous = (*file).previous;
    }
    lock::leave(&(*list).lock, entered);
}

/// Writes a stream's pending output. A stream that waits for input, lock held, is left alone.
unsafe fn settle(file: *mut File, ending: bool) -> i32 {
    let f = &raw mut *file;
    if (*f).write_at == (*f).write_from && !(ending && (*f).read_at != (*f).read_end) {
        return 0;
    }
    let entered = lock::enter(&(*f).lock);
    let result = drain(file);
    if ending && !(*f).read_end.is_null() {
        give_back(file);
    }
    lock::leave(&(*f).lock, entered);
    result
}

/// Flushes every stream: 0, or EOF if output was refused somewhere. `ending`: unread input goes back to its file, too.
pub unsafe fn flush_all(ending: bool) -> i32 {
    let mut result = 0;
    let list = &raw mut LIST;
    let entered = lock::enter(&(*list).lock);
    let mut file = (*list).first;
    while !file.is_null() {
        result |= settle(file, ending);
        file = (*file).next;
    }
    lock::leave(&(*list).lock, entered);
    result
}

/// The last stage of an orderly exit.
pub fn at_exit() {
    // SAFETY: a stream is in the list as long as it exists.
    unsafe { flush_all(true) };
}
