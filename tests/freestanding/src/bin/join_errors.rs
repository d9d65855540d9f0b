//! The ways in which join and detach refuse, and the ends of threads that nobody waits for.
#![no_std]
#![no_main]

use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use dacapo::sys::futex::{self, Clock, Scope};
use dacapo::sys::time::Timespec;
use dacapo::sys::{Errno, sched};
use dacapo::thread::{self, Control, Options, spawn_raw};
use freestanding::check;

static GO: AtomicU32 = AtomicU32::new(0);
static DROPPED: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn wait(argument: *mut ()) -> *mut () {
    while GO.load(Ordering::Relaxed) == 0 {
        let _ = futex::wait(&GO, 0, None, Scope::Private);
    }
    argument
}

unsafe extern "C" fn join_me(_: *mut ()) -> *mut () {
    // SAFETY: refused, so nothing happens to us.
    let refused = unsafe { Control::join(NonNull::from(thread::current()), None) };
    check!(refused == Err(Errno::EDEADLK));
    null_mut()
}

struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

fn start(options: &Options, function: thread::Start) -> NonNull<Control> {
    // SAFETY: the functions of this test may run in any thread.
    match unsafe { spawn_raw(options, function, 9 as *mut ()) } {
        Ok(control) => control,
        Err(_) => freestanding::failed(file!(), line!(), "spawn"),
    }
}

dacapo::main!(|_, _| {
    let options = Options::DEFAULT;
    // SAFETY: each thread is joined or detached with success once.
    unsafe {
        let thread = start(&options, wait);
        check!(Control::try_join(thread) == Err(Errno::EBUSY));
        let past = Timespec { seconds: 1, nanos: 0 };
        check!(Control::join(thread, Some((&past, Clock::Realtime))) == Err(Errno::ETIMEDOUT));
        check!(thread.as_ref().kill(0).is_ok() && thread.as_ref().kill(999) == Err(Errno::EINVAL));
        GO.store(1, Ordering::Relaxed);
        futex::wake(&raw const GO, 1, Scope::Private);
        check!(Control::join(thread, None) == Ok(9 as *mut ()));

        let itself = start(&options, join_me);
        check!(Control::join(itself, None) == Ok(null_mut()));

        GO.store(0, Ordering::Relaxed);
        let detached = start(&Options { detached: true, ..options }, wait);
        check!(Control::join(detached, None) == Err(Errno::EINVAL));
        check!(Control::detach(detached) == Err(Errno::EINVAL));
        GO.store(1, Ordering::Relaxed);
        futex::wake(&raw const GO, 1, Scope::Private);

        // Detached after its end: whoever detaches disposes of it.
        let late = start(&options, wait);
        while late.as_ref().tid() != 0 {
            sched::yield_now();
        }
        check!(late.as_ref().kill(0) == Err(Errno::ESRCH));
        check!(Control::detach(late) == Ok(()));

        let mut stack = [0_u8; 64 << 10];
        let own = start(&Options { stack: Some((stack.as_mut_ptr(), stack.len())), ..options }, wait);
        check!(Control::join(own, None) == Ok(9 as *mut ()));
        let tiny = spawn_raw(&Options { stack: Some((stack.as_mut_ptr(), 2048)), ..options }, wait, null_mut());
        check!(tiny.err() == Some(Errno::EINVAL));
        let absurd = spawn_raw(&Options { stack_size: usize::MAX - 5000, ..options }, wait, null_mut());
        check!(absurd.err() == Some(Errno::EAGAIN));
    }
    // A value that nobody takes is dropped, whether its thread ends before or after its handle.
    check!(thread::spawn(|| Counted).is_ok());
    let ended = thread::spawn(|| Counted);
    while ended.as_ref().is_ok_and(|handle| handle.thread().tid() != 0) {
        sched::yield_now();
    }
    drop(ended);
    while DROPPED.load(Ordering::Relaxed) < 2 {
        sched::yield_now();
    }
});
