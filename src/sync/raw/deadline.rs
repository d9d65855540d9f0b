//! Until when to wait.

use core::sync::atomic::AtomicU32;
use core::time::Duration;

use crate::sys::Errno;
use crate::sys::futex::{self, Clock, Scope};
use crate::sys::time::{Timespec, clock_gettime};

/// A moment on a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The moment.
    pub at: Timespec,
    /// The clock that shows it.
    pub clock: Clock,
}

/// The deadline came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimedOut;

impl Deadline {
    /// `duration` from now on the monotonic clock; `None` (never) if that is beyond what the clock can show.
    #[must_use]
    pub fn after(duration: Duration) -> Option<Deadline> {
        let now = clock_gettime(linux_raw_sys::general::CLOCK_MONOTONIC as i32).unwrap_or_default();
        let nanos = now.nanos + i64::from(duration.subsec_nanos());
        let seconds = i64::try_from(duration.as_secs()).ok()?;
        let seconds = now.seconds.checked_add(seconds)?.checked_add(nanos / 1_000_000_000)?;
        Some(Deadline { at: Timespec { seconds, nanos: nanos % 1_000_000_000 }, clock: Clock::Monotonic })
    }
}

/// Sleeps while `word` holds `expected`; returns early now and then. Spurious returns are `Ok`.
#[inline]
pub(super) fn sleep(
    word: &AtomicU32,
    expected: u32,
    deadline: Option<&Deadline>,
    scope: Scope,
) -> Result<(), TimedOut> {
    let result = match deadline {
        None => futex::wait(word, expected, None, scope),
        // The kernel refuses times before 1970, which have passed on every clock.
        Some(deadline) if deadline.at.seconds < 0 => return Err(TimedOut),
        Some(deadline) => futex::wait_until(word, expected, Some(&deadline.at), deadline.clock, scope),
    };
    if result == Err(Errno::ETIMEDOUT) { Err(TimedOut) } else { Ok(()) }
}
