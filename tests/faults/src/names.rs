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
        "chdir" => libc::SYS_chdir,
        "clock_gettime" => libc::SYS_clock_gettime,
        "clock_nanosleep" => libc::SYS_clock_nanosleep,
        "clone" => libc::SYS_clone,
        "clone3" => libc::SYS_clone3,
        "close" => libc::SYS_close,
        "dup" => libc::SYS_dup,
        "dup3" => libc::SYS_dup3,
        "faccessat" => libc::SYS_faccessat,
        "fchdir" => libc::SYS_fchdir,
        "fchmod" => libc::SYS_fchmod,
        "fchmodat" => libc::SYS_fchmodat,
        "fcntl" => libc::SYS_fcntl,
        "fdatasync" => libc::SYS_fdatasync,
        "flock" => libc::SYS_flock,
        "fstat" => libc::SYS_fstat,
        "fstatfs" => libc::SYS_fstatfs,
        "fsync" => libc::SYS_fsync,
        "ftruncate" => libc::SYS_ftruncate,
        "futex" => libc::SYS_futex,
        "getcwd" => libc::SYS_getcwd,
        "getdents64" => libc::SYS_getdents64,
        "getitimer" => libc::SYS_getitimer,
        "getpriority" => libc::SYS_getpriority,
        "getrandom" => libc::SYS_getrandom,
        "getrusage" => libc::SYS_getrusage,
        "ioctl" => libc::SYS_ioctl,
        "kill" => libc::SYS_kill,
        "linkat" => libc::SYS_linkat,
        "lseek" => libc::SYS_lseek,
        "madvise" => libc::SYS_madvise,
        "membarrier" => libc::SYS_membarrier,
        "memfd_create" => libc::SYS_memfd_create,
        "mkdirat" => libc::SYS_mkdirat,
        "mmap" => libc::SYS_mmap,
        "mprotect" => libc::SYS_mprotect,
        "mremap" => libc::SYS_mremap,
        "munmap" => libc::SYS_munmap,
        "nanosleep" => libc::SYS_nanosleep,
        "newfstatat" => libc::SYS_newfstatat,
        "openat" => libc::SYS_openat,
        "pipe2" => libc::SYS_pipe2,
        "ppoll" => libc::SYS_ppoll,
        "prctl" => libc::SYS_prctl,
        "pread64" => libc::SYS_pread64,
        "prlimit64" => libc::SYS_prlimit64,
        "pselect6" => libc::SYS_pselect6,
        "pwrite64" => libc::SYS_pwrite64,
        "read" => libc::SYS_read,
        "readlinkat" => libc::SYS_readlinkat,
        "readv" => libc::SYS_readv,
        "renameat2" => libc::SYS_renameat2,
        "rseq" => libc::SYS_rseq,
        "rt_sigaction" => libc::SYS_rt_sigaction,
        "rt_sigpending" => libc::SYS_rt_sigpending,
        "rt_sigprocmask" => libc::SYS_rt_sigprocmask,
        "rt_sigtimedwait" => libc::SYS_rt_sigtimedwait,
        "sched_get_priority_max" => libc::SYS_sched_get_priority_max,
        "sched_get_priority_min" => libc::SYS_sched_get_priority_min,
        "sched_getaffinity" => libc::SYS_sched_getaffinity,
        "sched_getparam" => libc::SYS_sched_getparam,
        "sched_getscheduler" => libc::SYS_sched_getscheduler,
        "sched_rr_get_interval" => libc::SYS_sched_rr_get_interval,
        "sched_setaffinity" => libc::SYS_sched_setaffinity,
        "sched_setparam" => libc::SYS_sched_setparam,
        "sched_setscheduler" => libc::SYS_sched_setscheduler,
        "set_robust_list" => libc::SYS_set_robust_list,
        "set_tid_address" => libc::SYS_set_tid_address,
        "setitimer" => libc::SYS_setitimer,
        "setpriority" => libc::SYS_setpriority,
        "sigaltstack" => libc::SYS_sigaltstack,
        "symlinkat" => libc::SYS_symlinkat,
        "sysinfo" => libc::SYS_sysinfo,
        "timer_create" => libc::SYS_timer_create,
        "timer_delete" => libc::SYS_timer_delete,
        "timer_getoverrun" => libc::SYS_timer_getoverrun,
        "timer_gettime" => libc::SYS_timer_gettime,
        "timer_settime" => libc::SYS_timer_settime,
        "truncate" => libc::SYS_truncate,
        "uname" => libc::SYS_uname,
        "unlinkat" => libc::SYS_unlinkat,
        "utimensat" => libc::SYS_utimensat,
        "wait4" => libc::SYS_wait4,
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
    EACCES EAGAIN EBADF EBUSY ECHILD EDEADLK EDQUOT EEXIST EFAULT EFBIG EINTR EINVAL EIO EISDIR ELOOP EMFILE EMLINK ENAMETOOLONG ENFILE ENODEV ENOENT ENOLCK ENOMEM ENOSPC ENOSYS ENOTDIR ENOTEMPTY ENOTTY ENXIO EOVERFLOW EPERM EPIPE ERANGE EROFS ESPIPE ESRCH ETXTBSY EXDEV
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
    ("chdir", "EACCES EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR"),
    ("clock_nanosleep", "EINTR EINVAL"),
    ("clone", "EAGAIN EINVAL ENOMEM ENOSPC EPERM"),
    ("clone3", "EAGAIN EINVAL ENOMEM ENOSPC ENOSYS EPERM"),
    ("close", "EBADF EDQUOT EINTR EIO ENOSPC"),
    ("dup", "EBADF EMFILE"),
    ("dup3", "EBADF EBUSY EINTR EINVAL EMFILE"),
    ("faccessat", "EACCES EINVAL EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EROFS ETXTBSY"),
    ("fchdir", "EACCES EBADF ENOTDIR"),
    ("fchmod", "EBADF EIO EPERM EROFS"),
    ("fchmodat", "EACCES EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EPERM EROFS"),
    ("fcntl", "EACCES EAGAIN EBADF EBUSY EDEADLK EINTR EINVAL EMFILE ENOLCK EPERM"),
    ("fdatasync", "EBADF EDQUOT EINTR EINVAL EIO ENOSPC EROFS"),
    ("flock", "EBADF EINTR EINVAL ENOLCK EAGAIN"),
    ("fstat", "EBADF EIO ENOMEM EOVERFLOW"),
    ("fstatfs", "EBADF EINTR EIO ENOMEM ENOSYS EOVERFLOW"),
    ("fsync", "EBADF EDQUOT EINTR EINVAL EIO ENOSPC EROFS"),
    ("ftruncate", "EBADF EFBIG EINTR EINVAL EIO EPERM EROFS ETXTBSY"),
    ("futex_wait", "EAGAIN EINTR"),
    ("getcwd", "EACCES ENAMETOOLONG ENOENT ENOMEM ERANGE"),
    ("getdents64", "EBADF EINVAL ENOENT ENOTDIR"),
    ("getitimer", "EINVAL"),
    ("getpriority", "EINVAL ESRCH"),
    ("getrandom", "EAGAIN EINTR EINVAL ENOSYS"),
    ("getrusage", "EINVAL"),
    ("input", "short EAGAIN EBADF EINTR EINVAL EIO EISDIR"),
    ("ioctl", "EBADF EINVAL EIO ENOSYS ENOTTY"),
    ("kill", "EINVAL EPERM ESRCH"),
    ("linkat", "EACCES EDQUOT EEXIST EIO ELOOP EMLINK ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR EPERM EROFS EXDEV"),
    ("lseek", "EBADF EINVAL ENXIO EOVERFLOW ESPIPE"),
    ("madvise", "EACCES EAGAIN EBADF EINVAL EIO ENOMEM EPERM"),
    ("membarrier", "EINVAL ENOSYS EPERM"),
    ("memfd_create", "EINVAL EMFILE ENFILE ENOMEM EPERM"),
    ("mkdirat", "EACCES EDQUOT EEXIST EINVAL ELOOP EMLINK ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR EPERM EROFS"),
    ("mmap", "EACCES EAGAIN EINVAL ENFILE ENODEV ENOMEM EOVERFLOW EPERM"),
    ("mprotect", "EACCES EINVAL ENOMEM"),
    ("mremap", "EAGAIN EINVAL ENOMEM"),
    ("munmap", "EINVAL ENOMEM"),
    ("nanosleep", "EINTR EINVAL"),
    ("newfstatat", "EACCES EBADF EINVAL ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR EOVERFLOW"),
    (
        "openat",
        "EACCES EAGAIN EDQUOT EINTR EISDIR ELOOP EMFILE ENAMETOOLONG ENFILE ENODEV ENOENT ENOMEM ENOSPC ENOTDIR ENXIO EOVERFLOW EPERM EROFS ETXTBSY",
    ),
    ("output", "short EAGAIN EBADF EDQUOT EFBIG EINTR EINVAL EIO ENOSPC EPERM EPIPE"),
    ("pipe2", "EINVAL EMFILE ENFILE"),
    ("ppoll", "EINTR EINVAL ENOMEM"),
    ("prctl", "EINVAL ENOSYS EPERM"),
    ("pread64", "EAGAIN EBADF EINTR EINVAL EIO EISDIR ENXIO EOVERFLOW ESPIPE"),
    ("prlimit64", "EINVAL ENOSYS EPERM ESRCH"),
    ("pselect6", "EBADF EINTR EINVAL ENOMEM"),
    ("pwrite64", "EAGAIN EBADF EDQUOT EFBIG EINTR EINVAL EIO ENOSPC ENXIO EOVERFLOW EPERM EPIPE ESPIPE"),
    ("readlinkat", "EACCES EBADF EINVAL EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR"),
    (
        "renameat2",
        "EACCES EBUSY EDQUOT EEXIST EINVAL EISDIR ELOOP EMLINK ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR ENOTEMPTY EPERM EROFS EXDEV",
    ),
    ("rseq", "EBUSY EINVAL ENOSYS EPERM"),
    ("rt_sigaction", "EINVAL"),
    ("rt_sigpending", "EINVAL"),
    ("rt_sigprocmask", "EINVAL"),
    ("rt_sigtimedwait", "EAGAIN EINTR EINVAL"),
    ("sched_get_priority_max", "EINVAL"),
    ("sched_get_priority_min", "EINVAL"),
    ("sched_getaffinity", "EINVAL ENOSYS EPERM ESRCH"),
    ("sched_getparam", "EINVAL ESRCH"),
    ("sched_getscheduler", "EINVAL ESRCH"),
    ("sched_rr_get_interval", "EINVAL ENOSYS ESRCH"),
    ("sched_setaffinity", "EINVAL ENOSYS EPERM ESRCH"),
    ("sched_setparam", "EINVAL EPERM ESRCH"),
    ("sched_setscheduler", "EINVAL EPERM ESRCH"),
    ("set_robust_list", "EINVAL ENOSYS"),
    ("set_tid_address", "ENOSYS"),
    ("setitimer", "EINVAL"),
    ("setpriority", "EACCES EINVAL EPERM ESRCH"),
    ("sigaltstack", "EINVAL ENOMEM EPERM"),
    ("symlinkat", "EACCES EBADF EDQUOT EEXIST EIO ELOOP ENAMETOOLONG ENOENT ENOMEM ENOSPC ENOTDIR EPERM EROFS"),
    ("sysinfo", "EPERM"),
    ("timer_create", "EAGAIN EINVAL ENOMEM EPERM"),
    ("timer_delete", "EINVAL"),
    ("timer_getoverrun", "EINVAL"),
    ("timer_gettime", "EINVAL"),
    ("timer_settime", "EINVAL"),
    ("truncate", "EACCES EFBIG EINTR EINVAL EIO EISDIR ELOOP ENAMETOOLONG ENOENT ENOTDIR EPERM EROFS ETXTBSY"),
    ("uname", "EPERM"),
    ("unlinkat", "EACCES EBADF EBUSY EINVAL EIO EISDIR ELOOP ENAMETOOLONG ENOENT ENOMEM ENOTDIR ENOTEMPTY EPERM EROFS"),
    ("utimensat", "EACCES EBADF EINVAL ELOOP ENAMETOOLONG ENOENT ENOTDIR EPERM EROFS ESRCH"),
    ("wait4", "ECHILD EINTR EINVAL"),
];
