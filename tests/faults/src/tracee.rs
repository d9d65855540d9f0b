//! Runs a program under ptrace and makes one of its system calls fail.
//!
//! 1. The child asks to be traced and executes the program; every thread and process that it makes is traced too.
//! 2. Each thread stops at each entry and exit of the kernel. Occurrences of the chosen call are counted over all threads.
//! 3. At the entry of the K-th, the call's number becomes -1, so that the kernel executes nothing; at its exit the result becomes -errno.
//! 4. A watchdog kills a program that makes no system call for a while, or goes on making them for ever.
//!
//! Source: ptrace(2).

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::FromRawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use libc::{c_int, c_void, pid_t};

use crate::names::{Call, Fault};
use crate::registers::Registers;
use crate::symbols::Symbols;

/// Which occurrence of which call fails, and how. With `nth` 0 all are counted and none fails.
#[derive(Clone, Copy, Debug)]
pub struct Injection {
    pub call: Call,
    pub nth: usize,
    pub fault: Fault,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Exit(i32),
    Signal(i32),
    TimedOut,
}

/// What a run came to.
pub struct Run {
    pub end: End,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// The call site of every occurrence of the chosen call, in order.
    pub sites: Vec<String>,
    /// Whether the fault was made.
    pub injected: bool,
}

/// What a thread will find at its next exit from the kernel.
#[derive(Clone, Copy)]
enum Pending {
    Result(i64),
    /// The call ran with other arguments, and its caller must find its own ones again.
    Arguments([u64; 3]),
}

struct Tracer<'a> {
    injection: Injection,
    symbols: &'a Symbols,
    base: u64,
    run: Run,
    /// Traced threads; the value is set between the entry and the exit of the call that fails.
    threads: HashMap<pid_t, Option<Pending>>,
    /// Stops so far, for the watchdog.
    stops: Arc<AtomicU64>,
}

fn anonymous_file(name: &std::ffi::CStr) -> File {
    // SAFETY: the descriptor is new and ours.
    unsafe {
        let fd = libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC);
        assert!(fd >= 0, "memfd_create: {}", std::io::Error::last_os_error());
        File::from_raw_fd(fd)
    }
}

fn contents(mut file: File) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = file.rewind();
    let _ = file.read_to_end(&mut bytes);
    bytes
}

/// How much longer than it may be silent a program may take in all. One that is refused its heap makes a system call for every block, and each of
/// these waits for us: on a busy machine that is slow, and no hang.
const WHOLE: u32 = 6;

/// Runs `program` once with the fault, until it ends or makes no system call for the time `limit`. `input` is its standard input.
#[allow(clippy::zombie_processes, reason = "the tracer reaps it: `follow` waits for every thread and process")]
pub fn run(
    program: &Path,
    arguments: &[String],
    input: &Path,
    symbols: &Symbols,
    injection: Injection,
    limit: Duration,
) -> Run {
    let (out, err) = (anonymous_file(c"stdout"), anonymous_file(c"stderr"));
    let mut command = Command::new(program);
    command.args(arguments).stdin(File::open(input).expect("the input can be read"));
    command.stdout(out.try_clone().expect("dup")).stderr(err.try_clone().expect("dup"));
    // SAFETY: one async-signal-safe call in the child.
    unsafe {
        command.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        });
    }
    let child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let pid = child.id() as pid_t;

    let (finished, watch) = mpsc::channel::<()>();
    let stops = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&stops);
    let watchdog = std::thread::spawn(move || {
        let mut late = false;
        for _ in 0..WHOLE {
            let before = seen.load(Relaxed);
            late = watch.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
            if !late || seen.load(Relaxed) == before {
                break;
            }
        }
        if late {
            // SAFETY: `finished` is dropped right after the child was reaped: the id is not another process's yet.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
        late
    });
    let mut tracer = Tracer {
        injection,
        symbols,
        base: 0,
        run: Run { end: End::TimedOut, stdout: Vec::new(), stderr: Vec::new(), sites: Vec::new(), injected: false },
        threads: HashMap::from([(pid, None)]),
        stops,
    };
    tracer.follow(pid);
    drop(finished);
    let mut run = tracer.run;
    if watchdog.join().expect("the watchdog does not panic") {
        run.end = End::TimedOut;
    }
    (run.stdout, run.stderr) = (contents(out), contents(err));
    run
}

/// Where a movable program was loaded: the lowest mapping of its file.
fn load_base(pid: pid_t) -> u64 {
    let exe = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    let line = maps.lines().find(|line| line.ends_with(&*exe.to_string_lossy()));
    line.and_then(|line| u64::from_str_radix(line.split('-').next()?, 16).ok()).unwrap_or(0)
}

impl Tracer<'_> {
    fn resume(tid: pid_t, signal: c_int) {
        // SAFETY: an error means that the thread was killed meanwhile; its end is reported next.
        unsafe { libc::ptrace(libc::PTRACE_SYSCALL, tid, 0, signal) };
    }

    /// Handles stops until the program has ended.
    fn follow(&mut self, main: pid_t) {
        let mut started = false;
        loop {
            let mut status = 0;
            // SAFETY: `status` is ours.
            let tid = unsafe { libc::waitpid(-1, &raw mut status, libc::__WALL) };
            if tid < 0 {
                return; // all children are reaped
            }
            self.stops.fetch_add(1, Relaxed);
            if libc::WIFEXITED(status) || libc::WIFSIGNALED(status) {
                self.threads.remove(&tid);
                if tid == main {
                    self.run.end = if libc::WIFEXITED(status) {
                        End::Exit(libc::WEXITSTATUS(status))
                    } else {
                        End::Signal(libc::WTERMSIG(status))
                    };
                    for &left in self.threads.keys() {
                        // SAFETY: a process that the program forked and left behind; it is our tracee, so the id is not reused.
                        unsafe { libc::kill(left, libc::SIGKILL) };
                    }
                }
                continue;
            }
            let (signal, event) = (libc::WSTOPSIG(status), status >> 16);
            let new = !self.threads.contains_key(&tid);
            if new {
                self.threads.insert(tid, None);
            }
            if !started {
                started = true; // the stop after execve
                self.base = load_base(tid);
                let options = libc::PTRACE_O_TRACESYSGOOD
                    | libc::PTRACE_O_TRACECLONE
                    | libc::PTRACE_O_TRACEFORK
                    | libc::PTRACE_O_TRACEVFORK
                    | libc::PTRACE_O_TRACEEXEC
                    | libc::PTRACE_O_EXITKILL;
                // SAFETY: the thread is stopped.
                unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, tid, 0, options) };
                Self::resume(tid, 0);
            } else if signal == libc::SIGTRAP | 0x80 {
                self.system_call(tid);
                Self::resume(tid, 0);
            } else if event != 0 || (new && signal == libc::SIGSTOP) {
                Self::resume(tid, 0);
            } else {
                Self::resume(tid, signal);
            }
        }
    }

    fn system_call(&mut self, tid: pid_t) {
        // SAFETY: the kernel fills in as much as it knows.
        let info = unsafe {
            let mut info: libc::ptrace_syscall_info = std::mem::zeroed();
            libc::ptrace(libc::PTRACE_GET_SYSCALL_INFO, tid, size_of_val(&info), &raw mut info);
            info
        };
        match info.op {
            libc::PTRACE_SYSCALL_INFO_ENTRY => {
                // SAFETY: `op` says which member it is.
                let entry = unsafe { info.u.entry };
                if self.injection.call.is(entry.nr, &entry.args) {
                    self.occurrence(tid, info.instruction_pointer, entry.nr, entry.args);
                }
            }
            libc::PTRACE_SYSCALL_INFO_EXIT => {
                if let Some(pending) = self.threads.get_mut(&tid).and_then(Option::take)
                    && let Some(mut registers) = Registers::of(tid)
                {
                    match pending {
                        Pending::Result(result) => registers.set_result(result),
                        Pending::Arguments(arguments) => registers.restore(arguments),
                    }
                    registers.store();
                }
            }
            _ => {}
        }
    }

    fn occurrence(&mut self, tid: pid_t, ip: u64, number: u64, arguments: [u64; 6]) {
        self.run.sites.push(self.symbols.name(ip, self.base));
        if self.run.sites.len() != self.injection.nth {
            return;
        }
        let Some(mut registers) = Registers::of(tid) else { return };
        self.run.injected = true;
        match self.injection.fault {
            Fault::Errno(errno) => {
                registers.set_number(-1);
                self.threads.insert(tid, Some(Pending::Result(-i64::from(errno))));
            }
            Fault::Short => {
                Self::shorten(tid, &mut registers, number, arguments);
                self.threads.insert(tid, Some(Pending::Arguments([arguments[0], arguments[1], arguments[2]])));
            }
        }
        registers.store();
    }

    /// Half of the bytes; a vectored call becomes a plain one on its first non-empty part.
    fn shorten(tid: pid_t, registers: &mut Registers, number: u64, arguments: [u64; 6]) {
        let half = |len: u64| len.div_ceil(2);
        let plain = match number as libc::c_long {
            libc::SYS_writev => libc::SYS_write,
            libc::SYS_readv => libc::SYS_read,
            _ => {
                registers.set_argument(2, half(arguments[2]));
                return;
            }
        };
        for part in 0..arguments[2] {
            let address = arguments[1] + 16 * part;
            let (base, len) = (peek(tid, address), peek(tid, address + 8));
            if len > 0 {
                registers.set_number(plain);
                registers.set_argument(1, base);
                registers.set_argument(2, half(len));
                return;
            }
        }
    }
}

/// One word of the tracee's memory.
fn peek(tid: pid_t, address: u64) -> u64 {
    // SAFETY: reads the stopped tracee; a bad address is an error, which reads as -1.
    unsafe { libc::ptrace(libc::PTRACE_PEEKDATA, tid, address as *mut c_void, 0) as u64 }
}
