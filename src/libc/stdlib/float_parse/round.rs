//! Rounding to a format, to nearest even, and its sign-less bits. Sets ERANGE.

use crate::libc::errno;
use crate::libc::float::Format;
use crate::sys::Errno;

/// A number rounded to a format: `mantissa * 2^exponent`, mantissa below 2^precision; 0 is 0.
pub(super) struct Rounded {
    mantissa: u128,
    exponent: i32,
    infinite: bool,
}

/// Rounds `mantissa * 2^exponent` (and something more below if `sticky`) to nearest even.
pub(super) fn round(format: &Format, mantissa: u128, exponent: i32, sticky: bool) -> Rounded {
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
pub(super) fn encode(format: &Format, rounded: &Rounded) -> (u32, u128) {
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
