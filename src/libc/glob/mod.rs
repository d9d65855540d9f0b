//! glob.h: the paths that have a shell's pattern.
//!
//! 1. The pattern is cut at its slashes (`walk.rs`). A part without `*`, `?` or `[...]` is appended to each path that there is so far; for any other part the folder
//!    of each path is read once, and every name that fnmatch accepts makes a path. So no folder is open while another is read, and nothing recurses.
//! 2. What was found is one list of blocks (`names.rs`), which is sorted, and given to the caller as a whole or not at all: a call that fails leaves what `GLOB_APPEND`
//!    was to extend as it was.
//!
//! `GLOB_PERIOD` counts for the last part only, as in glibc: `*/x` never leads through `..`. A folder that cannot be read is told to the caller's function, and ends the call if that says so or with `GLOB_ERR`. Without memory the call always ends: it never leaves out a path.
//! Not here: `GLOB_BRACE`, `GLOB_TILDE`, `GLOB_TILDE_CHECK`, `GLOB_ALTDIRFUNC`; these bits are refused with `GLOB_NOSYS`.

mod names;
mod walk;

use core::ffi::c_int;
use core::ptr::null_mut;

use self::names::Names;
use self::walk::{OnError, Walk};
use super::string::bytes;

const ERR: c_int = 1 << 0;
const MARK: c_int = 1 << 1;
const NOSORT: c_int = 1 << 2;
const DOOFFS: c_int = 1 << 3;
const NOCHECK: c_int = 1 << 4;
const APPEND: c_int = 1 << 5;
const NOESCAPE: c_int = 1 << 6;
const PERIOD: c_int = 1 << 7;
/// Set by glob: the pattern had a special character.
const MAGCHAR: c_int = 1 << 8;
const NOMAGIC: c_int = 1 << 11;
const ONLYDIR: c_int = 1 << 13;
const KNOWN: c_int = ERR | MARK | NOSORT | DOOFFS | NOCHECK | APPEND | NOESCAPE | PERIOD | MAGCHAR | NOMAGIC | ONLYDIR;

const GLOB_NOMATCH: c_int = 3;
const GLOB_NOSYS: c_int = 4;

/// Why a call ends early; the values are C's.
#[derive(Clone, Copy)]
enum Stop {
    NoMemory = 1,
    Aborted = 2,
}

/// `glob_t`. `paths` has `offset` null pointers, `n` paths and one more null pointer, all of it from malloc.
#[repr(C)]
struct Glob {
    n: usize,
    paths: *mut *mut u8,
    offset: usize,
    flags: c_int,
    /// Functions of GLOB_ALTDIRFUNC.
    unused: [usize; 5],
}

const _: () = assert!(size_of::<Glob>() == 72);

unsafe extern "C" {
    fn realloc(block: *mut u8, size: usize) -> *mut u8;
    fn free(block: *mut u8);
}

/// 0, or one of `GLOB_NOSPACE`, `GLOB_ABORTED`, `GLOB_NOMATCH`, `GLOB_NOSYS`.
#[unsafe(no_mangle)]
unsafe extern "C" fn glob(pattern: *const u8, flags: c_int, on_error: Option<OnError>, to: *mut Glob) -> c_int {
    if flags & !KNOWN != 0 {
        return GLOB_NOSYS;
    }
    let to = &mut *to;
    if flags & APPEND == 0 {
        (to.n, to.paths) = (0, null_mut());
    }
    if flags & DOOFFS == 0 {
        to.offset = 0;
    }
    to.flags = flags & !MAGCHAR;
    let pattern = bytes(pattern);
    if walk::is_special(pattern, flags) {
        to.flags |= MAGCHAR;
    }
    match find(pattern, to.flags, on_error).and_then(|found| give(found, to)) {
        Ok(true) => 0,
        Ok(false) => GLOB_NOMATCH,
        Err(stop) => stop as c_int,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn globfree(of: *mut Glob) {
    let of = &mut *of;
    if !of.paths.is_null() {
        for i in 0..of.n {
            free(*of.paths.add(of.offset + i));
        }
        free(of.paths.cast());
    }
    (of.n, of.paths) = (0, null_mut());
}

/// The paths of the pattern, sorted and marked; the pattern itself where flags ask for it and there are none.
fn find(pattern: &[u8], flags: c_int, on_error: Option<OnError>) -> Result<Names, Stop> {
    let mut found = Walk::new(flags, on_error)?.paths(pattern)?;
    // GLOB_NOMAGIC means a pattern without any of the characters, as in glibc; a bracket that nothing closes is one too.
    let plain = || !pattern.iter().any(|byte| b"*?[\\".contains(byte));
    let itself = flags & NOCHECK != 0 || (flags & NOMAGIC != 0 && plain());
    if found.len() == 0 && itself {
        found.add([pattern, b"", b""])?;
        return Ok(found);
    }
    if flags & MARK != 0 {
        walk::mark(&mut found)?;
    }
    if flags & NOSORT == 0 {
        found.sort();
    }
    Ok(found)
}

/// Puts the names behind the caller's paths; whether there were any.
unsafe fn give(found: Names, to: &mut Glob) -> Result<bool, Stop> {
    if found.len() == 0 {
        return Ok(false);
    }
    let slots = to.offset.checked_add(to.n).and_then(|had| had.checked_add(found.len() + 1));
    let size = slots.and_then(|slots| slots.checked_mul(size_of::<*mut u8>())).ok_or(Stop::NoMemory)?;
    let fresh = to.paths.is_null();
    let paths = realloc(to.paths.cast(), size).cast::<*mut u8>();
    if paths.is_null() {
        return Err(Stop::NoMemory);
    }
    to.paths = paths;
    if fresh {
        paths.write_bytes(0, to.offset);
    }
    let end = to.offset + to.n;
    to.n += found.len();
    found.move_to(paths.add(end));
    paths.add(to.offset + to.n).write(null_mut());
    Ok(true)
}
