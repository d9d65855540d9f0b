//! Where the kernel gives no more threads or no more memory, spawn says EAGAIN, and nothing is left behind.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering};

use dacapo::sys::Errno;
use dacapo::sys::futex::{self, Scope};
use dacapo::thread;
use freestanding::{ADDRESS_SPACE, Ending, PROCESSES, become_user, check, in_child, limit, mappings};

static GO: AtomicU32 = AtomicU32::new(0);

/// Spawns until it fails, which must be with EAGAIN; then again as often, to see whether anything was lost. How many ran.
fn exhaust(most: usize) -> i32 {
    let mut first = None;
    let mut lines = None;
    for _ in 0..5 {
        let mut handles = [const { None }; 64];
        let mut count = 0;
        GO.store(0, Ordering::Relaxed);
        for handle in handles.iter_mut().take(most) {
            match thread::spawn(|| {
                while GO.load(Ordering::Relaxed) == 0 {
                    let _ = futex::wait(&GO, 0, None, Scope::Private);
                }
            }) {
                Ok(thread) => *handle = Some(thread),
                Err(errno) => {
                    check!(errno == Errno::EAGAIN);
                    break;
                }
            }
            count += 1;
        }
        check!(count > 0 && count < most, "{count} threads");
        GO.store(1, Ordering::Relaxed);
        futex::wake(&raw const GO, u32::MAX >> 1, Scope::Private);
        for handle in handles.into_iter().flatten() {
            check!(handle.join().is_ok());
        }
        check!(*first.get_or_insert(count) == count, "{first:?} threads at first, then {count}");
        let now = mappings();
        check!(*lines.get_or_insert(now) == now, "{lines:?} mappings at first, then {now:?}");
    }
    0
}

dacapo::main!(|_, _| {
    freestanding::needs_a_kernel("qemu-user knows no RLIMIT_AS");
    let memory = in_child(|| {
        limit(ADDRESS_SPACE, 128 << 20); // fifteen stacks
        exhaust(64)
    });
    check!(memory == Ending::Code(0));
    let threads = in_child(|| {
        if !become_user(54_321) {
            return 77;
        }
        limit(PROCESSES, 20);
        exhaust(64)
    });
    if threads == Ending::Code(77) {
        freestanding::skip("only root can become a user without processes; the limit of memory was tested");
    }
    check!(threads == Ending::Code(0));
    0
});
