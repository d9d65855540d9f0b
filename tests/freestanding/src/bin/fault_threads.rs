//! Threads come and go while the kernel refuses, once, what they are made of. A refused spawn says EAGAIN, starts nothing, leaves nothing
//! behind, and works when it is tried again.
//!
//! sweep: mmap ENOMEM -> handled
//! sweep: mprotect ENOMEM -> handled | absent
//! sweep: munmap ENOMEM -> handled | absent
//! sweep: madvise ENOMEM | EINVAL -> handled | absent
//! sweep: clone EAGAIN | ENOMEM | EPERM -> handled | absent
//! sweep: clone3 EAGAIN | ENOSYS | EPERM -> handled | absent
//! sweep: rseq ENOSYS | EINVAL | EPERM -> handled
//! sweep: membarrier ENOSYS | EPERM -> handled | absent
//! sweep: rt_sigprocmask EINVAL -> handled | error | absent
//! sweep: prctl EINVAL -> handled | absent
//! sweep: futex_wait EINTR | EAGAIN -> handled
#![no_std]
#![no_main]

use core::cell::Cell;
use core::sync::atomic::{AtomicUsize, Ordering};

use dacapo::sync::{Barrier, Mutex};
use dacapo::sys::Errno;
use dacapo::thread;
use freestanding::check;

const THREADS: usize = 6;

static SUM: Mutex<usize> = Mutex::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

struct Counted(Cell<usize>);

impl Drop for Counted {
    fn drop(&mut self) {
        REFUSED.fetch_add(self.0.get(), Ordering::Relaxed);
    }
}

fn round(number: usize) -> usize {
    static BARRIER: Barrier = Barrier::new(THREADS as u32);
    let handles = core::array::from_fn::<_, THREADS, _>(|n| {
        for _ in 0..3 {
            // The closure's values are dropped, once, if the thread is refused.
            let counted = Counted(Cell::new(1));
            let spawned = thread::spawn(move || {
                counted.0.set(0);
                BARRIER.wait();
                *SUM.lock() += n + number;
                BARRIER.wait();
                n
            });
            match spawned {
                Ok(handle) => return handle,
                Err(errno) => check!(errno == Errno::EAGAIN, "spawn: {errno}"),
            }
        }
        freestanding::failed(file!(), line!(), "a refused thread can be tried again")
    });
    for (n, handle) in handles.into_iter().enumerate() {
        check!(handle.join() == Ok(n));
    }
    *SUM.lock()
}

dacapo::main!(|_, _| {
    for number in 0..3 {
        freestanding::say!("sum {}", round(number));
    }
    let refused = REFUSED.load(Ordering::Relaxed);
    check!(refused <= 1, "{refused} closures dropped");
    0
});
