//! poll.h, sys/select.h, sys/epoll.h, sys/inotify.h, sys/timerfd.h: waiting for descriptors.

use core::ffi::{c_int, c_uint, c_ulong, c_void};

use super::kernel_calls::{cancellation_points, kernel_calls};
use crate::libc::errno;
use crate::libc::signal::Mask;
use crate::sys::Errno;
use crate::sys::signal::Set;
use crate::sys::time::Timespec;
use crate::thread::cancel::cancellable;

/// Bytes of the kernel's signal set.
const SET: usize = 8;

cancellation_points! {
    c_int: epoll_wait(epoll: c_int, events: *mut c_void, n: c_int, timeout: c_int) = __NR_epoll_pwait(epoll, events, n, timeout, 0, SET);
}

kernel_calls! {
    c_int: epoll_create1(flags: c_int) = __NR_epoll_create1(flags);
    c_int: epoll_ctl(epoll: c_int, operation: c_int, fd: c_int, event: *mut c_void) = __NR_epoll_ctl(epoll, operation, fd, event);
    c_int: inotify_init() = __NR_inotify_init1(0);
    c_int: inotify_init1(flags: c_int) = __NR_inotify_init1(flags);
    c_int: inotify_add_watch(fd: c_int, path: *const u8, mask: c_uint) = __NR_inotify_add_watch(fd, path, mask);
    c_int: inotify_rm_watch(fd: c_int, watch: c_int) = __NR_inotify_rm_watch(fd, watch);
    c_int: timerfd_create(clock: c_int, flags: c_int) = __NR_timerfd_create(clock, flags);
    c_int: timerfd_settime(fd: c_int, flags: c_int, new: *const c_void, old: *mut c_void) = __NR_timerfd_settime(fd, flags, new, old);
    c_int: timerfd_gettime(fd: c_int, out: *mut c_void) = __NR_timerfd_gettime(fd, out);
    c_int: signalfd(fd: c_int, mask: *const c_void, flags: c_int) = __NR_signalfd4(fd, mask, SET, flags);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn epoll_pwait(
    epoll: c_int,
    events: *mut c_void,
    n: c_int,
    timeout: c_int,
    mask: *const Set,
) -> c_int {
    let mask = Mask::new(mask);
    let (epoll, n, timeout) = (epoll as usize, n as usize, timeout as usize);
    errno::point(
        cancellable!(__NR_epoll_pwait, epoll, events as usize, n, timeout, mask.address(), SET).map(|n| n as i32),
    )
}

/// The size has had no meaning since Linux 2.6.8, but must not be 0.
#[unsafe(no_mangle)]
unsafe extern "C" fn epoll_create(size: c_int) -> c_int {
    if size <= 0 { errno::fail(Errno::EINVAL) } else { epoll_create1(0) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn poll(fds: *mut c_void, n: c_ulong, milliseconds: c_int) -> c_int {
    let millis = i64::from(milliseconds);
    let timeout = Timespec { seconds: millis / 1000, nanos: millis % 1000 * 1_000_000 };
    let timeout = if milliseconds < 0 { 0 } else { &raw const timeout as usize };
    errno::point(cancellable!(__NR_ppoll, fds as usize, n as usize, timeout, 0, SET).map(|n| n as i32))
}

/// The kernel writes the time that is left into the timeout; C's ppoll promises not to.
#[unsafe(no_mangle)]
unsafe extern "C" fn ppoll(fds: *mut c_void, n: c_ulong, timeout: *const Timespec, mask: *const Set) -> c_int {
    let mask = Mask::new(mask);
    let mut copy = if timeout.is_null() { Timespec::default() } else { *timeout };
    let timeout = if timeout.is_null() { 0 } else { &raw mut copy as usize };
    errno::point(cancellable!(__NR_ppoll, fds as usize, n as usize, timeout, mask.address(), SET).map(|n| n as i32))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __poll_chk(fds: *mut c_void, n: c_ulong, milliseconds: c_int, room: usize) -> c_int {
    const POLLFD: usize = 8;
    crate::libc::string::check(n as usize * POLLFD, room);
    poll(fds, n, milliseconds)
}

/// As on every Linux, the time that is left is stored.
#[unsafe(no_mangle)]
unsafe extern "C" fn select(
    n: c_int,
    read: *mut c_void,
    write: *mut c_void,
    except: *mut c_void,
    timeout: *mut [i64; 2],
) -> c_int {
    let mut time = Timespec::default();
    if !timeout.is_null() {
        let [seconds, micros] = *timeout;
        if seconds < 0 || micros < 0 {
            return errno::fail(Errno::EINVAL);
        }
        time = Timespec { seconds: seconds.saturating_add(micros / 1_000_000), nanos: micros % 1_000_000 * 1000 };
    }
    let limit = if timeout.is_null() { 0 } else { &raw mut time as usize };
    let done = cancellable!(__NR_pselect6, n as usize, read as usize, write as usize, except as usize, limit, 0);
    if !timeout.is_null() {
        *timeout = [time.seconds, time.nanos / 1000];
    }
    errno::point(done.map(|n| n as i32))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pselect(
    n: c_int,
    read: *mut c_void,
    write: *mut c_void,
    except: *mut c_void,
    timeout: *const Timespec,
    mask: *const Set,
) -> c_int {
    let mut copy = if timeout.is_null() { Timespec::default() } else { *timeout };
    let timeout = if timeout.is_null() { 0 } else { &raw mut copy as usize };
    let mask = Mask::new(mask);
    let mask = [mask.address(), SET];
    let done = cancellable!(
        __NR_pselect6,
        n as usize,
        read as usize,
        write as usize,
        except as usize,
        timeout,
        mask.as_ptr() as usize
    );
    errno::point(done.map(|n| n as i32))
}

/// What FD_SET calls in fortified objects: an index into the set's words.
#[unsafe(no_mangle)]
extern "C" fn __fdelt_chk(fd: core::ffi::c_long) -> core::ffi::c_long {
    crate::libc::string::check(fd as usize, 1023);
    fd / 64
}
