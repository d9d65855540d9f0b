//! The constructors and destructors that the linker collected: preinit_array, init_array, fini_array.
//!
//! The linker bounds each with two symbols; weak, since a program without any may have none. Source: System V ABI, "Initialization
//! and Termination Functions"; that constructors get main's arguments is glibc's habit, which programs rely on.

use core::ffi::c_char;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::arch::tls::weak_address;

type Constructor = extern "C" fn(i32, *const *const c_char, *const *const c_char);

/// Runs the constructors, in order.
///
/// # Safety
/// Runs once, before `main`.
pub(super) unsafe fn init(argc: i32, argv: *const *const c_char, envp: *const *const c_char) {
    let run = |start: usize, end: usize| {
        let mut at = start;
        while at < end {
            // SAFETY: between the two symbols lie addresses of functions of this type, relocated.
            let constructor = unsafe { *(at as *const Constructor) };
            constructor(argc, argv, envp);
            at += size_of::<Constructor>();
        }
    };
    run(weak_address!("__preinit_array_start", local), weak_address!("__preinit_array_end", local));
    run(weak_address!("__init_array_start", local), weak_address!("__init_array_end", local));
}

/// Destructors that have been started, counted from the end of the array: one that calls `exit` is not started again.
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// Runs the destructors, last one first, each once. Only the thread that owns the exit calls it.
pub(super) fn fini() {
    let start = weak_address!("__fini_array_start", local);
    let end = weak_address!("__fini_array_end", local);
    loop {
        let started = STARTED.fetch_add(size_of::<usize>(), Ordering::Relaxed);
        if started >= end.wrapping_sub(start) {
            return;
        }
        // SAFETY: between the two symbols lie addresses of functions of this type, relocated.
        let destructor = unsafe { *((end - started - size_of::<usize>()) as *const extern "C" fn()) };
        destructor();
    }
}
