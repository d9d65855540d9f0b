//! Cancellation: a thread asks another to end, and that one does so at the next point where it may.
//!
//! ```text
//!   PerThread::cancel:   ASKED, DISABLED, ENDING; the thread is cancelled when it is ASKED alone
//!   arch `call3`, `call6`: 1 is the word ASKED? -> REFUSED     2 the kernel call     3 its result
//!   Control::cancel      word |= ASKED; a signal, which ends a call that sleeps and has the handler look where the thread was
//! ```
//! 1. A cancellation point is a call made by [`cancellable!`]. It gives [`CANCELLED`] if it was not made; then its caller undoes what it has begun,
//!    as after any other error, and ends with [`settle`], which ends the thread. So nothing is ever torn down in the middle of a function of ours.
//! 2. The handler finds the thread between 1 and 2, where it also stands when a call that sleeps is interrupted and would be started again: the call
//!    is refused. After 2 the call has happened: its result is returned, and the next point ends the thread. A call that EINTR ended has not
//!    happened, and counts as refused.
//! 3. Anywhere else the thread goes on, unless it allows to be cancelled anywhere. But it may be in another signal's handler, above a call that will
//!    be started again: so the signal is raised once more and blocked in this context alone. It comes when the handler has returned.
//! 4. Before the first [`Control::cancel`] of a process there is no handler, and nothing that ends threads is linked for the sake of a `read`.
//!
//! Stacks are not unwound: the handlers of `pthread_cleanup_push` run, destructors of C++ and Rust objects in the frames do not. So asking is
//! unsafe in Rust, and a thread of [`super::spawn`] must not be asked.
//!
//! Price of a point: one load, and one branch that is never taken.

use core::hint::black_box;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use super::{Control, registry};
use crate::arch::cancel::Interrupted;
use crate::per_thread;
use crate::per_thread::cancel::{ASKED, DISABLED, ENDING, REFUSED};
use crate::sys::futex::{self, Clock, Scope};
use crate::sys::signal::{self, Action, How, Set};
use crate::sys::time::Timespec;
use crate::sys::{self, Errno, process};

/// The signal: the first of the two that the C library keeps from programs.
pub const SIGNAL: u32 = 32;
/// What a call gives that was not made because the thread is to be cancelled. Only [`settle`] may end its way up.
pub const CANCELLED: Errno = Errno::from_raw(REFUSED);
/// The result of a cancelled thread.
const RESULT: *mut () = ptr::without_provenance_mut(usize::MAX);

/// A kernel call that is a cancellation point: `cancellable!(NUMBER, args...)`, as [`crate::sys::call!`].
macro_rules! cancellable {
    ($number:ident) => { $crate::thread::cancel::cancellable!($number, 0, 0, 0) };
    ($number:ident, $a:expr) => { $crate::thread::cancel::cancellable!($number, $a, 0, 0) };
    ($number:ident, $a:expr, $b:expr) => { $crate::thread::cancel::cancellable!($number, $a, $b, 0) };
    ($number:ident, $a:expr, $b:expr, $c:expr) => {
        $crate::thread::cancel::checked($crate::arch::cancel::call3(linux_raw_sys::general::$number as usize, $a, $b, $c))
    };
    ($number:ident, $a:expr, $b:expr, $c:expr, $d:expr) => { $crate::thread::cancel::cancellable!($number, $a, $b, $c, $d, 0, 0) };
    ($number:ident, $a:expr, $b:expr, $c:expr, $d:expr, $e:expr) => { $crate::thread::cancel::cancellable!($number, $a, $b, $c, $d, $e, 0) };
    ($number:ident, $a:expr, $b:expr, $c:expr, $d:expr, $e:expr, $f:expr) => {
        $crate::thread::cancel::checked($crate::arch::cancel::call6(linux_raw_sys::general::$number as usize, $a, $b, $c, $d, $e, $f))
    };
}
#[cfg_attr(
    not(feature = "libc"),
    allow(unused_imports, reason = "the calls of C are points, those of Rust are not")
)]
pub(crate) use cancellable;

/// What `cancellable!` makes of the kernel's answer.
#[inline(always)]
pub(crate) fn checked(returned: usize) -> Result<usize, Errno> {
    Errno::check(returned).map_err(interrupted)
}

/// A call that a signal ended without effect is as good as one that was not made.
#[cold]
#[inline(never)]
fn interrupted(errno: Errno) -> Errno {
    if errno == Errno::EINTR && is_due() { CANCELLED } else { errno }
}

/// Whether the calling thread is to be cancelled now. Async-signal-safe.
#[inline(always)]
fn is_due() -> bool {
    word().load(Ordering::Relaxed) == ASKED // Relaxed: `end` has what it needs from `act`
}

#[inline(always)]
fn word() -> &'static AtomicU32 {
    &per_thread::current().cancel
}

/// Ends the thread if it is to be cancelled. One load and one branch.
#[inline]
pub fn test() {
    if is_due() {
        act();
    }
}

/// The last thing that is done with a point's error: ends the thread if it is [`CANCELLED`], else gives it back.
#[cold]
#[inline(never)]
pub fn settle(errno: Errno) -> Errno {
    if errno == CANCELLED {
        act();
    }
    errno
}

/// [`end`], once somebody has asked for a cancellation: whoever can only be cancelled does not link it.
static END: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

#[cold]
#[inline(never)]
fn act() -> ! {
    // Acquire: pairs with Release in `prepare`, whose caller set ASKED afterwards
    let end = END.load(Ordering::Acquire);
    // SAFETY: `prepare` put a function of this type there: only its caller sets ASKED.
    let end: extern "C" fn() -> ! = unsafe { core::mem::transmute(end) };
    end()
}

extern "C" fn end() -> ! {
    super::exit(RESULT)
}

/// From now on the thread cannot be cancelled; the first step of its end.
pub(super) fn begin_end() {
    word().fetch_or(ENDING, Ordering::Relaxed); // Relaxed: others only ever set ASKED, which no longer counts
}

/// Lets the calling thread be cancelled, or not; whether it could be before. What was asked meanwhile is not lost.
pub fn set_enabled(enabled: bool) -> bool {
    // Relaxed: the bit is this thread's own
    let before = if enabled {
        word().fetch_and(!DISABLED, Ordering::Relaxed)
    } else {
        word().fetch_or(DISABLED, Ordering::Relaxed)
    };
    if enabled && before & DISABLED != 0 && is_due() {
        if per_thread::current().cancel_anywhere.get() {
            act();
        }
        come_again(); // this may be a handler, above a call
    }
    before & DISABLED == 0
}

/// Lets the calling thread be cancelled anywhere, or at cancellation points only; whether it was anywhere before.
pub fn set_anywhere(anywhere: bool) -> bool {
    let before = per_thread::current().cancel_anywhere.replace(anywhere);
    if anywhere && is_due() {
        act();
    }
    before
}

/// Runs `f`, in which the calling thread cannot be cancelled: for calls of the program's functions while a lock of ours is held.
pub fn without<R>(f: impl FnOnce() -> R) -> R {
    let enabled = set_enabled(false);
    let result = f();
    if enabled {
        set_enabled(true);
    }
    result
}

/// `futex::wait_until` at a cancellation point.
///
/// # Errors
/// As there; [`CANCELLED`].
pub fn wait_until(
    word: &AtomicU32,
    expected: u32,
    deadline: Option<&Timespec>,
    clock: Clock,
    scope: Scope,
) -> Result<(), Errno> {
    let [a, b, c, d, e, f] = futex::wait_until_arguments(word, expected, deadline, clock, scope);
    // SAFETY: the word and the deadline are borrowed for the call.
    unsafe { cancellable!(__NR_futex, a, b, c, d, e, f) }.map(drop)
}

impl Control {
    /// Asks the thread to end: at its next cancellation point, or at once if it allows that. Nothing happens to a thread that is ending or has ended.
    /// Takes the registry's lock, with signals blocked.
    ///
    /// # Errors
    /// EAGAIN: too many signals are queued.
    ///
    /// # Safety
    /// Nothing on the thread's stack relies on its frames' return or on destructors there. [`super::spawn`]'s own frame does.
    pub unsafe fn cancel(&self) -> Result<(), Errno> {
        prepare()?;
        let mask = signal::mask(How::Set, &Set::ALL)?;
        let result = registry::locked(|_| {
            if !self.registered.get() {
                return Ok(());
            }
            // SAFETY: a registered thread is alive, and so is its area.
            let word = unsafe { &(*self.area.get()).cancel };
            // AcqRel: the Release half goes with `prepare`'s, for `act`
            let before = word.fetch_or(ASKED, Ordering::AcqRel);
            if before != 0 {
                return Ok(()); // asked before; ending; or disabled: `set_enabled` will see it
            }
            let sent = sys::thread::tgkill(process::getpid(), self.tid.load(Ordering::Relaxed), SIGNAL);
            if sent.is_err() {
                word.fetch_and(!ASKED, Ordering::Relaxed); // nothing was asked
            }
            sent
        });
        let _ = signal::mask(How::Set, &mask); // cannot fail for these arguments
        result
    }
}

unsafe extern "C" {
    /// `arch/<cpu>/signal.S`.
    fn dacapo_sigreturn();
}

/// Makes cancellation possible in this process. Doing it twice changes nothing.
fn prepare() -> Result<(), Errno> {
    const SA_SIGINFO: usize = 4;
    const SA_RESTORER: usize = 0x0400_0000;
    const SA_ONSTACK: usize = 0x0800_0000;
    const SA_RESTART: usize = 0x1000_0000;
    if !END.load(Ordering::Relaxed).is_null() {
        return Ok(());
    }
    let action = Action {
        handler: on_signal as *const () as usize,
        flags: SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_RESTART,
        restorer: dacapo_sigreturn as *const () as usize,
        mask: Set::ALL,
    };
    // SAFETY: `on_signal` is a handler with three arguments, and `dacapo_sigreturn` returns from it.
    unsafe { signal::action(SIGNAL, Some(&action)) }?;
    // The compiler must not see which function it is, or it would call it in `act`, and so link it there.
    END.store(black_box(end as *mut ()), Ordering::Release); // Release: pairs with Acquire in `act`
    Ok(())
}

/// The signal to the thread itself.
fn come_again() {
    // EAGAIN, where too many signals are queued: the next point still sees ASKED.
    let _ = sys::thread::tgkill(process::getpid(), sys::thread::gettid(), SIGNAL);
}

/// All signals are blocked.
unsafe extern "C" fn on_signal(_signal: i32, _information: *const (), context: *mut u8) {
    if !is_due() {
        return; // disabled, ending, or a signal that nobody of this process sent
    }
    // SAFETY: the kernel's third argument.
    let mut interrupted = unsafe { Interrupted::new(context) };
    if interrupted.refuse_call() {
        return;
    }
    if per_thread::current().cancel_anywhere.get() {
        interrupted.divert(end);
        return;
    }
    interrupted.block(Set::of(SIGNAL).0);
    come_again();
}
