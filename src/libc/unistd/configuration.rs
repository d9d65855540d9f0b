//! What the system allows: sysconf pathconf confstr getpagesize; sys/sysinfo.h's CPU counts; brk, which is refused.

use core::ffi::{c_int, c_long, c_void};

use linux_raw_sys::general as raw;

use crate::libc::errno;
use crate::start::auxv::auxv;
use crate::sys::{Errno, call, sched};

const PAGE: c_long = 4096;

/// A resource limit, -1 for none.
unsafe fn limit(resource: u32) -> c_long {
    let mut both = [0_u64; 2];
    match call!(__NR_prlimit64, 0, resource as usize, 0, both.as_mut_ptr() as usize) {
        Ok(_) => c_long::try_from(both[0]).unwrap_or(-1),
        Err(_) => -1,
    }
}

/// CPUs this process may run on.
fn usable_cpus() -> c_long {
    let mut mask = [0_usize; 128];
    match sched::get_affinity(0, &mut mask) {
        Ok(_) => mask.iter().map(|word| word.count_ones()).sum::<u32>().into(),
        Err(_) => 1,
    }
}

/// CPUs of a list like `0-3,8`, as /sys writes it.
fn count_list(text: &[u8]) -> c_long {
    let mut total = 0;
    let (mut first, mut value, mut in_range, mut any) = (0, 0, false, false);
    for byte in text.iter().chain(b",") {
        match byte {
            b'0'..=b'9' => {
                value = value * 10 + c_long::from(byte - b'0');
                any = true;
            }
            b'-' => {
                first = value;
                value = 0;
                in_range = true;
            }
            _ => {
                if any {
                    total += if in_range { value - first + 1 } else { 1 };
                }
                (value, in_range, any) = (0, false, false);
            }
        }
    }
    total
}

/// The CPUs that a file of /sys lists; without /sys, those this process may use.
unsafe fn cpus(path: &core::ffi::CStr) -> c_long {
    let mut text = [0; 256];
    let mut read = || {
        let fd = crate::sys::file::openat(crate::sys::file::AT_FDCWD, path.as_ptr().cast(), raw::O_CLOEXEC, 0)?;
        let n = crate::sys::file::read(fd, &mut text);
        let _ = crate::sys::file::close(fd); // read only
        n
    };
    match read() {
        Ok(n) if n > 0 => count_list(text.get(..n).unwrap_or_default()).max(1),
        _ => usable_cpus().max(1),
    }
}

unsafe fn memory_pages(free: bool) -> c_long {
    let mut info = core::mem::MaybeUninit::<linux_raw_sys::system::sysinfo>::zeroed();
    if call!(__NR_sysinfo, info.as_mut_ptr() as usize).is_err() {
        return -1;
    }
    let info = info.assume_init();
    let bytes = (if free { info.freeram } else { info.totalram }) * u64::from(info.mem_unit.max(1));
    (bytes / auxv().page_size() as u64) as c_long
}

#[unsafe(no_mangle)]
unsafe extern "C" fn get_nprocs() -> c_int {
    cpus(c"/sys/devices/system/cpu/online") as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn get_nprocs_conf() -> c_int {
    cpus(c"/sys/devices/system/cpu/possible") as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn get_phys_pages() -> c_long {
    memory_pages(false)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn get_avphys_pages() -> c_long {
    memory_pages(true)
}

const POSIX: c_long = 200_809;

/// The numbers of `_SC_*` are glibc's; unistd.h has them all.
#[allow(clippy::match_overlapping_arm, reason = "the last arm is the rest of the known numbers")]
#[unsafe(no_mangle)]
unsafe extern "C" fn sysconf(name: c_int) -> c_long {
    match name {
        0 => (limit(raw::RLIMIT_STACK) / 4).clamp(131_072, 6 << 20), // ARG_MAX
        1 => limit(raw::RLIMIT_NPROC),                               // CHILD_MAX
        2 => {
            let ticks = auxv().clock_ticks();
            if ticks == 0 { 100 } else { ticks as c_long } // CLK_TCK
        }
        3 => 65_536,                                      // NGROUPS_MAX
        4 => limit(raw::RLIMIT_NOFILE),                   // OPEN_MAX
        5 => 16,                                          // STREAM_MAX
        6 => c_long::MAX,                                 // TZNAME_MAX
        7 | 8 => 1,                                       // JOB_CONTROL, SAVED_IDS
        9 | 11 | 14..=19 | 21 | 22 => POSIX, // REALTIME_SIGNALS, TIMERS, SYNCHRONIZED_IO to MEMORY_PROTECTION, SEMAPHORES, SHARED_MEMORY
        29 => POSIX,                         // VERSION
        30 => auxv().page_size() as c_long,  // PAGESIZE
        31 => 31,                            // RTSIG_MAX
        32 => -1,                            // SEM_NSEMS_MAX
        33 => c_int::MAX.into(),             // SEM_VALUE_MAX
        34 => limit(raw::RLIMIT_SIGPENDING), // SIGQUEUE_MAX
        43 => 2048,                          // LINE_MAX
        44 => 32767,                         // RE_DUP_MAX
        46 => POSIX,                         // 2_VERSION
        60 => 1024,                          // UIO_MAXIOV, IOV_MAX
        67 | 68 | 77 | 78 => POSIX,          // THREADS, THREAD_SAFE_FUNCTIONS, THREAD_ATTR_STACK*
        69 | 70 => 1024,                     // GETGR_R_SIZE_MAX, GETPW_R_SIZE_MAX
        71 => 256,                           // LOGIN_NAME_MAX
        72 => 32,                            // TTY_NAME_MAX
        73 => 4,                             // THREAD_DESTRUCTOR_ITERATIONS
        74 => 1024,                          // THREAD_KEYS_MAX
        75 => STACK_MIN,                     // THREAD_STACK_MIN
        83 => get_nprocs_conf().into(),      // NPROCESSORS_CONF
        84 => get_nprocs().into(),           // NPROCESSORS_ONLN
        85 => memory_pages(false),           // PHYS_PAGES
        86 => memory_pages(true),            // AVPHYS_PAGES
        89 => 700,                           // XOPEN_VERSION
        149 => POSIX,                        // MONOTONIC_CLOCK
        173 => -1,                           // SYMLOOP_MAX
        180 => 64,                           // HOST_NAME_MAX
        190 => crate::arch::CACHE_LINE.min(64) as c_long, // LEVEL1_DCACHE_LINESIZE
        0..=249 => -1,                       // known, and without a limit or not offered
        _ => errno::fail(Errno::EINVAL).into(),
    }
}

/// PTHREAD_STACK_MIN of limits.h.
const STACK_MIN: c_long = crate::arch::STACK_MIN as c_long;

#[allow(clippy::match_overlapping_arm, reason = "the last arm is the rest of the known numbers")]
unsafe fn path_value(name: c_int) -> c_long {
    match name {
        0 => 127,        // LINK_MAX
        1 | 2 => 255,    // MAX_CANON, MAX_INPUT
        3 => 255,        // NAME_MAX
        4 => PAGE,       // PATH_MAX
        5 => PAGE,       // PIPE_BUF
        6 => 1,          // CHOWN_RESTRICTED
        7 => 1,          // NO_TRUNC
        8 => 0,          // VDISABLE
        13 => 64,        // FILESIZEBITS
        14..=18 => PAGE, // REC_*, ALLOC_SIZE_MIN
        0..=20 => -1,
        _ => errno::fail(Errno::EINVAL).into(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pathconf(_path: *const u8, name: c_int) -> c_long {
    path_value(name)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fpathconf(_fd: c_int, name: c_int) -> c_long {
    path_value(name)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn confstr(name: c_int, buffer: *mut u8, size: usize) -> usize {
    const PATH: &[u8] = b"/bin:/usr/bin\0";
    if name != 0 {
        errno::set(Errno::EINVAL);
        return 0;
    }
    if size > 0 {
        let n = PATH.len().min(size);
        buffer.copy_from_nonoverlapping(PATH.as_ptr(), n);
        *buffer.add(n - 1) = 0;
    }
    PATH.len()
}

#[unsafe(no_mangle)]
extern "C" fn getpagesize() -> c_int {
    auxv().page_size() as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getdtablesize() -> c_int {
    limit(raw::RLIMIT_NOFILE).clamp(0, c_int::MAX.into()) as c_int
}

/// The heap does not grow by moving a break: malloc maps memory, and nobody else may rely on this one.
#[unsafe(no_mangle)]
unsafe extern "C" fn sbrk(increment: isize) -> *mut c_void {
    if increment == 0 {
        return call!(__NR_brk, 0).unwrap_or(0) as *mut c_void;
    }
    errno::set(Errno::ENOMEM);
    usize::MAX as *mut c_void
}

#[unsafe(no_mangle)]
extern "C" fn brk(_end: *mut c_void) -> c_int {
    errno::fail(Errno::ENOMEM)
}
