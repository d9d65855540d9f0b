//! fork while every thread is busy in malloc.

use std::sync::atomic::{AtomicBool, Ordering};

use dacapo::malloc;

fn busy(stop: &AtomicBool, mut size: usize) {
    while !stop.load(Ordering::Relaxed) {
        let blocks: Vec<_> = (0..300).map(|n| malloc::allocate(size + n * 64)).collect();
        // SAFETY: live blocks.
        blocks.into_iter().for_each(|block| unsafe { malloc::deallocate(block) });
        size = (size * 7 + 13) % 200_000;
    }
}

fn use_everything() -> i32 {
    // SAFETY: kills this child if it hangs; then live blocks.
    unsafe {
        libc::alarm(10);
        for size in [1, 100, 1000, 5000, 50_000, 500_000, 5_000_000] {
            let blocks: Vec<_> = (0..20).map(|_| malloc::allocate(size)).collect();
            for block in blocks {
                if block.is_null() {
                    return 1;
                }
                block.write_bytes(1, size);
                malloc::deallocate(block);
            }
        }
    }
    malloc::trim(0);
    0
}

#[test]
fn a_child_of_a_busy_process_can_allocate() {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let stop = &stop;
            scope.spawn(move || busy(stop, thread * 1000));
        }
        for _ in 0..60 {
            let code = support::child(use_everything);
            if code != 0 {
                stop.store(true, Ordering::Relaxed);
            }
            assert_eq!(code, 0, "142 is SIGALRM: the child hung on a lock that nobody holds any more");
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_child_that_inherits_held_locks_hangs_and_is_noticed() {
    let code = support::child(|| {
        // Takes the locks, as another thread of the parent may have; nobody opens them here.
        malloc::fork::prepare();
        // SAFETY: the alarm must get through although `prepare` blocks signals.
        unsafe {
            let mut alarm = std::mem::zeroed();
            libc::sigemptyset(&raw mut alarm);
            libc::sigaddset(&raw mut alarm, libc::SIGALRM);
            libc::alarm(1);
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const alarm, std::ptr::null_mut());
            // Not through `allocate`, whose slow path would block the signal for good: as that does, but interruptible.
            libc::pause();
        }
        0
    });
    assert_eq!(code, 128 + libc::SIGALRM);
}
