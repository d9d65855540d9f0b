//! What the programs of this package share: a way to fail, children, pipes. Raw system calls, so that a test of start-up leans on
//! little of what it tests.
#![no_std]

pub mod tls;

use core::ffi::CStr;
use core::ptr;

use dacapo::arch::syscall::{syscall1, syscall2, syscall3, syscall4, syscall5};
use dacapo::sys::Errno;

/// The exit code of a test that cannot run here; its last line says why.
pub const SKIPPED: i32 = 77;

/// Fails the test, naming the place, if the condition does not hold.
#[macro_export]
macro_rules! check {
    ($condition:expr) => {
        if !$condition {
            $crate::failed(file!(), line!(), stringify!($condition));
        }
    };
    ($condition:expr, $($say:tt)*) => {
        if !$condition {
            dacapo::eprintln!($($say)*);
            $crate::failed(file!(), line!(), stringify!($condition));
        }
    };
}

/// Prints a line, and fails the test if that cannot be done: for programs whose output is what they are judged by.
#[macro_export]
macro_rules! say {
    ($($say:tt)*) => {
        if let Err(errno) = dacapo::start::Standard::Output.print(format_args!("{}\n", format_args!($($say)*))) {
            $crate::check!(false, "cannot write: {errno}");
        }
    };
}

/// Ends the process with code 1 and one line that says where.
pub fn failed(file: &str, line: u32, what: &str) -> ! {
    dacapo::eprintln!("{file}:{line}: not true: {what}");
    wait_for_the_console();
    dacapo::sys::process::exit_group(1)
}

/// tcdrain(3) of the standard error output, if that is a terminal: the kernel does not wait for its console when PID 1 ends, and what was said last
/// would be lost.
pub fn wait_for_the_console() {
    const TCSBRK: usize = 0x5409;
    // SAFETY: touches no memory.
    let _ = unsafe { syscall3(number::IOCTL, 2, TCSBRK, 1) }; // ENOTTY: nothing to wait for
}

/// Whether this process runs under qemu-user, which emulates system calls: it gives no rseq, ignores RLIMIT_AS, cannot execute this CPU's
/// files, and breaks when a forked child makes threads.
#[must_use]
pub fn emulated() -> bool {
    let no_rseq = dacapo::rseq::state() == dacapo::rseq::State::Unavailable(Errno::ENOSYS);
    no_rseq && dacapo::start::auxv::auxv().rseq_feature_size() == 0
}

/// Whether `x.py test` says that the CPU is emulated, under qemu-user or in a guest: there a thread takes milliseconds.
#[must_use]
pub fn rounds_are_dear() -> bool {
    number(b"DACAPO_EMULATED", 0) != 0
}

/// Skips the test under qemu-user.
pub fn needs_a_kernel(why: &str) {
    if emulated() {
        skip(why);
    }
}

/// Ends the test as not for this machine.
pub fn skip(why: &str) -> ! {
    dacapo::println!("skipped: {why}");
    dacapo::sys::process::exit_group(SKIPPED)
}

mod number {
    use linux_raw_sys::general as raw;
    pub const CLONE: usize = raw::__NR_clone as usize;
    pub const WAIT4: usize = raw::__NR_wait4 as usize;
    pub const EXECVE: usize = raw::__NR_execve as usize;
    pub const EXECVEAT: usize = raw::__NR_execveat as usize;
    pub const PIPE2: usize = raw::__NR_pipe2 as usize;
    pub const DUP3: usize = raw::__NR_dup3 as usize;
    pub const PRLIMIT64: usize = raw::__NR_prlimit64 as usize;
    pub const UNSHARE: usize = raw::__NR_unshare as usize;
    pub const CHROOT: usize = raw::__NR_chroot as usize;
    pub const MOUNT: usize = raw::__NR_mount as usize;
    pub const MKDIRAT: usize = raw::__NR_mkdirat as usize;
    pub const UNLINKAT: usize = raw::__NR_unlinkat as usize;
    pub const SETRESUID: usize = raw::__NR_setresuid as usize;
    pub const CLOSE: usize = raw::__NR_close as usize;
    pub const IOCTL: usize = raw::__NR_ioctl as usize;
}

const SIGCHLD: usize = 17;

/// `fork()`: 0 in the child. Plain: the thread registry is told only by tests that mean to.
///
/// # Errors
/// Those of fork(2).
pub fn fork() -> Result<usize, Errno> {
    // SAFETY: a copy of the process; both sides go on.
    Errno::check(unsafe { syscall5(number::CLONE, SIGCHLD, 0, 0, 0, 0) })
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It called exit.
    Code(i32),
    /// A signal killed it.
    Signal(i32),
}

/// Waits for a child.
pub fn wait(child: usize) -> Ending {
    let mut status = 0_i32;
    // SAFETY: the kernel writes one int.
    while Errno::check(unsafe { syscall4(number::WAIT4, child, &raw mut status as usize, 0, 0) }) == Err(Errno::EINTR) {
    }
    if status & 0x7f == 0 { Ending::Code(status >> 8 & 0xff) } else { Ending::Signal(status & 0x7f) }
}

/// Runs `f` in a child, whose exit code it returns.
pub fn in_child(f: impl FnOnce() -> i32) -> Ending {
    match fork() {
        Ok(0) => dacapo::sys::process::exit_group(f()),
        Ok(child) => wait(child),
        Err(errno) => {
            dacapo::eprintln!("fork: {errno}");
            Ending::Code(1)
        }
    }
}

/// Runs this program again with other arguments and environment (both null-terminated); `prepare` runs in the child before.
pub fn run_self(argv: &[*const u8], envp: &[*const u8], prepare: impl FnOnce()) -> Ending {
    needs_a_kernel("qemu-user cannot execute files of this CPU");
    let path = dacapo::start::auxv::auxv().execfn();
    in_child(|| {
        prepare();
        // SAFETY: null-terminated lists of zero-terminated strings, by the callers in this package.
        let failed = unsafe { syscall3(number::EXECVE, path as usize, argv.as_ptr() as usize, envp.as_ptr() as usize) };
        dacapo::eprintln!("execve: {:?}", Errno::check(failed));
        126
    })
}

/// Executes an open file.
///
/// # Errors
/// Those of execveat(2).
///
/// # Safety
/// Both lists end with null and hold zero-terminated strings.
pub unsafe fn execute(fd: i32, argv: &[*const u8], envp: &[*const u8]) -> Errno {
    const AT_EMPTY_PATH: usize = 0x1000;
    // SAFETY: as the caller promises.
    let result = unsafe {
        syscall5(
            number::EXECVEAT,
            fd as usize,
            c"".as_ptr() as usize,
            argv.as_ptr() as usize,
            envp.as_ptr() as usize,
            AT_EMPTY_PATH,
        )
    };
    Errno::check(result).err().unwrap_or(Errno::EINVAL)
}

/// A pipe: (read end, write end).
pub fn pipe() -> (i32, i32) {
    let mut ends = [0_i32; 2];
    // SAFETY: the kernel writes two ints.
    let result = unsafe { syscall2(number::PIPE2, ends.as_mut_ptr() as usize, 0) };
    check!(result == 0);
    (ends[0], ends[1])
}

/// Makes descriptor `to` another name of `from`.
pub fn redirect(from: i32, to: i32) {
    // SAFETY: touches no memory.
    let result = unsafe { syscall3(number::DUP3, from as usize, to as usize, 0) };
    check!(result == to as usize);
}

/// Closes a descriptor.
pub fn close(fd: i32) {
    // SAFETY: touches no memory.
    let _ = unsafe { syscall1(number::CLOSE, fd as usize) };
}

/// Reads until the end of the file or the buffer.
pub fn read_all(fd: i32, buffer: &mut [u8]) -> usize {
    let mut len = 0;
    while let Ok(more) = dacapo::sys::file::read(fd, &mut buffer[len..])
        && more > 0
    {
        len += more;
    }
    len
}

/// Limits a resource (RLIMIT_*) of this process, for good.
pub fn limit(resource: usize, value: u64) {
    let pair = [value; 2];
    // SAFETY: the kernel reads two words.
    let result = unsafe { syscall4(number::PRLIMIT64, 0, resource, pair.as_ptr() as usize, 0) };
    check!(result == 0);
}

/// RLIMIT_NPROC.
pub const PROCESSES: usize = 6;
/// RLIMIT_AS.
pub const ADDRESS_SPACE: usize = 9;

/// Becomes another user.
pub fn become_user(user: usize) -> bool {
    // SAFETY: touches no memory.
    (unsafe { syscall3(number::SETRESUID, user, user, user) }) == 0
}

/// The next child is PID 1 of a namespace of its own, if we may do that.
pub fn unshare_pids() -> bool {
    const CLONE_NEWPID: usize = 0x2000_0000;
    // SAFETY: touches no memory.
    (unsafe { syscall1(number::UNSHARE, CLONE_NEWPID) }) == 0
}

const AT_FDCWD: usize = -100_isize as usize;

/// Makes an empty directory the root of the file system for this process. [`remove_directory`] is for a process outside.
pub fn empty_root(path: &CStr) -> bool {
    // SAFETY: zero-terminated paths.
    unsafe {
        let _ = syscall3(number::MKDIRAT, AT_FDCWD, path.as_ptr() as usize, 0o700); // it may be there already
        syscall1(number::CHROOT, path.as_ptr() as usize) == 0
    }
}

/// Removes an empty directory.
pub fn remove_directory(path: &CStr) {
    const AT_REMOVEDIR: usize = 0x200;
    // SAFETY: zero-terminated.
    let _ = unsafe { syscall3(number::UNLINKAT, AT_FDCWD, path.as_ptr() as usize, AT_REMOVEDIR) };
}

/// Lines of /proc/self/maps: mappings of this process; None without /proc.
pub fn mappings() -> Option<usize> {
    // SAFETY: zero-terminated.
    let fd =
        unsafe { dacapo::sys::file::openat(dacapo::sys::file::AT_FDCWD, c"/proc/self/maps".as_ptr().cast(), 0, 0) }
            .ok()?;
    let mut lines = 0;
    let mut buffer = [0_u8; 4096];
    while let Ok(len) = dacapo::sys::file::read(fd, &mut buffer)
        && len > 0
    {
        lines += buffer[..len].iter().filter(|&&byte| byte == b'\n').count();
    }
    close(fd);
    Some(lines)
}

/// No environment.
pub const NO_ENVIRONMENT: &[*const u8] = &[ptr::null()];

/// A variable of the environment that is a number, or else `otherwise`.
#[must_use]
pub fn number(name: &[u8], otherwise: u64) -> u64 {
    let digits = dacapo::start::env().value(name).and_then(|value| core::str::from_utf8(value).ok());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(otherwise)
}

/// A generator that is good enough: splitmix64.
pub struct Random(u64);

impl Random {
    /// One of many streams of a seed.
    #[must_use]
    pub fn of(seed: u64, stream: u64) -> Random {
        Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(stream.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// Any number.
    #[allow(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// Mounts procfs at /proc, which exists; whether it is there now.
pub fn mount_procfs() -> bool {
    let (kind, path) = (c"proc".as_ptr() as usize, c"/proc".as_ptr() as usize);
    // SAFETY: zero-terminated strings and no data.
    (unsafe { syscall5(number::MOUNT, kind, path, kind, 0, 0) }) == 0
}
