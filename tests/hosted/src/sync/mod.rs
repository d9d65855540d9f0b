//! Each lock: exclusion under contention, waking, time limits, and that the cheap paths make no system call.

mod condvar;
mod event_count;
mod mutex;
mod once;
mod queued;
mod rwlock;
mod semaphore;
mod seqlock;
mod ticket;

/// Runs `body` in a child where futex(2) ends the process: 0 if it made no such call.
fn without_futex(body: impl FnOnce()) -> i32 {
    support::process::child(|| {
        support::seccomp::kill_on(&[libc::SYS_futex]);
        body();
        0
    })
}

const KILLED: i32 = 128 + libc::SIGSYS;
