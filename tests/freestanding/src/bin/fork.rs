//! A forked child of a process with threads is a process with one thread: it can make new ones, and knows its own id.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering};

use dacapo::sys::futex::{self, Scope};
use dacapo::sys::thread::gettid;
use dacapo::thread::{self, registry};
use freestanding::{Ending, check, fork, wait};

static GO: AtomicU32 = AtomicU32::new(0);

dacapo::main!(|_, _| {
    freestanding::needs_a_kernel("qemu-user breaks when a forked child makes threads");
    let mut handles = [const { None }; 8];
    for handle in &mut handles {
        *handle = thread::spawn(|| {
            while GO.load(Ordering::Relaxed) == 0 {
                let _ = futex::wait(&GO, 0, None, Scope::Private);
            }
        })
        .ok();
    }
    check!(registry::locked(|registry| registry.len()) == 9);
    let mask = thread::before_fork();
    let child = fork();
    if child == Ok(0) {
        thread::after_fork_in_child(mask);
        check!(!thread::is_multi_threaded());
        check!(registry::locked(|registry| registry.len()) == 1);
        check!(thread::current().tid() == gettid());
        for number in 0..100 {
            check!(thread::spawn(move || number).and_then(|thread| thread.join()) == Ok(number));
        }
        check!(thread::is_multi_threaded());
        dacapo::start::exit(60);
    }
    thread::after_fork_in_parent(mask);
    check!(child.map(wait) == Ok(Ending::Code(60)));
    GO.store(1, Ordering::Relaxed);
    futex::wake(&raw const GO, 100, Scope::Private);
    for handle in handles.into_iter().flatten() {
        check!(handle.join().is_ok());
    }
    check!(registry::locked(|registry| registry.iter().count()) == 1);
});
