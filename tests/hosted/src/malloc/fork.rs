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

/// Ends this process in so many seconds, even if it hangs in malloc with all signals blocked.
fn limit_life(seconds: i64) {
    // SAFETY: the timer belongs to this child alone and ends with it.
    unsafe {
        let mut event: libc::sigevent = std::mem::zeroed();
        event.sigev_notify = libc::SIGEV_SIGNAL;
        event.sigev_signo = libc::SIGKILL;
        let mut timer = std::mem::zeroed();
        assert_eq!(libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer), 0);
        let zero = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let end = libc::itimerspec { it_interval: zero, it_value: libc::timespec { tv_sec: seconds, tv_nsec: 0 } };
        assert_eq!(libc::timer_settime(timer, 0, &raw const end, std::ptr::null_mut()), 0);
    }
}

fn use_everything() -> i32 {
    // SAFETY: live blocks.
    unsafe {
        for size in [1, 100, 1000, 5000, 50_000, 500_000, 5_000_000] {
            let blocks: Vec<_> = (0..support::rounds(20).max(2)).map(|_| malloc::allocate(size)).collect();
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
        for _ in 0..support::rounds(30).max(3) {
            let code = support::process::child(|| {
                limit_life(60);
                use_everything()
            });
            if code != 0 {
                stop.store(true, Ordering::Relaxed);
            }
            assert_eq!(code, 0, "137 is SIGKILL: the child hung on a lock that nobody holds any more");
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_child_that_inherits_held_locks_hangs_and_is_noticed() {
    let code = support::process::child(|| {
        limit_life(2);
        // Takes the locks, as another thread of the parent may have; nobody opens them here.
        malloc::fork::prepare();
        use_everything()
    });
    assert_eq!(code, 128 + libc::SIGKILL);
}
