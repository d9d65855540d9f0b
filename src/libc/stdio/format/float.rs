//! `%e %f %g` for `double` and `long double`: the exact value, rounded once to nearest even, at any precision.
//!
//! ```text
//!   mantissa * 2^exponent -> Decimal (limbs of nineteen digits, the point's place) -> rounded -> laid out
//! ```
//! 1. `quick` does `double`s whose digits fit exact 128-bit arithmetic: nearly all that programs print.
//! 2. `exact` does the rest: with an exponent `>= 0` the value is the integer `mantissa * 2^exponent`; else its digits are those of the integer
//!    `mantissa * 5^-exponent`, with the point `-exponent` places from the right. Both are products of small factors.
//! 3. Both leave a [`Decimal`] that is already rounded; one layout shows it.

use core::mem::MaybeUninit;

use super::Sink;
use super::hexfloat;
use super::integer::{PAIRS, digits_before};
use super::specification::{ALTERNATIVE, LEFT, Size, Specification, ZERO};
use super::{plus, text};
use crate::arch::long_double;
use crate::libc::float::{self, Class, FIVE_27, Format, LIMB, Parts, divide_by_limb, ten};

/// The sign before a number.
pub struct Frame {
    /// 0: none.
    sign: u8,
}

impl Frame {
    pub fn sign_len(&self) -> isize {
        isize::from(self.sign != 0)
    }

    pub unsafe fn write_sign(&self, sink: &mut Sink) {
        if self.sign != 0 {
            sink.byte(self.sign);
        }
    }
}

/// A positive decimal number: `0.d1 d2 d3 ... * 10^point`; zeros follow its last digit. d1 may be 0 where that does no harm (`%f`).
struct Decimal {
    /// Least significant first, each below [`LIMB`].
    limbs: *mut u64,
    len: usize,
    /// Digits that the limbs have: the top limb's leading zeros do not count.
    digits: isize,
    point: isize,
}

/// How many digits are wanted.
#[derive(Clone, Copy)]
enum Wanted {
    /// This many in all, the first not 0.
    Significant(isize),
    /// This many behind the point.
    Fraction(isize),
}

/// `%a %e %f %g` and their capitals.
#[inline(never)]
pub unsafe fn format(sink: &mut Sink, spec: &Specification, value: [u64; 2]) {
    let long = spec.size == Size::LongDouble;
    let parts = if long { float::from_long_double(value) } else { float::from_double(value[0]) };
    let frame = Frame { sign: if parts.negative { b'-' } else { plus(spec.flags) } };
    if parts.class != Class::Finite {
        return special(sink, spec, &frame, parts.class);
    }
    let style = spec.conversion | 0x20;
    if style == b'a' {
        return if long {
            hexfloat::format(sink, spec, &frame, &parts, long_double::PRECISION, long_double::HEX_LEAD_BITS);
        } else {
            hexfloat::format(sink, spec, &frame, &parts, 53, 1);
        };
    }
    let precision = if spec.precision < 0 { 6 } else { spec.precision as isize };
    let wanted = match style {
        b'f' => Wanted::Fraction(precision),
        b'e' => Wanted::Significant(precision + 1),
        _ => Wanted::Significant(precision.max(1)),
    };
    let mut room = MaybeUninit::<[u64; 3]>::uninit();
    let mut decimal = Decimal { limbs: room.as_mut_ptr().cast(), len: 0, digits: 0, point: 1 };
    if parts.mantissa == 0 || !long && quick(&mut decimal, parts.mantissa as u64, parts.exponent, wanted) {
        lay_out(sink, spec, &frame, &decimal, wanted);
    } else if long {
        exact_long(sink, spec, &frame, &parts, wanted);
    } else {
        exact_double(sink, spec, &frame, &parts, wanted);
    }
}

/// "inf", "nan".
#[cold]
unsafe fn special(sink: &mut Sink, spec: &Specification, frame: &Frame, class: Class) {
    let case = spec.conversion & 0x20;
    let name = if class == Class::Infinite { b"INF" } else { b"NAN" };
    let shown = [frame.sign, name[0] | case, name[1] | case, name[2] | case];
    let skip = usize::from(frame.sign == 0);
    text::padded(sink, spec, shown.as_ptr().wrapping_add(skip), 4 - skip);
}

// ---- quick

/// Rounds `value / 2^shift` to nearest even, `shift < 128`. `odd`: the integer that the result is added to is odd.
#[inline(always)]
fn rounded_shift(value: u128, shift: u32, odd: bool) -> u128 {
    if shift == 0 {
        return value;
    }
    let quotient = value >> shift;
    let rest = value << (128 - shift);
    let half = 1_u128 << 127;
    let odd = odd ^ (quotient & 1 != 0);
    quotient + u128::from(rest > half || rest == half && odd)
}

/// Exact 128-bit arithmetic where it is enough; false where it is not. `mantissa` is below 2^53 and not 0.
#[inline(always)]
unsafe fn quick(decimal: &mut Decimal, mantissa: u64, exponent: i32, wanted: Wanted) -> bool {
    match wanted {
        Wanted::Fraction(places @ 0..=18) => quick_fraction(decimal, mantissa, exponent, places as u32),
        Wanted::Significant(digits @ 1..=18) => quick_significant(decimal, mantissa, exponent, digits as u32),
        _ => false,
    }
}

/// Sets the digits of the integer `value < 10^38`, and the point `scale` places from its right end.
#[inline(always)]
unsafe fn set(decimal: &mut Decimal, value: u128, scale: isize) {
    let (high, low) = divide_by_limb(value);
    *decimal.limbs = low;
    *decimal.limbs.wrapping_add(1) = high;
    decimal.len = if high != 0 { 2 } else { 1 };
    count_digits(decimal);
    decimal.point = decimal.digits - scale;
}

unsafe fn quick_fraction(decimal: &mut Decimal, mantissa: u64, exponent: i32, places: u32) -> bool {
    let value = match exponent {
        // An integer below 2^64.
        0..=11 => u128::from(mantissa << exponent) * u128::from(ten(places)),
        -127..0 => {
            // Integer part and fraction; mantissa * 10^19 < 2^117, so the fraction's product is exact.
            let shift = exponent.unsigned_abs();
            let whole = if shift < 64 { mantissa >> shift } else { 0 };
            let fraction = u128::from(mantissa) & ((1 << shift) - 1);
            let scaled = u128::from(whole) * u128::from(ten(places));
            scaled + rounded_shift(fraction * u128::from(ten(places)), shift, scaled & 1 != 0)
        }
        // Below 2^-74: less than half of any of these places.
        ..-127 => 0,
        _ => return false,
    };
    set(decimal, value, places as isize);
    true
}

unsafe fn quick_significant(decimal: &mut Decimal, mantissa: u64, exponent: i32, digits: u32) -> bool {
    if !(-127..=11).contains(&exponent) {
        return false;
    }
    // Of 10^place <= value < 10^(place + 1), place or place - 1. (1233 / 4096 is log10(2), good for +-2,000.)
    let log2 = exponent + 63 - mantissa.leading_zeros() as i32;
    let mut place = (log2 * 1233) >> 12;
    loop {
        let power = digits as i32 - 1 - place;
        let value = if power > 22 {
            return false;
        } else if power >= 0 {
            // mantissa * 10^22 < 2^127.
            let (first, second) = if power > 19 { (19, power - 19) } else { (power, 0) };
            let product = u128::from(mantissa) * u128::from(ten(first as u32)) * u128::from(ten(second as u32));
            if exponent >= 0 { product << exponent } else { rounded_shift(product, exponent.unsigned_abs(), false) }
        } else {
            // More digits before the point than wanted: 64-bit division; what is behind the point can only break a tie.
            let shift = exponent.min(0).unsigned_abs(); // the value is not below 1, so the shift is below 53
            let whole = if exponent >= 0 { mantissa << exponent } else { mantissa >> shift };
            let more = mantissa & ((1 << shift) - 1) != 0;
            let unit = ten(power.unsigned_abs());
            let (quotient, rest) = (whole / unit, whole % unit);
            let half = unit / 2;
            let up = rest > half || rest == half && (more || quotient & 1 != 0);
            u128::from(quotient + u64::from(up))
        };
        if value < u128::from(ten(digits)) {
            set(decimal, value, power as isize);
            return true;
        }
        place += 1; // one digit too many: the estimate was low, or rounding carried
    }
}

// ---- exact

/// Limbs for any `double`: 5^1074 * 2^53 has 767 digits.
const DOUBLE_LIMBS: usize = 42;
/// Limbs for any `long double`: as many digits as its smallest number has, and the carry.
const LONG_LIMBS: usize = Format::LONG_DOUBLE.digits / 19 + 3;

#[inline(never)]
unsafe fn exact_double(sink: &mut Sink, spec: &Specification, frame: &Frame, parts: &Parts, wanted: Wanted) {
    let mut room = MaybeUninit::<[u64; DOUBLE_LIMBS]>::uninit();
    exact(sink, spec, frame, parts, wanted, room.as_mut_ptr().cast());
}

#[inline(never)]
unsafe fn exact_long(sink: &mut Sink, spec: &Specification, frame: &Frame, parts: &Parts, wanted: Wanted) {
    let mut room = MaybeUninit::<[u64; LONG_LIMBS]>::uninit();
    exact(sink, spec, frame, parts, wanted, room.as_mut_ptr().cast());
}

#[inline(never)]
unsafe fn exact(sink: &mut Sink, spec: &Specification, frame: &Frame, parts: &Parts, wanted: Wanted, limbs: *mut u64) {
    // Odd mantissa: no factor is multiplied that would have to be divided out again.
    let twos = parts.mantissa.trailing_zeros();
    let mantissa = parts.mantissa >> twos;
    let exponent = parts.exponent + twos as i32;
    let (high, low) = divide_by_limb(mantissa);
    *limbs = low;
    *limbs.wrapping_add(1) = high;
    let mut decimal = Decimal { limbs, len: if high != 0 { 2 } else { 1 }, digits: 0, point: 0 };
    let mut left = exponent.unsigned_abs();
    let step = if exponent < 0 { 27 } else { 63 };
    while left != 0 {
        let now = left.min(step);
        left -= now;
        let factor = match (exponent < 0, now) {
            (true, 27) => FIVE_27,
            (true, _) => ten(now.min(19)) >> now.min(19), // 5^now = 10^now / 2^now
            (false, _) => 1 << now,
        };
        multiply(&mut decimal, factor);
        if exponent < 0 && (20..27).contains(&now) {
            multiply(&mut decimal, ten(now - 19) >> (now - 19));
        }
    }
    count_digits(&mut decimal);
    decimal.point = decimal.digits - exponent.min(0).unsigned_abs() as isize;
    round(&mut decimal, wanted);
    lay_out(sink, spec, frame, &decimal, wanted);
}

/// `decimal *= factor`, in the limbs alone.
#[inline(never)]
unsafe fn multiply(decimal: &mut Decimal, factor: u64) {
    let mut carry = 0;
    let mut at = decimal.limbs;
    let end = at.wrapping_add(decimal.len);
    while at != end {
        // Below LIMB * 2^64: what the division asks for.
        let (quotient, remainder) = divide_by_limb(u128::from(*at) * u128::from(factor) + u128::from(carry));
        *at = remainder;
        carry = quotient;
        at = at.wrapping_add(1);
    }
    if carry != 0 {
        *at = carry;
        decimal.len += 1;
    }
}

/// Digits of a limb.
#[inline]
fn digits_of(limb: u64) -> isize {
    // log10 from log2: at most one too low.
    let estimate = ((64 - limb.leading_zeros()) * 1233) >> 12;
    (estimate + u32::from(limb >= ten(estimate))) as isize
}

#[inline(never)]
unsafe fn count_digits(decimal: &mut Decimal) {
    decimal.digits = 19 * (decimal.len as isize - 1) + digits_of(*decimal.limbs.wrapping_add(decimal.len - 1));
}

/// Rounds to the digits wanted, to nearest even; digits that go become zeros.
unsafe fn round(decimal: &mut Decimal, wanted: Wanted) {
    let keep = match wanted {
        Wanted::Significant(digits) => digits,
        Wanted::Fraction(places) => decimal.point.saturating_add(places),
    };
    let drop = decimal.digits.saturating_sub(keep);
    if drop <= 0 {
        return;
    }
    if keep < 0 {
        // Less than a tenth of the last place.
        decimal.len = 0;
        decimal.digits = 0;
        return;
    }
    // The last digit kept is in limb `index`, worth `unit` there; both may lie just above the number.
    let index = drop as usize / 19;
    let unit = ten(drop as u32 % 19);
    let limbs = decimal.limbs;
    if index == decimal.len {
        *limbs.wrapping_add(index) = 0;
        decimal.len += 1;
    }
    let at = limbs.wrapping_add(index);
    let part = *at % unit;
    let odd = (*at / unit) & 1 != 0;
    let (dropped, half, mut below) =
        if unit == 1 { (*at.wrapping_sub(1), LIMB / 2, index - 1) } else { (part, unit / 2, index) };
    let up = if dropped == half {
        while below != 0 && *limbs.wrapping_add(below - 1) == 0 {
            below -= 1;
        }
        below != 0 || odd
    } else {
        dropped > half
    };
    *at -= part;
    core::ptr::write_bytes(limbs, 0, index);
    if up {
        let mut at = at;
        let mut add = unit;
        loop {
            *at += add; // below LIMB + 10^18: no overflow
            if *at < LIMB {
                break;
            }
            *at -= LIMB;
            add = 1;
            at = at.wrapping_add(1);
            if at == limbs.wrapping_add(decimal.len) {
                *at = 0;
                decimal.len += 1;
            }
        }
    }
    while decimal.len != 0 && *limbs.wrapping_add(decimal.len - 1) == 0 {
        decimal.len -= 1;
    }
    let scale = decimal.digits - decimal.point;
    if decimal.len == 0 {
        decimal.digits = 0;
    } else {
        count_digits(decimal);
    }
    decimal.point = decimal.digits - scale;
}

// ---- layout

/// Digits up to the last one that is not 0.
unsafe fn significant(decimal: &Decimal) -> isize {
    let mut digits = decimal.digits;
    let mut at = decimal.limbs;
    let mut left = decimal.len;
    while left != 0 {
        let mut limb = *at;
        if limb != 0 {
            while limb.is_multiple_of(10) {
                limb /= 10;
                digits -= 1;
            }
            return digits;
        }
        digits -= 19;
        at = at.wrapping_add(1);
        left -= 1;
    }
    0
}

/// Writes `count` digits from number `from` on; behind the last one come zeros.
#[inline(never)]
unsafe fn write_digits(sink: &mut Sink, decimal: &Decimal, mut from: isize, mut count: isize) {
    while count > 0 && from < decimal.digits {
        // Counted from the right end, where limbs begin at multiples of nineteen.
        let right = decimal.digits - from; // digits from here to the end
        let index = (right - 1) / 19;
        let in_limb = right - 19 * index;
        let step = in_limb.min(count);
        let mut room = MaybeUninit::<[u8; 20]>::uninit();
        let end = room.as_mut_ptr().cast::<u8>().wrapping_add(20);
        let mut at = digits_before(end, *decimal.limbs.wrapping_add(index as usize));
        let start = end.wrapping_sub(in_limb as usize);
        while at > start {
            at = at.wrapping_sub(1);
            *at = b'0';
        }
        sink.write(start, step as usize);
        from += step;
        count -= step;
    }
    sink.fill(b'0', count);
}

#[inline(never)]
unsafe fn lay_out(sink: &mut Sink, spec: &Specification, frame: &Frame, decimal: &Decimal, wanted: Wanted) {
    let style = spec.conversion | 0x20;
    let mut exponent_form = style == b'e';
    let mut fraction = match wanted {
        Wanted::Fraction(places) => places,
        Wanted::Significant(digits) => digits - 1,
    };
    let exponent = decimal.point - 1;
    if style == b'g' {
        let digits = fraction + 1;
        exponent_form = exponent < -4 || exponent >= digits;
        if !exponent_form {
            fraction = digits - 1 - exponent;
        }
        if spec.flags & ALTERNATIVE == 0 {
            let used = significant(decimal).max(1) - if exponent_form { 1 } else { decimal.point };
            fraction = fraction.min(used.max(0));
        }
    }
    // "e+00", at least two digits.
    let mut tail = [0_u8; 8];
    let end = tail.as_mut_ptr().wrapping_add(8);
    let mut tail_at = end;
    if exponent_form {
        let size = exponent.unsigned_abs() as u64;
        if size < 100 {
            tail_at = tail_at.wrapping_sub(2);
            let pair = PAIRS.as_ptr().wrapping_add(2 * size as usize);
            tail_at.cast::<u16>().write_unaligned(pair.cast::<u16>().read_unaligned());
        } else {
            tail_at = digits_before(end, size);
        }
        tail_at = tail_at.wrapping_sub(2);
        *tail_at = b'E' | (spec.conversion & 0x20);
        *tail_at.wrapping_add(1) = if exponent < 0 { b'-' } else { b'+' };
    }
    let tail_len = end as usize - tail_at as usize;
    let before = if exponent_form { 1 } else { decimal.point.max(1) };
    let point = fraction > 0 || spec.flags & ALTERNATIVE != 0;
    let body = before + isize::from(point) + fraction + tail_len as isize;
    let spaces = spec.width as isize - frame.sign_len() - body;

    if spec.flags & (LEFT | ZERO) == 0 {
        sink.fill(b' ', spaces);
    }
    frame.write_sign(sink);
    if spec.flags & (LEFT | ZERO) == ZERO {
        sink.fill(b'0', spaces);
    }
    let mut next = 0;
    if exponent_form || decimal.point > 0 {
        write_digits(sink, decimal, 0, before);
        next = before;
    } else {
        sink.byte(b'0');
    }
    if point {
        sink.byte(b'.');
    }
    if next == 0 {
        let zeros = (-decimal.point).min(fraction);
        sink.fill(b'0', zeros);
        fraction -= zeros;
    }
    write_digits(sink, decimal, next, fraction);
    sink.write(tail_at, tail_len);
    if spec.flags & LEFT != 0 {
        sink.fill(b' ', spaces);
    }
}
