//! feof, ferror, fileno, fflush, and the locks that C programs take themselves.

use super::stream::{self, AT_END, FAILED, File};
use super::{EOF, lock};
use crate::libc::errno;
use crate::sys::Errno;

macro_rules! flag_queries {
    ($($locked:ident $unlocked:ident $flag:expr;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $unlocked(file: *mut File) -> i32 {
            i32::from((*file).flags & $flag != 0)
        }
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $locked(file: *mut File) -> i32 {
            let entered = lock::enter(&(*file).lock);
            let result = $unlocked(file);
            lock::leave(&(*file).lock, entered);
            result
        }
    )*};
}
flag_queries! {
    feof feof_unlocked AT_END;
    ferror ferror_unlocked FAILED;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn clearerr_unlocked(file: *mut File) {
    (*file).flags &= !(AT_END | FAILED);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn clearerr(file: *mut File) {
    let entered = lock::enter(&(*file).lock);
    clearerr_unlocked(file);
    lock::leave(&(*file).lock, entered);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fileno_unlocked(file: *mut File) -> i32 {
    if (*file).fd < 0 { errno::fail(Errno::EBADF) } else { (*file).fd }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fileno(file: *mut File) -> i32 {
    fileno_unlocked(file)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fflush_unlocked(file: *mut File) -> i32 {
    if file.is_null() {
        return if stream::flush_all(false) == 0 { 0 } else { EOF };
    }
    if !(*file).read_end.is_null() {
        stream::give_back(file); // unread input of a pipe stays
        return 0;
    }
    if let Some(backend) = (*file).backend
        && (*file).write_at == (*file).write_from
    {
        (backend.write)(file, core::ptr::null(), 0); // a memory stream publishes its place even if nothing is pending
        return 0;
    }
    stream::drain(file)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fflush(file: *mut File) -> i32 {
    if file.is_null() {
        return fflush_unlocked(file);
    }
    let entered = lock::enter(&(*file).lock);
    let result = fflush_unlocked(file);
    lock::leave(&(*file).lock, entered);
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn flockfile(file: *mut File) {
    (*file).lock.acquire();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftrylockfile(file: *mut File) -> i32 {
    i32::from(!(*file).lock.try_acquire())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn funlockfile(file: *mut File) {
    (*file).lock.release();
}
