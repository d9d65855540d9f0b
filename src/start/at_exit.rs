//! What is to run at the orderly end: a stack of functions, each with one argument.
//!
//! ```text
//!   newest chunk (pages, 170 entries each) -> .. -> the first chunk (static, 32 entries)
//! ```
//! 1. [`push`] adds an entry on top; [`run_all`] takes the top one off, gives the lock back and calls it, until none is left. So a
//!    function that registers another one has it called next.
//! 2. Function pointers at rest are mixed with the pointer guard, also those that are another function's argument: who can write here
//!    cannot aim them without knowing it.
//! 3. Chunks are never given back: they live as long as the process.
//!
//! There are two such stacks: `exit`'s and `quick_exit`'s.

use core::cell::UnsafeCell;
use core::ptr;

use super::{Lock, exit};
use crate::sys::Errno;
use crate::sys::memory::{self, MapFlags, Protection};
use crate::tls;

/// What to call: it gets the argument that was registered with it.
pub type Function = unsafe extern "C" fn(*mut ());

#[derive(Clone, Copy)]
struct Entry {
    /// Mixed; 0 when it has been taken out of turn.
    function: usize,
    argument: *mut (),
    /// Which shared object registered it: always this program's `__dso_handle`, or null.
    object: *const (),
}

const NO_ENTRY: Entry = Entry { function: 0, argument: ptr::null_mut(), object: ptr::null() };

/// Entries in static memory.
const FIRST: usize = 32;
/// Bytes of a further chunk: its header and 170 entries.
const CHUNK: usize = 4096;

struct Chunk<const N: usize> {
    below: *mut Chunk<0>,
    capacity: usize,
    used: usize,
    entries: [Entry; N],
}

/// One stack of functions.
pub struct Stack {
    lock: Lock,
    /// Null: the first chunk.
    top: UnsafeCell<*mut Chunk<0>>,
    first: UnsafeCell<Chunk<FIRST>>,
}

// SAFETY: the lock guards the chunks.
unsafe impl Sync for Stack {}

/// `exit`'s.
pub static AT_EXIT: Stack = Stack::new();

impl Stack {
    /// Nothing registered.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            lock: Lock::new(),
            top: UnsafeCell::new(ptr::null_mut()),
            first: UnsafeCell::new(Chunk {
                below: ptr::null_mut(),
                capacity: FIRST,
                used: 0,
                entries: [NO_ENTRY; FIRST],
            }),
        }
    }

    /// The topmost chunk. The caller holds the lock.
    fn top(&self) -> *mut Chunk<0> {
        // SAFETY: under the lock.
        let top = unsafe { *self.top.get() };
        if top.is_null() { self.first.get().cast() } else { top }
    }

    fn push(&self, entry: Entry) -> Result<(), Errno> {
        self.lock.lock();
        let result = self.push_locked(entry);
        self.lock.unlock();
        result
    }

    fn push_locked(&self, entry: Entry) -> Result<(), Errno> {
        let mut top = self.top();
        // SAFETY: chunks have `capacity` entries behind their header, and the lock is held.
        unsafe {
            if (*top).used == (*top).capacity {
                let fresh = memory::map(CHUNK, Protection::READ_WRITE, MapFlags::EMPTY)?.cast::<Chunk<0>>();
                (*fresh).below = top;
                (*fresh).capacity = (CHUNK - size_of::<Chunk<0>>()) / size_of::<Entry>();
                *self.top.get() = fresh;
                top = fresh;
            }
            (&raw mut (*top).entries).cast::<Entry>().add((*top).used).write(entry);
            (*top).used += 1;
        }
        Ok(())
    }

    fn pop(&self) -> Option<Entry> {
        self.lock.lock();
        let mut entry = None;
        // SAFETY: as in `push_locked`.
        unsafe {
            let mut top = self.top();
            while (*top).used == 0 && !(*top).below.is_null() {
                top = (*top).below;
                *self.top.get() = top; // the empty chunk stays mapped: a handful of pages at the very end
            }
            if (*top).used > 0 {
                (*top).used -= 1;
                entry = Some((&raw const (*top).entries).cast::<Entry>().add((*top).used).read());
            }
        }
        self.lock.unlock();
        entry
    }

    /// Calls everything that is registered, newest first, until nothing is left.
    pub fn run_all(&self) {
        while let Some(entry) = self.pop() {
            if entry.function != 0 {
                // SAFETY: `push` stored a function of this type.
                unsafe { call(entry) };
            }
        }
    }

    /// Calls what one object registered, newest first.
    pub fn run_object(&self, object: *const ()) {
        loop {
            self.lock.lock();
            let found = self.take(object);
            self.lock.unlock();
            match found {
                // SAFETY: `push` stored a function of this type.
                Some(entry) => unsafe { call(entry) },
                None => return,
            }
        }
    }

    fn take(&self, object: *const ()) -> Option<Entry> {
        let mut chunk = self.top();
        // SAFETY: as in `push_locked`.
        unsafe {
            while !chunk.is_null() {
                let entries = (&raw mut (*chunk).entries).cast::<Entry>();
                let mut at = (*chunk).used;
                while at > 0 {
                    at -= 1;
                    let entry = entries.add(at);
                    if (*entry).function != 0 && (*entry).object == object {
                        return Some(entry.replace(NO_ENTRY));
                    }
                }
                chunk = (*chunk).below;
            }
        }
        None
    }

    /// Registers a function.
    ///
    /// # Errors
    /// ENOMEM: no page for its entry.
    ///
    /// # Safety
    /// `function` may be called with `argument` at any later time, from any thread.
    pub unsafe fn register(&self, function: Function, argument: *mut (), object: *const ()) -> Result<(), Errno> {
        self.push(Entry { function: tls::mix(function as usize), argument, object })
    }
}

impl Default for Stack {
    fn default() -> Self {
        Self::new()
    }
}

/// # Safety
/// The entry was made by `register`.
unsafe fn call(entry: Entry) {
    // SAFETY: `register` mixed a function of this type, and its caller allowed the call.
    unsafe {
        let function: Function = core::mem::transmute(tls::unmix(entry.function));
        function(entry.argument);
    }
}

/// Has `function(argument)` called at the orderly end of the process, before everything that was registered earlier.
///
/// # Errors
/// ENOMEM: no page for its entry (the first 32 need none).
///
/// # Safety
/// As for [`Stack::register`].
pub unsafe fn register(function: Function, argument: *mut (), object: *const ()) -> Result<(), Errno> {
    exit::AT_EXIT.set(|| AT_EXIT.run_all());
    // SAFETY: as the caller promises.
    unsafe { AT_EXIT.register(function, argument, object) }
}

/// Has `function` called at the orderly end of the process, before everything that was registered earlier.
///
/// # Errors
/// ENOMEM: no page for its entry (the first 32 need none).
pub fn at_exit(function: fn()) -> Result<(), Errno> {
    unsafe extern "C" fn plain(function: *mut ()) {
        // SAFETY: `at_exit` registered a function of this type as the argument, mixed.
        let function: fn() = unsafe { core::mem::transmute(tls::unmix(function as usize)) };
        function();
    }
    // SAFETY: a plain function may be called whenever.
    unsafe { register(plain, tls::mix(function as usize) as *mut (), ptr::null()) }
}
