//! Prints a line, and its arguments if it has any.
#![no_std]
#![no_main]

dacapo::main!(|args, _env| {
    dacapo::println!("hello, world");
    for argument in args.skip(1) {
        dacapo::println!("{}", argument.to_str().unwrap_or("(not UTF-8)"));
    }
});
