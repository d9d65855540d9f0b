//! Signals that all arrive at one instruction: sent by a handler that blocks them, delivered one after the other when it returns.

use std::cell::UnsafeCell;

use crate::trap;

type Handler = *mut dyn FnMut(usize);
/// What each signal's handler runs, given its number in order of arrival, and how many arrived.
struct Body(UnsafeCell<(usize, Option<Handler>)>);
// SAFETY: used by the one thread that sends itself the signals.
unsafe impl Sync for Body {}
static BODY: Body = Body(UnsafeCell::new((0, None)));

extern "C" fn on_signal(_: i32, _: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the body is alive until `finish`; handlers of a storm block each other.
    unsafe {
        let state = BODY.0.get();
        let number = (*state).0;
        (*state).0 += 1;
        if let Some(body) = (*state).1 {
            (*body)(number);
        }
    }
}

/// What [`send`]'s signals will run. It must live until [`finish`].
pub fn prepare(body: &mut dyn FnMut(usize)) {
    trap::handle(libc::SIGRTMIN(), on_signal);
    // SAFETY: no storm is on; the lifetime is erased until `finish`.
    unsafe {
        *BODY.0.get() = (0, Some(std::mem::transmute::<*mut dyn FnMut(usize), *mut (dyn FnMut(usize) + 'static)>(body)))
    };
}

/// Sends the calling thread `count` signals, which queue. Async-signal-safe.
pub fn send(count: usize) {
    // SAFETY: a signal to this very thread.
    unsafe {
        let (process, thread) = (libc::getpid(), libc::syscall(libc::SYS_gettid));
        for _ in 0..count {
            libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGRTMIN());
        }
    }
}

/// How many arrived.
pub fn finish() -> usize {
    // SAFETY: no handler runs any more.
    unsafe {
        let state = BODY.0.get();
        (*state).1 = None;
        (*state).0
    }
}
