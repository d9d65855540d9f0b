//! The texts of error numbers and signals: strerror and its family, strsignal.
//!
//! One list of zero-terminated texts each, walked from its start: no table of pointers, so nothing to relocate, and texts that a program does
//! not ask for are not linked. The words are those that every Linux program's users know, so that outputs can be compared.

use core::ffi::c_int;
use core::ptr::null;

use crate::libc::errno;
use crate::sys::Errno;

/// From 0 on; a number that is not used has an empty text.
static ERRORS: &[u8] = b"\
    Success\0\
    Operation not permitted\0\
    No such file or directory\0\
    No such process\0\
    Interrupted system call\0\
    Input/output error\0\
    No such device or address\0\
    Argument list too long\0\
    Exec format error\0\
    Bad file descriptor\0\
    No child processes\0\
    Resource temporarily unavailable\0\
    Cannot allocate memory\0\
    Permission denied\0\
    Bad address\0\
    Block device required\0\
    Device or resource busy\0\
    File exists\0\
    Invalid cross-device link\0\
    No such device\0\
    Not a directory\0\
    Is a directory\0\
    Invalid argument\0\
    Too many open files in system\0\
    Too many open files\0\
    Inappropriate ioctl for device\0\
    Text file busy\0\
    File too large\0\
    No space left on device\0\
    Illegal seek\0\
    Read-only file system\0\
    Too many links\0\
    Broken pipe\0\
    Numerical argument out of domain\0\
    Numerical result out of range\0\
    Resource deadlock avoided\0\
    File name too long\0\
    No locks available\0\
    Function not implemented\0\
    Directory not empty\0\
    Too many levels of symbolic links\0\
    \0\
    No message of desired type\0\
    Identifier removed\0\
    Channel number out of range\0\
    Level 2 not synchronized\0\
    Level 3 halted\0\
    Level 3 reset\0\
    Link number out of range\0\
    Protocol driver not attached\0\
    No CSI structure available\0\
    Level 2 halted\0\
    Invalid exchange\0\
    Invalid request descriptor\0\
    Exchange full\0\
    No anode\0\
    Invalid request code\0\
    Invalid slot\0\
    \0\
    Bad font file format\0\
    Device not a stream\0\
    No data available\0\
    Timer expired\0\
    Out of streams resources\0\
    Machine is not on the network\0\
    Package not installed\0\
    Object is remote\0\
    Link has been severed\0\
    Advertise error\0\
    Srmount error\0\
    Communication error on send\0\
    Protocol error\0\
    Multihop attempted\0\
    RFS specific error\0\
    Bad message\0\
    Value too large for defined data type\0\
    Name not unique on network\0\
    File descriptor in bad state\0\
    Remote address changed\0\
    Can not access a needed shared library\0\
    Accessing a corrupted shared library\0\
    .lib section in a.out corrupted\0\
    Attempting to link in too many shared libraries\0\
    Cannot exec a shared library directly\0\
    Invalid or incomplete multibyte or wide character\0\
    Interrupted system call should be restarted\0\
    Streams pipe error\0\
    Too many users\0\
    Socket operation on non-socket\0\
    Destination address required\0\
    Message too long\0\
    Protocol wrong type for socket\0\
    Protocol not available\0\
    Protocol not supported\0\
    Socket type not supported\0\
    Operation not supported\0\
    Protocol family not supported\0\
    Address family not supported by protocol\0\
    Address already in use\0\
    Cannot assign requested address\0\
    Network is down\0\
    Network is unreachable\0\
    Network dropped connection on reset\0\
    Software caused connection abort\0\
    Connection reset by peer\0\
    No buffer space available\0\
    Transport endpoint is already connected\0\
    Transport endpoint is not connected\0\
    Cannot send after transport endpoint shutdown\0\
    Too many references: cannot splice\0\
    Connection timed out\0\
    Connection refused\0\
    Host is down\0\
    No route to host\0\
    Operation already in progress\0\
    Operation now in progress\0\
    Stale file handle\0\
    Structure needs cleaning\0\
    Not a XENIX named type file\0\
    No XENIX semaphores available\0\
    Is a named type file\0\
    Remote I/O error\0\
    Disk quota exceeded\0\
    No medium found\0\
    Wrong medium type\0\
    Operation canceled\0\
    Required key not available\0\
    Key has expired\0\
    Key has been revoked\0\
    Key was rejected by service\0\
    Owner died\0\
    State not recoverable\0\
    Operation not possible due to RF-kill\0\
    Memory page has hardware error\0\
";

/// The numbers' names, from 0 on, without their leading E.
static ERROR_NAMES: &[u8] = b"\
    \0\
    PERM\0\
    NOENT\0\
    SRCH\0\
    INTR\0\
    IO\0\
    NXIO\0\
    2BIG\0\
    NOEXEC\0\
    BADF\0\
    CHILD\0\
    AGAIN\0\
    NOMEM\0\
    ACCES\0\
    FAULT\0\
    NOTBLK\0\
    BUSY\0\
    EXIST\0\
    XDEV\0\
    NODEV\0\
    NOTDIR\0\
    ISDIR\0\
    INVAL\0\
    NFILE\0\
    MFILE\0\
    NOTTY\0\
    TXTBSY\0\
    FBIG\0\
    NOSPC\0\
    SPIPE\0\
    ROFS\0\
    MLINK\0\
    PIPE\0\
    DOM\0\
    RANGE\0\
    DEADLK\0\
    NAMETOOLONG\0\
    NOLCK\0\
    NOSYS\0\
    NOTEMPTY\0\
    LOOP\0\
    \0\
    NOMSG\0\
    IDRM\0\
    CHRNG\0\
    L2NSYNC\0\
    L3HLT\0\
    L3RST\0\
    LNRNG\0\
    UNATCH\0\
    NOCSI\0\
    L2HLT\0\
    BADE\0\
    BADR\0\
    XFULL\0\
    NOANO\0\
    BADRQC\0\
    BADSLT\0\
    \0\
    BFONT\0\
    NOSTR\0\
    NODATA\0\
    TIME\0\
    NOSR\0\
    NONET\0\
    NOPKG\0\
    REMOTE\0\
    NOLINK\0\
    ADV\0\
    SRMNT\0\
    COMM\0\
    PROTO\0\
    MULTIHOP\0\
    DOTDOT\0\
    BADMSG\0\
    OVERFLOW\0\
    NOTUNIQ\0\
    BADFD\0\
    REMCHG\0\
    LIBACC\0\
    LIBBAD\0\
    LIBSCN\0\
    LIBMAX\0\
    LIBEXEC\0\
    ILSEQ\0\
    RESTART\0\
    STRPIPE\0\
    USERS\0\
    NOTSOCK\0\
    DESTADDRREQ\0\
    MSGSIZE\0\
    PROTOTYPE\0\
    NOPROTOOPT\0\
    PROTONOSUPPORT\0\
    SOCKTNOSUPPORT\0\
    OPNOTSUPP\0\
    PFNOSUPPORT\0\
    AFNOSUPPORT\0\
    ADDRINUSE\0\
    ADDRNOTAVAIL\0\
    NETDOWN\0\
    NETUNREACH\0\
    NETRESET\0\
    CONNABORTED\0\
    CONNRESET\0\
    NOBUFS\0\
    ISCONN\0\
    NOTCONN\0\
    SHUTDOWN\0\
    TOOMANYREFS\0\
    TIMEDOUT\0\
    CONNREFUSED\0\
    HOSTDOWN\0\
    HOSTUNREACH\0\
    ALREADY\0\
    INPROGRESS\0\
    STALE\0\
    UCLEAN\0\
    NOTNAM\0\
    NAVAIL\0\
    ISNAM\0\
    REMOTEIO\0\
    DQUOT\0\
    NOMEDIUM\0\
    MEDIUMTYPE\0\
    CANCELED\0\
    NOKEY\0\
    KEYEXPIRED\0\
    KEYREVOKED\0\
    KEYREJECTED\0\
    OWNERDEAD\0\
    NOTRECOVERABLE\0\
    RFKILL\0\
    HWPOISON\0\
";

/// From 1 on.
static SIGNALS: &[u8] = b"\
    Hangup\0\
    Interrupt\0\
    Quit\0\
    Illegal instruction\0\
    Trace/breakpoint trap\0\
    Aborted\0\
    Bus error\0\
    Floating point exception\0\
    Killed\0\
    User defined signal 1\0\
    Segmentation fault\0\
    User defined signal 2\0\
    Broken pipe\0\
    Alarm clock\0\
    Terminated\0\
    Stack fault\0\
    Child exited\0\
    Continued\0\
    Stopped (signal)\0\
    Stopped\0\
    Stopped (tty input)\0\
    Stopped (tty output)\0\
    Urgent I/O condition\0\
    CPU time limit exceeded\0\
    File size limit exceeded\0\
    Virtual timer expired\0\
    Profiling timer expired\0\
    Window changed\0\
    I/O possible\0\
    Power failure\0\
    Bad system call\0\
";

/// From 1 on, without SIG.
static SIGNAL_NAMES: &[u8] = b"\
    HUP\0\
    INT\0\
    QUIT\0\
    ILL\0\
    TRAP\0\
    ABRT\0\
    BUS\0\
    FPE\0\
    KILL\0\
    USR1\0\
    SEGV\0\
    USR2\0\
    PIPE\0\
    ALRM\0\
    TERM\0\
    STKFLT\0\
    CHLD\0\
    CONT\0\
    STOP\0\
    TSTP\0\
    TTIN\0\
    TTOU\0\
    URG\0\
    XCPU\0\
    XFSZ\0\
    VTALRM\0\
    PROF\0\
    WINCH\0\
    POLL\0\
    PWR\0\
    SYS\0\
";

/// The `index`th text of a list; none beyond its end.
fn text(list: &'static [u8], index: usize) -> Option<&'static [u8]> {
    let mut texts = list.split_inclusive(|byte| *byte == 0);
    texts.nth(index)
}

/// The message for an error number, with its zero; none for a number that is not used.
#[must_use]
pub fn error_text(number: c_int) -> Option<&'static [u8]> {
    text(ERRORS, usize::try_from(number).ok()?).filter(|text| text.len() > 1)
}

/// The name of an error number without its leading `E`, with its zero.
#[must_use]
pub fn error_name(number: c_int) -> Option<&'static [u8]> {
    text(ERROR_NAMES, usize::try_from(number).ok()?).filter(|text| text.len() > 1)
}

/// Bytes that hold every message of this module that is made, not stored.
const MADE: usize = 48;

/// `prefix` and the number in decimal, zero-terminated, at the start of `into`.
fn with_number(prefix: &[u8], number: c_int, into: &mut [u8; MADE]) {
    let mut digits = [0_u8; 12];
    let mut at = digits.len() - 1;
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    for (to, from) in into.iter_mut().zip(prefix.iter().chain(&digits[at..])) {
        *to = *from;
    }
}

/// The message that [`strerror`] and [`strsignal`] made last for an unknown number: shared by all threads, as C has it.
static mut LAST: [u8; MADE] = [0; MADE];

/// # Safety
/// No other thread is in strerror or strsignal, as C has it.
unsafe fn last() -> &'static mut [u8; MADE] {
    let last = &raw mut LAST;
    &mut *last
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strerror(number: c_int) -> *const u8 {
    match error_text(number) {
        Some(text) => text.as_ptr(),
        None => {
            with_number(b"Unknown error ", number, last());
            (&raw const LAST).cast()
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strerror_l(number: c_int, _locale: *mut core::ffi::c_void) -> *const u8 {
    strerror(number)
}

/// GNU's `strerror_r`: the stored text, or one made in `buffer`.
#[unsafe(no_mangle)]
unsafe extern "C" fn strerror_r(number: c_int, buffer: *mut u8, size: usize) -> *const u8 {
    if let Some(text) = error_text(number) {
        return text.as_ptr();
    }
    let mut made = [0; MADE];
    with_number(b"Unknown error ", number, &mut made);
    if size > 0 {
        let len = super::strlen(made.as_ptr()).min(size - 1);
        buffer.copy_from_nonoverlapping(made.as_ptr(), len);
        *buffer.add(len) = 0;
    }
    buffer
}

/// POSIX's `strerror_r`: always into `buffer`; an error number, not -1.
#[unsafe(no_mangle)]
unsafe extern "C" fn __xpg_strerror_r(number: c_int, buffer: *mut u8, size: usize) -> c_int {
    let mut made = [0; MADE];
    let stored = error_text(number);
    let text = stored.unwrap_or_else(|| {
        with_number(b"Unknown error ", number, &mut made);
        &made
    });
    let len = super::strlen(text.as_ptr());
    if size > 0 {
        let fits = len.min(size - 1);
        buffer.copy_from_nonoverlapping(text.as_ptr(), fits);
        *buffer.add(fits) = 0;
    }
    let failed = if stored.is_none() {
        Errno::EINVAL
    } else if len >= size {
        Errno::ERANGE
    } else {
        return 0;
    };
    errno::set(failed);
    c_int::from(failed.raw())
}

#[unsafe(no_mangle)]
extern "C" fn strerrordesc_np(number: c_int) -> *const u8 {
    error_text(number).map_or(null(), <[u8]>::as_ptr)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strsignal(signal: c_int) -> *const u8 {
    let known = usize::try_from(signal - 1).ok().and_then(|index| text(SIGNALS, index));
    if let Some(text) = known {
        return text.as_ptr();
    }
    if (34..=64).contains(&signal) {
        with_number(b"Real-time signal ", signal - 34, last());
    } else {
        with_number(b"Unknown signal ", signal, last());
    }
    (&raw const LAST).cast()
}

#[unsafe(no_mangle)]
extern "C" fn sigabbrev_np(signal: c_int) -> *const u8 {
    usize::try_from(signal - 1).ok().and_then(|index| text(SIGNAL_NAMES, index)).map_or(null(), <[u8]>::as_ptr)
}

#[unsafe(no_mangle)]
extern "C" fn sigdescr_np(signal: c_int) -> *const u8 {
    usize::try_from(signal - 1).ok().and_then(|index| text(SIGNALS, index)).map_or(null(), <[u8]>::as_ptr)
}
