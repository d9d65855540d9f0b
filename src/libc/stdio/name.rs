//! Files by name: remove, rename, tmpfile, tmpnam, and perror.

use linux_raw_sys::general as raw;

use super::open::allocate;
use super::stream::{self, File, standard_error};
use super::{lock, strlen};
use crate::libc::errno;
use crate::sys::file::AT_FDCWD;
use crate::sys::{Errno, file, path, random};

unsafe extern "C" {
    fn strerror(number: i32) -> *const u8;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn remove(name: *const u8) -> i32 {
    match path::unlink(name, 0) {
        Err(Errno::EISDIR) => errno::result(path::unlink(name, raw::AT_REMOVEDIR)),
        other => errno::result(other),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const u8, to: *const u8) -> i32 {
    renameat(AT_FDCWD, from, AT_FDCWD, to)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn renameat(from_directory: i32, from: *const u8, to_directory: i32, to: *const u8) -> i32 {
    errno::result(path::rename(from_directory, from, to_directory, to, 0))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn renameat2(from_dir: i32, from: *const u8, to_dir: i32, to: *const u8, flags: u32) -> i32 {
    errno::result(path::rename(from_dir, from, to_dir, to, flags))
}

/// `L_tmpnam`.
const NAME_SIZE: usize = 20;
/// `TMP_MAX`.
const TRIES: u32 = 238_328;
const TEMPLATE: [u8; NAME_SIZE] = *b"/tmp/fileXXXXXX\0\0\0\0\0";

/// A name that did not exist when it was looked for, in `name`.
unsafe fn fresh_name(name: *mut u8) -> Result<(), Errno> {
    const LETTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    for _ in 0..TRIES {
        let mut noise = [0_u8; 8];
        random::getrandom(&mut noise, 0)?;
        let mut noise = u64::from_ne_bytes(noise);
        name.cast::<[u8; NAME_SIZE]>().write_unaligned(TEMPLATE);
        for place in 9..15 {
            *name.wrapping_add(place) = LETTERS[(noise % 62) as usize];
            noise /= 62;
        }
        if path::access(name, 0) == Err(Errno::ENOENT) {
            return Ok(());
        }
    }
    Err(Errno::EEXIST)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn tmpnam(name: *mut u8) -> *mut u8 {
    static mut OWN: [u8; NAME_SIZE] = [0; NAME_SIZE];
    let name = if name.is_null() { (&raw mut OWN).cast() } else { name };
    match fresh_name(name) {
        Ok(()) => name,
        Err(e) => errno::fail_null(e),
    }
}

unsafe fn open_unnamed() -> Result<i32, Errno> {
    let flags = raw::O_RDWR | raw::O_EXCL | raw::O_LARGEFILE;
    match file::openat(AT_FDCWD, c"/tmp".as_ptr().cast(), flags | raw::O_TMPFILE, 0o600) {
        Err(Errno::EISDIR | Errno::EOPNOTSUPP | Errno::ENOENT | Errno::EINVAL) => {} // that file system cannot
        other => return other,
    }
    loop {
        let mut name = [0_u8; NAME_SIZE];
        fresh_name(name.as_mut_ptr())?;
        match file::openat(AT_FDCWD, name.as_ptr(), flags | raw::O_CREAT, 0o600) {
            Err(Errno::EEXIST) => {}
            Ok(fd) => {
                let _ = path::unlink(name.as_ptr(), 0); // the file lives as long as the descriptor
                return Ok(fd);
            }
            Err(e) => return Err(e),
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn tmpfile() -> *mut File {
    let fd = match open_unnamed() {
        Ok(fd) => fd,
        Err(e) => return errno::fail_null(e),
    };
    let stream = allocate(0, fd);
    if stream.is_null() {
        let _ = file::close(fd); // ENOMEM is what counts
    }
    stream
}

#[unsafe(no_mangle)]
unsafe extern "C" fn tmpfile64() -> *mut File {
    tmpfile()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn perror(what: *const u8) {
    let reason = strerror(errno::get());
    let file = standard_error();
    let entered = lock::enter(&(*file).lock);
    // One piece after the other into a line of its own, so that it reaches a shared terminal in one write.
    let mut line = [0_u8; 256];
    let mut len = 0;
    let mut add = |text: *const u8, count: usize| {
        if count > line.len() - len {
            stream::write(file, line.as_ptr(), len);
            len = 0;
        }
        if count > line.len() {
            stream::write(file, text, count);
            return;
        }
        core::ptr::copy_nonoverlapping(text, line.as_mut_ptr().wrapping_add(len), count);
        len += count;
    };
    if !what.is_null() && *what != 0 {
        add(what, strlen(what));
        add(b": ".as_ptr(), 2);
    }
    add(reason, strlen(reason));
    add(b"\n".as_ptr(), 1);
    stream::write(file, line.as_ptr(), len);
    lock::leave(&(*file).lock, entered);
}
