//! Stops the calling thread at one instruction and lets a signal handler interfere there.
//!
//! | means | the stop | where it is to be had |
//! | --- | --- | --- |
//! | breakpoint | a hardware breakpoint, by perf_event_open(2) | kernels that let programs have one, CPUs (and emulators) that implement it |
//! | tracer | a trap instruction, written by a parent process with ptrace(2) | nearly everywhere; also where signals are blocked |
//!
//! Both end in SIGTRAP for the thread, and the kernel treats it as it treats every signal: if the thread is inside a section, the section is aborted
//! before the handler's frame is built, so the frame's program counter is the abort handler.

use std::cell::{Cell, UnsafeCell};
use std::io;

use crate::breakpoint;
use crate::tracer::{self, Wire};

pub const fn on_x86() -> bool {
    std::env::consts::ARCH.as_bytes()[0] == b'x'
}

/// Bytes from the start of `ucontext_t` to the interrupted program counter.
const PROGRAM_COUNTER: usize = if on_x86() { 40 + 16 * 8 } else { 176 + 8 + 31 * 8 + 8 };

/// How threads are stopped.
#[derive(Clone, Copy)]
pub enum Means {
    Breakpoint,
    Tracer(&'static Wire),
}

impl std::fmt::Display for Means {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Means::Breakpoint) { "hardware breakpoints" } else { "ptrace" })
    }
}

/// What came of an interruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The thread did not come to the address.
    Never,
    /// The handler ran; its frame showed this program counter.
    Handled(usize),
    /// Signals were blocked there: the tracer moved the thread to the other CPU, and after one more instruction it was here.
    Quiet(usize),
}

type Body = UnsafeCell<Option<*mut dyn FnMut()>>;

/// What the handler runs, and what it found. One thread uses all this.
struct State {
    /// What happens at the address before the one that matters; then at that one.
    lead: Body,
    body: Body,
    descriptors: [Cell<i32>; 2],
    hits: Cell<u32>,
    program_counter: Cell<usize>,
}

// SAFETY: only the thread that set the trap is interrupted by it, and only while it waits in `interrupt`.
unsafe impl Sync for State {}

static STATE: State = State {
    lead: UnsafeCell::new(None),
    body: UnsafeCell::new(None),
    descriptors: [const { Cell::new(-1) }; 2],
    hits: Cell::new(0),
    program_counter: Cell::new(0),
};

extern "C" fn on_trap(_: i32, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a ucontext_t; the bodies belong to `interrupt`, which this thread is in.
    unsafe {
        if let Some(lead) = (*STATE.lead.get()).take() {
            breakpoint::disable(STATE.descriptors[0].get());
            return (*lead)();
        }
        STATE.hits.set(STATE.hits.get() + 1);
        breakpoint::disable(STATE.descriptors[1].get());
        STATE.program_counter.set(context.byte_add(PROGRAM_COUNTER).cast::<usize>().read());
        if let Some(body) = (*STATE.body.get()).take() {
            (*body)();
        }
    }
}

/// Installs a handler during which all signals are blocked, so that those it sends come when it returns: at the very instruction. Not those
/// of crashes, which [`crate::report::watch`] reports.
pub fn handle(signal: i32, handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void)) {
    // SAFETY: the handler matches SA_SIGINFO.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO;
        libc::sigfillset(&raw mut action.sa_mask);
        for crash in crate::report::CRASHES {
            libc::sigdelset(&raw mut action.sa_mask, crash);
        }
        assert_eq!(libc::sigaction(signal, &raw const action, std::ptr::null_mut()), 0);
    }
}

/// An address, and what is to be done there.
pub type Trap<'a> = (usize, &'a mut dyn FnMut());

fn erase(body: &mut dyn FnMut()) -> *mut dyn FnMut() {
    // SAFETY: `interrupt` drops the pointer before the body's life ends; only its type forgets that life.
    unsafe { std::mem::transmute::<*mut dyn FnMut(), *mut (dyn FnMut() + 'static)>(body) }
}

/// Runs `operation`; when it comes to `address` for the `visit`-th time (the tracer knows the first visit only), before the instruction
/// there is executed, `body` runs in a signal handler. `lead` is a stop on the way there, to make it go that way.
///
/// # Errors
/// The breakpoint was refused.
pub fn interrupt(
    means: Means,
    lead: Option<Trap>,
    (address, body): Trap,
    visit: u64,
    operation: impl FnOnce(),
) -> io::Result<Seen> {
    handle(libc::SIGTRAP, on_trap); // each time: a trap where signals are blocked resets it
    STATE.hits.set(0);
    let addresses = [lead.as_ref().map_or(0, |lead| lead.0), address];
    // SAFETY: no handler runs yet.
    unsafe {
        *STATE.lead.get() = lead.map(|lead| erase(lead.1));
        *STATE.body.get() = Some(erase(body));
    }
    let mut quiet = None;
    match means {
        Means::Breakpoint => {
            for (place, &address) in STATE.descriptors.iter().zip(&addresses) {
                place.set(if address == 0 { -1 } else { breakpoint::set(address, visit)? });
            }
            operation();
            for place in &STATE.descriptors {
                // SAFETY: opened above, or -1.
                unsafe { libc::close(place.replace(-1)) };
            }
        }
        Means::Tracer(wire) => {
            tracer::plant(wire, addresses);
            operation();
            quiet = tracer::clear(wire);
        }
    }
    // SAFETY: the handler does not run any more.
    unsafe {
        *STATE.lead.get() = None;
        *STATE.body.get() = None;
    }
    assert!(STATE.hits.get() <= 1, "a disabled trap hit again");
    Ok(match (STATE.hits.get(), quiet) {
        (0, None) => Seen::Never,
        (0, Some(after)) => Seen::Quiet(after),
        _ => Seen::Handled(STATE.program_counter.get()),
    })
}

#[inline(never)]
extern "C" fn on_the_way() {
    std::hint::black_box(());
}

/// Whether these means stop a thread here at all.
pub fn probe(means: Means) -> Result<(), String> {
    let mut came = false;
    match interrupt(means, None, (on_the_way as *const () as usize, &mut || came = true), 1, || {
        std::hint::black_box(on_the_way as extern "C" fn())();
    }) {
        Err(error) => Err(format!("{means}: refused: {error}")),
        Ok(_) if !came => Err(format!("{means}: accepted and never hit")),
        Ok(_) => Ok(()),
    }
}
