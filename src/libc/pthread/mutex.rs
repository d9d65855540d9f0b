//! pthread_mutex_*: [`RawMutex`] with an owner and a count where the kind asks for them. The robust ones are in [`super::robust`].

use core::cell::Cell;
use core::ffi::c_int;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicU32, Ordering};

use super::{check_shared, code, deadline, own_tid, scope};
use crate::sync::raw::{Clock, Deadline, RawMutex, Scope};
use crate::sys::Errno;
use crate::sys::futex::RobustLink;
use crate::sys::time::Timespec;
use crate::thread::robust::{self, OFFSET};

/// `pthread_mutex_t`, glibc's fields at glibc's places.
#[repr(C)]
pub struct Mutex {
    pub(super) raw: RawMutex,
    /// How often the owner of a recursive mutex has it.
    pub(super) count: Cell<u32>,
    /// The thread that has it; 0: none, or a kind that does not care. Of a robust one the state.
    pub(super) owner: AtomicU32,
    unused: u32,
    /// NORMAL to ADAPTIVE, SHARED and ROBUST.
    kind: u32,
    /// A robust one's place in its owner's list.
    pub(super) link: RobustLink,
}

const _: () = assert!(core::mem::offset_of!(Mutex, kind) == 16 && size_of::<Mutex>() == 40);
const _: () = assert!(core::mem::offset_of!(Mutex, link) as isize == -OFFSET);

const NORMAL: u32 = 0;
const RECURSIVE: u32 = 1;
const ERROR_CHECK: u32 = 2;
const ADAPTIVE: u32 = 3;
/// In `kind`, and in the attributes: processes share it. glibc's bit.
const SHARED: u32 = 128;
const ROBUST: u32 = 16;
/// In the attributes only: the protocol's two bits.
const PROTOCOL: u32 = 32 | 64;

impl Mutex {
    fn scope(&self) -> Scope {
        scope(self.kind & SHARED != 0)
    }

    pub(super) fn is_robust(&self) -> bool {
        self.kind & ROBUST != 0
    }

    /// The lock's word as the robust kinds use it.
    pub(super) fn word(&self) -> &AtomicU32 {
        // SAFETY: the first word, which is nothing but an atomic one; a robust mutex never uses it as a RawMutex.
        unsafe { AtomicU32::from_ptr((&raw const self.raw).cast_mut().cast()) }
    }

    fn has_owner(&self) -> bool {
        matches!(self.kind & 3, RECURSIVE | ERROR_CHECK)
    }

    fn is_mine(&self) -> bool {
        if self.is_robust() {
            return self.is_robustly_mine();
        }
        self.owner.load(Ordering::Relaxed) == own_tid() // Relaxed: only this thread ever stores its own id
    }

    /// What the caller has to do first: `Some` is the whole answer.
    fn relock(&self, held: Errno) -> Option<Result<(), Errno>> {
        if !self.has_owner() || !self.is_mine() {
            return None;
        }
        if self.kind & 3 == ERROR_CHECK {
            return Some(Err(held));
        }
        let count = self.count.get().checked_add(1);
        Some(count.map(|count| self.count.set(count)).ok_or(Errno::EAGAIN))
    }

    fn locked(&self) {
        if self.has_owner() {
            self.owner.store(own_tid(), Ordering::Relaxed);
            self.count.set(1);
        }
    }

    #[cold]
    fn lock_kind(&self) -> Result<(), Errno> {
        if let Some(result) = self.relock(Errno::EDEADLK) {
            return result;
        }
        if self.is_robust() {
            return self.lock_robust(None);
        }
        self.raw.lock(self.scope());
        self.locked();
        Ok(())
    }

    fn try_lock(&self) -> Result<(), Errno> {
        if let Some(result) = self.relock(Errno::EBUSY) {
            return result;
        }
        if self.is_robust() {
            return self.try_lock_robust();
        }
        if !self.raw.try_lock() {
            return Err(Errno::EBUSY);
        }
        self.locked();
        Ok(())
    }

    unsafe fn lock_until(&self, at: *const Timespec, clock: Clock) -> Result<(), Errno> {
        match self.try_lock() {
            Err(Errno::EBUSY) => {}
            other => return other,
        }
        if self.has_owner() && self.is_mine() {
            return Err(Errno::EDEADLK);
        }
        self.wait_until(&deadline(at, clock)?)
    }

    fn wait_until(&self, deadline: &Deadline) -> Result<(), Errno> {
        if self.is_robust() {
            return self.lock_robust(Some(deadline));
        }
        self.raw.lock_until(deadline, self.scope()).map_err(|_| Errno::ETIMEDOUT)?;
        self.locked();
        Ok(())
    }

    #[cold]
    unsafe fn unlock_kind(&self) -> Result<(), Errno> {
        if self.has_owner() {
            if !self.is_mine() {
                return Err(Errno::EPERM);
            }
            if self.count.get() > 1 {
                self.count.set(self.count.get() - 1);
                return Ok(());
            }
        }
        if self.is_robust() {
            return self.unlock_robust().map(drop);
        }
        if self.has_owner() {
            self.owner.store(0, Ordering::Relaxed);
        }
        self.raw.unlock(self.scope());
        Ok(())
    }

    /// Gives the mutex up wholly for a wait: what [`Mutex::take_back`] needs. EPERM: the caller does not have it, and the kind tells.
    pub(super) fn give_up(&self) -> Result<(u32, Scope), Errno> {
        let mut count = 0;
        if self.has_owner() {
            if !self.is_mine() {
                return Err(Errno::EPERM);
            }
            count = self.count.get();
            self.owner.store(0, Ordering::Relaxed);
        }
        Ok((count, self.scope()))
    }

    /// After the raw lock was taken again.
    pub(super) fn take_back(&self, count: u32) {
        self.locked();
        self.count.set(count);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutex_init(mutex: *mut Mutex, attributes: *const u32) -> c_int {
    let attributes = if attributes.is_null() { 0 } else { *attributes };
    // A robust one needs the kernel's help, which emulators may lack.
    if attributes & PROTOCOL != 0 || attributes & ROBUST != 0 && robust::register().is_err() {
        return code(Err(Errno::EOPNOTSUPP));
    }
    mutex.write(Mutex {
        raw: RawMutex::new(),
        count: Cell::new(0),
        owner: AtomicU32::new(0),
        unused: 0,
        kind: attributes,
        link: RobustLink { next: Cell::new(null_mut()), previous: Cell::new(null_mut()) },
    });
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutex_destroy(mutex: *mut Mutex) -> c_int {
    // As with glibc, a robust one may be destroyed whatever its last owner did.
    if (*mutex).raw.is_locked() && !(*mutex).is_robust() { code(Err(Errno::EBUSY)) } else { 0 }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutex_lock(mutex: *const Mutex) -> c_int {
    let mutex = &*mutex;
    if mutex.kind == NORMAL {
        mutex.raw.lock(Scope::Private);
        return 0;
    }
    code(mutex.lock_kind())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutex_trylock(mutex: *const Mutex) -> c_int {
    if (*mutex).kind == NORMAL {
        return if (*mutex).raw.try_lock() { 0 } else { code(Err(Errno::EBUSY)) };
    }
    code((*mutex).try_lock())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutex_timedlock(mutex: *const Mutex, at: *const Timespec) -> c_int {
    code((*mutex).lock_until(at, Clock::Realtime))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutex_clocklock(mutex: *const Mutex, clock: c_int, at: *const Timespec) -> c_int {
    code(super::clock(clock).and_then(|clock| (*mutex).lock_until(at, clock)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutex_unlock(mutex: *const Mutex) -> c_int {
    if (*mutex).kind == NORMAL {
        (*mutex).raw.unlock(Scope::Private);
        return 0;
    }
    code((*mutex).unlock_kind())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutex_consistent(mutex: *const Mutex) -> c_int {
    code((*mutex).make_consistent())
}

// The attributes are one word: the mutex's future `kind`, and what `init` will refuse.

fn change(word: &mut u32, mask: u32, bits: u32) -> Result<(), Errno> {
    *word = *word & !mask | bits;
    Ok(())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutexattr_init(attributes: *mut u32) -> c_int {
    *attributes = NORMAL;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutexattr_destroy(_attributes: *mut u32) -> c_int {
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutexattr_settype(attributes: *mut u32, kind: c_int) -> c_int {
    match kind as u32 {
        kind @ (NORMAL | RECURSIVE | ERROR_CHECK | ADAPTIVE) => code(change(&mut *attributes, 3, kind)),
        _ => code(Err(Errno::EINVAL)),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutexattr_gettype(attributes: *const u32, kind: *mut c_int) -> c_int {
    *kind = (*attributes & 3) as c_int;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutexattr_setpshared(attributes: *mut u32, shared: c_int) -> c_int {
    code(check_shared(shared).and_then(|shared| change(&mut *attributes, SHARED, if shared { SHARED } else { 0 })))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutexattr_getpshared(attributes: *const u32, shared: *mut c_int) -> c_int {
    *shared = c_int::from(*attributes & SHARED != 0);
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutexattr_setrobust(attributes: *mut u32, robust: c_int) -> c_int {
    match robust {
        0 => code(change(&mut *attributes, ROBUST, 0)),
        1 => code(change(&mut *attributes, ROBUST, ROBUST)),
        _ => code(Err(Errno::EINVAL)),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutexattr_getrobust(attributes: *const u32, robust: *mut c_int) -> c_int {
    *robust = c_int::from(*attributes & ROBUST != 0);
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutexattr_setprotocol(attributes: *mut u32, protocol: c_int) -> c_int {
    match protocol {
        0..=2 => code(change(&mut *attributes, PROTOCOL, (protocol as u32) << 5)),
        _ => code(Err(Errno::EINVAL)),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_mutexattr_getprotocol(attributes: *const u32, protocol: *mut c_int) -> c_int {
    *protocol = ((*attributes & PROTOCOL) >> 5) as c_int;
    0
}
