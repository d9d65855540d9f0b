//! What is registered runs newest first, each once: more than fit in static memory, from inside others, and when one calls `exit` again.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicUsize, Ordering};

use dacapo::start::{at_exit, exit, set_flush_hook};
use freestanding::{Ending, check, in_child};

const MANY: usize = 1_000;
static LEFT: AtomicUsize = AtomicUsize::new(MANY);
static STEP: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn numbered(number: *mut ()) {
    check!(LEFT.fetch_sub(1, Ordering::Relaxed) == number as usize);
}

fn step(expected: usize) {
    check!(STEP.fetch_add(1, Ordering::Relaxed) == expected);
}

extern "C" fn destructor() {
    step(5);
}

#[used]
#[unsafe(link_section = ".fini_array")]
static DESTRUCTOR: extern "C" fn() = destructor;

dacapo::main!(|_, _| {
    let many = in_child(|| {
        for number in 1..=MANY {
            // SAFETY: `numbered` takes any number.
            let registered =
                unsafe { dacapo::start::at_exit::register(numbered, number as *mut (), core::ptr::null()) };
            check!(registered.is_ok());
        }
        STEP.store(5, Ordering::Relaxed);
        set_flush_hook(|| {
            step(6);
            check!(LEFT.load(Ordering::Relaxed) == 0);
            dacapo::sys::process::exit_group(50);
        });
        exit(0)
    });
    check!(many == Ending::Code(50));

    let nested = in_child(|| {
        let registered = [
            at_exit(|| step(4)),
            at_exit(|| {
                step(2);
                check!(at_exit(|| step(3)).is_ok()); // next, before the older one
            }),
            at_exit(|| {
                step(1);
                exit(51) // the newer code counts; the rest still runs
            }),
            at_exit(|| step(0)),
        ];
        check!(registered == [Ok(()); 4]);
        set_flush_hook(|| step(6));
        exit(1)
    });
    check!(nested == Ending::Code(51));
    STEP.store(5, Ordering::Relaxed); // this process's own destructor
});
