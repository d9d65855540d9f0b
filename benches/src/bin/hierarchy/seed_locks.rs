//! The locks of the essay that the library does not offer, because nobody should use them, and the host's own mutex.

use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::sync::{Arc, Condvar, Mutex};

use crate::rows::{Word, guarded, is_served};

/// The host libc's mutex.
pub struct Pthread(UnsafeCell<libc::pthread_mutex_t>, Word);
// SAFETY: the mutex guards the word.
unsafe impl Sync for Pthread {}
// SAFETY: moved only before it is used.
unsafe impl Send for Pthread {}

impl Pthread {
    pub const fn new() -> Self {
        Self(UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER), Word::new())
    }
    #[inline(always)]
    pub fn add(&self) {
        // SAFETY: a valid mutex, locked and unlocked by this thread.
        unsafe { libc::pthread_mutex_lock(self.0.get()) };
        self.1.bump();
        // SAFETY: as above.
        unsafe { libc::pthread_mutex_unlock(self.0.get()) };
    }
    pub fn total(&self) -> Option<u64> {
        self.1.get()
    }
}

/// The third mutex of "Futexes are tricky": 0 free, 1 held, 2 held with sleepers; never spins.
pub struct Mutex3(AtomicU32, Word);

impl Mutex3 {
    pub const fn new() -> Self {
        Self(AtomicU32::new(0), Word::new())
    }
    #[inline(always)]
    pub fn add(&self) {
        if let Err(mut state) = self.0.compare_exchange(0, 1, Acquire, Relaxed) {
            if state != 2 {
                state = self.0.swap(2, Acquire);
            }
            while state != 0 {
                futex(&self.0, libc::FUTEX_WAIT, 2);
                state = self.0.swap(2, Acquire);
            }
        }
        self.1.bump();
        if self.0.fetch_sub(1, Release) != 1 {
            self.0.store(0, Release);
            futex(&self.0, libc::FUTEX_WAKE, 1);
        }
    }
    pub fn total(&self) -> Option<u64> {
        self.1.get()
    }
}

fn futex(word: &AtomicU32, operation: i32, value: u32) {
    let operation = operation | libc::FUTEX_PRIVATE_FLAG;
    // SAFETY: the word is borrowed for the call; no time limit.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, std::ptr::null::<libc::timespec>()) };
}

/// Test and set, and between two tests whatever the row wants.
pub struct Spinner(AtomicBool, Word);

impl Spinner {
    pub const fn new() -> Self {
        Self(AtomicBool::new(false), Word::new())
    }
    #[inline(always)]
    pub fn add(&self, relax: impl Fn()) {
        while self.0.load(Relaxed) || self.0.swap(true, Acquire) {
            relax();
        }
        self.1.bump();
        self.0.store(false, Release);
    }
    pub fn total(&self) -> Option<u64> {
        self.1.get()
    }
}

/// Tickets without sleep.
pub struct TicketSpinner {
    next: AtomicU64,
    serving: AtomicU64,
    word: Word,
}

impl TicketSpinner {
    pub const fn new() -> Self {
        Self { next: AtomicU64::new(0), serving: AtomicU64::new(0), word: Word::new() }
    }
    #[inline(always)]
    pub fn add(&self, relax: impl Fn()) {
        let ticket = self.next.fetch_add(1, Relaxed);
        while !is_served(&self.serving, ticket) {
            relax();
        }
        guarded(&self.word, &self.serving);
    }
    pub fn total(&self) -> Option<u64> {
        self.word.get()
    }
}

/// Tickets, a mutex and a condition that wakes everybody each time.
pub struct TicketBlocking {
    next: AtomicU64,
    serving: AtomicU64,
    word: Word,
    mutex: Mutex<()>,
    turned: Condvar,
}

impl TicketBlocking {
    pub const fn new() -> Self {
        let (next, serving) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { next, serving, word: Word::new(), mutex: Mutex::new(()), turned: Condvar::new() }
    }
    pub fn add(&self) {
        let ticket = self.next.fetch_add(1, Relaxed);
        if !is_served(&self.serving, ticket) {
            let mut guard = self.mutex.lock().expect("no panic");
            while !is_served(&self.serving, ticket) {
                guard = self.turned.wait(guard).expect("no panic");
            }
        }
        self.word.bump();
        let _guard = self.mutex.lock().expect("no panic");
        let following = self.serving.load(Relaxed) + 1;
        self.serving.store(following, Release);
        if following < self.next.load(Relaxed) {
            self.turned.notify_all();
        }
    }
    pub fn total(&self) -> Option<u64> {
        self.word.get()
    }
}

/// A queue of waiters under a mutex, each with a condition of its own.
pub struct QueuedFifo {
    queue: Mutex<(bool, VecDeque<Arc<Waiter>>)>,
    word: Word,
}

#[derive(Default)]
struct Waiter {
    granted: Mutex<bool>,
    changed: Condvar,
}

impl QueuedFifo {
    pub const fn new() -> Self {
        Self { queue: Mutex::new((false, VecDeque::new())), word: Word::new() }
    }
    pub fn add(&self) {
        let mut queue = self.queue.lock().expect("no panic");
        if queue.0 {
            let me = Arc::new(Waiter::default());
            queue.1.push_back(me.clone());
            drop(queue);
            let mut granted = me.granted.lock().expect("no panic");
            while !*granted {
                granted = me.changed.wait(granted).expect("no panic");
            }
        } else {
            queue.0 = true;
            drop(queue);
        }
        self.word.bump();
        let mut queue = self.queue.lock().expect("no panic");
        let next = queue.1.pop_front();
        queue.0 = next.is_some();
        drop(queue);
        if let Some(next) = next {
            *next.granted.lock().expect("no panic") = true;
            next.changed.notify_one();
        }
    }
    pub fn total(&self) -> Option<u64> {
        self.word.get()
    }
}
