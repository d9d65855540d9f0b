//! The program's arguments and environment, for Rust programs and for C's `environ`.

use core::ffi::{CStr, c_char};
use core::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

use super::Born;
use crate::sys::Errno;

struct Arguments {
    argc: i32,
    argv: *const *const c_char,
}

static ARGUMENTS: Born<Arguments> = Born::new(Arguments { argc: 0, argv: core::ptr::null() });

// Data that C programs read and write by these names; each group is one word with several names.
core::arch::global_asm!(
    ".pushsection .bss.environ, \"aw\", %nobits",
    ".balign 8",
    ".globl environ, __environ, _environ",
    ".type environ, %object",
    ".type __environ, %object",
    ".type _environ, %object",
    ".size environ, 8",
    ".size __environ, 8",
    ".size _environ, 8",
    "environ:",
    "__environ:",
    "_environ:",
    ".zero 8",
    ".popsection",
    ".pushsection .bss.program_name, \"aw\", %nobits",
    ".balign 8",
    ".globl program_invocation_name, __progname_full, program_invocation_short_name, __progname",
    ".type program_invocation_name, %object",
    ".type __progname_full, %object",
    ".type program_invocation_short_name, %object",
    ".type __progname, %object",
    ".size program_invocation_name, 8",
    ".size __progname_full, 8",
    ".size program_invocation_short_name, 8",
    ".size __progname, 8",
    "program_invocation_name:",
    "__progname_full:",
    ".zero 8",
    "program_invocation_short_name:",
    "__progname:",
    ".zero 8",
    ".popsection",
);

unsafe extern "C" {
    static environ: AtomicPtr<*const c_char>;
    static program_invocation_name: AtomicPtr<c_char>;
    static program_invocation_short_name: AtomicPtr<c_char>;
}

/// The environment as it is now: a null-terminated list, or null. C programs may have replaced it.
#[must_use]
pub fn environment() -> *const *const c_char {
    // SAFETY: our own word, defined above.
    unsafe { environ.load(Ordering::Relaxed) }
}

/// Keeps what the kernel left: (argc, argv, environment).
///
/// # Safety
/// As for [`Born::as_mut_ptr`]; `stack` is what the kernel left.
#[inline(always)]
pub(super) unsafe fn keep(stack: *const usize) -> (i32, *const *const c_char, *const *const c_char) {
    // SAFETY: the kernel's layout: argc, argv, null, environment.
    unsafe {
        let argc = *stack as i32;
        let argv = stack.add(1).cast::<*const c_char>();
        let envp = argv.add(*stack + 1);
        ARGUMENTS.as_mut_ptr().write(Arguments { argc, argv });
        environ.store(envp.cast_mut(), Ordering::Relaxed);
        // A static, not a literal: a program keeps all of the library's literals or none.
        static NONE: AtomicU8 = AtomicU8::new(0);
        let name = if argc > 0 { *argv } else { NONE.as_ptr().cast() };
        let (mut short, mut at) = (name, name);
        while *at != 0 {
            at = at.add(1);
            if *at.sub(1) == b'/' as c_char {
                short = at;
            }
        }
        program_invocation_name.store(name.cast_mut(), Ordering::Relaxed);
        program_invocation_short_name.store(short.cast_mut(), Ordering::Relaxed);
        (argc, argv, envp)
    }
}

/// The arguments, the program's name first. There may be none at all.
#[must_use]
pub fn args() -> Args {
    let Arguments { argc, argv } = *ARGUMENTS.get();
    Args { next: argv, left: argc.max(0) as usize }
}

/// The environment, one `NAME=value` after the other.
#[must_use]
pub fn env() -> Env {
    Env { next: environment() }
}

/// Walks the arguments.
#[derive(Clone, Debug)]
pub struct Args {
    next: *const *const c_char,
    left: usize,
}

impl Iterator for Args {
    type Item = &'static CStr;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        // SAFETY: the kernel left that many zero-terminated strings, which live for ever.
        unsafe {
            let argument = CStr::from_ptr(*self.next);
            self.next = self.next.add(1);
            Some(argument)
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Args {}

/// Walks the environment.
#[derive(Clone, Debug)]
pub struct Env {
    next: *const *const c_char,
}

impl Iterator for Env {
    type Item = &'static CStr;

    fn next(&mut self) -> Option<Self::Item> {
        // SAFETY: null ends the list; its strings are zero-terminated and live for ever (a C program that frees them while a
        // Rust program walks them breaks environ(7)).
        unsafe {
            if self.next.is_null() || (*self.next).is_null() {
                return None;
            }
            let variable = CStr::from_ptr(*self.next);
            self.next = self.next.add(1);
            Some(variable)
        }
    }
}

impl Env {
    /// The value of the first variable with this name.
    #[must_use]
    pub fn value(self, name: &[u8]) -> Option<&'static [u8]> {
        for variable in self {
            if let Some(rest) = variable.to_bytes().strip_prefix(name)
                && let Some((b'=', value)) = rest.split_first()
            {
                return Some(value);
            }
        }
        None
    }
}

/// What a Rust program's main function may return.
pub trait Outcome {
    /// The process's exit code.
    fn code(self) -> i32;
}

impl Outcome for () {
    fn code(self) -> i32 {
        0
    }
}

impl Outcome for i32 {
    fn code(self) -> i32 {
        self
    }
}

impl Outcome for Result<(), Errno> {
    /// 0, or 1 after one line on standard error.
    fn code(self) -> i32 {
        match self {
            Ok(()) => 0,
            Err(errno) => {
                let _ = super::Standard::Error.print(format_args!("error: {errno}\n")); // nowhere else to complain
                1
            }
        }
    }
}

/// What `dacapo::main!` calls.
pub fn run<R: Outcome>(main: impl FnOnce(Args, Env) -> R) -> i32 {
    main(args(), env()).code()
}

/// Makes a function or closure the program's main function: it takes the arguments and the environment and returns `()`, an exit code,
/// or a `Result<(), Errno>`.
///
/// ```ignore
/// #![no_std]
/// #![no_main]
/// dacapo::main!(|args, _env| {
///     for argument in args {
///         dacapo::println!("{argument:?}");
///     }
/// });
/// ```
#[macro_export]
macro_rules! main {
    ($main:expr) => {
        /// Called by dacapo's start-up.
        #[unsafe(no_mangle)]
        extern "C" fn main(_argc: i32, _argv: *const *const u8, _envp: *const *const u8) -> i32 {
            $crate::start::run($main)
        }
    };
}
