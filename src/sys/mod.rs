//! Layer 0: the kernel as typed functions returning `Result<T, Errno>`. No state, no policy, no memory of their own.
//!
//! One module for each subject, each function's first line is the call it makes. Numbers and structs come from `linux-raw-sys`.

mod errno;
pub use errno::Errno;

pub mod auxv;
pub mod child;
pub mod descriptor;
pub mod dir;
pub mod file;
pub mod futex;
pub mod interface;
pub mod machine;
pub mod membarrier;
pub mod memory;
pub mod path;
pub mod process;
pub mod random;
pub mod rseq;
pub mod sched;
pub mod signal;
pub mod socket;
pub mod stat;
pub mod terminal;
pub mod thread;
pub mod time;

/// One kernel call: `call!(NUMBER, args...)`, each argument a `usize`; the raw result as `Result<usize, Errno>`.
macro_rules! call {
    ($number:ident) => { $crate::sys::Errno::check($crate::arch::syscall::syscall0(linux_raw_sys::general::$number as usize)) };
    ($number:ident, $a:expr) => { $crate::sys::Errno::check($crate::arch::syscall::syscall1(linux_raw_sys::general::$number as usize, $a)) };
    ($number:ident, $a:expr, $b:expr) => { $crate::sys::Errno::check($crate::arch::syscall::syscall2(linux_raw_sys::general::$number as usize, $a, $b)) };
    ($number:ident, $a:expr, $b:expr, $c:expr) => { $crate::sys::Errno::check($crate::arch::syscall::syscall3(linux_raw_sys::general::$number as usize, $a, $b, $c)) };
    ($number:ident, $a:expr, $b:expr, $c:expr, $d:expr) => { $crate::sys::Errno::check($crate::arch::syscall::syscall4(linux_raw_sys::general::$number as usize, $a, $b, $c, $d)) };
    ($number:ident, $a:expr, $b:expr, $c:expr, $d:expr, $e:expr) => { $crate::sys::Errno::check($crate::arch::syscall::syscall5(linux_raw_sys::general::$number as usize, $a, $b, $c, $d, $e)) };
    ($number:ident, $a:expr, $b:expr, $c:expr, $d:expr, $e:expr, $f:expr) => { $crate::sys::Errno::check($crate::arch::syscall::syscall6(linux_raw_sys::general::$number as usize, $a, $b, $c, $d, $e, $f)) };
}
pub(crate) use call;
