//! Memory of a detached thread goes to the next thread only when the kernel is done with it: through the cache, and unmapped and mapped again.
//! If it went too early, the old thread's end would look like the new one's.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicUsize, Ordering};

use dacapo::thread::{self, registry};
use freestanding::check;

static DONE: AtomicUsize = AtomicUsize::new(0);

fn alone() -> bool {
    registry::locked(|registry| registry.len()) == 1
}

dacapo::main!(|_, _| {
    let rounds = if freestanding::rounds_are_dear() { 50 } else { 1_000 };
    let mut number = 0;
    // The second size is more than the cache takes.
    for stack in [64 << 10, 17 << 20] {
        let builder = thread::Builder::new().stack_size(stack);
        for _ in 0..rounds {
            number += 1;
            check!(builder.clone().spawn(|| ()).is_ok()); // the handle is dropped: detached
            let mut patience = 3_000;
            while !alone() {
                patience -= 1;
                if patience > 0 {
                    core::hint::spin_loop(); // to be there while it ends
                } else {
                    dacapo::sys::sched::yield_now(); // it may be waiting for this very CPU
                }
            }
            let next = builder.clone().spawn(move || {
                for _ in 0..200 {
                    core::hint::spin_loop();
                }
                DONE.store(number, Ordering::Release);
                number
            });
            let value = next.and_then(|next| next.join());
            check!(DONE.load(Ordering::Acquire) == number, "round {number}: joined before it was done");
            check!(value == Ok(number), "round {number}: {value:?}");
        }
    }
});
