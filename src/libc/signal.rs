//! signal.h, and the signal masks of setjmp.h.
//!
//! C's sigset_t has 128 bytes, the kernel's set 8: the rest is kept zero. `struct sigaction` of C and of the kernel differ in the order
//! of their fields. The C library keeps signals 32 and 33 for itself, as on every Linux, so SIGRTMIN is 34.

use core::ffi::{c_int, c_void};

use super::kernel_calls::kernel_calls;
use crate::libc::errno;
use crate::sys::signal::{self, Action, Set};
use crate::sys::time::Timespec;
use crate::sys::{Errno, call, process, thread};
use crate::thread::cancel::{self, cancellable};

const SIGNALS: c_int = 64;
const SA_RESTORER: c_int = 0x0400_0000;
const SA_RESTART: c_int = 0x1000_0000;
const SIG_ERR: usize = usize::MAX;
/// Bytes of the kernel's set.
const SET: usize = size_of::<Set>();
/// The library's own two: [`cancel::SIGNAL`], and one that nobody uses yet.
const OWN: u64 = Set::of(cancel::SIGNAL).0 | Set::of(cancel::SIGNAL + 1).0;

/// `sigset_t`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SignalSet {
    set: Set,
    unused: [u64; 15],
}

/// C's `struct sigaction`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct SignalAction {
    handler: usize,
    mask: SignalSet,
    flags: c_int,
    restorer: usize,
}

const _: () = assert!(size_of::<SignalSet>() == 128 && size_of::<SignalAction>() == 152);

unsafe extern "C" {
    fn dacapo_sigreturn();
}

unsafe fn set_action(number: c_int, new: *const SignalAction, old: *mut SignalAction) -> Result<(), Errno> {
    if !(1..=SIGNALS).contains(&number) || (32..34).contains(&number) {
        return Err(Errno::EINVAL);
    }
    let action = if new.is_null() {
        None
    } else {
        let new = &*new;
        Some(Action {
            handler: new.handler,
            flags: (new.flags | SA_RESTORER) as u32 as usize,
            restorer: dacapo_sigreturn as *const () as usize,
            mask: open(new.mask.set),
        })
    };
    let was = signal::action(number as u32, action.as_ref())?;
    if !old.is_null() {
        *old = SignalAction {
            handler: was.handler,
            mask: SignalSet { set: was.mask, unused: [0; 15] },
            flags: was.flags as c_int,
            restorer: was.restorer,
        };
    }
    Ok(())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigaction(number: c_int, new: *const SignalAction, old: *mut SignalAction) -> c_int {
    errno::result(set_action(number, new, old))
}

/// BSD's meaning: the handler stays, calls are restarted.
#[unsafe(no_mangle)]
unsafe extern "C" fn signal(number: c_int, handler: usize) -> usize {
    install(number, handler, SA_RESTART)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn bsd_signal(number: c_int, handler: usize) -> usize {
    install(number, handler, SA_RESTART)
}

unsafe fn install(number: c_int, handler: usize, flags: c_int) -> usize {
    let mask = SignalSet { set: Set::EMPTY, unused: [0; 15] };
    let new = SignalAction { handler, mask, flags, restorer: 0 };
    let mut old = SignalAction { handler: 0, ..new };
    match set_action(number, &raw const new, &raw mut old) {
        Ok(()) => old.handler,
        Err(e) => {
            errno::set(e);
            SIG_ERR
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn siginterrupt(number: c_int, interrupt: c_int) -> c_int {
    let mut action = core::mem::MaybeUninit::<SignalAction>::uninit();
    if sigaction(number, core::ptr::null(), action.as_mut_ptr()) < 0 {
        return -1;
    }
    let mut action = action.assume_init();
    action.flags = if interrupt != 0 { action.flags & !SA_RESTART } else { action.flags | SA_RESTART };
    sigaction(number, &raw const action, core::ptr::null_mut())
}

/// What sigprocmask and pthread_sigmask do.
///
/// # Errors
/// EINVAL: there is no such `how`. EFAULT.
///
/// # Safety
/// Both sets are null or sets.
pub unsafe fn change_mask(how: c_int, new: *const SignalSet, old: *mut SignalSet) -> Result<(), Errno> {
    let new = Mask::new(new.cast());
    let mut was = Set::EMPTY;
    call!(__NR_rt_sigprocmask, how as usize, new.address(), &raw mut was as usize, SET)?;
    if !old.is_null() {
        *old = SignalSet { set: open(was), unused: [0; 15] };
    }
    Ok(())
}

/// The library's own two are never blocked, and never seen to be.
fn open(set: Set) -> Set {
    Set(set.0 & !OWN)
}

/// A program's mask for a kernel call, without the library's own two.
pub struct Mask(Option<Set>);

impl Mask {
    /// From a pointer that may be null.
    ///
    /// # Safety
    /// It is null, or its first eight bytes may be read.
    pub unsafe fn new(mask: *const Set) -> Mask {
        Mask(mask.as_ref().map(|&set| open(set)))
    }

    /// The argument of the call: null if there was none.
    pub fn address(&self) -> usize {
        self.0.as_ref().map_or(0, |set| &raw const *set as usize)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigprocmask(how: c_int, new: *const SignalSet, old: *mut SignalSet) -> c_int {
    errno::result(change_mask(how, new, old))
}

/// For setjmp.S: the mask goes into the buffer; 0, which is what sigsetjmp returns.
#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_save_mask(to: *mut SignalSet) -> c_int {
    let _ = change_mask(0, core::ptr::null(), to); // it cannot fail for a readable buffer
    0
}

/// For longjmp: the mask comes back.
#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_restore_mask(from: *const SignalSet) {
    const SIG_SETMASK: c_int = 2;
    let _ = change_mask(SIG_SETMASK, from, core::ptr::null_mut()); // as above
}

/// For setjmp.S of CPUs that keep the guard in no register.
#[unsafe(no_mangle)]
extern "C" fn dacapo_pointer_guard() -> usize {
    crate::tls::pointer_guard()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigemptyset(set: *mut SignalSet) -> c_int {
    *set = SignalSet { set: Set::EMPTY, unused: [0; 15] };
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigfillset(set: *mut SignalSet) -> c_int {
    *set = SignalSet { set: open(Set::ALL), unused: [u64::MAX; 15] };
    0
}

fn bit(number: c_int) -> Option<u64> {
    (1..=SIGNALS).contains(&number).then(|| 1 << (number - 1))
}

/// The same for what a program may put into a set.
fn open_bit(number: c_int) -> Option<u64> {
    bit(number).filter(|bit| bit & OWN == 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigaddset(set: *mut SignalSet, number: c_int) -> c_int {
    let Some(bit) = open_bit(number) else { return errno::fail(Errno::EINVAL) };
    (*set).set.0 |= bit;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigdelset(set: *mut SignalSet, number: c_int) -> c_int {
    let Some(bit) = open_bit(number) else { return errno::fail(Errno::EINVAL) };
    (*set).set.0 &= !bit;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigismember(set: *const SignalSet, number: c_int) -> c_int {
    let Some(bit) = bit(number) else { return errno::fail(Errno::EINVAL) };
    c_int::from((*set).set.0 & bit != 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigisemptyset(set: *const SignalSet) -> c_int {
    c_int::from((*set).set.0 == 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigorset(to: *mut SignalSet, a: *const SignalSet, b: *const SignalSet) -> c_int {
    *to = SignalSet { set: Set((*a).set.0 | (*b).set.0), unused: [0; 15] };
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigandset(to: *mut SignalSet, a: *const SignalSet, b: *const SignalSet) -> c_int {
    *to = SignalSet { set: Set((*a).set.0 & (*b).set.0), unused: [0; 15] };
    0
}

kernel_calls! {
    c_int: kill(pid: c_int, number: c_int) = __NR_kill(pid, number);
    c_int: tgkill(process: c_int, thread: c_int, number: c_int) = __NR_tgkill(process, thread, number);
    c_int: sigaltstack(new: *const c_void, old: *mut c_void) = __NR_sigaltstack(new, old);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigsuspend(mask: *const SignalSet) -> c_int {
    let mask = Mask::new(mask.cast());
    errno::point(cancellable!(__NR_rt_sigsuspend, mask.address(), SET).map(drop))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn killpg(group: c_int, number: c_int) -> c_int {
    if group < 0 { errno::fail(Errno::EINVAL) } else { kill(-group, number) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigpending(set: *mut SignalSet) -> c_int {
    let mut pending = Set::EMPTY;
    errno::result(call!(__NR_rt_sigpending, &raw mut pending as usize, SET).map(|_| {
        *set = SignalSet { set: open(pending), unused: [0; 15] };
    }))
}

/// To this thread; the handler has run when it returns.
#[unsafe(no_mangle)]
unsafe extern "C" fn raise(number: c_int) -> c_int {
    errno::result(thread::tgkill(process::getpid(), thread::gettid(), number as u32))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigtimedwait(set: *const SignalSet, info: *mut c_void, timeout: *const Timespec) -> c_int {
    let set = Mask::new(set.cast());
    loop {
        match cancellable!(__NR_rt_sigtimedwait, set.address(), info as usize, timeout as usize, SET) {
            Ok(number) => return number as c_int,
            // A handler of another signal ran: POSIX lets sigwait go on, and a wait with a limit reports it.
            Err(Errno::EINTR) if timeout.is_null() => {}
            Err(e) => return errno::fail_point(e),
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sigwaitinfo(set: *const SignalSet, info: *mut c_void) -> c_int {
    sigtimedwait(set, info, core::ptr::null())
}

/// An error number, not -1.
#[unsafe(no_mangle)]
unsafe extern "C" fn sigwait(set: *const SignalSet, number: *mut c_int) -> c_int {
    let found = sigtimedwait(set, core::ptr::null_mut(), core::ptr::null());
    if found < 0 {
        return errno::get();
    }
    *number = found;
    0
}

/// `siginfo_t` of a queued signal.
#[repr(C)]
struct Queued {
    number: c_int,
    error: c_int,
    code: c_int,
    gap: c_int,
    pid: c_int,
    uid: u32,
    value: *mut c_void,
    rest: [u64; 12],
}

const _: () = assert!(size_of::<Queued>() == 128);

#[unsafe(no_mangle)]
unsafe extern "C" fn sigqueue(pid: c_int, number: c_int, value: *mut c_void) -> c_int {
    const SI_QUEUE: c_int = -1;
    let uid = call!(__NR_getuid).unwrap_or(0) as u32; // it cannot fail
    let own = process::getpid() as c_int;
    let info = Queued { number, error: 0, code: SI_QUEUE, gap: 0, pid: own, uid, value, rest: [0; 12] };
    errno::result(call!(__NR_rt_sigqueueinfo, pid as usize, number as usize, &raw const info as usize).map(drop))
}

#[unsafe(no_mangle)]
extern "C" fn __libc_current_sigrtmin() -> c_int {
    34
}

#[unsafe(no_mangle)]
extern "C" fn __libc_current_sigrtmax() -> c_int {
    SIGNALS
}
