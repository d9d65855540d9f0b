//! Threads as Rust programs make them: a closure goes in, its value comes out. No heap: both lie above the new thread's stack.

use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::NonNull;

use super::spawn::{Options, launch, prepare};
use super::{Control, set_name};
use crate::sys::Errno;

/// What lies above the stack: the closure until it is called, then its value.
#[repr(align(64))]
struct Packet<F, T> {
    function: ManuallyDrop<F>,
    value: MaybeUninit<T>,
    name: [u8; 16],
}

/// How a thread is to be made.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    options: Options,
    name: [u8; 16],
}

impl Builder {
    /// As [`Options::DEFAULT`] says.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes of stack.
    #[must_use]
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.options.stack_size = bytes;
        self
    }

    /// Bytes without access below the stack.
    #[must_use]
    pub fn guard_size(mut self, bytes: usize) -> Self {
        self.options.guard_size = bytes;
        self
    }

    /// Its name; only the first 15 bytes count.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.name = [0; 16];
        for (to, from) in self.name.iter_mut().take(15).zip(name.as_bytes()) {
            *to = *from;
        }
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// EAGAIN: no memory for it, or the limit of threads is reached.
    pub fn spawn<F, T>(self, function: F) -> Result<JoinHandle<T>, Errno>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        const {
            assert!(
                align_of::<Packet<F, T>>() == 64,
                "a closure or value of more than 64-byte alignment: put it behind a reference"
            )
        };
        let parts = prepare(&self.options, size_of::<Packet<F, T>>())?;
        let packet = parts.stack_top.cast::<Packet<F, T>>();
        // SAFETY: `prepare` left that many bytes there, 64-aligned, for us alone.
        unsafe {
            packet.write(Packet {
                function: ManuallyDrop::new(function),
                value: MaybeUninit::uninit(),
                name: self.name,
            });
        }
        let control = parts.control;
        // SAFETY: `run` takes just this packet; the closure may go to another thread.
        match unsafe { launch(parts, &self.options, run::<F, T>, packet.cast(), Some(drop_value::<F, T>)) } {
            // SAFETY: inside the packet.
            Ok(control) => Ok(JoinHandle { control, value: unsafe { (*packet).value.as_ptr() }, owns: PhantomData }),
            Err(errno) => {
                // SAFETY: no thread came to be: the closure is still there, and nobody else uses the memory.
                unsafe {
                    ManuallyDrop::drop(&mut (*packet).function);
                    Control::dispose(control);
                }
                Err(errno)
            }
        }
    }
}

unsafe extern "C" fn run<F: FnOnce() -> T, T>(packet: *mut ()) -> *mut () {
    let packet = packet.cast::<Packet<F, T>>();
    // SAFETY: the spawner wrote the closure, once; the value's place is ours until we end.
    unsafe {
        if (*packet).name[0] != 0 {
            let _ = crate::sys::thread::set_name(&(*packet).name); // a name is a courtesy
        }
        let function = ManuallyDrop::take(&mut (*packet).function);
        (*packet).value.write(function());
    }
    core::ptr::null_mut()
}

/// # Safety
/// The thread has run, and nobody takes the value.
unsafe fn drop_value<F, T>(packet: *mut ()) {
    // SAFETY: as the caller promises.
    unsafe { (*packet.cast::<Packet<F, T>>()).value.assume_init_drop() }
}

/// Starts a thread as [`Options::DEFAULT`] says.
///
/// # Errors
/// EAGAIN: no memory for it, or the limit of threads is reached.
pub fn spawn<F, T>(function: F) -> Result<JoinHandle<T>, Errno>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new().spawn(function)
}

/// The right to a thread's value. Dropped, it detaches the thread.
#[derive(Debug)]
pub struct JoinHandle<T> {
    control: NonNull<Control>,
    value: *const T,
    owns: PhantomData<T>,
}

// SAFETY: the value was made in the other thread and may be taken in any (T: Send); Control is Sync.
unsafe impl<T: Send> Send for JoinHandle<T> {}
// SAFETY: a shared handle only looks at the Control, which is Sync.
unsafe impl<T> Sync for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// Waits for the thread's end and takes its value.
    ///
    /// # Errors
    /// EDEADLK: it is the caller.
    pub fn join(self) -> Result<T, Errno> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the handle is the only one, and it is used up.
        unsafe {
            Control::wait_for_end(this.control)?;
            let value = this.value.read();
            Control::dispose(this.control);
            Ok(value)
        }
    }

    /// The thread.
    #[must_use]
    pub fn thread(&self) -> &Control {
        // SAFETY: alive until it was joined, which takes the handle.
        unsafe { self.control.as_ref() }
    }

    /// Names the thread.
    ///
    /// # Errors
    /// As [`set_name`].
    pub fn set_name(&self, name: &str) -> Result<(), Errno> {
        set_name(self.thread(), name.as_bytes())
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        // SAFETY: the handle is the only one, and it goes.
        let _ = unsafe { Control::detach(self.control) }; // EINVAL cannot be: nobody else detaches or joins it
    }
}
