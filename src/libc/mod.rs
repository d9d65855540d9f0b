//! Layer 6: libc with a C ABI, one module for each C header. The only place with `errno`.
//!
//! ```text
//!   C program -> symbol (`open`) -> libc/fcntl.rs -> sys::file::openat -> Result<i32, Errno> -> errno::result -> -1 and errno
//! ```
//! 1. A C function here is thin: it turns C's types into Rust's, calls the layer that does the work, and turns a `Result` into
//!    C's way of failing through [`errno`]. What has no lower layer (strings, numbers, calendars) is written here.
//! 2. Struct layouts, constants and symbol names are glibc's on the same CPU, so that objects compiled against glibc's headers
//!    link too; `include/` says the same in C, and the ABI test holds the two against each other.
//! 3. What a program does not use is not linked: no table or constructor is reached from start-up, state is born in `.bss`.
//!    No panic with a formatted message on any path that small programs take.
//! 4. Locale: "C" and "C.UTF-8" alone. Wide characters are UTF-32, multibyte strings UTF-8.
//!
//! The modules are private: their functions are for C, reached by symbol, and their contract is the page of POSIX or of the
//! Linux manual with the same name. That contract covers the whole body of such a function, so the bodies are not wrapped in a
//! second `unsafe`.
#![allow(
    unsafe_op_in_unsafe_fn,
    reason = "a C function is unsafe as a whole; its contract is the manual page of its name"
)]

mod accounts;
mod assert;
mod ctype;
mod dacapo;
mod dirent;
mod dlfcn;
pub mod errno;
mod exit;
mod files;
pub(crate) mod float;
mod fnmatch;
mod glob;
mod inet;
mod interface;
mod kernel_calls;
mod link;
mod locale;
mod malloc;
mod malloc_info;
mod math;
mod memory_map;
mod netdb;
mod poll;
pub mod pthread;
mod queue;
mod random;
mod sched;
mod semaphore;
pub(crate) mod signal;
mod socket;
pub(crate) mod stdio;
pub mod stdlib;
pub mod string;
mod syslog;
pub(crate) mod time;
mod unistd;
mod wide;
