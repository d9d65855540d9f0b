//! Bad input and bad surroundings: what each of them must come to.
//!
//! | group | promise |
//! | --- | --- |
//! | closed descriptors | a program starts without them; a failed write is reported |
//! | arguments | none at all, or as many as the kernel takes: all arrive |
//! | sizes | what nobody has is refused with ENOMEM or EINVAL, and nothing else changes |
//! | frees | a pointer that is no live block ends the process with its address and the rule |
//! | limits | memory, stack, threads: the documented error, and everything comes back |
//! | auxiliary vector | each entry taken away, and addresses and sizes that are none: the program runs all the same |
//! | output | full disk (at once or in the middle) and closed pipe are reported; what fitted is there |

use std::ffi::CString;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::FromRawFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::registers::Registers;

const LIMIT: Duration = Duration::from_secs(20);

/// What must be seen.
#[derive(Default)]
struct Expected {
    /// Exit code, or minus the signal.
    code: i32,
    /// Standard output, if it matters.
    stdout: Option<Vec<u8>>,
    /// Words that standard error must have; `ADDRESS` stands for what the program said it would free.
    stderr: Vec<&'static str>,
}

struct Case {
    name: String,
    command: Command,
    /// Where its output goes: a file of ours, unless the case says otherwise.
    keeps_output: bool,
    expected: Expected,
}

fn memfd() -> File {
    // SAFETY: a new descriptor, ours.
    unsafe { File::from_raw_fd(libc::memfd_create(c"output".as_ptr(), libc::MFD_CLOEXEC)) }
}

fn contents(file: &mut File) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = file.rewind();
    let _ = file.read_to_end(&mut bytes);
    bytes
}

fn limit(command: &mut Command, resource: i32, value: u64) {
    // SAFETY: one async-signal-safe call in the child.
    unsafe {
        command.pre_exec(move || {
            let pair = libc::rlimit { rlim_cur: value, rlim_max: value };
            match libc::setrlimit(resource as _, &raw const pair) {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            }
        });
    }
}

fn whole_output() -> Vec<u8> {
    (0..5000).flat_map(|line| format!("line {line:013}\n").into_bytes()).collect()
}

/// The table.
struct Cases<'a> {
    input: &'a Path,
    limits: &'a Path,
    list: Vec<Case>,
}

impl Cases<'_> {
    fn add(&mut self, name: impl Into<String>, program: &Path, arguments: &[&str], expected: Expected) -> &mut Case {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        self.list.push(Case { name: name.into(), command, keeps_output: true, expected });
        self.list.last_mut().expect("just pushed")
    }

    fn closed_descriptors(&mut self) {
        for set in 0..8_u32 {
            let closed = |fd: u32| set >> fd & 1 == 1;
            let names: Vec<_> = ["stdin", "stdout", "stderr"].iter().zip(0..).filter(|&(_, fd)| closed(fd)).collect();
            let name = names.iter().map(|(name, _)| **name).collect::<Vec<_>>().join(", ");
            let name = format!("closed: {}", if name.is_empty() { "none" } else { &name });
            let expected = Expected {
                code: i32::from(closed(1)),
                stdout: (!closed(1)).then(whole_output),
                stderr: if closed(1) && !closed(2) { vec!["cannot write: Bad file descriptor"] } else { vec![] },
            };
            let program = self.input;
            let case = self.add(name, program, &["out"], expected);
            // SAFETY: async-signal-safe calls in the child.
            unsafe {
                case.command.pre_exec(move || {
                    (0..3).filter(|&fd| set >> fd & 1 == 1).for_each(|fd| {
                        libc::close(fd);
                    });
                    Ok(())
                });
            }
        }
    }

    fn arguments(&mut self) {
        let input = self.input;
        for (name, list) in [("argv is empty", true), ("argv is null", false)] {
            // Linux before 5.18 passes the empty list on; since then the program gets one empty argument.
            let case = self.add(name, input, &[], Expected { stderr: vec![], ..Expected::default() });
            let path = CString::new(input.to_string_lossy().as_bytes()).expect("a path");
            // SAFETY: replaces the program before std does; the strings live until then.
            unsafe {
                case.command.pre_exec(move || {
                    let none: [*const libc::c_char; 1] = [std::ptr::null()];
                    let argv = if list { none.as_ptr() } else { std::ptr::null() };
                    libc::syscall(libc::SYS_execve, path.as_ptr(), argv, none.as_ptr());
                    Err(std::io::Error::last_os_error())
                });
            }
        }
        let long = "x".repeat(100_000);
        let expected = |arguments: usize, variables: usize, bytes: usize| Expected {
            stdout: Some(
                format!("{arguments} arguments, {variables} variables, {bytes} bytes, last here\n").into_bytes(),
            ),
            ..Expected::default()
        };
        let program = input.to_string_lossy().len() + "count".len();
        let many: Vec<&str> = std::iter::once("count").chain(std::iter::repeat_n(&*long, 18)).collect();
        let case = self.add("18 arguments of 100 KB", input, &many, expected(20, 1, program + 1_800_000 + 9));
        case.command.env_clear().env("LAST", "here");
        let case = self.add("18 variables of 100 KB", input, &["count"], expected(2, 19, program + 18 * 100_003 + 9));
        case.command
            .env_clear()
            .envs((0..18).map(|n| (format!("{}{}", (b'A' + n / 10) as char, n % 10), long.clone())));
        case.command.env("LAST", "here");
        let few: Vec<String> = std::iter::once("count".into()).chain((0..60_000).map(|n| format!("{n:05}"))).collect();
        let few: Vec<&str> = few.iter().map(String::as_str).collect();
        let case = self.add("60,000 arguments", input, &few, expected(60_002, 1, program + 300_000 + 9));
        case.command.env_clear().env("LAST", "here");
    }

    fn heap(&mut self) {
        let input = self.input;
        self.add("absurd sizes", input, &["absurd"], Expected { stdout: Some(vec![]), ..Expected::default() });
        for which in [
            "stack",
            "data",
            "misaligned",
            "odd",
            "large-inside",
            "foreign",
            "null-page",
            "kernel",
            "double",
            "double-large",
        ] {
            let expected = Expected { code: -libc::SIGABRT, stdout: Some(vec![]), stderr: vec!["ADDRESS"] };
            self.add(format!("free: {which}"), input, &["free", which], expected);
        }
        let expected = Expected { code: -libc::SIGABRT, stdout: Some(vec![]), stderr: vec!["ADDRESS"] };
        self.add("realloc: data", input, &["realloc"], expected);
        let case = self.add("address space of 64 MiB", input, &["exhaust"], Expected::default());
        limit(&mut case.command, libc::RLIMIT_AS as i32, 64 << 20);
        let case = self.add("data of 32 MiB", input, &["exhaust"], Expected::default());
        limit(&mut case.command, libc::RLIMIT_DATA as i32, 32 << 20);
    }

    fn surroundings(&mut self) {
        let (input, limits) = (self.input, self.limits);
        for kib in [16, 64, 128] {
            let case = self.add(
                format!("stack of {kib} KiB"),
                input,
                &["out"],
                Expected { stdout: Some(whole_output()), ..Expected::default() },
            );
            limit(&mut case.command, libc::RLIMIT_STACK as i32, kib << 10);
        }
        let expected = Expected { code: 1, stderr: vec!["No space left on device"], ..Expected::default() };
        let case = self.add("full disk", input, &["out"], expected);
        case.command.stdout(File::options().write(true).open("/dev/full").expect("/dev/full"));
        case.keeps_output = false;
        // A disk that fills up in the middle: what fitted is there, and the rest is reported (in a file with as much room).
        for most in [100, 4096, 10_007] {
            let expected =
                Expected { code: 1, stdout: Some(whole_output()[..most].to_vec()), stderr: vec!["File too large"] };
            let case = self.add(format!("room for {most} bytes"), input, &["out"], expected);
            limit(&mut case.command, libc::RLIMIT_FSIZE as i32, most as u64);
            // SAFETY: one async-signal-safe call in the child.
            unsafe {
                case.command.pre_exec(|| {
                    libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
                    Ok(())
                });
            }
        }
        for ignored in [false, true] {
            let expected = Expected {
                code: if ignored { 1 } else { -libc::SIGPIPE },
                stderr: if ignored { vec!["Broken pipe"] } else { vec![] },
                ..Expected::default()
            };
            let name = format!("closed pipe, SIGPIPE {}", if ignored { "ignored" } else { "as it is" });
            let case = self.add(name, input, &["out"], expected);
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            case.command.stdout(writer);
            case.keeps_output = false;
            // SAFETY: one async-signal-safe call in the child.
            unsafe {
                case.command.pre_exec(move || {
                    libc::signal(libc::SIGPIPE, if ignored { libc::SIG_IGN } else { libc::SIG_DFL });
                    Ok(())
                });
            }
        }
        self.add("absurd thread attributes", limits, &["attributes"], Expected::default());
        let case = self.add("threads in 128 MiB", limits, &["limit"], Expected::default());
        limit(&mut case.command, libc::RLIMIT_AS as i32, 128 << 20);
        // SAFETY: touches nothing.
        if unsafe { libc::geteuid() } == 0 {
            let case = self.add("20 threads for the user", limits, &["limit"], Expected::default());
            limit(&mut case.command, libc::RLIMIT_NPROC as i32, 20);
            case.command.uid(54_322);
        } else {
            println!("  skipped 20 threads for the user: takes root's rights to become a user without other threads");
        }
    }
}

impl Case {
    /// Runs it; what is wrong, if anything, and how it ended.
    fn run(mut self) -> (Result<(), String>, String) {
        let (mut out, mut err) = (memfd(), memfd());
        if self.keeps_output {
            self.command.stdout(out.try_clone().expect("dup"));
        }
        self.command.stderr(err.try_clone().expect("dup"));
        let mut child = match self.command.spawn() {
            Ok(child) => child,
            Err(error) => return (Err(format!("cannot run it: {error}")), String::new()),
        };
        let begun = Instant::now();
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break Some(status),
                _ if begun.elapsed() > LIMIT => {
                    let _ = child.kill();
                    let _ = child.wait();
                    break None;
                }
                _ => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        let (stdout, stderr) = (contents(&mut out), contents(&mut err));
        let said = String::from_utf8_lossy(&stderr).into_owned();
        let Some(status) = status else { return (Err(format!("no end within {LIMIT:?}; {said}")), "HANG".into()) };
        let code = status.code().unwrap_or_else(|| -status.signal().unwrap_or(0));
        let how = if code < 0 { format!("signal {}", -code) } else { format!("exit {code}") };
        // The line of the program itself names the address; the library's line must name it again.
        let address = said.strip_prefix("freeing ").and_then(|rest| rest.split_once('\n'));
        let last = said.lines().last().unwrap_or_default().chars().take(100).collect::<String>();
        let mut problem = None;
        if code != self.expected.code {
            problem = Some(format!("ended with {code}, not {}", self.expected.code));
        }
        if self.expected.stdout.is_some_and(|expected| expected != stdout) {
            let text: String = String::from_utf8_lossy(&stdout).chars().take(200).collect();
            problem.get_or_insert(format!("other output ({} bytes): {text}", stdout.len()));
        }
        for word in self.expected.stderr {
            let found = match (word, address) {
                ("ADDRESS", Some((address, rest))) => {
                    let number = |text: &str| usize::from_str_radix(text.trim_start_matches("0x"), 16).ok();
                    rest.split(|c: char| !c.is_ascii_alphanumeric())
                        .any(|word| word.starts_with("0x") && number(word) == number(address.trim()))
                }
                ("ADDRESS", None) => false,
                _ => said.contains(word),
            };
            if !found {
                problem.get_or_insert(format!("no {word} on standard error: {said}"));
            }
        }
        (problem.map_or(Ok(()), Err), format!("{how:9} {last}"))
    }
}

/// Starts a program with one entry of its auxiliary vector changed, as a loader could that is not the kernel; what it printed, if it ended well.
///
/// The program stops after execve(2), because it is traced; the vector lies behind the environment on its stack.
fn with_entry(program: &Path, change: impl Fn(u64) -> Option<(u64, u64)>) -> Result<Vec<u8>, String> {
    let mut out = memfd();
    let mut command = Command::new(program);
    command.arg("out").stdout(out.try_clone().expect("dup"));
    // SAFETY: one async-signal-safe call in the child.
    unsafe {
        command.pre_exec(|| match libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        });
    }
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let pid = child.id() as libc::pid_t;
    let mut status = 0;
    // SAFETY: the child is ours, and stopped from here on; addresses are the child's.
    unsafe {
        libc::waitpid(pid, &raw mut status, 0);
        let word = |address: u64| libc::ptrace(libc::PTRACE_PEEKDATA, pid, address, 0) as u64;
        let mut at = Registers::of(pid).ok_or("it did not stop")?.stack_pointer();
        at += 8 * (word(at) + 2); // argc, argv, null
        while word(at) != 0 {
            at += 8; // the environment
        }
        at += 8;
        while word(at) != 0 {
            if let Some((key, value)) = change(word(at)) {
                libc::ptrace(libc::PTRACE_POKEDATA, pid, at, key);
                libc::ptrace(libc::PTRACE_POKEDATA, pid, at + 8, value);
            }
            at += 16;
        }
        libc::ptrace(libc::PTRACE_DETACH, pid, 0, 0);
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(contents(&mut out)) } else { Err(status.to_string()) }
}

/// The auxiliary vector's cases; (cases, failures).
fn auxiliary_vector(program: &Path) -> (usize, usize) {
    const IGNORE: u64 = 1; // AT_IGNORE: as if the entry were not there
    const KEYS: [(u64, &str); 15] = [
        (3, "PHDR"),
        (5, "PHNUM"),
        (6, "PAGESZ"),
        (11, "UID"),
        (15, "PLATFORM"),
        (16, "HWCAP"),
        (17, "CLKTCK"),
        (23, "SECURE"),
        (25, "RANDOM"),
        (26, "HWCAP2"),
        (27, "RSEQ_FEATURE_SIZE"),
        (28, "RSEQ_ALIGN"),
        (31, "EXECFN"),
        (33, "SYSINFO_EHDR"),
        (51, "MINSIGSTKSZ"),
    ];
    let removed = KEYS.map(|(key, name)| (format!("no AT_{name}"), key, None));
    let wrong = [
        ("AT_RSEQ_FEATURE_SIZE of 1", 27, 1),
        ("AT_RSEQ_FEATURE_SIZE of 2^31", 27, 1 << 31),
        ("AT_RSEQ_FEATURE_SIZE of 33", 27, 33),
        ("AT_RSEQ_ALIGN of 2^20", 28, 1 << 20),
        ("AT_SYSINFO_EHDR of 0", 33, 0),
        ("AT_PHNUM of 0", 5, 0),
        ("AT_SECURE of 1", 23, 1),
        ("AT_MINSIGSTKSZ of 2^40", 51, 1 << 40),
    ]
    .map(|(name, key, value)| (name.to_owned(), key, Some(value)));
    let mut failures = 0;
    let cases: Vec<_> = removed.into_iter().chain(wrong).collect();
    for (name, wanted, value) in &cases {
        let change = |key| (key == *wanted).then(|| value.map_or((IGNORE, 0), |value| (key, value)));
        let problem = match with_entry(program, change) {
            Ok(text) if text == whole_output() => None,
            Ok(text) => Some(format!("other output ({} bytes)", text.len())),
            Err(problem) => Some(problem),
        };
        println!(
            "  {:6} {name:34} {}",
            if problem.is_none() { "ok" } else { "FAILED" },
            problem.as_deref().unwrap_or("exit 0")
        );
        failures += usize::from(problem.is_some());
    }
    (cases.len(), failures)
}

/// Runs every case, prints the table; the number of failures.
pub fn run(input: &Path, limits: &Path) -> usize {
    let mut cases = Cases { input, limits, list: Vec::new() };
    println!("bad input: case x outcome");
    cases.closed_descriptors();
    cases.arguments();
    cases.heap();
    cases.surroundings();
    let (mut failures, total) = (0, cases.list.len());
    for case in cases.list {
        let name = case.name.clone();
        let (verdict, how) = case.run();
        println!("  {:6} {name:34} {how}", if verdict.is_ok() { "ok" } else { "FAILED" });
        if let Err(problem) = verdict {
            failures += 1;
            println!("         {problem}");
        }
    }
    let (more, failed) = auxiliary_vector(input);
    let (total, failures) = (total + more, failures + failed);
    println!("bad input: {total} cases, {failures} failures");
    failures
}
