//! Signals that hit the process at short, irregular intervals.

use std::sync::atomic::{AtomicU64, Ordering};

static DELIVERED: AtomicU64 = AtomicU64::new(0);

extern "C" fn count(_: i32) {
    DELIVERED.fetch_add(1, Ordering::Relaxed);
}

/// A storm; it ends when this is dropped.
#[must_use]
pub struct Storm {
    timer: libc::timer_t,
    before: u64,
}

/// SIGUSR2 to the process every 97 microseconds of real time (more rarely where the CPU is emulated: `period`); the kernel picks a thread each time.
pub fn storm() -> Storm {
    // SAFETY: the handler is async-signal-safe; the timer is deleted on drop.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = count as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        assert_eq!(libc::sigaction(libc::SIGUSR2, &raw const action, std::ptr::null_mut()), 0);
        let mut event: libc::sigevent = std::mem::zeroed();
        event.sigev_notify = libc::SIGEV_SIGNAL;
        event.sigev_signo = libc::SIGUSR2;
        let mut timer = std::mem::zeroed();
        assert_eq!(libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer), 0);
        let interval = libc::timespec { tv_sec: 0, tv_nsec: i64::from(crate::period(97)) * 1000 };
        let period = libc::itimerspec { it_interval: interval, it_value: interval };
        assert_eq!(libc::timer_settime(timer, 0, &raw const period, std::ptr::null_mut()), 0);
        Storm { timer, before: DELIVERED.load(Ordering::Relaxed) }
    }
}

impl Storm {
    /// Signals delivered since it began.
    pub fn delivered(&self) -> u64 {
        DELIVERED.load(Ordering::Relaxed) - self.before
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        // SAFETY: the timer exists.
        unsafe { libc::timer_delete(self.timer) };
        assert!(self.delivered() > 0, "a storm without a signal tests nothing");
    }
}
