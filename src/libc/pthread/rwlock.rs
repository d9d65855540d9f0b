//! pthread_rwlock_*: [`RawRwLock`] with the writer's id, which tells unlock what to do.

use core::ffi::c_int;
use core::sync::atomic::{AtomicU32, Ordering};

use super::{check_shared, clock, code, deadline, own_tid, scope};
use crate::sync::raw::{Clock, Deadline, Preference, RawRwLock, Scope};
use crate::sys::Errno;
use crate::sys::time::Timespec;

/// `pthread_rwlock_t`, glibc's fields at glibc's places.
#[repr(C)]
pub struct Lock {
    raw: RawRwLock,
    unused: [u32; 4],
    /// The thread that holds it for writing, or 0.
    writer: AtomicU32,
    shared: u32,
    also_unused: [u32; 4],
    /// PREFER_*.
    kind: u32,
}

const _: () = assert!(core::mem::offset_of!(Lock, kind) == 48 && size_of::<Lock>() <= 56);

/// PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP. The other two kinds let readers go first, since a thread may read recursively.
const WRITERS_FIRST: u32 = 2;

/// `pthread_rwlockattr_t`.
#[repr(C)]
pub struct Attributes {
    kind: u32,
    shared: u32,
}

impl Lock {
    fn scope(&self) -> Scope {
        scope(self.shared != 0)
    }

    fn preference(&self) -> Preference {
        if self.kind == WRITERS_FIRST { Preference::Writers } else { Preference::Readers }
    }

    fn is_mine(&self) -> bool {
        self.writer.load(Ordering::Relaxed) == own_tid() // Relaxed: only this thread ever stores its own id
    }

    fn read(&self, deadline: Option<&Deadline>) -> Result<(), Errno> {
        if self.is_mine() {
            return Err(Errno::EDEADLK);
        }
        if self.raw.is_full() {
            return Err(Errno::EAGAIN);
        }
        self.raw.read(self.preference(), deadline, self.scope()).map_err(|_| Errno::ETIMEDOUT)
    }

    fn write(&self, deadline: Option<&Deadline>) -> Result<(), Errno> {
        if self.is_mine() {
            return Err(Errno::EDEADLK);
        }
        self.raw.write(deadline, self.scope()).map_err(|_| Errno::ETIMEDOUT)?;
        self.writer.store(own_tid(), Ordering::Relaxed);
        Ok(())
    }

    unsafe fn unlock(&self) -> Result<(), Errno> {
        if self.is_mine() {
            self.writer.store(0, Ordering::Relaxed);
            self.raw.unlock_write(self.scope());
        } else if self.raw.is_held() && !self.raw.is_written() {
            self.raw.unlock_read(self.scope());
        } else {
            return Err(Errno::EPERM);
        }
        Ok(())
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlock_init(lock: *mut Lock, attributes: *const Attributes) -> c_int {
    let (kind, shared) = if attributes.is_null() { (0, 0) } else { ((*attributes).kind, (*attributes).shared) };
    lock.write(Lock {
        raw: RawRwLock::new(),
        unused: [0; 4],
        writer: AtomicU32::new(0),
        shared,
        also_unused: [0; 4],
        kind,
    });
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlock_destroy(lock: *mut Lock) -> c_int {
    if (*lock).raw.is_held() { code(Err(Errno::EBUSY)) } else { 0 }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlock_rdlock(lock: *const Lock) -> c_int {
    code((*lock).read(None))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlock_tryrdlock(lock: *const Lock) -> c_int {
    if (*lock).raw.is_full() {
        return code(Err(Errno::EAGAIN));
    }
    if (*lock).raw.try_read((*lock).preference()) { 0 } else { code(Err(Errno::EBUSY)) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlock_clockrdlock(lock: *const Lock, id: c_int, at: *const Timespec) -> c_int {
    code(clock(id).and_then(|clock| deadline(at, clock)).and_then(|deadline| (*lock).read(Some(&deadline))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlock_timedrdlock(lock: *const Lock, at: *const Timespec) -> c_int {
    code(deadline(at, Clock::Realtime).and_then(|deadline| (*lock).read(Some(&deadline))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlock_wrlock(lock: *const Lock) -> c_int {
    code((*lock).write(None))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlock_trywrlock(lock: *const Lock) -> c_int {
    if !(*lock).raw.try_write() {
        return code(Err(Errno::EBUSY));
    }
    (*lock).writer.store(own_tid(), Ordering::Relaxed);
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlock_clockwrlock(lock: *const Lock, id: c_int, at: *const Timespec) -> c_int {
    code(clock(id).and_then(|clock| deadline(at, clock)).and_then(|deadline| (*lock).write(Some(&deadline))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlock_timedwrlock(lock: *const Lock, at: *const Timespec) -> c_int {
    code(deadline(at, Clock::Realtime).and_then(|deadline| (*lock).write(Some(&deadline))))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlock_unlock(lock: *const Lock) -> c_int {
    code((*lock).unlock())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlockattr_init(attributes: *mut Attributes) -> c_int {
    attributes.write(Attributes { kind: 0, shared: 0 });
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlockattr_destroy(_attributes: *mut Attributes) -> c_int {
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlockattr_setpshared(attributes: *mut Attributes, shared: c_int) -> c_int {
    code(check_shared(shared).map(|shared| (*attributes).shared = u32::from(shared)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlockattr_getpshared(attributes: *const Attributes, shared: *mut c_int) -> c_int {
    *shared = (*attributes).shared as c_int;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlockattr_setkind_np(attributes: *mut Attributes, kind: c_int) -> c_int {
    if !(0..=2).contains(&kind) {
        return code(Err(Errno::EINVAL));
    }
    (*attributes).kind = kind as u32;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_rwlockattr_getkind_np(attributes: *const Attributes, kind: *mut c_int) -> c_int {
    *kind = (*attributes).kind as c_int;
    0
}
