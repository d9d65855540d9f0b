//! strtod, strtof, strtold: text to the nearest floating-point number.
//!
//! ```text
//!   text -> sign, inf, nan -> hexadecimal: bits and a sticky bit -------.
//!           (scan)         -> decimal: double, float: core's parser     +-> round -> bits of the format
//!                                      long double: exact division -----'
//! ```
//! Every result is the exact value rounded once, to nearest even. ERANGE: too large for the format (infinity), or
//! below the smallest normal number and not exact.

mod exact;
mod round;
mod scan;

use crate::arch::long_double;
use crate::libc::errno;
use crate::libc::float::Format;
use crate::sys::Errno;
use exact::exact;
use round::{encode, round};
use scan::{Number, scan};

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
