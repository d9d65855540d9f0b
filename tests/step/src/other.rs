//! A thread on another CPU that does what it is told while the stopped thread's handler waits.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::Thread;

// STATE: 0 idle, 1 a job is waiting or running.
static STATE: AtomicU32 = AtomicU32::new(0);

struct Job(UnsafeCell<Option<*mut dyn FnMut()>>);
// SAFETY: written while STATE is 0 by the one thread that gives jobs, read while it is 1 by the one that does them.
unsafe impl Sync for Job {}
static JOB: Job = Job(UnsafeCell::new(None));

pub struct Other(Thread);

impl Other {
    /// Starts the thread, on that CPU.
    pub fn start(cpu: usize) -> Other {
        let handle = std::thread::spawn(move || {
            // SAFETY: signals of the storm are for the stopped thread; the set is a valid one.
            unsafe {
                let mut all = std::mem::zeroed();
                libc::sigfillset(&raw mut all);
                libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, std::ptr::null_mut());
            }
            support::affinity::pin(cpu);
            loop {
                // Acquire: pairs with the Release in `run`, for the job
                while STATE.load(Ordering::Acquire) == 0 {
                    std::thread::park();
                }
                // SAFETY: see Job; the giver waits, so what the job borrows is alive.
                unsafe {
                    if let Some(job) = (*JOB.0.get()).take() {
                        (*job)();
                    }
                }
                STATE.store(0, Ordering::Release); // Release: pairs with the Acquire in `run`, for what the job did
            }
        });
        Other(handle.thread().clone())
    }

    /// Has the job done there, and waits for its end. In a signal handler too.
    pub fn run(&self, job: &mut dyn FnMut()) {
        // SAFETY: idle, so the field is ours; the lifetime is erased until the wait below is over.
        unsafe { *JOB.0.get() = Some(std::mem::transmute::<*mut dyn FnMut(), *mut (dyn FnMut() + 'static)>(job)) };
        STATE.store(1, Ordering::Release); // Release: pairs with the thread's Acquire
        self.0.unpark();
        // Acquire: pairs with the thread's Release
        while STATE.load(Ordering::Acquire) != 0 {
            std::thread::yield_now();
        }
    }
}
