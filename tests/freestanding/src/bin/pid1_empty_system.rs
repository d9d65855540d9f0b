//! As PID 1 of a system without a single file: starts, has threads, rseq and its clock, reaps, and ends with its code.
#![no_std]
#![no_main]

use core::ptr::null;

use dacapo::sys::{file, process};
use dacapo::thread;
use freestanding::{Ending, check, empty_root, execute, fork, in_child, remove_directory, skip, unshare_pids, wait};

const ROOT: &core::ffi::CStr = c"/tmp/dacapo-empty-root";

fn init() -> i32 {
    check!(process::getpid() == 1);
    for number in 0..100_usize {
        check!(thread::spawn(move || number).and_then(|thread| thread.join()) == Ok(number));
    }
    check!(dacapo::start::vdso::clock_gettime(1).is_ok());
    check!(in_child(|| 90) == Ending::Code(90));
    dacapo::println!("PID 1 is well");
    0
}

dacapo::main!(|_, _| {
    if process::getpid() == 1 {
        return init();
    }
    freestanding::needs_a_kernel("qemu-user cannot execute files of this CPU");
    let path = dacapo::start::auxv::auxv().execfn();
    // SAFETY: the kernel's own string.
    let opened = unsafe { file::openat(file::AT_FDCWD, path, 0, 0) };
    let Ok(program) = opened else { skip("this program cannot open itself") };
    let helper = fork();
    if helper == Ok(0) {
        if !unshare_pids() {
            process::exit_group(77);
        }
        let child = fork();
        if child == Ok(0) {
            if !empty_root(ROOT) {
                process::exit_group(77);
            }
            // SAFETY: null-terminated lists.
            let errno = unsafe { execute(program, &[c"init".as_ptr().cast(), null()], &[null()]) };
            dacapo::eprintln!("execveat: {errno}");
            process::exit_group(1);
        }
        match child.map(wait) {
            Ok(Ending::Code(code)) => process::exit_group(code),
            other => {
                dacapo::eprintln!("{other:?}");
                process::exit_group(1)
            }
        }
    }
    let ending = helper.map(wait);
    remove_directory(ROOT);
    match ending {
        Ok(Ending::Code(77)) => skip("making a PID namespace and a new root takes root's rights"),
        ending => check!(ending == Ok(Ending::Code(0)), "{ending:?}"),
    }
    0
});
