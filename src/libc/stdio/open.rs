//! Opening and closing streams: fopen, fdopen, freopen, fclose.

use core::ptr::null_mut;

use linux_raw_sys::general as raw;

use super::stream::{
    self, ALLOCATED, APPEND, ASK_TERMINAL, Backend, File, LINE, NO_READ, NO_WRITE, UNBUFFERED, UNGET, UNLISTED,
};
use super::{BUFSIZ, EOF, free, lock, malloc};
use crate::libc::errno;
use crate::sys::{Errno, descriptor, file};

const AT_END: u32 = stream::AT_END;
const FAILED: u32 = stream::FAILED;

/// A mode string: `r`, `w` or `a`, then any of `+`, `b`, `e`, `x`, `c`, `m`.
pub struct Mode {
    /// Flags of open(2).
    pub open: u32,
    /// Flags of the stream.
    pub stream: u32,
}

impl Mode {
    /// # Errors
    /// EINVAL: it begins with something else.
    pub unsafe fn parse(text: *const u8) -> Result<Mode, Errno> {
        let (mut open, mut stream) = match *text {
            b'r' => (raw::O_RDONLY, NO_WRITE),
            b'w' => (raw::O_WRONLY | raw::O_CREAT | raw::O_TRUNC, NO_READ),
            b'a' => (raw::O_WRONLY | raw::O_CREAT | raw::O_APPEND, NO_READ | APPEND),
            _ => return Err(Errno::EINVAL),
        };
        let mut at = text.wrapping_add(1);
        loop {
            match *at {
                0 | b',' => break, // `,ccs=`: there is one character set
                b'+' => {
                    open = open & !(raw::O_RDONLY | raw::O_WRONLY) | raw::O_RDWR;
                    stream &= !(NO_READ | NO_WRITE);
                }
                b'e' => open |= raw::O_CLOEXEC,
                b'x' => open |= raw::O_EXCL,
                _ => {} // b, c, m: nothing to do here
            }
            at = at.wrapping_add(1);
        }
        Ok(Mode { open, stream })
    }
}

/// A new linked stream with a buffer of its own, in one block; null with `errno` set.
pub unsafe fn allocate(flags: u32, fd: i32) -> *mut File {
    let file = malloc(size_of::<File>() + UNGET + BUFSIZ).cast::<File>();
    if file.is_null() {
        return errno::fail_null(Errno::ENOMEM);
    }
    file.write(File::new(flags | ALLOCATED | UNLISTED | ASK_TERMINAL, fd));
    (*file).buffer = file.wrapping_add(1).cast::<u8>().wrapping_add(UNGET);
    (*file).size = BUFSIZ;
    file
}

/// A new stream over a backend; null with `errno` set.
pub unsafe fn allocate_backend(flags: u32, backend: &'static Backend, context: *mut u8) -> *mut File {
    let file = allocate(flags, -1);
    if !file.is_null() {
        (*file).flags &= !ASK_TERMINAL;
        (*file).backend = Some(backend);
        (*file).context = context;
    }
    file
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fopen(path: *const u8, mode: *const u8) -> *mut File {
    let mode = match Mode::parse(mode) {
        Ok(mode) => mode,
        Err(e) => return errno::fail_null(e),
    };
    let fd = match file::openat(file::AT_FDCWD, path, mode.open | raw::O_LARGEFILE, 0o666) {
        Ok(fd) => fd,
        Err(e) => return errno::fail_null(e),
    };
    let stream = allocate(mode.stream, fd);
    if stream.is_null() {
        let _ = file::close(fd); // ENOMEM is what counts
    }
    stream
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fopen64(path: *const u8, mode: *const u8) -> *mut File {
    fopen(path, mode)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fdopen(fd: i32, mode: *const u8) -> *mut File {
    let checked = Mode::parse(mode).and_then(|mode| {
        let now = descriptor::control(fd, raw::F_GETFL, 0)?;
        let access = now & raw::O_ACCMODE;
        if access == raw::O_RDONLY && mode.stream & NO_WRITE == 0
            || access == raw::O_WRONLY && mode.stream & NO_READ == 0
        {
            return Err(Errno::EINVAL);
        }
        if mode.stream & APPEND != 0 && now & raw::O_APPEND == 0 {
            descriptor::control(fd, raw::F_SETFL, (now | raw::O_APPEND) as usize)?;
        }
        if mode.open & raw::O_CLOEXEC != 0 {
            descriptor::control(fd, raw::F_SETFD, raw::FD_CLOEXEC as usize)?;
        }
        Ok(mode)
    });
    match checked {
        Ok(mode) => allocate(mode.stream, fd),
        Err(e) => errno::fail_null(e),
    }
}

/// Flushes and closes what is under the stream; the stream itself stays. The lock is the caller's.
pub unsafe fn close_below(file: *mut File) -> i32 {
    let mut result = stream::drain(file);
    if !(*file).read_end.is_null() {
        stream::give_back(file);
    }
    let closed = match (*file).backend {
        None => errno::result(file::close((*file).fd)),
        Some(backend) => (backend.close)(file),
    };
    if closed != 0 {
        result = EOF;
    }
    let f = &mut *file;
    f.read_at = null_mut();
    f.read_end = null_mut();
    f.write_from = null_mut();
    f.write_at = null_mut();
    f.write_fast = null_mut();
    f.fd = -1;
    result
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fclose(file: *mut File) -> i32 {
    stream::unlink(file);
    let entered = lock::enter(&(*file).lock);
    let result = close_below(file);
    lock::leave(&(*file).lock, entered);
    if (*file).flags & ALLOCATED != 0 {
        free(file.cast());
    } else {
        (*file).flags |= NO_READ | NO_WRITE; // a standard stream: whoever uses it now gets EBADF
    }
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn freopen(path: *const u8, mode: *const u8, file: *mut File) -> *mut File {
    let entered = lock::enter(&(*file).lock);
    let result = reopen(path, mode, file);
    lock::leave(&(*file).lock, entered);
    match result {
        Ok(()) => file,
        Err(e) => {
            fclose(file);
            errno::fail_null(e)
        }
    }
}

unsafe fn reopen(path: *const u8, mode: *const u8, file: *mut File) -> Result<(), Errno> {
    let mode = Mode::parse(mode)?;
    let old = (*file).fd;
    // Without a path: the same file once more, in another mode.
    let mut own_path = *b"/proc/self/fd/\0\0\0\0\0\0\0\0\0\0\0\0";
    let path = if path.is_null() {
        if old < 0 {
            return Err(Errno::EBADF);
        }
        name_descriptor(&mut own_path, old);
        own_path.as_ptr()
    } else {
        path
    };
    stream::drain(file);
    let fresh = file::openat(file::AT_FDCWD, path, mode.open | raw::O_LARGEFILE, 0o666)?;
    let fd = if (*file).backend.is_some() || old < 0 {
        close_below(file);
        fresh
    } else {
        // The new file takes the old one's number: freopen(..., stdout) is how programs redirect themselves.
        let result = descriptor::duplicate_to(fresh, old, mode.open & raw::O_CLOEXEC);
        let _ = file::close(fresh); // a duplicate, or of no use
        result?;
        old
    };
    let f = &mut *file;
    f.backend = None;
    f.fd = fd;
    f.read_at = null_mut();
    f.read_end = null_mut();
    f.write_from = null_mut();
    f.write_at = null_mut();
    f.write_fast = null_mut();
    f.flags = f.flags & (ALLOCATED | UNBUFFERED | UNLISTED) & !(AT_END | FAILED | LINE) | mode.stream | ASK_TERMINAL;
    if f.flags & UNBUFFERED != 0 {
        f.flags &= !ASK_TERMINAL;
    }
    Ok(())
}

/// Writes the number behind "/proc/self/fd/".
fn name_descriptor(path: &mut [u8; 26], fd: i32) {
    let mut digits = [0_u8; 10];
    let mut rest = fd as u32;
    let mut count = 0;
    for digit in &mut digits {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        count += 1;
        if rest == 0 {
            break;
        }
    }
    for (to, from) in path.iter_mut().skip(14).zip(digits.iter().take(count).rev()) {
        *to = *from;
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn freopen64(path: *const u8, mode: *const u8, file: *mut File) -> *mut File {
    freopen(path, mode, file)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fcloseall() -> i32 {
    stream::flush_all(true)
}
