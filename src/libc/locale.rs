//! locale.h and langinfo.h: the C locale, whose encoding is UTF-8 when the program asks for one.
//!
//! `setlocale` accepts "C", "POSIX" and every name that ends in UTF-8 ("" takes the environment's), and answers "C" or "C.UTF-8". Nothing but the
//! name and `nl_langinfo(CODESET)` depends on it: numbers, order and case are C's, and multibyte functions always speak UTF-8.

use core::ffi::{c_char, c_int, c_void};
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use crate::libc::errno;
use crate::libc::string::bytes;
use crate::sys::Errno;

unsafe extern "C" {
    fn getenv(name: *const u8) -> *mut u8;
}

/// Whether the program has set LC_CTYPE to UTF-8.
static UTF8: AtomicBool = AtomicBool::new(false);

const LC_CTYPE: c_int = 0;
const LC_ALL: c_int = 6;
const CATEGORIES: c_int = 13;

/// `struct lconv`.
#[repr(C)]
struct Conventions {
    texts: [*const c_char; 10],
    numbers: [c_char; 14],
}
// SAFETY: constant.
unsafe impl Sync for Conventions {}

const NONE: *const c_char = c"".as_ptr();

static CONVENTIONS: Conventions = Conventions {
    texts: [c".".as_ptr(), NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE],
    numbers: [c_char::MAX; 14],
};

const _: () = assert!(size_of::<Conventions>() == 96);

#[unsafe(no_mangle)]
extern "C" fn localeconv() -> *const c_void {
    (&raw const CONVENTIONS).cast()
}

fn ends_in_utf8(name: &[u8]) -> bool {
    let tail = |n: usize| name.get(name.len().wrapping_sub(n)..).unwrap_or_default();
    tail(5).eq_ignore_ascii_case(b"UTF-8") || tail(4).eq_ignore_ascii_case(b"UTF8")
}

/// Whether the named locale is UTF-8; none if we do not have it. The empty name is the environment's.
unsafe fn known(name: &[u8]) -> Option<bool> {
    let mut name = name;
    if name.is_empty() {
        for variable in [c"LC_ALL", c"LC_CTYPE", c"LANG"] {
            let value = getenv(variable.as_ptr().cast());
            if !value.is_null() && *value != 0 {
                name = bytes(value);
                break;
            }
        }
    }
    if name.is_empty() || name == b"C" || name == b"POSIX" {
        return Some(false);
    }
    ends_in_utf8(name).then_some(true)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn setlocale(category: c_int, name: *const u8) -> *const u8 {
    if !(0..CATEGORIES).contains(&category) {
        return core::ptr::null();
    }
    let matters = category == LC_CTYPE || category == LC_ALL;
    if !name.is_null() {
        match known(bytes(name)) {
            None => return core::ptr::null(),
            Some(utf8) if matters => UTF8.store(utf8, Relaxed),
            Some(_) => {}
        }
    }
    if matters && UTF8.load(Relaxed) { c"C.UTF-8".as_ptr().cast() } else { c"C".as_ptr().cast() }
}

/// The locales there are: what a `locale_t` points to. glibc's header for it has room for its readers; ours has none.
static LOCALES: [u8; 2] = [0, 1];
/// What this process uses; 0 is the global one. One for all threads: it decides nothing but the answer.
static USED: AtomicUsize = AtomicUsize::new(0);
const GLOBAL: *mut c_void = usize::MAX as *mut c_void;

#[unsafe(no_mangle)]
unsafe extern "C" fn newlocale(_mask: c_int, name: *const u8, _base: *mut c_void) -> *mut c_void {
    match known(bytes(name)) {
        Some(utf8) => (&raw const LOCALES[usize::from(utf8)]).cast_mut().cast(),
        None => errno::fail_null(Errno::ENOENT),
    }
}

#[unsafe(no_mangle)]
extern "C" fn duplocale(locale: *mut c_void) -> *mut c_void {
    if locale == GLOBAL { (&raw const LOCALES[usize::from(UTF8.load(Relaxed))]).cast_mut().cast() } else { locale }
}

#[unsafe(no_mangle)]
extern "C" fn freelocale(_locale: *mut c_void) {}

#[unsafe(no_mangle)]
extern "C" fn uselocale(locale: *mut c_void) -> *mut c_void {
    let old = if locale.is_null() { USED.load(Relaxed) } else { USED.swap(locale as usize, Relaxed) };
    if old == 0 { GLOBAL } else { old as *mut c_void }
}

/// Bytes that one character may take.
#[unsafe(no_mangle)]
extern "C" fn __ctype_get_mb_cur_max() -> usize {
    if UTF8.load(Relaxed) { 6 } else { 1 }
}

/// LC_TIME's texts from ABDAY_1 on, in the order of langinfo.h's numbers.
static TIME: &[u8] = b"Sun\0Mon\0Tue\0Wed\0Thu\0Fri\0Sat\0\
    Sunday\0Monday\0Tuesday\0Wednesday\0Thursday\0Friday\0Saturday\0\
    Jan\0Feb\0Mar\0Apr\0May\0Jun\0Jul\0Aug\0Sep\0Oct\0Nov\0Dec\0\
    January\0February\0March\0April\0May\0June\0July\0August\0September\0October\0November\0December\0\
    AM\0PM\0%a %b %e %H:%M:%S %Y\0%m/%d/%y\0%H:%M:%S\0%I:%M:%S %p\0";

/// The text of an item: category in the high half, number in the low one.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn nl_langinfo(item: c_int) -> *mut u8 {
    let text: &[u8] = match item {
        14 if UTF8.load(Relaxed) => b"UTF-8\0",
        14 => b"ANSI_X3.4-1968\0",
        0x1_0000 => b".\0",
        0x5_0000 => b"^[yY]\0",
        0x5_0001 => b"^[nN]\0",
        0x4_000f => b"-\0",
        0x2_0000..0x2_002c => TIME.split_inclusive(|byte| *byte == 0).nth(item as usize - 0x2_0000).unwrap_or(b"\0"),
        _ => b"\0",
    };
    text.as_ptr().cast_mut()
}

#[unsafe(no_mangle)]
extern "C" fn nl_langinfo_l(item: c_int, _locale: *mut c_void) -> *mut u8 {
    nl_langinfo(item)
}
