//! Integers from text and integer arithmetic: strtol and its family, atoi and its family, abs, div (inttypes.h too).

use core::ffi::{c_int, c_long, c_longlong, c_void};

use crate::libc::errno;
use crate::sys::Errno;

/// What a text says: the magnitude (all ones if it does not fit), the sign, where the number ends.
struct Parsed {
    magnitude: u64,
    negative: bool,
    overflow: bool,
    end: *const u8,
}

#[inline(always)]
fn is_space(byte: u8) -> bool {
    byte == b' ' || byte.wrapping_sub(b'\t') < 5
}

/// The digit's value in base 36; 36 and more if it is none.
#[inline(always)]
fn digit(byte: u8) -> u32 {
    let value = u32::from(byte).wrapping_sub(u32::from(b'0'));
    if value < 10 {
        return value;
    }
    let letter = u32::from(byte | 0x20).wrapping_sub(u32::from(b'a'));
    if letter < 26 { letter + 10 } else { 99 }
}

/// Spaces, a sign, a prefix, digits. Without digits, `end` is `text`. `binary`: C23's `0b` is a prefix too.
unsafe fn parse(text: *const u8, base: c_int, binary: bool) -> Result<Parsed, Errno> {
    let mut at = text;
    while is_space(*at) {
        at = at.add(1);
    }
    let negative = *at == b'-';
    if negative || *at == b'+' {
        at = at.add(1);
    }
    let mut base = base as u32;
    if base == 1 || base > 36 {
        return Err(Errno::EINVAL);
    }
    if *at == b'0' {
        let letter = *at.add(1) | 0x20;
        if (base == 0 || base == 16) && letter == b'x' && digit(*at.add(2)) < 16 {
            at = at.add(2);
            base = 16;
        } else if binary && (base == 0 || base == 2) && letter == b'b' && digit(*at.add(2)) < 2 {
            at = at.add(2);
            base = 2;
        } else if base == 0 {
            base = 8;
        }
    } else if base == 0 {
        base = 10;
    }
    let first = at;
    let (mut magnitude, mut overflow) = (0_u64, false);
    loop {
        let value = digit(*at);
        if value >= base {
            break;
        }
        match magnitude.checked_mul(u64::from(base)).and_then(|shifted| shifted.checked_add(u64::from(value))) {
            Some(next) => magnitude = next,
            None => overflow = true,
        }
        at = at.add(1);
    }
    let end = if at == first { text } else { at };
    Ok(Parsed { magnitude, negative, overflow, end })
}

unsafe fn signed(text: *const u8, end: *mut *const u8, base: c_int, binary: bool) -> i64 {
    let parsed = match parse(text, base, binary) {
        Ok(parsed) => parsed,
        Err(e) => {
            if !end.is_null() {
                *end = text;
            }
            errno::set(e);
            return 0;
        }
    };
    if !end.is_null() {
        *end = parsed.end;
    }
    let limit = if parsed.negative { 1 << 63 } else { (1 << 63) - 1 };
    if parsed.overflow || parsed.magnitude > limit {
        errno::set(Errno::ERANGE);
        return if parsed.negative { i64::MIN } else { i64::MAX };
    }
    if parsed.negative { (parsed.magnitude as i64).wrapping_neg() } else { parsed.magnitude as i64 }
}

unsafe fn unsigned(text: *const u8, end: *mut *const u8, base: c_int, binary: bool) -> u64 {
    let parsed = match parse(text, base, binary) {
        Ok(parsed) => parsed,
        Err(e) => {
            if !end.is_null() {
                *end = text;
            }
            errno::set(e);
            return 0;
        }
    };
    if !end.is_null() {
        *end = parsed.end;
    }
    if parsed.overflow {
        errno::set(Errno::ERANGE);
        return u64::MAX;
    }
    if parsed.negative { parsed.magnitude.wrapping_neg() } else { parsed.magnitude }
}

macro_rules! named {
    ($($parse:ident, $binary:literal, $result:ty: $($name:ident)*;)*) => {$($(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(text: *const u8, end: *mut *const u8, base: c_int) -> $result {
            $parse(text, end, base, $binary)
        }
    )*)*};
}
named! {
    signed, false, i64: strtol strtoll strtoimax strtoq;
    unsigned, false, u64: strtoul strtoull strtoumax strtouq;
    signed, true, i64: __isoc23_strtol __isoc23_strtoll __isoc23_strtoimax;
    unsigned, true, u64: __isoc23_strtoul __isoc23_strtoull __isoc23_strtoumax;
}

macro_rules! with_locale {
    ($($parse:ident, $binary:literal, $result:ty: $($name:ident)*;)*) => {$($(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(text: *const u8, end: *mut *const u8, base: c_int, _locale: *mut c_void) -> $result {
            $parse(text, end, base, $binary)
        }
    )*)*};
}
with_locale! {
    signed, false, i64: strtol_l strtoll_l __strtol_l;
    unsigned, false, u64: strtoul_l strtoull_l __strtoul_l;
    signed, true, i64: __isoc23_strtol_l __isoc23_strtoll_l;
    unsigned, true, u64: __isoc23_strtoul_l __isoc23_strtoull_l;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn atoi(text: *const u8) -> c_int {
    signed(text, core::ptr::null_mut(), 10, false) as c_int
}

#[unsafe(no_mangle)]
unsafe extern "C" fn atol(text: *const u8) -> c_long {
    signed(text, core::ptr::null_mut(), 10, false)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn atoll(text: *const u8) -> c_longlong {
    signed(text, core::ptr::null_mut(), 10, false)
}

#[unsafe(no_mangle)]
extern "C" fn abs(value: c_int) -> c_int {
    value.wrapping_abs()
}

#[unsafe(no_mangle)]
extern "C" fn labs(value: c_long) -> c_long {
    value.wrapping_abs()
}

#[unsafe(no_mangle)]
extern "C" fn llabs(value: c_longlong) -> c_longlong {
    value.wrapping_abs()
}

#[unsafe(no_mangle)]
extern "C" fn imaxabs(value: i64) -> i64 {
    value.wrapping_abs()
}

/// `div_t` and its family.
#[repr(C)]
struct Division<T> {
    quotient: T,
    rest: T,
}

macro_rules! division {
    ($($name:ident $type:ty;)*) => {$(
        /// Divides by zero as the CPU's instruction does it on x86-64 (SIGFPE); elsewhere gives 0.
        #[unsafe(no_mangle)]
        extern "C" fn $name(number: $type, by: $type) -> Division<$type> {
            if by == 0 {
                let _ = crate::sys::thread::tgkill(crate::sys::process::getpid(), crate::sys::thread::gettid(), 8); // SIGFPE
                return Division { quotient: 0, rest: number };
            }
            Division { quotient: number.wrapping_div(by), rest: number.wrapping_rem(by) }
        }
    )*};
}
division! {
    div c_int;
    ldiv c_long;
    lldiv c_longlong;
    imaxdiv i64;
}

/// Base 64 of its own alphabet, six bits a letter, the lowest first: at most six letters.
#[unsafe(no_mangle)]
unsafe extern "C" fn a64l(text: *const u8) -> c_long {
    let mut value = 0_u32;
    for i in 0..6 {
        let bits = match *text.add(i) {
            byte @ b'.'..=b'9' => byte - b'.',
            byte @ b'A'..=b'Z' => byte - b'A' + 12,
            byte @ b'a'..=b'z' => byte - b'a' + 38,
            _ => break,
        };
        value |= u32::from(bits).wrapping_shl(6 * i as u32);
    }
    c_long::from(value as i32)
}

static mut L64A: [u8; 7] = [0; 7];

#[unsafe(no_mangle)]
unsafe extern "C" fn l64a(value: c_long) -> *const u8 {
    let to = (&raw mut L64A).cast::<u8>();
    let (mut rest, mut len) = (value as u32, 0);
    while rest != 0 {
        *to.add(len) = match (rest & 63) as u8 {
            bits @ 0..12 => b'.' + bits,
            bits @ 12..38 => b'A' + bits - 12,
            bits => b'a' + bits - 38,
        };
        rest >>= 6;
        len += 1;
    }
    *to.add(len) = 0;
    to
}

unsafe extern "C" {
    fn strtod(text: *const u8, end: *mut *mut u8) -> f64;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn atof(text: *const u8) -> f64 {
    strtod(text, core::ptr::null_mut())
}
