//! ctype.h: the classes of bytes in the C locale, by glibc's table layout.
//!
//! `__ctype_b_loc()[c]` for c from -128 to 255 has one bit a class; objects compiled against glibc's headers read it directly. The table is
//! made at compile time and linked only into programs that use it: the functions themselves compare.

use core::ffi::{c_int, c_void};

const UPPER: u16 = 1 << 8;
const LOWER: u16 = 1 << 9;
const ALPHA: u16 = 1 << 10;
const DIGIT: u16 = 1 << 11;
const XDIGIT: u16 = 1 << 12;
const SPACE: u16 = 1 << 13;
const PRINT: u16 = 1 << 14;
const GRAPH: u16 = 1 << 15;
const BLANK: u16 = 1;
const CONTROL: u16 = 2;
const PUNCT: u16 = 4;
const ALNUM: u16 = 8;

/// Every class of a byte.
const fn classes(byte: u8) -> u16 {
    let mut bits = 0;
    if byte.is_ascii_uppercase() {
        bits |= UPPER;
    }
    if byte.is_ascii_lowercase() {
        bits |= LOWER;
    }
    if byte.is_ascii_alphabetic() {
        bits |= ALPHA;
    }
    if byte.is_ascii_digit() {
        bits |= DIGIT;
    }
    if byte.is_ascii_hexdigit() {
        bits |= XDIGIT;
    }
    if byte == b' ' || (byte >= 9 && byte <= 13) {
        bits |= SPACE;
    }
    if byte >= b' ' && byte <= b'~' {
        bits |= PRINT;
    }
    if byte.is_ascii_graphic() {
        bits |= GRAPH;
    }
    if byte == b' ' || byte == b'\t' {
        bits |= BLANK;
    }
    if byte.is_ascii_control() {
        bits |= CONTROL;
    }
    if byte.is_ascii_punctuation() {
        bits |= PUNCT;
    }
    if byte.is_ascii_alphanumeric() {
        bits |= ALNUM;
    }
    bits
}

/// Index 0 is byte -128.
const OFFSET: usize = 128;
const LEN: usize = OFFSET + 256;

const fn class_table() -> [u16; LEN] {
    let mut table = [0; LEN];
    let mut c = 0;
    while c < 128 {
        table[OFFSET + c] = classes(c as u8);
        c += 1;
    }
    table
}

const fn case_table(upper: bool) -> [i32; LEN] {
    let mut table = [0; LEN];
    let mut i = 0;
    while i < LEN {
        let c = i as i32 - OFFSET as i32;
        table[i] = if c >= 0 && c < 128 {
            (if upper { (c as u8).to_ascii_uppercase() } else { (c as u8).to_ascii_lowercase() }) as i32
        } else if c < -1 {
            c & 0xff // bytes read as signed chars
        } else {
            c
        };
        i += 1;
    }
    table
}

static CLASSES: [u16; LEN] = class_table();
static TO_LOWER: [i32; LEN] = case_table(false);
static TO_UPPER: [i32; LEN] = case_table(true);

/// A pointer in a static.
#[repr(transparent)]
struct Middle<T>(*const T);
// SAFETY: it points into a constant table.
unsafe impl<T> Sync for Middle<T> {}

static CLASSES_AT: Middle<u16> = Middle((&raw const CLASSES).cast::<u16>().wrapping_add(OFFSET));
static LOWER_AT: Middle<i32> = Middle((&raw const TO_LOWER).cast::<i32>().wrapping_add(OFFSET));
static UPPER_AT: Middle<i32> = Middle((&raw const TO_UPPER).cast::<i32>().wrapping_add(OFFSET));

#[unsafe(no_mangle)]
extern "C" fn __ctype_b_loc() -> *const *const u16 {
    (&raw const CLASSES_AT).cast()
}

#[unsafe(no_mangle)]
extern "C" fn __ctype_tolower_loc() -> *const *const i32 {
    (&raw const LOWER_AT).cast()
}

#[unsafe(no_mangle)]
extern "C" fn __ctype_toupper_loc() -> *const *const i32 {
    (&raw const UPPER_AT).cast()
}

macro_rules! classified {
    ($($name:ident $with_locale:ident $class:ident;)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name(c: c_int) -> c_int {
            match u8::try_from(c) {
                Ok(byte) => c_int::from(classes(byte) & $class),
                Err(_) => 0,
            }
        }
        #[unsafe(no_mangle)]
        extern "C" fn $with_locale(c: c_int, _locale: *mut c_void) -> c_int {
            $name(c)
        }
    )*};
}
classified! {
    isalnum isalnum_l ALNUM;
    isalpha isalpha_l ALPHA;
    isblank isblank_l BLANK;
    iscntrl iscntrl_l CONTROL;
    isdigit isdigit_l DIGIT;
    isgraph isgraph_l GRAPH;
    islower islower_l LOWER;
    isprint isprint_l PRINT;
    ispunct ispunct_l PUNCT;
    isspace isspace_l SPACE;
    isupper isupper_l UPPER;
    isxdigit isxdigit_l XDIGIT;
}

#[unsafe(no_mangle)]
extern "C" fn tolower(c: c_int) -> c_int {
    if c.wrapping_sub(c_int::from(b'A')) as u32 <= 25 { c | 0x20 } else { c }
}

#[unsafe(no_mangle)]
extern "C" fn toupper(c: c_int) -> c_int {
    if c.wrapping_sub(c_int::from(b'a')) as u32 <= 25 { c & !0x20 } else { c }
}

#[unsafe(no_mangle)]
extern "C" fn tolower_l(c: c_int, _locale: *mut c_void) -> c_int {
    tolower(c)
}

#[unsafe(no_mangle)]
extern "C" fn toupper_l(c: c_int, _locale: *mut c_void) -> c_int {
    toupper(c)
}

#[unsafe(no_mangle)]
extern "C" fn isascii(c: c_int) -> c_int {
    c_int::from(c & !0x7f == 0)
}

#[unsafe(no_mangle)]
extern "C" fn toascii(c: c_int) -> c_int {
    c & 0x7f
}
