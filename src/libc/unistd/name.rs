//! Files by name: link, unlink, rename's neighbours, readlink, chdir, getcwd, access, owners; and the machine's name.

use core::ffi::{c_int, c_uint};
use core::ptr::null_mut;

use linux_raw_sys::general as raw;

use super::super::kernel_calls::kernel_calls;
use crate::libc::errno;
use crate::libc::string::{check, strlen};
use crate::sys::file::AT_FDCWD;
use crate::sys::{Errno, dir};

unsafe extern "C" {
    fn malloc(size: usize) -> *mut u8;
}

type Path = *const u8;
const HERE: isize = AT_FDCWD as isize;

kernel_calls! {
    c_int: unlink(path: Path) = __NR_unlinkat(HERE, path, 0);
    c_int: unlinkat(directory: c_int, path: Path, flags: c_int) = __NR_unlinkat(directory, path, flags);
    c_int: rmdir(path: Path) = __NR_unlinkat(HERE, path, raw::AT_REMOVEDIR);
    c_int: link(from: Path, to: Path) = __NR_linkat(HERE, from, HERE, to, 0);
    c_int: linkat(from_at: c_int, from: Path, to_at: c_int, to: Path, flags: c_int) = __NR_linkat(from_at, from, to_at, to, flags);
    c_int: symlink(target: Path, path: Path) = __NR_symlinkat(target, HERE, path);
    c_int: symlinkat(target: Path, directory: c_int, path: Path) = __NR_symlinkat(target, directory, path);
    isize: readlink(path: Path, buffer: *mut u8, size: usize) = __NR_readlinkat(HERE, path, buffer, size);
    isize: readlinkat(directory: c_int, path: Path, buffer: *mut u8, size: usize) = __NR_readlinkat(directory, path, buffer, size);
    c_int: chdir(path: Path) = __NR_chdir(path);
    c_int: fchdir(fd: c_int) = __NR_fchdir(fd);
    c_int: chroot(path: Path) = __NR_chroot(path);
    c_int: acct(path: Path) = __NR_acct(path);
    c_int: access(path: Path, mode: c_int) = __NR_faccessat(HERE, path, mode);
    c_int: euidaccess(path: Path, mode: c_int) = __NR_faccessat2(HERE, path, mode, raw::AT_EACCESS);
    c_int: eaccess(path: Path, mode: c_int) = __NR_faccessat2(HERE, path, mode, raw::AT_EACCESS);
    c_int: chown(path: Path, owner: c_uint, group: c_uint) = __NR_fchownat(HERE, path, owner, group, 0);
    c_int: lchown(path: Path, owner: c_uint, group: c_uint) = __NR_fchownat(HERE, path, owner, group, raw::AT_SYMLINK_NOFOLLOW);
    c_int: fchown(fd: c_int, owner: c_uint, group: c_uint) = __NR_fchown(fd, owner, group);
    c_int: fchownat(directory: c_int, path: Path, owner: c_uint, group: c_uint, flags: c_int)
        = __NR_fchownat(directory, path, owner, group, flags);
    c_int: sethostname(name: Path, size: usize) = __NR_sethostname(name, size);
    c_int: uname(out: *mut linux_raw_sys::system::new_utsname) = __NR_uname(out);
    c_int: sysinfo(out: *mut u8) = __NR_sysinfo(out);
}

/// faccessat(2) itself knows no flags; where there are any, the newer call.
#[unsafe(no_mangle)]
unsafe extern "C" fn faccessat(directory: c_int, path: Path, mode: c_int, flags: c_int) -> c_int {
    let done = if flags == 0 {
        crate::sys::call!(__NR_faccessat, directory as usize, path as usize, mode as usize)
    } else {
        crate::sys::call!(__NR_faccessat2, directory as usize, path as usize, mode as usize, flags as usize)
    };
    errno::result(done.map(drop))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sync() {
    let _ = crate::sys::call!(__NR_sync); // it cannot fail
}

/// With a null buffer, allocates one: of `size` bytes, or as long as needed.
#[unsafe(no_mangle)]
unsafe extern "C" fn getcwd(buffer: *mut u8, size: usize) -> *mut u8 {
    const PATH_MAX: usize = 4096;
    if !buffer.is_null() {
        if size == 0 {
            return errno::fail_null(Errno::EINVAL);
        }
        return match dir::getcwd(core::slice::from_raw_parts_mut(buffer, size)) {
            Ok(_) => buffer,
            Err(e) => errno::fail_null(e),
        };
    }
    let mut path = [0_u8; PATH_MAX];
    let len = match dir::getcwd(&mut path) {
        Ok(len) => len,
        Err(e) => return errno::fail_null(e),
    };
    if size != 0 && len > size {
        return errno::fail_null(Errno::ERANGE);
    }
    let copy = malloc(if size == 0 { len } else { size });
    if copy.is_null() {
        return errno::fail_null(Errno::ENOMEM);
    }
    copy.copy_from_nonoverlapping(path.as_ptr(), len);
    copy
}

#[unsafe(no_mangle)]
unsafe extern "C" fn get_current_dir_name() -> *mut u8 {
    getcwd(null_mut(), 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __getcwd_chk(buffer: *mut u8, size: usize, room: usize) -> *mut u8 {
    check(size, room);
    getcwd(buffer, size)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __readlink_chk(path: Path, buffer: *mut u8, size: usize, room: usize) -> isize {
    check(size, room);
    readlink(path, buffer, size)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn gethostname(name: *mut u8, size: usize) -> c_int {
    let mut all = core::mem::MaybeUninit::<linux_raw_sys::system::new_utsname>::uninit();
    if uname(all.as_mut_ptr()) < 0 {
        return -1;
    }
    let node = (&raw const (*all.as_ptr()).nodename).cast::<u8>();
    let len = strlen(node) + 1;
    name.copy_from_nonoverlapping(node, len.min(size));
    if len > size { errno::fail(Errno::ENAMETOOLONG) } else { 0 }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getdomainname(name: *mut u8, size: usize) -> c_int {
    let mut all = core::mem::MaybeUninit::<linux_raw_sys::system::new_utsname>::uninit();
    if uname(all.as_mut_ptr()) < 0 {
        return -1;
    }
    let domain = (&raw const (*all.as_ptr()).domainname).cast::<u8>();
    let len = strlen(domain) + 1;
    name.copy_from_nonoverlapping(domain, len.min(size));
    if len > size { errno::fail(Errno::EINVAL) } else { 0 }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn gethostid() -> core::ffi::c_long {
    0
}
