//! dirent.h: reading folders. A stream is one allocation: its state and the buffer that the kernel fills.

use core::ffi::{c_int, c_long};
use core::ptr::null_mut;

use linux_raw_sys::general as raw;

use crate::libc::errno;
use crate::sys::file::{self, AT_FDCWD};
use crate::sys::{Errno, dir};

const BUFFER: usize = 32768;

/// `DIR`. Entries lie in `buffer[at..end]`; both are 0 before the first read.
#[repr(C)]
pub struct Stream {
    fd: c_int,
    at: usize,
    end: usize,
    /// The kernel's cookie for the entry after the last one given out.
    position: i64,
    buffer: Aligned,
}

#[repr(C, align(8))]
struct Aligned([u8; BUFFER]);

/// `struct dirent`, which is the kernel's `struct linux_dirent64`; the name ends with a zero.
#[repr(C)]
pub struct Entry {
    inode: u64,
    next: i64,
    length: u16,
    kind: u8,
    name: [u8; 256],
}

unsafe extern "C" {
    fn malloc(size: usize) -> *mut u8;
    fn realloc(block: *mut u8, size: usize) -> *mut u8;
    fn free(block: *mut u8);
    fn qsort(base: *mut u8, n: usize, size: usize, compare: *const core::ffi::c_void);
    fn strcmp(a: *const u8, b: *const u8) -> c_int;
    fn strverscmp(a: *const u8, b: *const u8) -> c_int;
    fn fcntl(fd: c_int, command: c_int, argument: usize) -> c_int;
}

unsafe fn stream(fd: c_int) -> Result<*mut Stream, Errno> {
    let stream = malloc(size_of::<Stream>()).cast::<Stream>();
    if stream.is_null() {
        return Err(Errno::ENOMEM);
    }
    (&raw mut (*stream).fd).write(fd);
    (&raw mut (*stream).at).write(0);
    (&raw mut (*stream).end).write(0);
    (&raw mut (*stream).position).write(0);
    Ok(stream)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn opendir(path: *const u8) -> *mut Stream {
    let opened = || {
        let fd = file::openat(AT_FDCWD, path, raw::O_DIRECTORY | raw::O_CLOEXEC, 0)?;
        stream(fd).inspect_err(|_| {
            let _ = file::close(fd); // nothing was written
        })
    };
    errno::pointer(opened())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fdopendir(fd: c_int) -> *mut Stream {
    let found = match crate::sys::stat::fstatat(fd, c"".as_ptr().cast(), raw::AT_EMPTY_PATH) {
        Ok(found) => found,
        Err(e) => return errno::fail_null(e),
    };
    if found.mode() & raw::S_IFMT != raw::S_IFDIR {
        return errno::fail_null(Errno::ENOTDIR);
    }
    fcntl(fd, raw::F_SETFD as c_int, raw::FD_CLOEXEC as usize);
    errno::pointer(stream(fd))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn closedir(stream: *mut Stream) -> c_int {
    let fd = (*stream).fd;
    free(stream.cast());
    errno::result(file::close(fd))
}

/// The next entry, which the next call overwrites; null at the end, with errno untouched.
#[unsafe(no_mangle)]
unsafe extern "C" fn readdir(stream: *mut Stream) -> *mut Entry {
    let stream = &mut *stream;
    if stream.at >= stream.end {
        match dir::entries(stream.fd, &mut stream.buffer.0) {
            Ok(0) => return null_mut(),
            // The folder itself was removed: it has no entries any more.
            Err(Errno::ENOENT) => return null_mut(),
            Err(e) => return errno::fail_null(e),
            Ok(end) => (stream.at, stream.end) = (0, end),
        }
    }
    let entry = stream.buffer.0.as_mut_ptr().add(stream.at).cast::<Entry>();
    stream.at += usize::from((*entry).length);
    stream.position = (*entry).next;
    entry
}

#[unsafe(no_mangle)]
unsafe extern "C" fn readdir64(stream: *mut Stream) -> *mut Entry {
    readdir(stream)
}

/// An error number; the entry is copied.
#[unsafe(no_mangle)]
unsafe extern "C" fn readdir_r(stream: *mut Stream, to: *mut Entry, result: *mut *mut Entry) -> c_int {
    let saved = errno::get();
    errno::restore(0);
    let entry = readdir(stream);
    let e = errno::get();
    errno::restore(saved);
    *result = null_mut();
    if entry.is_null() {
        return e;
    }
    to.cast::<u8>().copy_from_nonoverlapping(entry.cast(), usize::from((*entry).length).min(size_of::<Entry>()));
    *result = to;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn seekdir(stream: *mut Stream, position: c_long) {
    let _ = file::seek((*stream).fd, position, raw::SEEK_SET); // seekdir has no way to fail
    ((*stream).at, (*stream).end, (*stream).position) = (0, 0, position);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rewinddir(stream: *mut Stream) {
    seekdir(stream, 0);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn telldir(stream: *mut Stream) -> c_long {
    (*stream).position
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dirfd(stream: *mut Stream) -> c_int {
    (*stream).fd
}

/// All entries that `keep` wants, each allocated, sorted; how many.
#[unsafe(no_mangle)]
unsafe extern "C" fn scandir(
    path: *const u8,
    list: *mut *mut *mut Entry,
    keep: Option<unsafe extern "C" fn(*const Entry) -> c_int>,
    compare: *const core::ffi::c_void,
) -> c_int {
    let stream = opendir(path);
    if stream.is_null() {
        return -1;
    }
    let saved = errno::get();
    errno::restore(0);
    let (mut entries, mut n, mut room) = (null_mut::<*mut Entry>(), 0_usize, 0_usize);
    loop {
        let entry = readdir(stream);
        if entry.is_null() {
            break;
        }
        if keep.is_some_and(|keep| keep(entry) == 0) {
            continue;
        }
        if n == room {
            room = (2 * room).max(16);
            let grown = realloc(entries.cast(), room * size_of::<*mut Entry>()).cast::<*mut Entry>();
            if grown.is_null() {
                errno::set(Errno::ENOMEM);
                break;
            }
            entries = grown;
        }
        let copy = malloc(usize::from((*entry).length)).cast::<Entry>();
        if copy.is_null() {
            errno::set(Errno::ENOMEM);
            break;
        }
        copy.cast::<u8>().copy_from_nonoverlapping(entry.cast(), usize::from((*entry).length));
        *entries.add(n) = copy;
        n += 1;
    }
    let e = errno::get();
    closedir(stream);
    if e != 0 {
        for i in 0..n {
            free((*entries.add(i)).cast());
        }
        free(entries.cast());
        errno::restore(e);
        return -1;
    }
    errno::restore(saved);
    if !compare.is_null() && n > 1 {
        qsort(entries.cast(), n, size_of::<*mut Entry>(), compare);
    }
    *list = entries;
    n as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn alphasort(a: *const *const Entry, b: *const *const Entry) -> c_int {
    strcmp((&raw const (**a).name).cast(), (&raw const (**b).name).cast())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn versionsort(a: *const *const Entry, b: *const *const Entry) -> c_int {
    strverscmp((&raw const (**a).name).cast(), (&raw const (**b).name).cast())
}
