//! Terminals: isatty ttyname; termios.h; sys/ioctl.h's window size goes through ioctl.

use core::ffi::{c_int, c_uint};
use core::ptr::null_mut;

use linux_raw_sys::{general as raw, ioctl};

use super::file::fd_path;
use crate::libc::errno;
use crate::sys::file::AT_FDCWD;
use crate::sys::{Errno, dir, stat};
use crate::thread::cancel::cancellable;

/// The kernel's `struct termios`, 19 control characters long.
#[repr(C)]
#[derive(Clone, Copy)]
struct KernelTermios {
    flags: [c_uint; 4],
    line: u8,
    characters: [u8; 19],
}

/// C's `struct termios`: 32 control characters and the speeds.
#[repr(C)]
struct Termios {
    flags: [c_uint; 4],
    line: u8,
    characters: [u8; 32],
    input_speed: c_uint,
    output_speed: c_uint,
}

const _: () = assert!(size_of::<KernelTermios>() == 36 && size_of::<Termios>() == 60);

/// The speed's bits in c_cflag.
const CBAUD: c_uint = 0o010_017;
const CBAUDEX: c_uint = 0o010_000;
const INPUT: usize = 0;
const OUTPUT: usize = 1;
const CONTROL: usize = 2;
const LOCAL: usize = 3;

unsafe fn control(fd: c_int, request: c_uint, argument: usize) -> c_int {
    errno::result(crate::sys::call!(__NR_ioctl, fd as usize, request as usize, argument).map(drop))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn tcgetattr(fd: c_int, out: *mut Termios) -> c_int {
    let mut kernel = KernelTermios { flags: [0; 4], line: 0, characters: [0; 19] };
    if control(fd, ioctl::TCGETS, &raw mut kernel as usize) < 0 {
        return -1;
    }
    let mut characters = [0; 32];
    characters[..19].copy_from_slice(&kernel.characters);
    let speed = kernel.flags[CONTROL] & CBAUD;
    *out = Termios { flags: kernel.flags, line: kernel.line, characters, input_speed: speed, output_speed: speed };
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn tcsetattr(fd: c_int, when: c_int, new: *const Termios) -> c_int {
    let request = match when {
        0..=2 => ioctl::TCSETS + when as c_uint,
        _ => return errno::fail(Errno::EINVAL),
    };
    let mut kernel = KernelTermios { flags: (*new).flags, line: (*new).line, characters: [0; 19] };
    kernel.characters.copy_from_slice(&(&(*new).characters)[..19]);
    control(fd, request, &raw mut kernel as usize)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn tcsendbreak(fd: c_int, _duration: c_int) -> c_int {
    control(fd, ioctl::TCSBRK, 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn tcdrain(fd: c_int) -> c_int {
    errno::point(cancellable!(__NR_ioctl, fd as usize, ioctl::TCSBRK as usize, 1).map(drop))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn tcflush(fd: c_int, queue: c_int) -> c_int {
    control(fd, ioctl::TCFLSH, queue as usize)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn tcflow(fd: c_int, action: c_int) -> c_int {
    control(fd, ioctl::TCXONC, action as usize)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn tcgetsid(fd: c_int) -> c_int {
    let mut session = 0;
    if control(fd, ioctl::TIOCGSID, &raw mut session as usize) < 0 { -1 } else { session }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn tcgetpgrp(fd: c_int) -> c_int {
    let mut group = 0;
    if control(fd, ioctl::TIOCGPGRP, &raw mut group as usize) < 0 { -1 } else { group }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn tcsetpgrp(fd: c_int, group: c_int) -> c_int {
    control(fd, ioctl::TIOCSPGRP, &raw const group as usize)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cfgetispeed(t: *const Termios) -> c_uint {
    (*t).flags[CONTROL] & CBAUD
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cfgetospeed(t: *const Termios) -> c_uint {
    (*t).flags[CONTROL] & CBAUD
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cfsetospeed(t: *mut Termios, speed: c_uint) -> c_int {
    if speed & !CBAUD != 0 || (speed & CBAUDEX != 0 && !(0o010_001..=0o010_017).contains(&speed)) {
        return errno::fail(Errno::EINVAL);
    }
    (*t).flags[CONTROL] = ((*t).flags[CONTROL] & !CBAUD) | speed;
    (*t).output_speed = speed;
    0
}

/// Linux has one speed for both ways; an input speed of 0 means "as the output".
#[unsafe(no_mangle)]
unsafe extern "C" fn cfsetispeed(t: *mut Termios, speed: c_uint) -> c_int {
    if speed == 0 { 0 } else { cfsetospeed(t, speed) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cfsetspeed(t: *mut Termios, speed: c_uint) -> c_int {
    cfsetospeed(t, speed)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cfmakeraw(t: *mut Termios) {
    let flags = &mut (*t).flags;
    flags[INPUT] &=
        !(raw::IGNBRK | raw::BRKINT | raw::PARMRK | raw::ISTRIP | raw::INLCR | raw::IGNCR | raw::ICRNL | raw::IXON);
    flags[OUTPUT] &= !raw::OPOST;
    flags[LOCAL] &= !(raw::ECHO | raw::ECHONL | raw::ICANON | raw::ISIG | raw::IEXTEN);
    flags[CONTROL] &= !(raw::CSIZE | raw::PARENB);
    flags[CONTROL] |= raw::CS8;
    (*t).characters[raw::VMIN as usize] = 1;
    (*t).characters[raw::VTIME as usize] = 0;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn isatty(fd: c_int) -> c_int {
    let mut size = [0_u16; 4];
    c_int::from(control(fd, ioctl::TIOCGWINSZ, &raw mut size as usize) == 0)
}

/// An error number, not -1.
#[unsafe(no_mangle)]
unsafe extern "C" fn ttyname_r(fd: c_int, buffer: *mut u8, size: usize) -> c_int {
    let named = || {
        if isatty(fd) == 0 {
            return Err(if errno::get() == c_int::from(Errno::EBADF.raw()) { Errno::EBADF } else { Errno::ENOTTY });
        }
        let mut path = [0; 256];
        let len = dir::readlinkat(AT_FDCWD, fd_path(fd).as_ptr(), &mut path)?;
        if len >= size || len >= path.len() {
            return Err(Errno::ERANGE);
        }
        path[len] = 0;
        // What the link says may be gone, or another terminal by now.
        let there = stat::fstatat(AT_FDCWD, path.as_ptr(), 0)?;
        let ours = stat::fstatat(fd, c"".as_ptr().cast(), raw::AT_EMPTY_PATH)?;
        if there.0.st_rdev != ours.0.st_rdev {
            return Err(Errno::ENODEV);
        }
        buffer.copy_from_nonoverlapping(path.as_ptr(), len + 1);
        Ok(())
    };
    match named() {
        Ok(()) => 0,
        Err(e) => {
            errno::set(e);
            c_int::from(e.raw())
        }
    }
}

static mut TTY_NAME: [u8; 64] = [0; 64];

#[unsafe(no_mangle)]
unsafe extern "C" fn ttyname(fd: c_int) -> *mut u8 {
    let name = (&raw mut TTY_NAME).cast::<u8>();
    if ttyname_r(fd, name, 64) == 0 { name } else { null_mut() }
}
