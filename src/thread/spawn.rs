//! A new thread, from a mapping to its first instruction.
//!
//! Signals are blocked from before `clone` until the new thread has its rseq area: a handler finds a whole thread or none.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use linux_raw_sys::general as raw;

use super::stack::{self, Parts, Shape};
use super::{Control, Start, control, registry};
use crate::per_thread::PerThread;
use crate::sys::Errno;
use crate::sys::signal::{self, How, Set};
use crate::{fence, per_thread, rseq, tls};

/// What a new thread is to be like.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bytes of stack.
    pub stack_size: usize,
    /// Bytes without access below it, rounded up to whole pages; 0: none.
    pub guard_size: usize,
    /// Memory of the caller's to use as its stack: no guard, and never given back by us.
    pub stack: Option<(*mut u8, usize)>,
    /// Nobody will join it.
    pub detached: bool,
    /// Its signal mask; None: the caller's.
    pub mask: Option<Set>,
}

impl Options {
    /// 8 MiB of stack, one guard page, to be joined.
    pub const DEFAULT: Options =
        Options { stack_size: stack::DEFAULT_STACK, guard_size: 4096, stack: None, detached: false, mask: None };
}

impl Default for Options {
    fn default() -> Self {
        Self::DEFAULT
    }
}

unsafe extern "C" {
    /// `arch/<cpu>/thread.S`: the id of the new thread, or `-errno`.
    fn dacapo_clone(
        flags: usize,
        stack: *mut u8,
        parent_tid: *mut u32,
        child_tid: *mut u32,
        thread_pointer: usize,
        control: *const (),
    ) -> usize;
}

/// Starts a thread that runs `start(argument)`.
///
/// # Errors
/// EAGAIN: no memory for it, or the limit of threads is reached. EINVAL: the stack given is too small. Nothing is left behind.
///
/// # Safety
/// `start` may be called with `argument` in another thread. A stack that is given is the thread's alone until it was joined.
pub unsafe fn spawn_raw(options: &Options, start: Start, argument: *mut ()) -> Result<NonNull<Control>, Errno> {
    let prepared = prepare(options, 0)?;
    let control = prepared.control;
    // SAFETY: as the caller promises; if no thread came to be, the memory is nobody's.
    unsafe { launch(prepared, options, start, argument, None).inspect_err(|_| stack::dispose(control)) }
}

/// Memory for a thread, with `packet` bytes above its stack for the caller.
pub(super) fn prepare(options: &Options, packet: usize) -> Result<Parts, Errno> {
    match options.stack {
        // SAFETY: the memory is the thread's, says who gave it.
        Some((low, size)) => unsafe { stack::on(low, size, packet) },
        None => stack::obtain(Shape { stack: options.stack_size, guard: options.guard_size, packet }),
    }
}

/// Starts the thread. After an error its memory is the caller's to dispose of.
///
/// # Safety
/// As for [`spawn_raw`]; `parts` comes from [`prepare`] with the same options.
pub(super) unsafe fn launch(
    parts: Parts,
    options: &Options,
    start: Start,
    argument: *mut (),
    drop_result: Option<unsafe fn(*mut ())>,
) -> Result<NonNull<Control>, Errno> {
    const FLAGS: u32 = raw::CLONE_VM
        | raw::CLONE_FS
        | raw::CLONE_FILES
        | raw::CLONE_SIGHAND
        | raw::CLONE_THREAD
        | raw::CLONE_SYSVSEM
        | raw::CLONE_SETTLS
        | raw::CLONE_PARENT_SETTID
        | raw::CLONE_CHILD_CLEARTID;
    let _ = super::current(); // the main thread joins the registry before it has company
    if !registry::is_multi_threaded() {
        fence::register();
        registry::second_thread();
    }
    let Parts { control: handle, stack_top, area, fresh } = parts;
    // SAFETY: the memory is ours alone until clone; a Control of zeros is valid.
    let (this, pointer) = unsafe {
        let pointer = tls::block::fill(area, fresh);
        let thread = (pointer as *mut u8).offset(per_thread::offset()).cast::<PerThread>();
        (*thread).control.set(handle.as_ptr().cast());
        handle.as_ref().area.set(thread);
        (handle.as_ref(), pointer)
    };
    this.start.set(Some(start));
    this.argument.set(argument);
    this.drop_result.set(drop_result);
    this.state.store(if options.detached { control::DETACHED } else { 0 }, Ordering::Relaxed);
    let before = signal::mask(How::Set, &Set::ALL)?;
    this.mask.set(options.mask.unwrap_or(before).without(super::cancel::SIGNAL));
    let cloned = registry::locked(|registry| {
        let word = this.tid.as_ptr();
        // SAFETY: the stack and the area are the new thread's own and filled; `dacapo_thread_main` takes the control from there.
        let cloned = Errno::check(unsafe {
            dacapo_clone(FLAGS as usize, stack_top, word, word, pointer, handle.as_ptr().cast())
        });
        if cloned.is_ok() {
            registry.add(this); // the new thread's own removal waits for our lock
        }
        cloned
    });
    let _ = signal::mask(How::Set, &before); // cannot fail for these arguments
    if cloned.is_err() {
        this.tid.store(0, Ordering::Relaxed);
        return Err(Errno::EAGAIN);
    }
    Ok(handle)
}

/// The first Rust code of a new thread; signals are blocked. Called by `dacapo_clone` only.
///
/// # Safety
/// `control` is the thread's own.
#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_thread_main(control: *const Control) -> ! {
    // SAFETY: alive as long as this thread.
    let this = unsafe { &*control };
    let _ = rseq::register_current_thread(); // refused: this thread stays on the path without rseq
    per_thread::current().tid.store(this.tid.load(Ordering::Relaxed), Ordering::Relaxed);
    let _ = signal::mask(How::Set, &this.mask.get()); // cannot fail for these arguments
    if let Some(start) = this.start.get() {
        // SAFETY: whoever spawned us allowed the call.
        let result = unsafe { start(this.argument.get()) };
        super::exit(result)
    }
    super::exit(core::ptr::null_mut())
}
