//! Arguments and environment arrive as they were given: none at all, empty ones, a huge environment.
#![no_std]
#![no_main]

use core::ptr::null;

use dacapo::start::{Args, Env};
use freestanding::{Ending, check, run_self};

const BIG: usize = 100 << 10;
static BIG_VARIABLE: [u8; BIG] = {
    let mut bytes = [b'v'; BIG];
    bytes[0] = b'B';
    bytes[1] = b'=';
    bytes[BIG - 1] = 0;
    bytes
};

fn child(args: Args, env: Env) -> i32 {
    let mut args = args.skip(1);
    match args.next().map(|role| role.to_bytes()) {
        Some(b"empty") => {
            check!(args.next().map(|argument| argument.to_bytes()) == Some(b""));
            check!(args.next().map(|argument| argument.to_bytes()) == Some(b"last"));
            check!(args.next().is_none());
            check!(env.clone().count() == 2);
            check!(env.clone().value(b"A") == Some(b"1=2"));
            check!(env.clone().value(b"AB") == Some(b""));
            check!(env.value(b"ABC").is_none());
            20
        }
        Some(b"huge") => {
            check!(env.clone().count() == 11);
            for variable in env.take(10) {
                check!(variable.to_bytes().len() == BIG - 1);
            }
            21
        }
        _ => 1,
    }
}

dacapo::main!(|args: Args, env: Env| {
    if args.len() > 1 {
        return child(args, env);
    }
    if args.len() == 0 || env.clone().value(b"NO_ARGUMENTS").is_some() {
        // Linux 5.18 and later make one empty argument of none.
        check!(args.clone().all(|argument| argument.is_empty()));
        return 22;
    }
    let text = |text: &'static core::ffi::CStr| text.as_ptr().cast::<u8>();
    let argv = [text(c"x"), text(c"empty"), text(c""), text(c"last"), null()];
    check!(run_self(&argv, &[text(c"A=1=2"), text(c"AB="), null()], || ()) == Ending::Code(20));
    let big = BIG_VARIABLE.as_ptr();
    let envp = [big, big, big, big, big, big, big, big, big, big, text(c"LAST="), null()];
    check!(run_self(&[text(c"x"), text(c"huge"), null()], &envp, || ()) == Ending::Code(21));
    check!(run_self(&[null()], &[text(c"NO_ARGUMENTS=1"), null()], || ()) == Ending::Code(22));
    0
});
