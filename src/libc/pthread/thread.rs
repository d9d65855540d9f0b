//! pthread_create and what else concerns a whole thread: [`crate::thread`].

use core::ffi::{c_char, c_int};
use core::ptr::NonNull;

use super::attributes::Attributes;
use super::{Thread, clock, code, control, deadline};
use crate::libc::signal::{SignalSet, change_mask};
use crate::start::auxv::auxv;
use crate::sync::raw::Deadline;
use crate::sys::time::Timespec;
use crate::sys::{self, Errno};
use crate::thread::{self, Control, Start, cancel};

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_create(
    handle: *mut Thread,
    attributes: *const Attributes,
    start: Start,
    argument: *mut (),
) -> c_int {
    let attributes = if attributes.is_null() { &Attributes::DEFAULT } else { &*attributes };
    let made = attributes.options().and_then(|options| thread::spawn_raw(&options, start, argument));
    code(made.map(|control| *handle = control.as_ptr() as Thread))
}

unsafe fn join(handle: Thread, result: *mut *mut (), deadline: Option<&Deadline>) -> Result<(), Errno> {
    cancel::test();
    let deadline = deadline.map(|deadline| (&deadline.at, deadline.clock));
    let value = Control::join_by(control(handle)?, deadline, cancel::wait_until).map_err(cancel::settle)?;
    if !result.is_null() {
        *result = value;
    }
    Ok(())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_join(handle: Thread, result: *mut *mut ()) -> c_int {
    code(join(handle, result, None))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_tryjoin_np(handle: Thread, result: *mut *mut ()) -> c_int {
    let value = control(handle).and_then(|control| Control::try_join(control));
    code(value.map(|value| {
        if !result.is_null() {
            *result = value;
        }
    }))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_clockjoin_np(
    handle: Thread,
    result: *mut *mut (),
    id: c_int,
    at: *const Timespec,
) -> c_int {
    if at.is_null() {
        return pthread_join(handle, result);
    }
    let deadline = clock(id).and_then(|clock| deadline(at, clock));
    code(deadline.and_then(|deadline| join(handle, result, Some(&deadline))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_timedjoin_np(handle: Thread, result: *mut *mut (), at: *const Timespec) -> c_int {
    pthread_clockjoin_np(handle, result, linux_raw_sys::general::CLOCK_REALTIME as c_int, at)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_detach(handle: Thread) -> c_int {
    code(control(handle).and_then(|control| Control::detach(control)))
}

#[unsafe(no_mangle)]
extern "C" fn pthread_self() -> Thread {
    core::ptr::from_ref(thread::current()) as Thread
}

#[unsafe(no_mangle)]
extern "C" fn pthread_equal(one: Thread, other: Thread) -> c_int {
    c_int::from(one == other)
}

#[unsafe(no_mangle)]
extern "C" fn pthread_exit(result: *mut ()) -> ! {
    thread::exit(result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_kill(handle: Thread, signal: c_int) -> c_int {
    if !(0..=64).contains(&signal) {
        return code(Err(Errno::EINVAL));
    }
    code(control(handle).and_then(|control| control.as_ref().kill(signal as u32)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_sigmask(how: c_int, set: *const SignalSet, old: *mut SignalSet) -> c_int {
    code(change_mask(how, set, old))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_setname_np(handle: Thread, name: *const c_char) -> c_int {
    let mut len = 0;
    while len <= 16 && *name.add(len) != 0 {
        len += 1;
    }
    let name = core::slice::from_raw_parts(name.cast::<u8>(), len);
    code(control(handle).and_then(|control| thread::set_name(control.as_ref(), name)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_getname_np(handle: Thread, to: *mut c_char, size: usize) -> c_int {
    let name = control(handle).and_then(|control| thread::name(control.as_ref()));
    code(name.and_then(|name| {
        let len = name.iter().position(|&byte| byte == 0).unwrap_or(name.len() - 1) + 1;
        if size < len {
            return Err(Errno::ERANGE);
        }
        core::ptr::copy_nonoverlapping(name.as_ptr().cast(), to, len);
        Ok(())
    }))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_getattr_np(handle: Thread, attributes: *mut Attributes) -> c_int {
    let thread = match control(handle) {
        Ok(control) => control.as_ref(),
        Err(errno) => return code(Err(errno)),
    };
    let (low, size) = thread.stack();
    let (low, size) = if low.is_null() { main_stack() } else { (low, size) };
    attributes.write(Attributes {
        stack_size: size,
        guard_size: thread.guard_size(),
        stack_low: low,
        detached: c_int::from(thread.is_detached()),
        ..Attributes::DEFAULT
    });
    0
}

/// (lowest address it may grow to, bytes) of the main thread's stack. Its last string, the program's path, ends in its last page.
fn main_stack() -> (*mut u8, usize) {
    const OS_PAGE: usize = 4096;
    let top = auxv().execfn() as usize;
    let top = (top + OS_PAGE) & !(OS_PAGE - 1);
    let size = sys::thread::stack_limit().unwrap_or(thread::DEFAULT_STACK).min(top) & !(OS_PAGE - 1);
    ((top - size) as *mut u8, size)
}

/// The clock id of a thread's CPU time, as the kernel packs it: `~tid << 3`, per thread, scheduler's clock.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_getcpuclockid(handle: Thread, id: *mut c_int) -> c_int {
    const THREAD_SCHEDULED: u32 = 6;
    let tid = control(handle).map(|control: NonNull<Control>| control.as_ref().tid());
    code(tid.and_then(|tid| {
        if tid == 0 {
            return Err(Errno::ESRCH);
        }
        *id = (!tid << 3 | THREAD_SCHEDULED) as c_int;
        Ok(())
    }))
}
