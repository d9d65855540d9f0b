//! What printing and reading floating-point numbers share: formats taken apart, powers of ten.

use crate::arch::long_double;

/// A value taken apart. Finite: `(-1)^negative * mantissa * 2^exponent`.
#[derive(Clone, Copy)]
pub struct Parts {
    pub negative: bool,
    pub class: Class,
    pub mantissa: u128,
    pub exponent: i32,
}

/// What kind of value it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A number, zero included.
    Finite,
    Infinite,
    NotANumber,
}

/// Takes a `double` apart.
#[inline]
pub fn from_double(bits: u64) -> Parts {
    let biased = (bits >> 52 & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let class = match (biased, fraction) {
        (0x7ff, 0) => Class::Infinite,
        (0x7ff, _) => Class::NotANumber,
        _ => Class::Finite,
    };
    let mantissa = if biased == 0 { fraction } else { fraction | 1 << 52 };
    Parts { negative: bits >> 63 != 0, class, mantissa: u128::from(mantissa), exponent: biased.max(1) - 1075 }
}

/// Takes a `long double` apart. An encoding that the format does not have counts as not a number.
#[inline]
pub fn from_long_double(raw: [u64; 2]) -> Parts {
    const TOP: u16 = 0x7fff;
    let (head, stored) = long_double::split(raw);
    let biased = head & TOP;
    let whole = long_double::whole(biased, stored);
    let class = match whole {
        None => Class::NotANumber,
        Some(whole) if biased == TOP => {
            // Without the integer bit, nothing is left of an infinity.
            if whole & ((1 << (long_double::PRECISION - 1)) - 1) == 0 { Class::Infinite } else { Class::NotANumber }
        }
        Some(_) => Class::Finite,
    };
    Parts {
        negative: head >> 15 != 0,
        class,
        mantissa: whole.unwrap_or(0),
        exponent: i32::from(biased.max(1)) - 0x3fff - (long_double::PRECISION as i32 - 1),
    }
}

/// A format of IEEE 754's kind.
#[derive(Clone, Copy)]
pub struct Format {
    /// Bits of the significand, the integer bit included.
    pub precision: u32,
    /// Exponent of the last place of the smallest number.
    pub least: i32,
    /// Exponent of the last place of the largest number.
    pub most: i32,
    /// Decimal digits that any number halfway between two neighbours has at most; what follows can only break a tie.
    pub digits: usize,
}

impl Format {
    /// `float`.
    pub const FLOAT: Format = Format { precision: 24, least: -149, most: 104, digits: 114 };
    /// `double`.
    pub const DOUBLE: Format = Format { precision: 53, least: -1074, most: 971, digits: 769 };
    /// `long double`.
    pub const LONG_DOUBLE: Format = Format {
        precision: long_double::PRECISION,
        least: -16382 - (long_double::PRECISION as i32 - 1),
        most: 16383 - (long_double::PRECISION as i32 - 1),
        digits: 11_565,
    };
}

/// 10^0 to 10^19.
pub static TENS: [u64; 20] = {
    let mut tens = [1; 20];
    let mut i = 1;
    while i < 20 {
        tens[i] = 10 * tens[i - 1];
        i += 1;
    }
    tens
};

/// `TENS[power]`, 0 <= power <= 19.
#[inline(always)]
pub fn ten(power: u32) -> u64 {
    debug_assert!(power <= 19);
    // SAFETY: every caller has bounded the power.
    unsafe { *TENS.get_unchecked(power as usize) }
}

/// 5^27, the largest power of five in 64 bits.
pub const FIVE_27: u64 = 7_450_580_596_923_828_125;

/// The base of decimal limbs: nineteen digits.
pub const LIMB: u64 = 10_000_000_000_000_000_000;

/// Divides by [`LIMB`]: quotient and remainder. `value < LIMB * 2^64`.
///
/// Two multiplications: Möller and Granlund, "Improved division by invariant integers" (2011), algorithm 4; `LIMB >= 2^63` already.
#[inline(always)]
pub fn divide_by_limb(value: u128) -> (u64, u64) {
    const RECIPROCAL: u64 = (u128::MAX / LIMB as u128 - (1 << 64)) as u64;
    let (high, low) = ((value >> 64) as u64, value as u64);
    let estimate = u128::from(RECIPROCAL) * u128::from(high) + value;
    let mut quotient = ((estimate >> 64) as u64).wrapping_add(1);
    let mut remainder = low.wrapping_sub(quotient.wrapping_mul(LIMB));
    if remainder > estimate as u64 {
        quotient = quotient.wrapping_sub(1);
        remainder = remainder.wrapping_add(LIMB);
    }
    if remainder >= LIMB {
        quotient = quotient.wrapping_add(1);
        remainder -= LIMB;
    }
    (quotient, remainder)
}
