//! Thread names: at most 15 bytes, as the kernel has them.

use super::{Control, current};
use crate::sys::{Errno, file, thread};

const LONGEST: usize = 15;

/// `/proc/self/task/<tid>/comm`, zero-terminated.
fn path(tid: u32) -> [u8; 40] {
    let mut path = [0; 40];
    let mut at = 0;
    let mut push = |bytes: &[u8]| {
        for &byte in bytes {
            if let Some(place) = path.get_mut(at) {
                *place = byte;
                at += 1;
            }
        }
    };
    push(b"/proc/self/task/");
    let mut digit = 1_000_000_000;
    while digit > 0 {
        if tid >= digit || digit == 1 {
            push(&[b'0' + (tid / digit % 10) as u8]);
        }
        digit /= 10;
    }
    push(b"/comm");
    path
}

/// Names a thread.
///
/// # Errors
/// ERANGE: longer than 15 bytes. For a thread other than the caller: what open(2) and write(2) say, ENOENT where there is no /proc.
pub fn set_name(control: &Control, name: &[u8]) -> Result<(), Errno> {
    if name.len() > LONGEST {
        return Err(Errno::ERANGE);
    }
    if core::ptr::eq(control, current()) {
        let mut bytes = [0; LONGEST + 1];
        for (to, from) in bytes.iter_mut().zip(name) {
            *to = *from;
        }
        return thread::set_name(&bytes);
    }
    const O_WRONLY_CLOEXEC: u32 = linux_raw_sys::general::O_WRONLY | linux_raw_sys::general::O_CLOEXEC;
    // SAFETY: zero-terminated by construction.
    let fd = unsafe { file::openat(file::AT_FDCWD, path(control.tid()).as_ptr(), O_WRONLY_CLOEXEC, 0) }?;
    let written = file::write(fd, name);
    let _ = file::close(fd); // the write's result is what counts
    written.map(drop)
}

/// A thread's name: zero-padded.
///
/// # Errors
/// For a thread other than the caller: what open(2) and read(2) say, ENOENT where there is no /proc.
pub fn name(control: &Control) -> Result<[u8; 16], Errno> {
    let mut bytes = [0; LONGEST + 1];
    if core::ptr::eq(control, current()) {
        thread::get_name(&mut bytes)?;
        return Ok(bytes);
    }
    const O_RDONLY_CLOEXEC: u32 = linux_raw_sys::general::O_RDONLY | linux_raw_sys::general::O_CLOEXEC;
    // SAFETY: zero-terminated by construction.
    let fd = unsafe { file::openat(file::AT_FDCWD, path(control.tid()).as_ptr(), O_RDONLY_CLOEXEC, 0) }?;
    let read = file::read(fd, &mut bytes);
    let _ = file::close(fd); // the read's result is what counts
    let len = read?;
    if let Some(last) = len.checked_sub(1).and_then(|last| bytes.get_mut(last)) {
        *last = 0; // the kernel ends it with a line feed
    }
    Ok(bytes)
}
