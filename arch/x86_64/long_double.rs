//! C's `long double` on x86-64: the x87 extended format, ten bytes in a slot of sixteen.
//!
//! `raw[0]` is the significand with its integer bit; the low 16 bits of `raw[1]` are sign and exponent; the rest is padding.

/// Bits of the significand, the integer bit included.
pub const PRECISION: u32 = 64;
/// Hexadecimal digits after the point in `%La`: four bits stand before it.
pub const HEX_LEAD_BITS: u32 = 4;

/// Sign and biased exponent (16 bits), significand as stored.
#[inline]
#[must_use]
pub const fn split(raw: [u64; 2]) -> (u16, u128) {
    (raw[1] as u16, raw[0] as u128)
}

/// The value with this sign, biased exponent and significand (its integer bit included).
#[inline]
#[must_use]
pub const fn join(head: u16, significand: u128) -> [u64; 2] {
    [significand as u64, head as u64]
}

/// The significand as stored, made whole: the integer bit is stored here. None: an encoding that the format does not have.
#[inline]
#[must_use]
pub const fn whole(biased: u16, stored: u128) -> Option<u128> {
    if biased != 0 && stored >> 63 == 0 { None } else { Some(stored) }
}
