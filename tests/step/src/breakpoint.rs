//! A hardware breakpoint on the calling thread's next visit to an address, delivered as a synchronous SIGTRAP.
//!
//! The kernel treats it as it treats every signal: if the thread is inside a section, the section is aborted before the handler's frame is
//! built, so the frame's program counter is the abort handler. Source: perf_event_open(2), `sigtrap`.

use std::cell::{Cell, UnsafeCell};
use std::io;

/// The part of `struct perf_event_attr` that a breakpoint needs; the rest is zero.
#[repr(C)]
#[derive(Default)]
struct Attributes {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    flags: u64,
    wakeup_events: u32,
    breakpoint_type: u32,
    breakpoint_address: u64,
    breakpoint_length: u64,
    rest: [u64; 7],
}

const _: () = assert!(size_of::<Attributes>() == 128);

const PERF_TYPE_BREAKPOINT: u32 = 5;
const HW_BREAKPOINT_X: u32 = 4;
const PERF_FLAG_FD_CLOEXEC: usize = 8;
// Bits of `flags`.
const EXCLUDE_KERNEL: u64 = 1 << 5;
const EXCLUDE_HV: u64 = 1 << 6;
const REMOVE_ON_EXEC: u64 = 1 << 36;
const SIGTRAP: u64 = 1 << 37;
const IOC_DISABLE: libc::c_ulong = 0x2401;

/// Bytes from the start of `ucontext_t` to the interrupted program counter, and the length that an execution breakpoint must have.
const PROGRAM_COUNTER: usize = if on_x86() { 40 + 16 * 8 } else { 176 + 8 + 31 * 8 + 8 };
const LENGTH: u64 = if on_x86() { 8 } else { 4 };

pub const fn on_x86() -> bool {
    std::env::consts::ARCH.as_bytes()[0] == b'x'
}

/// What the handler runs, and what it found. One thread uses all this.
struct State {
    body: UnsafeCell<Option<*mut dyn FnMut()>>,
    descriptor: Cell<i32>,
    hits: Cell<u32>,
    program_counter: Cell<usize>,
}

// SAFETY: only the thread that set the breakpoint is interrupted by it, and only while it waits in `Breakpoint::interrupt`.
unsafe impl Sync for State {}

static STATE: State =
    State { body: UnsafeCell::new(None), descriptor: Cell::new(-1), hits: Cell::new(0), program_counter: Cell::new(0) };

extern "C" fn on_trap(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    STATE.hits.set(STATE.hits.get() + 1);
    // SAFETY: the kernel passes a ucontext_t; the body belongs to `interrupt`, which this thread is in.
    unsafe {
        libc::ioctl(STATE.descriptor.get(), IOC_DISABLE as _, 0);
        STATE.program_counter.set(context.byte_add(PROGRAM_COUNTER).cast::<usize>().read());
        if let Some(body) = (*STATE.body.get()).take() {
            (*body)();
        }
    }
}

/// Installs the handler; once, before the first [`interrupt`].
pub fn install() {
    // SAFETY: the handler matches SA_SIGINFO.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_trap as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        assert_eq!(libc::sigaction(libc::SIGTRAP, &raw const action, std::ptr::null_mut()), 0);
    }
}

/// Runs `operation`; when it comes to `address` for the `visit`-th time, before the instruction there is executed, `body` runs in a signal
/// handler. Returns the program counter that the handler's frame showed, if it came there.
///
/// # Errors
/// What perf_event_open(2) says: EACCES and EPERM where it is forbidden, ENOSYS, ENOSPC without breakpoint registers.
pub fn interrupt(
    address: usize,
    visit: u64,
    body: &mut dyn FnMut(),
    operation: impl FnOnce(),
) -> io::Result<Option<usize>> {
    let attributes = Attributes {
        kind: PERF_TYPE_BREAKPOINT,
        size: size_of::<Attributes>() as u32,
        sample_period: visit,
        flags: EXCLUDE_KERNEL | EXCLUDE_HV | REMOVE_ON_EXEC | SIGTRAP,
        breakpoint_type: HW_BREAKPOINT_X,
        breakpoint_address: address as u64,
        breakpoint_length: LENGTH,
        ..Attributes::default()
    };
    STATE.hits.set(0);
    // SAFETY: the body outlives its use, which ends when the descriptor is closed below; its lifetime is erased for that long.
    unsafe { *STATE.body.get() = Some(std::mem::transmute::<*mut dyn FnMut(), *mut (dyn FnMut() + 'static)>(body)) };
    // SAFETY: the attributes are complete; pid 0 and cpu -1 mean this thread wherever it runs.
    let descriptor = unsafe {
        libc::syscall(libc::SYS_perf_event_open, &raw const attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC) as i32
    };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    STATE.descriptor.set(descriptor);
    operation();
    // SAFETY: our descriptor; the body is gone after this.
    unsafe {
        libc::close(descriptor);
        *STATE.body.get() = None;
    }
    assert!(STATE.hits.get() <= 1, "a disabled breakpoint hit again");
    Ok((STATE.hits.get() == 1).then(|| STATE.program_counter.get()))
}
