//! The canary: secret, not the same twice, its first byte zero, the same in every thread, and where gcc looks for it.
#![no_std]
#![no_main]

use dacapo::{thread, tls};
use freestanding::{NO_ENVIRONMENT, check, close, pipe, read_all, redirect, run_self};

dacapo::main!(|args, _| {
    let canary = tls::block::canary();
    if args.len() > 1 {
        dacapo::print!("{canary:x}");
        return;
    }
    check!(canary != 0 && canary & 0xff == 0 && canary >> 8 != 0);
    check!(tls::pointer_guard() != 0 && tls::pointer_guard() != canary);
    check!(thread::spawn(tls::block::canary).and_then(|thread| thread.join()) == Ok(canary));
    check!(dacapo::arch::tls::canary() == canary);
    check!(thread::spawn(dacapo::arch::tls::canary).and_then(|thread| thread.join()) == Ok(canary));
    let mut texts = [[0_u8; 32]; 2];
    for text in &mut texts {
        let (from, to) = pipe();
        let argv = [c"x".as_ptr().cast(), c"print".as_ptr().cast(), core::ptr::null()];
        let _ = run_self(&argv, NO_ENVIRONMENT, || redirect(to, 1));
        close(to);
        check!(read_all(from, text) > 4);
    }
    check!(texts[0] != texts[1]);
});
