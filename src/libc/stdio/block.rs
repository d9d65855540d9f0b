//! Blocks of bytes: fread, fwrite.

use super::lock;
use super::stream::{self, File};

#[unsafe(no_mangle)]
unsafe extern "C" fn fread_unlocked(to: *mut u8, size: usize, count: usize, file: *mut File) -> usize {
    let bytes = size.wrapping_mul(count);
    if bytes == 0 {
        return 0;
    }
    match stream::read(file, to, bytes) {
        done if done == bytes => count,
        done => done / size,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn fread(to: *mut u8, size: usize, count: usize, file: *mut File) -> usize {
    let entered = lock::enter(&(*file).lock);
    let done = fread_unlocked(to, size, count, file);
    lock::leave(&(*file).lock, entered);
    done
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fwrite_unlocked(from: *const u8, size: usize, count: usize, file: *mut File) -> usize {
    let bytes = size.wrapping_mul(count);
    if bytes == 0 {
        return 0;
    }
    match stream::write(file, from, bytes) {
        done if done == bytes => count,
        done => done / size,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fwrite(from: *const u8, size: usize, count: usize, file: *mut File) -> usize {
    let entered = lock::enter(&(*file).lock);
    let done = fwrite_unlocked(from, size, count, file);
    lock::leave(&(*file).lock, entered);
    done
}

/// Writes to a stream from inside; what it refuses is lost.
pub(in crate::libc) fn put(file: usize, bytes: &[u8]) {
    // SAFETY: the caller's caller passed an open stream.
    unsafe { fwrite(bytes.as_ptr(), 1, bytes.len(), file as *mut File) };
}
