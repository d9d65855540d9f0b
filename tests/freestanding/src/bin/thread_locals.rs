//! Destructors of a thread's locals: newest first, also those that a destructor registers, at the thread's end and at the process's.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicUsize, Ordering};

use dacapo::thread::{self, register_destructor};
use freestanding::{Ending, check, in_child};

static LEFT: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn numbered(number: *mut ()) {
    check!(LEFT.fetch_sub(1, Ordering::Relaxed) == number as usize);
    if number as usize == 500 {
        LEFT.store(1000, Ordering::Relaxed);
        // SAFETY: takes any number.
        check!(unsafe { register_destructor(back, core::ptr::null_mut()) }.is_ok());
    }
}

unsafe extern "C" fn back(_: *mut ()) {
    check!(LEFT.swap(499, Ordering::Relaxed) == 1000);
}

fn register_all() -> i32 {
    LEFT.store(700, Ordering::Relaxed);
    for number in 1..=700 {
        // SAFETY: takes any number.
        check!(unsafe { register_destructor(numbered, number as *mut ()) }.is_ok());
    }
    0
}

dacapo::main!(|_, _| {
    let handle = thread::spawn(register_all);
    check!(handle.and_then(|handle| handle.join()) == Ok(0));
    check!(LEFT.load(Ordering::Relaxed) == 0);
    let at_exit = in_child(|| {
        dacapo::start::set_flush_hook(|| {
            check!(LEFT.load(Ordering::Relaxed) == 0);
            dacapo::sys::process::exit_group(91);
        });
        register_all();
        dacapo::start::exit(0)
    });
    check!(at_exit == Ending::Code(91));
});
