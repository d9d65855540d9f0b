//! sys/socket.h. All but sockatmark and the walk over ancillary data is a kernel call and nothing else: EINTR passes through, and every
//! function is async-signal-safe. Those that may wait are cancellation points.
//!
//! `struct msghdr`, `struct cmsghdr` and `struct mmsghdr` are the kernel's on both CPUs, so messages pass as they are.

use core::ffi::{c_int, c_uint, c_void};
use core::ptr::null_mut;

use super::kernel_calls::{cancellation_points, kernel_calls};
use crate::libc::errno;
use crate::libc::string::check;
use crate::sys::call;

type Bytes = *const c_void;
type Out = *mut c_void;

cancellation_points! {
    c_int: connect(fd: c_int, address: Bytes, size: c_uint) = __NR_connect(fd, address, size);
    c_int: accept(fd: c_int, address: Out, size: *mut c_uint) = __NR_accept(fd, address, size);
    c_int: accept4(fd: c_int, address: Out, size: *mut c_uint, flags: c_int) = __NR_accept4(fd, address, size, flags);
    isize: send(fd: c_int, bytes: Bytes, n: usize, flags: c_int) = __NR_sendto(fd, bytes, n, flags, 0, 0);
    isize: sendto(fd: c_int, bytes: Bytes, n: usize, flags: c_int, address: Bytes, size: c_uint)
        = __NR_sendto(fd, bytes, n, flags, address, size);
    isize: recv(fd: c_int, buffer: Out, n: usize, flags: c_int) = __NR_recvfrom(fd, buffer, n, flags, 0, 0);
    isize: recvfrom(fd: c_int, buffer: Out, n: usize, flags: c_int, address: Out, size: *mut c_uint)
        = __NR_recvfrom(fd, buffer, n, flags, address, size);
    isize: sendmsg(fd: c_int, message: Bytes, flags: c_int) = __NR_sendmsg(fd, message, flags);
    isize: recvmsg(fd: c_int, message: Out, flags: c_int) = __NR_recvmsg(fd, message, flags);
    c_int: sendmmsg(fd: c_int, messages: Out, n: c_uint, flags: c_int) = __NR_sendmmsg(fd, messages, n, flags);
    c_int: recvmmsg(fd: c_int, messages: Out, n: c_uint, flags: c_int, timeout: Out) = __NR_recvmmsg(fd, messages, n, flags, timeout);
}

kernel_calls! {
    c_int: socket(family: c_int, kind: c_int, protocol: c_int) = __NR_socket(family, kind, protocol);
    c_int: socketpair(family: c_int, kind: c_int, protocol: c_int, pair: *mut c_int) = __NR_socketpair(family, kind, protocol, pair);
    c_int: bind(fd: c_int, address: Bytes, size: c_uint) = __NR_bind(fd, address, size);
    c_int: listen(fd: c_int, backlog: c_int) = __NR_listen(fd, backlog);
    c_int: getsockname(fd: c_int, address: Out, size: *mut c_uint) = __NR_getsockname(fd, address, size);
    c_int: getpeername(fd: c_int, address: Out, size: *mut c_uint) = __NR_getpeername(fd, address, size);
    c_int: getsockopt(fd: c_int, level: c_int, option: c_int, value: Out, size: *mut c_uint)
        = __NR_getsockopt(fd, level, option, value, size);
    c_int: setsockopt(fd: c_int, level: c_int, option: c_int, value: Bytes, size: c_uint)
        = __NR_setsockopt(fd, level, option, value, size);
    c_int: shutdown(fd: c_int, how: c_int) = __NR_shutdown(fd, how);
}

/// Whether reading has come to the place of out-of-band data.
#[unsafe(no_mangle)]
unsafe extern "C" fn sockatmark(fd: c_int) -> c_int {
    const SIOCATMARK: usize = 0x8905;
    let mut there: c_int = 0;
    let done = call!(__NR_ioctl, fd as usize, SIOCATMARK, &raw mut there as usize);
    errno::result(done.map(|_| there))
}

/// `struct msghdr`, as far as the walk over ancillary data reads it.
#[repr(C)]
struct Message {
    name: [usize; 2],
    pieces: [usize; 2],
    control: *mut u8,
    control_size: usize,
    flags: c_int,
}

/// `struct cmsghdr`: `size` counts this header too; the bytes behind it are padded to whole words.
#[repr(C)]
struct Control {
    size: usize,
    level: c_int,
    kind: c_int,
}

const _: () = assert!(size_of::<Message>() == 56 && size_of::<Control>() == 16);

/// The piece of ancillary data after `piece`; null if there is no room for another header, or `piece` itself says nonsense.
#[unsafe(no_mangle)]
unsafe extern "C" fn __cmsg_nxthdr(message: *const Message, piece: *mut Control) -> *mut Control {
    const WORD: usize = size_of::<usize>();
    let end = (*message).control as usize + (*message).control_size;
    let size = (*piece).size;
    if size < size_of::<Control>() || size > end - piece as usize {
        return null_mut();
    }
    let step = size.next_multiple_of(WORD);
    if step + size_of::<Control>() > end - piece as usize { null_mut() } else { piece.byte_add(step) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __recv_chk(fd: c_int, buffer: Out, n: usize, room: usize, flags: c_int) -> isize {
    check(n, room);
    recv(fd, buffer, n, flags)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __recvfrom_chk(
    fd: c_int,
    buffer: Out,
    n: usize,
    room: usize,
    flags: c_int,
    address: Out,
    size: *mut c_uint,
) -> isize {
    check(n, room);
    recvfrom(fd, buffer, n, flags, address, size)
}
