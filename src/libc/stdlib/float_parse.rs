//! strtod, strtof, strtold: text to the nearest floating-point number.
//!
//! ```text
//!   text -> sign, inf, nan -> hexadecimal: bits and a sticky bit -------.
//!                          -> decimal: double, float: core's parser     +-> round -> bits of the format
//!                                      long double: exact division -----'
//! ```
//! Every result is the exact value rounded once, to nearest even. ERANGE: too large for the format (infinity), or
//! below the smallest normal number and not exact.

use core::mem::MaybeUninit;

use crate::arch::long_double;
use crate::libc::errno;
use crate::libc::float::{FIVE_27, Format, ten};
use crate::sys::Errno;

/// What the text says.
enum Number {
    /// Not a number at all: nothing is consumed.
    None,
    Infinite,
    NaN,
    /// Hexadecimal: `mantissa * 2^exponent`, and something more below if `sticky`.
    Binary {
        mantissa: u128,
        exponent: i32,
        sticky: bool,
    },
    Decimal(Decimal),
}

/// A decimal number's text.
struct Decimal {
    /// From the first digit or point to behind the exponent.
    text: *const u8,
    len: usize,
    /// The first digit that is not 0; null: all are.
    first: *const u8,
    /// Digits from there on.
    count: usize,
    /// The value is those digits, as an integer, times 10 to this power.
    power: i64,
}

/// A scanned text.
struct Scanned {
    negative: bool,
    number: Number,
    end: *const u8,
}

fn is_space(byte: u8) -> bool {
    byte == b' ' || byte.wrapping_sub(9) < 5
}

/// Whether `text` begins with `word`, in small or capital letters.
unsafe fn begins(text: *const u8, word: &[u8]) -> bool {
    word.iter().enumerate().all(|(i, letter)| *text.wrapping_add(i) | 0x20 == *letter)
}

unsafe fn scan(text: *const u8) -> Scanned {
    let mut at = text;
    while is_space(*at) {
        at = at.wrapping_add(1);
    }
    let negative = *at == b'-';
    if negative || *at == b'+' {
        at = at.wrapping_add(1);
    }
    let (number, end) = if begins(at, b"inf") {
        let long = begins(at.wrapping_add(3), b"inity");
        (Number::Infinite, at.wrapping_add(if long { 8 } else { 3 }))
    } else if begins(at, b"nan") {
        (Number::NaN, behind_payload(at.wrapping_add(3)))
    } else if *at == b'0' && *at.wrapping_add(1) | 0x20 == b'x' && hex_follows(at.wrapping_add(2)) {
        hexadecimal(at.wrapping_add(2))
    } else {
        decimal(at)
    };
    if matches!(number, Number::None) {
        return Scanned { negative: false, number, end: text };
    }
    Scanned { negative, number, end }
}

/// Behind `(letters and digits)`, if that is there.
unsafe fn behind_payload(at: *const u8) -> *const u8 {
    if *at != b'(' {
        return at;
    }
    let mut end = at.wrapping_add(1);
    while (*end).is_ascii_alphanumeric() || *end == b'_' {
        end = end.wrapping_add(1);
    }
    if *end == b')' { end.wrapping_add(1) } else { at }
}

unsafe fn hex_follows(at: *const u8) -> bool {
    let at = if *at == b'.' { at.wrapping_add(1) } else { at };
    (*at).is_ascii_hexdigit()
}

/// The exponent behind `letter`; 0 and nothing consumed if there is none. Saturates far beyond any format.
unsafe fn exponent(at: &mut *const u8, letter: u8) -> i64 {
    const HUGE: i64 = 1 << 40;
    let mut here = *at;
    if *here | 0x20 != letter {
        return 0;
    }
    here = here.wrapping_add(1);
    let negative = *here == b'-';
    if negative || *here == b'+' {
        here = here.wrapping_add(1);
    }
    if !(*here).is_ascii_digit() {
        return 0;
    }
    let mut value = 0;
    while (*here).is_ascii_digit() {
        value = (value * 10 + i64::from(*here - b'0')).min(HUGE);
        here = here.wrapping_add(1);
    }
    *at = here;
    if negative { -value } else { value }
}

unsafe fn hexadecimal(text: *const u8) -> (Number, *const u8) {
    let mut at = text;
    let mut mantissa = 0_u128;
    let mut places = 0_i64;
    let mut sticky = false;
    let mut point = false;
    loop {
        let digit = match *at {
            b'.' if !point => {
                point = true;
                at = at.wrapping_add(1);
                continue;
            }
            digit @ b'0'..=b'9' => digit - b'0',
            letter if letter.is_ascii_hexdigit() => (letter | 0x20) - b'a' + 10,
            _ => break,
        };
        if mantissa >> 120 == 0 {
            mantissa = mantissa << 4 | u128::from(digit);
            places -= 4 * i64::from(point);
        } else {
            sticky |= digit != 0;
            places += 4 * i64::from(!point);
        }
        at = at.wrapping_add(1);
    }
    let power = exponent(&mut at, b'p') + places;
    let exponent = power.clamp(-(1 << 24), 1 << 24) as i32;
    (Number::Binary { mantissa, exponent, sticky }, at)
}

unsafe fn decimal(text: *const u8) -> (Number, *const u8) {
    let mut at = text;
    let mut first: *const u8 = core::ptr::null();
    let (mut count, mut places) = (0_usize, 0_i64);
    let (mut any, mut point) = (false, false);
    loop {
        match *at {
            b'.' if !point => point = true,
            digit @ b'0'..=b'9' => {
                any = true;
                if first.is_null() && digit != b'0' {
                    first = at;
                }
                count += usize::from(!first.is_null());
                places += i64::from(point);
            }
            _ => break,
        }
        at = at.wrapping_add(1);
    }
    if !any {
        return (Number::None, text);
    }
    let power = exponent(&mut at, b'e') - places;
    let len = at as usize - text as usize;
    (Number::Decimal(Decimal { text, len, first, count, power }), at)
}

// ---- rounding

/// A number rounded to a format: `mantissa * 2^exponent`, mantissa below 2^precision; 0 is 0.
struct Rounded {
    mantissa: u128,
    exponent: i32,
    infinite: bool,
}

/// Rounds `mantissa * 2^exponent` (and something more below if `sticky`) to nearest even.
fn round(format: &Format, mantissa: u128, exponent: i32, sticky: bool) -> Rounded {
    if mantissa == 0 {
        return Rounded { mantissa: 0, exponent: format.least, infinite: false };
    }
    let bits = 128 - mantissa.leading_zeros() as i32;
    let precision = format.precision as i32;
    let mut last = (exponent + bits - precision).max(format.least);
    let drop = last - exponent;
    let mut kept = mantissa;
    let mut inexact = sticky;
    if drop > bits + 1 {
        (kept, inexact) = (0, true);
    } else if drop > 0 {
        // drop - 1 <= 128: the half bit is the lowest of what is left after all but one were dropped.
        let all_but_one = mantissa.checked_shr(drop as u32 - 1).unwrap_or(0);
        let below = mantissa & 1_u128.checked_shl(drop as u32 - 1).unwrap_or(0).wrapping_sub(1) != 0 || sticky;
        let half = all_but_one & 1 != 0;
        kept = all_but_one >> 1;
        inexact = half || below;
        kept += u128::from(half && (below || kept & 1 != 0));
    } else {
        kept <<= drop.unsigned_abs();
    }
    if kept >> precision != 0 {
        kept >>= 1;
        last += 1;
    }
    let infinite = last > format.most;
    // Small: below the smallest normal number, before it was rounded.
    if infinite || inexact && exponent + bits < format.least + precision {
        errno::set(Errno::ERANGE);
    }
    Rounded { mantissa: kept, exponent: last, infinite }
}

/// Sign and biased exponent where all exponents are `width` bits, and the mantissa.
fn encode(format: &Format, rounded: &Rounded) -> (u32, u128) {
    if rounded.infinite {
        let top = if format.precision == 24 {
            0xff
        } else if format.precision == 53 {
            0x7ff
        } else {
            0x7fff
        };
        return (top, 1 << (format.precision - 1));
    }
    let normal = rounded.mantissa >> (format.precision - 1) != 0;
    let biased = if normal { (rounded.exponent - format.least + 1) as u32 } else { 0 };
    (biased, rounded.mantissa)
}

// ---- exact decimals of long double

/// Limbs: as many digits as can matter, or the power of five that they are divided by.
const LIMBS: usize = 612;

/// An unsigned integer, least significant limb first, without leading zeros.
struct Big {
    limbs: *mut u64,
    len: usize,
}

impl Big {
    /// `self = self * factor + add`.
    unsafe fn multiply(&mut self, factor: u64, add: u64) {
        let mut carry = add;
        for i in 0..self.len {
            let at = self.limbs.wrapping_add(i);
            let product = u128::from(*at) * u128::from(factor) + u128::from(carry);
            *at = product as u64;
            carry = (product >> 64) as u64;
        }
        if carry != 0 {
            *self.limbs.wrapping_add(self.len) = carry;
            self.len += 1;
        }
    }

    unsafe fn multiply_by_five_to(&mut self, mut power: u32) {
        while power != 0 {
            let step = power.min(27);
            let factor = if step == 27 {
                FIVE_27
            } else if step > 19 {
                (ten(19) >> 19) * (ten(step - 19) >> (step - 19))
            } else {
                ten(step) >> step
            };
            self.multiply(factor, 0);
            power -= step;
        }
    }

    unsafe fn bits(&self) -> u32 {
        64 * self.len as u32 - (*self.limbs.wrapping_add(self.len - 1)).leading_zeros()
    }

    unsafe fn shift_left(&mut self, by: u32) {
        let (whole, part) = ((by / 64) as usize, by % 64);
        core::ptr::copy(self.limbs, self.limbs.wrapping_add(whole), self.len);
        core::ptr::write_bytes(self.limbs, 0, whole);
        self.len += whole;
        if part != 0 {
            self.multiply(1 << part, 0);
        }
    }

    /// Whether `self >= other`.
    unsafe fn reaches(&self, other: &Big) -> bool {
        if self.len != other.len {
            return self.len > other.len;
        }
        for i in (0..self.len).rev() {
            let (a, b) = (*self.limbs.wrapping_add(i), *other.limbs.wrapping_add(i));
            if a != b {
                return a > b;
            }
        }
        true
    }

    /// `self -= other`, which is not larger.
    unsafe fn subtract(&mut self, other: &Big) {
        let mut borrow = false;
        for i in 0..self.len {
            let at = self.limbs.wrapping_add(i);
            let take = if i < other.len { *other.limbs.wrapping_add(i) } else { 0 };
            let (first, under) = (*at).overflowing_sub(take);
            let (second, again) = first.overflowing_sub(u64::from(borrow));
            *at = second;
            borrow = under || again;
        }
        self.trim();
    }

    unsafe fn trim(&mut self) {
        while self.len != 0 && *self.limbs.wrapping_add(self.len - 1) == 0 {
            self.len -= 1;
        }
    }
}

/// The number's leading bits (at least three more than the format has, and a sticky bit): mantissa, exponent, sticky.
#[inline(never)]
unsafe fn exact(decimal: &Decimal, format: &Format) -> (u128, i32, bool) {
    // What cannot be in range needs no arithmetic: the value is below 10^top and not below 10^(top - 1).
    let top = decimal.power + decimal.count as i64;
    if top > 5_000 {
        return (1, 1 << 20, true);
    }
    if top < -5_000 {
        return (1, -(1 << 20), true);
    }
    let mut room = MaybeUninit::<[[u64; LIMBS]; 2]>::uninit();
    let room = room.as_mut_ptr().cast::<u64>();
    let mut a = Big { limbs: room, len: 0 };
    let mut power = decimal.power as i32;
    let used = decimal.count.min(format.digits);
    let mut at = decimal.first;
    let mut left = used;
    while left != 0 {
        let step = left.min(19);
        let mut chunk = 0_u64;
        let mut digits = 0;
        while digits < step {
            if *at != b'.' {
                chunk = chunk * 10 + u64::from(*at - b'0');
                digits += 1;
            }
            at = at.wrapping_add(1);
        }
        a.multiply(ten(step as u32), chunk);
        left -= step;
    }
    if used < decimal.count {
        // More digits than any tie has: a 1 in their place stands for all of them, if one is not 0.
        let mut more = false;
        let mut rest = decimal.count - used;
        while rest != 0 {
            if *at != b'.' {
                more |= *at != b'0';
                rest -= 1;
            }
            at = at.wrapping_add(1);
        }
        a.multiply(10, u64::from(more));
        power += (decimal.count - used - 1) as i32;
    }
    if power >= 0 {
        a.multiply_by_five_to(power as u32);
        return top_bits(&a, power);
    }
    let mut b = Big { limbs: room.wrapping_add(LIMBS), len: 1 };
    *b.limbs = 1;
    b.multiply_by_five_to(power.unsigned_abs());
    // Both to the same length; then a bit of the quotient a step.
    let apart = a.bits() as i32 - b.bits() as i32;
    if apart > 0 {
        b.shift_left(apart.unsigned_abs());
    } else {
        a.shift_left(apart.unsigned_abs());
    }
    let steps = format.precision + 3;
    let mut quotient = 0_u128;
    for step in 0..steps {
        if step != 0 {
            a.multiply(2, 0);
        }
        quotient <<= 1;
        if a.reaches(&b) {
            a.subtract(&b);
            quotient |= 1;
        }
    }
    (quotient, power + apart - (steps as i32 - 1), a.len != 0)
}

/// The leading 128 bits of an integer times 2^power.
unsafe fn top_bits(a: &Big, power: i32) -> (u128, i32, bool) {
    let limb = |i: usize| if i < a.len { *a.limbs.wrapping_add(i) } else { 0 };
    if a.len <= 2 {
        return (u128::from(limb(1)) << 64 | u128::from(limb(0)), power, false);
    }
    let shift = limb(a.len - 1).leading_zeros();
    let high = u128::from(limb(a.len - 1)) << 64 | u128::from(limb(a.len - 2));
    let third = limb(a.len - 3);
    let value = high << shift | if shift == 0 { 0 } else { u128::from(third >> (64 - shift)) };
    let mut sticky = third << shift != 0;
    for i in 0..a.len - 3 {
        sticky |= limb(i) != 0;
    }
    (value, power + 64 * (a.len as i32 - 2) - shift as i32, sticky)
}

// ---- entry points

/// What [`scan`] found, in a format without core's parser: biased exponent and mantissa.
unsafe fn by_bits(number: &Number, format: &Format, top: u32) -> (u32, u128) {
    let lead = 1_u128 << (format.precision - 1);
    match number {
        Number::None => (0, 0),
        Number::Infinite => (top, lead),
        Number::NaN => (top, lead | lead >> 1),
        Number::Binary { mantissa, exponent, sticky } => encode(format, &round(format, *mantissa, *exponent, *sticky)),
        Number::Decimal(decimal) if decimal.first.is_null() => (0, 0),
        Number::Decimal(decimal) => {
            let (mantissa, exponent, sticky) = exact(decimal, format);
            encode(format, &round(format, mantissa, exponent, sticky))
        }
    }
}

macro_rules! with_core {
    ($name:ident $float:ident $bits:ident $format:expr, $top:literal) => {
        /// The number at `text`; `end` becomes the byte behind it, `text` itself if there is none.
        ///
        /// # Safety
        /// `text` is a C string.
        pub unsafe fn $name(text: *const u8, end: &mut *const u8) -> $float {
            let scanned = scan(text);
            *end = scanned.end;
            let value = match &scanned.number {
                Number::Decimal(decimal) if !decimal.first.is_null() => {
                    let bytes = core::slice::from_raw_parts(decimal.text, decimal.len);
                    // Digits, a point and an exponent: ASCII, and a number for core, too.
                    let value = core::str::from_utf8_unchecked(bytes).parse::<$float>().unwrap_or(0.0);
                    if value <= $float::MIN_POSITIVE {
                        // Whether it was rounded is not known yet; the result is the same.
                        let (mantissa, exponent, sticky) = exact(decimal, &$format);
                        round(&$format, mantissa, exponent, sticky);
                    } else if value.is_infinite() {
                        errno::set(Errno::ERANGE);
                    }
                    value
                }
                number => {
                    let (biased, mantissa) = by_bits(number, &$format, $top);
                    let places = $format.precision - 1;
                    $float::from_bits((biased as $bits) << places | mantissa as $bits & ((1 << places) - 1))
                }
            };
            if scanned.negative { -value } else { value }
        }
    };
}
with_core!(double f64 u64 Format::DOUBLE, 0x7ff);
with_core!(float f32 u32 Format::FLOAT, 0xff);

/// The number at `text` as a `long double`; `end` becomes the byte behind it, `text` itself if there is none.
///
/// # Safety
/// `text` is a C string.
pub unsafe fn long(text: *const u8, end: &mut *const u8) -> [u64; 2] {
    let scanned = scan(text);
    *end = scanned.end;
    let (biased, mantissa) = by_bits(&scanned.number, &Format::LONG_DOUBLE, 0x7fff);
    long_double::join(biased as u16 | u16::from(scanned.negative) << 15, mantissa)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strtod(text: *const u8, end: *mut *const u8) -> f64 {
    let mut stop = text;
    let value = double(text, &mut stop);
    if !end.is_null() {
        *end = stop;
    }
    value
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strtof(text: *const u8, end: *mut *const u8) -> f32 {
    let mut stop = text;
    let value = float(text, &mut stop);
    if !end.is_null() {
        *end = stop;
    }
    value
}

/// `strtold`, whose result only assembly can return: `arch/<cpu>/variadic.S`.
#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_strtold(text: *const u8, end: *mut *const u8, result: *mut [u64; 2]) {
    let mut stop = text;
    result.write(long(text, &mut stop));
    if !end.is_null() {
        *end = stop;
    }
}
