//! A program prints, with format and all, and its output arrives.
#![no_std]
#![no_main]

use freestanding::{Ending, NO_ENVIRONMENT, check, close, pipe, read_all, redirect, run_self};

dacapo::main!(|mut args, _| {
    if args.len() > 1 {
        dacapo::println!("{:>5}|{:x}|{}", args.len(), 48879, args.nth(1).is_some());
        return;
    }
    let (from, to) = pipe();
    let ending = run_self(&[c"hello".as_ptr().cast(), c"x".as_ptr().cast(), core::ptr::null()], NO_ENVIRONMENT, || {
        redirect(to, 1)
    });
    check!(ending == Ending::Code(0));
    close(to);
    let mut buffer = [0; 100];
    let len = read_all(from, &mut buffer);
    check!(&buffer[..len] == b"    2|beef|true\n");
});
