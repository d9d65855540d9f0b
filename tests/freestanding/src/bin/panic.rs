//! A panic says where and why, and aborts.
#![no_std]
#![no_main]

use freestanding::{Ending, NO_ENVIRONMENT, check, close, pipe, read_all, redirect, run_self};

dacapo::main!(|args, _| {
    if args.len() > 1 {
        panic!("the reason is {}", args.len());
    }
    let (from, to) = pipe();
    let argv = [c"x".as_ptr().cast(), c"panic".as_ptr().cast(), core::ptr::null()];
    let ending = run_self(&argv, NO_ENVIRONMENT, || redirect(to, 2));
    check!(ending == Ending::Signal(6));
    close(to);
    let mut buffer = [0; 500];
    let len = read_all(from, &mut buffer);
    let text = core::str::from_utf8(&buffer[..len]).unwrap_or("");
    check!(text.contains("panic.rs") && text.contains("the reason is 2"), "{text}");
});
