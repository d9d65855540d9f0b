//! syslog.h: messages for the system's log, datagrams to /dev/log in the form of RFC 3164 without a host's name.
//!
//! ```text
//!   <priority>Mmm dd hh:mm:ss ident[pid]: message
//!   stamp                     name       body          one datagram; standard error gets name and body
//! ```
//! 1. A message is formatted before the lock is taken, so that its arguments may come from anywhere; `%m` is errno as the caller had it.
//! 2. A message that cannot be sent is sent once more over a new socket: the log's daemon may have been started anew.
//! 3. What fails then is written to the console if LOG_CONS was given, and else lost, as POSIX has no way to say so. errno stays as it was.
//! 4. No function is a cancellation point. Safe to call from many threads; not async-signal-safe.
//! 5. Not here: a log that listens on a stream.

use core::ffi::c_int;
use core::ptr::{null, null_mut};

use linux_raw_sys::general as raw;

use crate::arch::variadic::VaList;
use crate::libc::errno;
use crate::libc::string::bytes;
use crate::start::Lock;
use crate::sys::file::{self, AT_FDCWD, IoVec};
use crate::sys::socket::{self, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_DGRAM};
use crate::sys::{Errno, call};

const LOG_PID: c_int = 0x01;
const LOG_CONS: c_int = 0x02;
const LOG_NDELAY: c_int = 0x08;
const LOG_PERROR: c_int = 0x20;
const LOG_USER: c_int = 1 << 3;
/// LOG_ERR of LOG_AUTH: how a call with a wrong priority is reported.
const WRONG: c_int = 3 | 4 << 3;
const PRIORITIES: c_int = 7;
const FACILITIES: c_int = 0x3f8;

const AF_UNIX: u16 = 1;
const STANDARD_ERROR: i32 = 2;
/// Bytes of a message that is kept when there is no memory for a longer one.
const SHORT: usize = 512;
/// Bytes of the date with its space, and of the priority before it.
const STAMP: usize = 32;

unsafe extern "C" {
    static program_invocation_short_name: *const u8;
    fn vasprintf(place: *mut *mut u8, text: *const u8, list: *mut VaList) -> c_int;
    fn vsnprintf(to: *mut u8, size: usize, text: *const u8, list: *mut VaList) -> c_int;
    fn snprintf(to: *mut u8, size: usize, text: *const u8, ...) -> c_int;
    fn localtime_r(seconds: *const i64, out: *mut Date) -> *mut Date;
    fn strftime(to: *mut u8, room: usize, format: *const u8, date: *const Date) -> usize;
    fn free(block: *mut u8);
}

/// `struct tm`, which is only passed on.
#[repr(C)]
struct Date([u64; 7]);

/// What openlog said. Without a socket `fd` is -1.
struct Log {
    fd: i32,
    ident: *const u8,
    options: c_int,
    facility: c_int,
    mask: c_int,
}

static LOCK: Lock = Lock::new();
/// Guarded by [`LOCK`].
static mut LOG: Log = Log { fd: -1, ident: null(), options: 0, facility: LOG_USER, mask: 0xff };

fn with_log<R>(work: impl FnOnce(&mut Log) -> R) -> R {
    let log = &raw mut LOG;
    LOCK.lock();
    // SAFETY: the lock is held, and `work` does not come back here.
    let result = work(unsafe { &mut *log });
    LOCK.unlock();
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn openlog(ident: *const u8, options: c_int, facility: c_int) {
    let saved = errno::get();
    with_log(|log| {
        if !ident.is_null() {
            log.ident = ident;
        }
        log.options = options;
        if facility & !FACILITIES == 0 {
            log.facility = facility;
        }
        if options & LOG_NDELAY != 0 {
            let _ = log.connect(); // the first message tries again
        }
    });
    errno::restore(saved);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn closelog() {
    with_log(|log| {
        log.close();
        log.ident = null();
    });
}

/// Which priorities are logged from now on, one bit each, and were until now; 0 changes nothing.
#[unsafe(no_mangle)]
extern "C" fn setlogmask(mask: c_int) -> c_int {
    with_log(|log| {
        let old = log.mask;
        log.mask = if mask == 0 { old } else { mask };
        old
    })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn vsyslog(priority: c_int, text: *const u8, list: *mut VaList) {
    let saved = errno::get();
    let wrong = priority & !(PRIORITIES | FACILITIES);
    if wrong != 0 {
        let mut report = [0; SHORT];
        let n =
            snprintf(report.as_mut_ptr(), SHORT, c"syslog: unknown facility/priority: %x".as_ptr().cast(), priority);
        submit(WRONG, report.get(..n as usize).unwrap_or_default());
        errno::restore(saved);
    }
    let priority = priority & !wrong;
    if with_log(|log| log.mask) & 1 << (priority & PRIORITIES) == 0 {
        return;
    }
    let mut again = (*list).clone();
    let mut short = [0; SHORT];
    let mut block = null_mut();
    let n = vasprintf(&raw mut block, text, list);
    if n >= 0 && !block.is_null() {
        submit(priority, bytes(block));
        free(block);
    } else {
        errno::restore(saved);
        vsnprintf(short.as_mut_ptr(), SHORT, text, &raw mut again);
        submit(priority, bytes(short.as_ptr()));
    }
    errno::restore(saved);
}

/// What programs compiled with _FORTIFY_SOURCE call; `_flag` asks for a check of %n that is not made.
#[unsafe(no_mangle)]
unsafe extern "C" fn __vsyslog_chk(priority: c_int, _flag: c_int, text: *const u8, list: *mut VaList) {
    vsyslog(priority, text, list);
}

/// Sends a message, and shows it.
unsafe fn submit(priority: c_int, body: &[u8]) {
    let mut date = Date([0; 7]);
    let mut day = [0; STAMP];
    let now = crate::start::vdso::seconds();
    if !localtime_r(&raw const now, &raw mut date).is_null() {
        strftime(day.as_mut_ptr(), STAMP, c"%b %e %H:%M:%S ".as_ptr().cast(), &raw const date);
    }
    with_log(|log| {
        let facility = if priority & FACILITIES == 0 { log.facility } else { 0 };
        let mut stamp = [0; STAMP];
        snprintf(stamp.as_mut_ptr(), STAMP, c"<%d>%.20s".as_ptr().cast(), priority | facility, day.as_ptr());
        let mut pid = [0; STAMP];
        if log.options & LOG_PID != 0 {
            let id = call!(__NR_getpid).unwrap_or(0);
            snprintf(pid.as_mut_ptr(), STAMP, c"[%d]: ".as_ptr().cast(), id as c_int);
        } else {
            pid[..2].copy_from_slice(b": ");
        }
        let ident = if log.ident.is_null() { program_invocation_short_name } else { log.ident };
        let (ident, pid) = if ident.is_null() { (&b""[..], &b""[..]) } else { (bytes(ident), bytes(pid.as_ptr())) };
        if log.options & LOG_PERROR != 0 {
            let end: &[u8] = if body.ends_with(b"\n") { b"" } else { b"\n" };
            let _ = file::write_all_vectored(STANDARD_ERROR, [ident, pid, body, end]); // who closed it wants to see nothing
        }
        if log.send([bytes(stamp.as_ptr()), ident, pid, body]).is_err() && log.options & LOG_CONS != 0 {
            let _ = to_console([ident, pid, body, b"\r\n"]); // the last place there is
        }
    });
}

fn to_console(pieces: [&[u8]; 4]) -> Result<(), Errno> {
    const FLAGS: u32 = raw::O_WRONLY | raw::O_NOCTTY | raw::O_CLOEXEC;
    // SAFETY: a C string.
    let fd = unsafe { file::openat(AT_FDCWD, c"/dev/console".as_ptr().cast(), FLAGS, 0) }?;
    let written = file::write_all_vectored(fd, pieces);
    file::close(fd).and(written)
}

impl Log {
    /// Makes the socket if there is none.
    fn connect(&mut self) -> Result<(), Errno> {
        /// `struct sockaddr_un`, as far as it is used.
        #[repr(C)]
        struct Address(u16, [u8; 9]);
        let address = Address(AF_UNIX, *b"/dev/log\0");
        if self.fd >= 0 {
            return Ok(());
        }
        let fd = socket::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)?;
        // SAFETY: the kernel reads the address.
        let done = unsafe { call!(__NR_connect, fd as usize, &raw const address as usize, size_of::<Address>()) };
        self.fd = fd;
        done.map(drop).inspect_err(|_| self.close())
    }

    fn close(&mut self) {
        if self.fd >= 0 {
            let _ = file::close(self.fd); // datagrams are gone when they were sent
            self.fd = -1;
        }
    }

    /// Sends one datagram; if that fails over a socket that was there, over a new one.
    fn send(&mut self, pieces: [&[u8]; 4]) -> Result<(), Errno> {
        self.connect()?;
        if self.try_send(pieces).is_ok() {
            return Ok(());
        }
        self.close();
        self.connect()?;
        self.try_send(pieces).inspect_err(|_| self.close())
    }

    fn try_send(&self, pieces: [&[u8]; 4]) -> Result<(), Errno> {
        /// `struct msghdr`.
        #[repr(C)]
        struct Message {
            name: [usize; 2],
            pieces: *const IoVec,
            n: usize,
            control: [usize; 2],
            flags: c_int,
        }
        let pieces = pieces.map(|piece| IoVec { base: piece.as_ptr(), len: piece.len() });
        let message = Message { name: [0; 2], pieces: pieces.as_ptr(), n: pieces.len(), control: [0; 2], flags: 0 };
        loop {
            // SAFETY: the kernel reads the message, whose pieces are borrowed.
            match unsafe { call!(__NR_sendmsg, self.fd as usize, &raw const message as usize, MSG_NOSIGNAL as usize) } {
                Err(Errno::EINTR) => {}
                done => return done.map(drop),
            }
        }
    }
}
