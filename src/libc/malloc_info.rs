//! malloc.h: what is known about the heap, and what can be set. Also in the `preload` face.

use core::ffi::c_int;

use super::errno;
use crate::malloc::writer::Writer;
use crate::malloc::{self, options, report};
use crate::sys::Errno;

/// What `mallinfo2` returns: bytes, or numbers of blocks.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Mallinfo2 {
    arena: usize,
    ordblks: usize,
    smblks: usize,
    hblks: usize,
    hblkhd: usize,
    usmblks: usize,
    fsmblks: usize,
    uordblks: usize,
    fordblks: usize,
    keepcost: usize,
}

/// What `mallinfo` returns: the same, as far as an int goes.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Mallinfo([c_int; 10]);

/// `mallinfo2()`: arena: had from the kernel without mappings; ordblks: free blocks; hblks, hblkhd: mappings; uordblks: live bytes; fordblks:
/// free bytes; keepcost: what `malloc_trim` could give back. The others are 0. Price: see `malloc::census`.
#[unsafe(no_mangle)]
pub extern "C" fn mallinfo2() -> Mallinfo2 {
    let sums = report::sums();
    Mallinfo2 {
        arena: sums.arena,
        ordblks: sums.free_blocks,
        hblks: sums.mapped[0],
        hblkhd: sums.mapped[1],
        uordblks: sums.live,
        fordblks: sums.free,
        keepcost: sums.releasable,
        ..Mallinfo2::default()
    }
}

/// `mallinfo()`: as [`mallinfo2`], where INT_MAX stands for what is more.
#[unsafe(no_mangle)]
pub extern "C" fn mallinfo() -> Mallinfo {
    let all = mallinfo2();
    let fields = [all.arena, all.ordblks, 0, all.hblks, all.hblkhd, 0, 0, all.uordblks, all.fordblks, all.keepcost];
    Mallinfo(fields.map(|value| value.min(c_int::MAX as usize) as c_int))
}

/// `malloc_stats()`: a table on standard error.
#[unsafe(no_mangle)]
pub extern "C" fn malloc_stats() {
    report::table();
}

/// `malloc_info(0, file)`: everything that is known, as JSON (glibc writes XML). -1 and EINVAL for other options.
///
/// # Safety
/// `file` is an open stream.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc_info(options: c_int, file: usize) -> c_int {
    if options != 0 {
        errno::fail_null::<u8>(Errno::EINVAL);
        return -1;
    }
    report::json(&mut Writer::new(super::stdio::put, file));
    0
}

/// `mallopt(parameter, value)`: 1 if it is known, else 0. Honoured: M_TRIM_THRESHOLD (free bytes that decay leaves alone; negative: all),
/// M_MMAP_THRESHOLD (within 256 KiB and 32 MiB), M_PERTURB (closes the fast paths; nothing in the checked heap, which has its own). The
/// others have no counterpart here and are accepted for the sake of programs that check.
#[unsafe(no_mangle)]
pub extern "C" fn mallopt(parameter: c_int, value: c_int) -> c_int {
    report::ready(); // what is set now is not to be overwritten by DACAPO_MALLOC
    match parameter {
        M_TRIM_THRESHOLD => options::KEEP.set(usize::try_from(value).unwrap_or(usize::MAX)),
        M_MMAP_THRESHOLD => match usize::try_from(value) {
            Ok(bytes) => drop(options::mmap_threshold(bytes)),
            Err(_) => return 0,
        },
        M_PERTURB if options::check() => {}
        M_PERTURB => malloc::perturb(value as u8),
        M_MXFAST | M_NLBLKS | M_GRAIN | M_KEEP | M_TOP_PAD | M_MMAP_MAX | M_CHECK_ACTION | M_ARENA_TEST
        | M_ARENA_MAX => {}
        _ => return 0,
    }
    1
}

const M_MXFAST: c_int = 1;
const M_NLBLKS: c_int = 2;
const M_GRAIN: c_int = 3;
const M_KEEP: c_int = 4;
const M_TRIM_THRESHOLD: c_int = -1;
const M_TOP_PAD: c_int = -2;
const M_MMAP_THRESHOLD: c_int = -3;
const M_MMAP_MAX: c_int = -4;
const M_CHECK_ACTION: c_int = -5;
const M_PERTURB: c_int = -6;
const M_ARENA_TEST: c_int = -7;
const M_ARENA_MAX: c_int = -8;
