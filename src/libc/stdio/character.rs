//! Single characters: getc, putc, ungetc and their kin.
//!
//! Fast path of both: two loads, a compare, a load or store, a store.

use super::EOF;
use super::lock::{self, threaded};
use super::stream::{self, AT_END, File, NO_READ, standard_input, standard_output};

/// The next byte, or EOF; the lock is the caller's.
#[inline(always)]
pub unsafe fn get(file: *mut File) -> i32 {
    let at = (*file).read_at;
    if at == (*file).read_end {
        return get_slow(file);
    }
    (*file).read_at = at.wrapping_add(1);
    i32::from(*at)
}

#[cold]
#[inline(never)]
unsafe fn get_slow(file: *mut File) -> i32 {
    if !stream::fill(file) {
        return EOF;
    }
    let at = (*file).read_at;
    (*file).read_at = at.wrapping_add(1);
    i32::from(*at)
}

/// Writes a byte: the byte, or EOF; the lock is the caller's.
#[inline(always)]
pub unsafe fn put(byte: u8, file: *mut File) -> i32 {
    let at = (*file).write_at;
    if at >= (*file).write_fast {
        return stream::put_slow(file, byte);
    }
    *at = byte;
    (*file).write_at = at.wrapping_add(1);
    i32::from(byte)
}

#[cold]
#[inline(never)]
unsafe fn get_locked(file: *mut File) -> i32 {
    (*file).lock.acquire();
    let result = get(file);
    (*file).lock.release();
    result
}

#[cold]
#[inline(never)]
unsafe fn put_locked(byte: u8, file: *mut File) -> i32 {
    (*file).lock.acquire();
    let result = put(byte, file);
    (*file).lock.release();
    result
}

macro_rules! getters {
    ($($locked:ident $unlocked:ident ($($file:ident)?) $from:expr;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $locked($($file: *mut File)?) -> i32 {
            if threaded() { get_locked($from) } else { get($from) }
        }
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $unlocked($($file: *mut File)?) -> i32 {
            get($from)
        }
    )*};
}
getters! {
    getc getc_unlocked (file) file;
    fgetc fgetc_unlocked (file) file;
    getchar getchar_unlocked () standard_input();
}

macro_rules! putters {
    ($($locked:ident $unlocked:ident ($($file:ident)?) $to:expr;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $locked(byte: i32 $(, $file: *mut File)?) -> i32 {
            if threaded() { put_locked(byte as u8, $to) } else { put(byte as u8, $to) }
        }
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $unlocked(byte: i32 $(, $file: *mut File)?) -> i32 {
            put(byte as u8, $to)
        }
    )*};
}
putters! {
    putc putc_unlocked (file) file;
    fputc fputc_unlocked (file) file;
    putchar putchar_unlocked () standard_output();
}

/// What old macros of glibc's `getc` call.
#[unsafe(no_mangle)]
unsafe extern "C" fn _IO_getc(file: *mut File) -> i32 {
    getc(file)
}

/// What old macros of glibc's `putc` call.
#[unsafe(no_mangle)]
unsafe extern "C" fn _IO_putc(byte: i32, file: *mut File) -> i32 {
    putc(byte, file)
}

/// glibc's inline `getc_unlocked` at the end of the buffer: there is no buffer where it looks, so every byte comes from here.
#[unsafe(no_mangle)]
unsafe extern "C" fn __uflow(file: *mut File) -> i32 {
    get(file)
}

/// glibc's inline `putc_unlocked` at the end of the buffer.
#[unsafe(no_mangle)]
unsafe extern "C" fn __overflow(file: *mut File, byte: i32) -> i32 {
    put(byte as u8, file)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ungetc(byte: i32, file: *mut File) -> i32 {
    if byte == EOF {
        return EOF;
    }
    let entered = lock::enter(&(*file).lock);
    let result = unget(byte as u8, file);
    lock::leave(&(*file).lock, entered);
    result
}

/// Puts a byte back: it, or EOF if there is no room left or the stream is not for reading.
pub unsafe fn unget(byte: u8, file: *mut File) -> i32 {
    let f = &mut *file;
    if f.read_end.is_null() {
        if f.flags & NO_READ != 0 || stream::drain(file) != 0 {
            return EOF;
        }
        let f = &mut *file;
        f.write_from = core::ptr::null_mut();
        f.write_at = core::ptr::null_mut();
        f.write_fast = core::ptr::null_mut();
        f.read_at = f.buffer;
        f.read_end = f.buffer;
    }
    let f = &mut *file;
    if f.read_at == f.buffer.wrapping_sub(stream::UNGET) {
        return EOF;
    }
    f.read_at = f.read_at.wrapping_sub(1);
    *f.read_at = byte;
    f.flags &= !AT_END;
    i32::from(byte)
}
