//! What `main` returns, and what `exit` is given, is the process's exit code.
#![no_std]
#![no_main]

use core::ptr::null;

use dacapo::start::exit;
use freestanding::{Ending, NO_ENVIRONMENT, check, run_self};

dacapo::main!(|mut args, _| {
    let role = args.nth(1);
    match role.map(|role| role.to_bytes()) {
        Some(b"return") => return 41,
        Some(b"exit") => exit(42),
        Some(b"large") => return 0x1_02,
        _ => {}
    }
    for (role, code) in [(c"return", 41), (c"exit", 42), (c"large", 2)] {
        let argv = [c"x".as_ptr().cast(), role.as_ptr().cast(), null()];
        check!(run_self(&argv, NO_ENVIRONMENT, || ()) == Ending::Code(code));
    }
    0
});
