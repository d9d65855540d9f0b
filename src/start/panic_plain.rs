//! A panic inside libc: a broken invariant of ours. A fixed line, so that C programs do not carry Rust's formatting, then abort.

use core::panic::PanicInfo;

use crate::sys::{file, process};

#[panic_handler]
fn panic(_info: &PanicInfo<'_>) -> ! {
    let _ = file::write(2, b"dacapo: internal error: a check inside libc failed\n"); // nowhere else to complain
    process::abort()
}
