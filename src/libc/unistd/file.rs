//! Files by descriptor: read, write, pipe, dup, seek, truncate; fcntl.h's open and fcntl; sys/uio.h; sys/file.h; sys/sendfile.h.
//!
//! C's `...` of open, fcntl and ioctl holds one argument of integer class: on both CPUs it arrives in the register that a named
//! argument would have.

use core::ffi::{c_int, c_long, c_uint, c_ulong, c_void};

use linux_raw_sys::general as raw;

use super::super::kernel_calls::{cancellation_points, kernel_calls};
use crate::libc::errno;
use crate::libc::string::check;
use crate::sys::file::AT_FDCWD;
use crate::sys::{Errno, call};
use crate::thread::cancel::cancellable;

type Path = *const u8;
type Bytes = *const c_void;

cancellation_points! {
    isize: read(fd: c_int, buffer: Bytes, n: usize) = __NR_read(fd, buffer, n);
    isize: write(fd: c_int, buffer: Bytes, n: usize) = __NR_write(fd, buffer, n);
    isize: pread(fd: c_int, buffer: Bytes, n: usize, at: i64) = __NR_pread64(fd, buffer, n, at);
    isize: pread64(fd: c_int, buffer: Bytes, n: usize, at: i64) = __NR_pread64(fd, buffer, n, at);
    isize: pwrite(fd: c_int, buffer: Bytes, n: usize, at: i64) = __NR_pwrite64(fd, buffer, n, at);
    isize: pwrite64(fd: c_int, buffer: Bytes, n: usize, at: i64) = __NR_pwrite64(fd, buffer, n, at);
    isize: readv(fd: c_int, pieces: Bytes, n: c_int) = __NR_readv(fd, pieces, n);
    isize: writev(fd: c_int, pieces: Bytes, n: c_int) = __NR_writev(fd, pieces, n);
    isize: preadv(fd: c_int, pieces: Bytes, n: c_int, at: i64) = __NR_preadv(fd, pieces, n, at, 0);
    isize: pwritev(fd: c_int, pieces: Bytes, n: c_int, at: i64) = __NR_pwritev(fd, pieces, n, at, 0);
    c_int: fsync(fd: c_int) = __NR_fsync(fd);
    c_int: fdatasync(fd: c_int) = __NR_fdatasync(fd);
    c_int: open(path: Path, flags: c_int, mode: c_uint) = __NR_openat(AT_FDCWD as isize, path, flags, mode);
    c_int: open64(path: Path, flags: c_int, mode: c_uint) = __NR_openat(AT_FDCWD as isize, path, flags, mode);
    c_int: openat(directory: c_int, path: Path, flags: c_int, mode: c_uint) = __NR_openat(directory, path, flags, mode);
    c_int: openat64(directory: c_int, path: Path, flags: c_int, mode: c_uint) = __NR_openat(directory, path, flags, mode);
    c_int: creat(path: Path, mode: c_uint) = __NR_openat(AT_FDCWD as isize, path, raw::O_CREAT | raw::O_WRONLY | raw::O_TRUNC, mode);
    c_int: creat64(path: Path, mode: c_uint) = __NR_openat(AT_FDCWD as isize, path, raw::O_CREAT | raw::O_WRONLY | raw::O_TRUNC, mode);
    c_int: sync_file_range(fd: c_int, at: i64, len: i64, flags: c_uint) = __NR_sync_file_range(fd, at, len, flags);
    isize: splice(from: c_int, from_at: *mut i64, to: c_int, to_at: *mut i64, n: usize, flags: c_uint)
        = __NR_splice(from, from_at, to, to_at, n, flags);
}

kernel_calls! {
    c_int: close_range(first: c_uint, last: c_uint, flags: c_int) = __NR_close_range(first, last, flags);
    c_int: dup(fd: c_int) = __NR_dup(fd);
    c_int: dup3(fd: c_int, to: c_int, flags: c_int) = __NR_dup3(fd, to, flags);
    c_int: pipe(fds: *mut c_int) = __NR_pipe2(fds, 0);
    c_int: pipe2(fds: *mut c_int, flags: c_int) = __NR_pipe2(fds, flags);
    i64: lseek(fd: c_int, offset: i64, whence: c_int) = __NR_lseek(fd, offset, whence);
    i64: lseek64(fd: c_int, offset: i64, whence: c_int) = __NR_lseek(fd, offset, whence);
    c_int: syncfs(fd: c_int) = __NR_syncfs(fd);
    c_int: ftruncate(fd: c_int, size: i64) = __NR_ftruncate(fd, size);
    c_int: ftruncate64(fd: c_int, size: i64) = __NR_ftruncate(fd, size);
    c_int: truncate(path: Path, size: i64) = __NR_truncate(path, size);
    c_int: truncate64(path: Path, size: i64) = __NR_truncate(path, size);
    c_int: flock(fd: c_int, operation: c_int) = __NR_flock(fd, operation);
    c_int: ioctl(fd: c_int, request: c_ulong, argument: c_ulong) = __NR_ioctl(fd, request, argument);
    c_int: fallocate(fd: c_int, mode: c_int, at: i64, len: i64) = __NR_fallocate(fd, mode, at, len);
    isize: readahead(fd: c_int, at: i64, n: usize) = __NR_readahead(fd, at, n);
    isize: copy_file_range(from: c_int, from_at: *mut i64, to: c_int, to_at: *mut i64, n: usize, flags: c_uint)
        = __NR_copy_file_range(from, from_at, to, to_at, n, flags);
    isize: sendfile(to: c_int, from: c_int, at: *mut i64, n: usize) = __NR_sendfile(to, from, at, n);
    isize: sendfile64(to: c_int, from: c_int, at: *mut i64, n: usize) = __NR_sendfile(to, from, at, n);
    c_int: memfd_create(name: Path, flags: c_uint) = __NR_memfd_create(name, flags);
    c_int: eventfd(count: c_uint, flags: c_int) = __NR_eventfd2(count, flags);
}

/// What [`read`] says of an eventfd, but 0 where all eight bytes came.
#[unsafe(no_mangle)]
unsafe extern "C" fn eventfd_read(fd: c_int, value: *mut u64) -> c_int {
    if read(fd, value.cast(), 8) == 8 { 0 } else { -1 }
}

/// What [`write`] says of an eventfd, but 0 where all eight bytes went.
#[unsafe(no_mangle)]
unsafe extern "C" fn eventfd_write(fd: c_int, value: u64) -> c_int {
    if write(fd, (&raw const value).cast(), 8) == 8 { 0 } else { -1 }
}

/// A cancellation point, but one that has always happened: the kernel closes the descriptor before it says EINTR.
#[unsafe(no_mangle)]
unsafe extern "C" fn close(fd: c_int) -> c_int {
    errno::point(Errno::check(crate::arch::cancel::call3(raw::__NR_close as usize, fd as usize, 0, 0)).map(drop))
}

/// A cancellation point if it waits for a lock.
#[unsafe(no_mangle)]
unsafe extern "C" fn fcntl(fd: c_int, command: c_int, argument: c_ulong) -> c_int {
    let (fd, number, argument) = (fd as usize, command as usize, argument as usize);
    let done = match command as c_uint {
        raw::F_SETLKW | raw::F_OFD_SETLKW => cancellable!(__NR_fcntl, fd, number, argument),
        _ => call!(__NR_fcntl, fd, number, argument),
    };
    errno::point(done.map(|value| value as c_int))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fcntl64(fd: c_int, command: c_int, argument: c_ulong) -> c_int {
    fcntl(fd, command, argument)
}

/// dup3 refuses two equal descriptors; dup2 gives them back if they are open.
#[unsafe(no_mangle)]
unsafe extern "C" fn dup2(fd: c_int, to: c_int) -> c_int {
    if fd == to {
        return if fcntl(fd, raw::F_GETFD as c_int, 0) < 0 { -1 } else { to };
    }
    dup3(fd, to, 0)
}

/// As the compiler calls it: without a mode, which O_CREAT would need.
#[unsafe(no_mangle)]
unsafe extern "C" fn __open_2(path: Path, flags: c_int) -> c_int {
    open(path, flags, 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __open64_2(path: Path, flags: c_int) -> c_int {
    open(path, flags, 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __openat_2(directory: c_int, path: Path, flags: c_int) -> c_int {
    openat(directory, path, flags, 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __read_chk(fd: c_int, buffer: Bytes, n: usize, room: usize) -> isize {
    check(n, room);
    read(fd, buffer, n)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __pread_chk(fd: c_int, buffer: Bytes, n: usize, at: i64, room: usize) -> isize {
    check(n, room);
    pread(fd, buffer, n, at)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __pread64_chk(fd: c_int, buffer: Bytes, n: usize, at: i64, room: usize) -> isize {
    __pread_chk(fd, buffer, n, at, room)
}

/// These two give back the error's number and leave errno alone.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_fadvise(fd: c_int, at: i64, len: i64, advice: c_int) -> c_int {
    let done = crate::sys::call!(__NR_fadvise64, fd as usize, at as usize, len as usize, advice as usize);
    done.map_or_else(|e| c_int::from(e.raw()), |_| 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn posix_fallocate(fd: c_int, at: i64, len: i64) -> c_int {
    let done = crate::sys::call!(__NR_fallocate, fd as usize, 0, at as usize, len as usize);
    done.map_or_else(|e| c_int::from(e.raw()), |_| 0)
}

/// System V's locks by size, on top of fcntl's.
#[unsafe(no_mangle)]
unsafe extern "C" fn lockf(fd: c_int, command: c_int, size: i64) -> c_int {
    const UNLOCK: c_int = 0;
    const LOCK: c_int = 1;
    const TRY: c_int = 2;
    const TEST: c_int = 3;
    let mut lock =
        raw::flock { l_type: raw::F_WRLCK as i16, l_whence: raw::SEEK_CUR as i16, l_start: 0, l_len: size, l_pid: 0 };
    let (kind, how) = match command {
        UNLOCK => (raw::F_UNLCK, raw::F_SETLK),
        LOCK => (raw::F_WRLCK, raw::F_SETLKW),
        TRY => (raw::F_WRLCK, raw::F_SETLK),
        TEST => (raw::F_RDLCK, raw::F_GETLK),
        _ => return errno::fail(Errno::EINVAL),
    };
    lock.l_type = kind as i16;
    let done = fcntl(fd, how as c_int, &raw mut lock as c_ulong);
    if command == TEST && done == 0 && lock.l_type != raw::F_UNLCK as i16 {
        return errno::fail(Errno::EACCES);
    }
    done
}

/// Any kernel call: the number first, then up to six arguments, of which the caller gives as many as the call has.
#[unsafe(no_mangle)]
unsafe extern "C" fn syscall(number: c_long, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> c_long {
    errno::result(Errno::check(crate::arch::syscall::syscall6(number as usize, a, b, c, d, e, f)))
}

/// A small buffer for paths under /proc/self/fd: `prefix`, the number, a zero.
pub(super) fn fd_path(fd: c_int) -> [u8; 32] {
    let mut path = [0; 32];
    let mut digits = [0_u8; 10];
    let (mut at, mut rest) = (digits.len(), fd.unsigned_abs());
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    for (to, from) in path.iter_mut().zip(b"/proc/self/fd/".iter().chain(&digits[at..])) {
        *to = *from;
    }
    path
}

const _: () = assert!(size_of::<raw::flock>() == 32);
