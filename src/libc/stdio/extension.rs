//! stdio_ext.h: the questions that programs used to answer by looking into `FILE`.

use super::stream::{self, BY_CALLER, File, LINE, NO_READ, NO_WRITE};

#[unsafe(no_mangle)]
unsafe extern "C" fn __fbufsize(file: *mut File) -> usize {
    (*file).size
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __freading(file: *mut File) -> i32 {
    i32::from((*file).flags & NO_WRITE != 0 || !(*file).read_end.is_null())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __fwriting(file: *mut File) -> i32 {
    i32::from((*file).flags & NO_READ != 0 || !(*file).write_from.is_null())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __freadable(file: *mut File) -> i32 {
    i32::from((*file).flags & NO_READ == 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __fwritable(file: *mut File) -> i32 {
    i32::from((*file).flags & NO_WRITE == 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __flbf(file: *mut File) -> i32 {
    i32::from((*file).flags & LINE != 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __fpending(file: *mut File) -> usize {
    (*file).write_at as usize - (*file).write_from as usize
}

/// Bytes read ahead: gnulib's name.
#[unsafe(no_mangle)]
unsafe extern "C" fn __freadahead(file: *mut File) -> usize {
    (*file).read_end as usize - (*file).read_at as usize
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __fpurge(file: *mut File) {
    (*file).write_at = (*file).write_from;
    (*file).read_at = (*file).read_end;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn _flushlbf() {
    stream::flush_all(false);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __fsetlocking(file: *mut File, kind: i32) -> i32 {
    const INTERNAL: i32 = 1;
    const CALLER: i32 = 2;
    let before = if (*file).flags & BY_CALLER != 0 { CALLER } else { INTERNAL };
    match kind {
        INTERNAL => (*file).flags &= !BY_CALLER,
        CALLER => (*file).flags |= BY_CALLER, // locking once more does no harm: the lock is recursive
        _ => {}
    }
    before
}
