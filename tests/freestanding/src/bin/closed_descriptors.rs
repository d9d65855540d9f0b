//! A program whose standard descriptors are closed starts, prints into nothing, and ends with its code.
#![no_std]
#![no_main]

use dacapo::start::Standard;
use dacapo::sys::Errno;
use freestanding::{Ending, NO_ENVIRONMENT, check, close, run_self};

dacapo::main!(|args, _| {
    if args.len() > 1 {
        dacapo::println!("nobody reads this");
        dacapo::eprintln!("nor this");
        let failed = Standard::Output.print(format_args!("x"));
        return if failed == Err(Errno::EBADF) { 80 } else { 1 };
    }
    let argv = [c"x".as_ptr().cast(), c"closed".as_ptr().cast(), core::ptr::null()];
    let ending = run_self(&argv, NO_ENVIRONMENT, || {
        for fd in 0..3 {
            close(fd);
        }
    });
    check!(ending == Ending::Code(80));
    0
});
