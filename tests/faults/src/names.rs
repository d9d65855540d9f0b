//! System calls and error numbers by name.

/// Which system calls are meant: a number, and for futex(2) only its waits.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    number: u64,
    /// The same with a list of buffers, where the name means both.
    vectored: Option<u64>,
    waits_only: bool,
}

impl Call {
    /// Whether a call with this number and these arguments is meant.
    pub fn is(self, number: u64, arguments: &[u64; 6]) -> bool {
        const WAITS: [u64; 2] = [libc::FUTEX_WAIT as u64, libc::FUTEX_WAIT_BITSET as u64];
        (number == self.number || Some(number) == self.vectored)
            && (!self.waits_only || WAITS.contains(&(arguments[1] & 0x7f)))
    }
}

/// A system call by its name, if this tool knows it on this CPU. `futex_wait` is futex(2) that waits: a wake-up cannot fail in a way
/// that a correct program could survive. `input` is read or readv, `output` write or writev.
pub fn call(name: &str) -> Option<Call> {
    let (plain, vectored) = match name {
        "input" => ("read", Some("readv")),
        "output" => ("write", Some("writev")),
        "futex_wait" => ("futex", None),
        other => (other, None),
    };
    Some(Call { number: number(plain)?, vectored: vectored.and_then(number), waits_only: name == "futex_wait" })
}

fn number(name: &str) -> Option<u64> {
    let number = match name {
        "brk" => libc::SYS_brk,
        "clock_gettime" => libc::SYS_clock_gettime,
        "clone" => libc::SYS_clone,
        "clone3" => libc::SYS_clone3,
        "close" => libc::SYS_close,
        "fstat" => libc::SYS_fstat,
        "futex" => libc::SYS_futex,
        "getrandom" => libc::SYS_getrandom,
        "ioctl" => libc::SYS_ioctl,
        "lseek" => libc::SYS_lseek,
        "madvise" => libc::SYS_madvise,
        "membarrier" => libc::SYS_membarrier,
        "mmap" => libc::SYS_mmap,
        "mprotect" => libc::SYS_mprotect,
        "mremap" => libc::SYS_mremap,
        "munmap" => libc::SYS_munmap,
        "nanosleep" => libc::SYS_nanosleep,
        "openat" => libc::SYS_openat,
        "prctl" => libc::SYS_prctl,
        "prlimit64" => libc::SYS_prlimit64,
        "read" => libc::SYS_read,
        "readv" => libc::SYS_readv,
        "rseq" => libc::SYS_rseq,
        "rt_sigaction" => libc::SYS_rt_sigaction,
        "rt_sigprocmask" => libc::SYS_rt_sigprocmask,
        "sched_getaffinity" => libc::SYS_sched_getaffinity,
        "sched_setaffinity" => libc::SYS_sched_setaffinity,
        "set_robust_list" => libc::SYS_set_robust_list,
        "set_tid_address" => libc::SYS_set_tid_address,
        "sigaltstack" => libc::SYS_sigaltstack,
        "write" => libc::SYS_write,
        "writev" => libc::SYS_writev,
        "arch_prctl" if std::env::consts::ARCH == "x86_64" => 158,
        _ => return None,
    };
    Some(number as u64)
}

/// What the failing call answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not executed and returns this error.
    Errno(i32),
    /// It moves about half of the bytes it was asked to (read, write, readv, writev).
    Short,
}

macro_rules! errnos {
    ($($name:ident)*) => {
        /// Error numbers by name.
        const ERRNOS: &[(&str, i32)] = &[$((stringify!($name), libc::$name),)*];
    };
}
errnos! {
    EACCES EAGAIN EBADF EBUSY EDQUOT EFAULT EFBIG EINTR EINVAL EIO EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENODEV ENOENT ENOMEM
    ENOSPC ENOSYS ENOTDIR ENOTTY ENXIO EOVERFLOW EPERM EPIPE EROFS ESPIPE ESRCH ETXTBSY
}

/// A fault by its name: `ENOMEM`, ... or `short`.
pub fn fault(name: &str) -> Option<Fault> {
    if name == "short" {
        return Some(Fault::Short);
    }
    ERRNOS.iter().find(|(known, _)| *known == name).map(|&(_, errno)| Fault::Errno(errno))
}

/// For each call that a program of ours may make: every error that its manual page documents, and what a kernel or a filter without it says. Left out
/// are those that a page gives for arguments only (EFAULT) where the library passes memory of its own.
pub const DOCUMENTED: &[(&str, &str)] = &[
    ("arch_prctl", "EINVAL EPERM"),
    ("brk", "ENOMEM"),
    ("clone", "EAGAIN EINVAL ENOMEM ENOSPC EPERM"),
    ("clone3", "EAGAIN EINVAL ENOMEM ENOSPC ENOSYS EPERM"),
    ("close", "EBADF EDQUOT EINTR EIO ENOSPC"),
    ("fstat", "EBADF EIO ENOMEM EOVERFLOW"),
    ("futex_wait", "EAGAIN EINTR"),
    ("getrandom", "EAGAIN EINTR EINVAL ENOSYS"),
    ("input", "short EAGAIN EBADF EINTR EINVAL EIO EISDIR"),
    ("ioctl", "EBADF EINVAL EIO ENOSYS ENOTTY"),
    ("lseek", "EBADF EINVAL ENXIO EOVERFLOW ESPIPE"),
    ("madvise", "EACCES EAGAIN EBADF EINVAL EIO ENOMEM EPERM"),
    ("membarrier", "EINVAL ENOSYS EPERM"),
    ("mmap", "EACCES EAGAIN EINVAL ENFILE ENODEV ENOMEM EOVERFLOW EPERM"),
    ("mprotect", "EACCES EINVAL ENOMEM"),
    ("mremap", "EAGAIN EINVAL ENOMEM"),
    ("munmap", "EINVAL ENOMEM"),
    ("nanosleep", "EINTR EINVAL"),
    (
        "openat",
        "EACCES EAGAIN EDQUOT EINTR EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENODEV ENOENT ENOMEM ENOSPC ENOTDIR ENXIO EOVERFLOW EPERM EROFS ETXTBSY",
    ),
    ("output", "short EAGAIN EBADF EDQUOT EFBIG EINTR EINVAL EIO ENOSPC EPERM EPIPE"),
    ("prctl", "EINVAL ENOSYS EPERM"),
    ("prlimit64", "EINVAL ENOSYS EPERM ESRCH"),
    ("rseq", "EBUSY EINVAL ENOSYS EPERM"),
    ("rt_sigaction", "EINVAL"),
    ("rt_sigprocmask", "EINVAL"),
    ("sched_getaffinity", "EINVAL ENOSYS EPERM ESRCH"),
    ("sched_setaffinity", "EINVAL ENOSYS EPERM ESRCH"),
    ("set_robust_list", "EINVAL ENOSYS"),
    ("set_tid_address", "ENOSYS"),
    ("sigaltstack", "EINVAL ENOMEM EPERM"),
];
