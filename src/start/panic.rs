//! A panic in a Rust program of ours: one message on standard error, then abort.

use core::panic::PanicInfo;

use super::Standard;
use crate::sys::process;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = Standard::Error.print(format_args!("{info}\n")); // nowhere else to complain
    process::abort()
}
