//! sys/mman.h: mappings, which are the kernel's, and shared memory by name, which is files under /dev/shm.

use core::ffi::{c_int, c_uint, c_void};

use super::kernel_calls::{cancellation_points, kernel_calls};
use crate::libc::errno;
use crate::libc::string::bytes;
use crate::sys::file::{self, AT_FDCWD};
use crate::sys::{Errno, call, dir};
use linux_raw_sys::general as raw;

type Address = *mut c_void;
const FAILED: Address = usize::MAX as Address;

cancellation_points! {
    c_int: msync(address: Address, size: usize, flags: c_int) = __NR_msync(address, size, flags);
}

kernel_calls! {
    c_int: munmap(address: Address, size: usize) = __NR_munmap(address, size);
    c_int: mprotect(address: Address, size: usize, protection: c_int) = __NR_mprotect(address, size, protection);
    c_int: madvise(address: Address, size: usize, advice: c_int) = __NR_madvise(address, size, advice);
    c_int: mincore(address: Address, size: usize, out: *mut u8) = __NR_mincore(address, size, out);
    c_int: mlock(address: *const c_void, size: usize) = __NR_mlock(address, size);
    c_int: mlock2(address: *const c_void, size: usize, flags: c_uint) = __NR_mlock2(address, size, flags);
    c_int: munlock(address: *const c_void, size: usize) = __NR_munlock(address, size);
    c_int: mlockall(flags: c_int) = __NR_mlockall(flags);
    c_int: munlockall() = __NR_munlockall();
}

fn address(result: Result<usize, Errno>) -> Address {
    match result {
        Ok(address) => address as Address,
        Err(e) => {
            errno::set(e);
            FAILED
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mmap(
    at: Address,
    size: usize,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    offset: i64,
) -> Address {
    if size > isize::MAX as usize {
        return address(Err(Errno::ENOMEM));
    }
    address(call!(__NR_mmap, at as usize, size, protection as usize, flags as usize, fd as usize, offset as usize))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mmap64(
    at: Address,
    size: usize,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    offset: i64,
) -> Address {
    mmap(at, size, protection, flags, fd, offset)
}

/// C's `...` is the new address, with MREMAP_FIXED.
#[unsafe(no_mangle)]
unsafe extern "C" fn mremap(at: Address, old: usize, new: usize, flags: c_int, to: Address) -> Address {
    if new > isize::MAX as usize {
        return address(Err(Errno::ENOMEM));
    }
    address(call!(__NR_mremap, at as usize, old, new, flags as usize, to as usize))
}

/// An error number, not -1. POSIX_MADV_DONTNEED must not lose anything, so it is ignored.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_madvise(at: Address, size: usize, advice: c_int) -> c_int {
    const DONTNEED: c_int = 4;
    if advice == DONTNEED {
        return 0;
    }
    call!(__NR_madvise, at as usize, size, advice as usize).map_or_else(|e| c_int::from(e.raw()), |_| 0)
}

/// `/dev/shm/name`: one component, with or without a slash before it.
unsafe fn shared_path(name: *const u8) -> Result<[u8; 272], Errno> {
    let mut name = bytes(name);
    while let [b'/', rest @ ..] = name {
        name = rest;
    }
    if name.is_empty() || name == b"." || name == b".." || name.contains(&b'/') {
        return Err(Errno::EINVAL);
    }
    if name.len() > 255 {
        return Err(Errno::ENAMETOOLONG);
    }
    let mut path = [0; 272];
    for (to, from) in path.iter_mut().zip(b"/dev/shm/".iter().chain(name)) {
        *to = *from;
    }
    Ok(path)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn shm_open(name: *const u8, flags: c_int, mode: c_uint) -> c_int {
    let flags = flags as u32 | raw::O_NOFOLLOW | raw::O_CLOEXEC | raw::O_NONBLOCK;
    errno::result(shared_path(name).and_then(|path| file::openat(AT_FDCWD, path.as_ptr(), flags, mode)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn shm_unlink(name: *const u8) -> c_int {
    errno::result(shared_path(name).and_then(|path| dir::unlinkat(AT_FDCWD, path.as_ptr(), 0)))
}
