//! The process goes on when the main thread ends, and ends in order, with code 0, with its last thread.
#![no_std]
#![no_main]

use core::ptr::{NonNull, null_mut};

use dacapo::thread::{self, Control};
use freestanding::{Ending, check, in_child};

dacapo::main!(|_, _| {
    let ending = in_child(|| {
        let main = thread::current();
        let handle = thread::spawn(move || {
            // SAFETY: nobody else joins the main thread.
            check!(unsafe { Control::join(NonNull::from(main), None) } == Ok(70 as *mut ()));
            // SAFETY: the function takes any argument.
            check!(unsafe { dacapo::start::at_exit::register(say, null_mut(), core::ptr::null()) }.is_ok());
        });
        check!(handle.is_ok());
        core::mem::forget(handle);
        thread::exit(70 as *mut ())
    });
    check!(ending == Ending::Code(71));
    check!(in_child(|| thread::exit(null_mut())) == Ending::Code(0));
});

unsafe extern "C" fn say(_: *mut ()) {
    dacapo::sys::process::exit_group(71); // seen: the orderly end came this way
}
