//! sys/stat.h, utime.h, sys/statfs.h, sys/statvfs.h: what files are, and changing it.
//!
//! The kernel's `struct stat` and `struct statfs` are C's on both CPUs.

use core::ffi::{c_int, c_uint, c_ulong, c_void};

use linux_raw_sys::general as raw;

use super::kernel_calls::kernel_calls;
use crate::libc::errno;
use crate::sys::file::AT_FDCWD;
use crate::sys::time::Timespec;
use crate::sys::{Errno, call};

type Path = *const u8;
type Out = *mut c_void;
const HERE: isize = AT_FDCWD as isize;

kernel_calls! {
    c_int: stat(path: Path, out: Out) = __NR_newfstatat(HERE, path, out, 0);
    c_int: stat64(path: Path, out: Out) = __NR_newfstatat(HERE, path, out, 0);
    c_int: lstat(path: Path, out: Out) = __NR_newfstatat(HERE, path, out, raw::AT_SYMLINK_NOFOLLOW);
    c_int: lstat64(path: Path, out: Out) = __NR_newfstatat(HERE, path, out, raw::AT_SYMLINK_NOFOLLOW);
    c_int: fstat(fd: c_int, out: Out) = __NR_fstat(fd, out);
    c_int: fstat64(fd: c_int, out: Out) = __NR_fstat(fd, out);
    c_int: fstatat(directory: c_int, path: Path, out: Out, flags: c_int) = __NR_newfstatat(directory, path, out, flags);
    c_int: fstatat64(directory: c_int, path: Path, out: Out, flags: c_int) = __NR_newfstatat(directory, path, out, flags);
    c_int: chmod(path: Path, mode: c_uint) = __NR_fchmodat(HERE, path, mode);
    c_int: fchmod(fd: c_int, mode: c_uint) = __NR_fchmod(fd, mode);
    c_int: mkdir(path: Path, mode: c_uint) = __NR_mkdirat(HERE, path, mode);
    c_int: mkdirat(directory: c_int, path: Path, mode: c_uint) = __NR_mkdirat(directory, path, mode);
    c_int: mkfifo(path: Path, mode: c_uint) = __NR_mknodat(HERE, path, mode | raw::S_IFIFO, 0);
    c_int: mkfifoat(directory: c_int, path: Path, mode: c_uint) = __NR_mknodat(directory, path, mode | raw::S_IFIFO, 0);
    c_int: mknod(path: Path, mode: c_uint, device: c_ulong) = __NR_mknodat(HERE, path, mode, device);
    c_int: mknodat(directory: c_int, path: Path, mode: c_uint, device: c_ulong) = __NR_mknodat(directory, path, mode, device);
    c_int: umask(mask: c_uint) = __NR_umask(mask);
    c_int: utimensat(directory: c_int, path: Path, times: *const [Timespec; 2], flags: c_int)
        = __NR_utimensat(directory, path, times, flags);
    c_int: futimens(fd: c_int, times: *const [Timespec; 2]) = __NR_utimensat(fd, 0, times, 0);
    c_int: statfs(path: Path, out: Out) = __NR_statfs(path, out);
    c_int: statfs64(path: Path, out: Out) = __NR_statfs(path, out);
    c_int: fstatfs(fd: c_int, out: Out) = __NR_fstatfs(fd, out);
    c_int: fstatfs64(fd: c_int, out: Out) = __NR_fstatfs(fd, out);
    c_int: mount(source: Path, target: Path, kind: Path, flags: c_ulong, data: Path) = __NR_mount(source, target, kind, flags, data);
    c_int: umount2(target: Path, flags: c_int) = __NR_umount2(target, flags);
    c_int: umount(target: Path) = __NR_umount2(target, 0);
}

/// fchmodat(2) knows no flags; the newer call does.
#[unsafe(no_mangle)]
unsafe extern "C" fn fchmodat(directory: c_int, path: Path, mode: c_uint, flags: c_int) -> c_int {
    let done = if flags == 0 {
        call!(__NR_fchmodat, directory as usize, path as usize, mode as usize)
    } else {
        call!(__NR_fchmodat2, directory as usize, path as usize, mode as usize, flags as usize)
    };
    let done = if done == Err(Errno::ENOSYS) { Err(Errno::EOPNOTSUPP) } else { done };
    errno::result(done.map(drop))
}

unsafe fn set_times(directory: isize, path: Path, micros: *const [[i64; 2]; 2], flags: u32) -> c_int {
    if micros.is_null() {
        return errno::result(call!(__NR_utimensat, directory as usize, path as usize, 0, flags as usize).map(drop));
    }
    let mut times = [Timespec::default(); 2];
    for (time, [seconds, micros]) in times.iter_mut().zip(*micros) {
        if !(0..1_000_000).contains(&micros) {
            return errno::fail(Errno::EINVAL);
        }
        *time = Timespec { seconds, nanos: micros * 1000 };
    }
    errno::result(
        call!(__NR_utimensat, directory as usize, path as usize, times.as_ptr() as usize, flags as usize).map(drop),
    )
}

#[unsafe(no_mangle)]
unsafe extern "C" fn utimes(path: Path, times: *const [[i64; 2]; 2]) -> c_int {
    set_times(HERE, path, times, 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn lutimes(path: Path, times: *const [[i64; 2]; 2]) -> c_int {
    set_times(HERE, path, times, raw::AT_SYMLINK_NOFOLLOW)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn futimes(fd: c_int, times: *const [[i64; 2]; 2]) -> c_int {
    set_times(fd as isize, core::ptr::null(), times, 0)
}

/// `times`: access and modification, in seconds.
#[unsafe(no_mangle)]
unsafe extern "C" fn utime(path: Path, times: *const [i64; 2]) -> c_int {
    if times.is_null() {
        return set_times(HERE, path, core::ptr::null(), 0);
    }
    let [access, modification] = *times;
    set_times(HERE, path, &[[access, 0], [modification, 0]], 0)
}

/// `struct statvfs`: POSIX's view of statfs.
#[repr(C)]
struct Statvfs {
    block_size: c_ulong,
    fragment_size: c_ulong,
    counts: [u64; 6],
    id: c_ulong,
    flags: c_ulong,
    longest_name: c_ulong,
    spare: [c_int; 6],
}

const _: () = assert!(size_of::<Statvfs>() == 112);

unsafe fn posix_view(statfs: &raw::statfs, out: *mut Statvfs) {
    const ST_VALID: c_ulong = 0x20;
    let fragment = if statfs.f_frsize == 0 { statfs.f_bsize } else { statfs.f_frsize };
    let id = (&raw const statfs.f_fsid).cast::<c_ulong>().read_unaligned();
    *out = Statvfs {
        block_size: statfs.f_bsize as c_ulong,
        fragment_size: fragment as c_ulong,
        counts: [
            statfs.f_blocks as u64,
            statfs.f_bfree as u64,
            statfs.f_bavail as u64,
            statfs.f_files as u64,
            statfs.f_ffree as u64,
            statfs.f_ffree as u64,
        ],
        id,
        flags: statfs.f_flags as c_ulong & !ST_VALID,
        longest_name: statfs.f_namelen as c_ulong,
        spare: [0; 6],
    };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn statvfs(path: Path, out: *mut Statvfs) -> c_int {
    let mut kernel = core::mem::MaybeUninit::<raw::statfs>::zeroed();
    if statfs(path, kernel.as_mut_ptr().cast()) < 0 {
        return -1;
    }
    posix_view(&kernel.assume_init(), out);
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fstatvfs(fd: c_int, out: *mut Statvfs) -> c_int {
    let mut kernel = core::mem::MaybeUninit::<raw::statfs>::zeroed();
    if fstatfs(fd, kernel.as_mut_ptr().cast()) < 0 {
        return -1;
    }
    posix_view(&kernel.assume_init(), out);
    0
}

/// sys/sysmacros.h: a device number's halves lie in two parts each.
#[unsafe(no_mangle)]
extern "C" fn gnu_dev_major(device: c_ulong) -> c_uint {
    ((device >> 8 & 0xfff) | (device >> 32 & 0xffff_f000)) as c_uint
}

#[unsafe(no_mangle)]
extern "C" fn gnu_dev_minor(device: c_ulong) -> c_uint {
    ((device & 0xff) | (device >> 12 & 0xffff_ff00)) as c_uint
}

#[unsafe(no_mangle)]
extern "C" fn gnu_dev_makedev(major: c_uint, minor: c_uint) -> c_ulong {
    let (major, minor) = (c_ulong::from(major), c_ulong::from(minor));
    (major & 0xfff) << 8 | (major & 0xffff_f000) << 32 | (minor & 0xff) | (minor & 0xffff_ff00) << 12
}
