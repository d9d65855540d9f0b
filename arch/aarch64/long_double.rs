//! C's `long double` on AArch64: IEEE binary128, sixteen bytes in one vector register.
//!
//! The top 16 bits of `raw[1]` are sign and exponent; the 112 bits below are the fraction, without the integer bit.

/// Bits of the significand, the integer bit included.
pub const PRECISION: u32 = 113;
/// Bits that stand before the point in `%La`.
pub const HEX_LEAD_BITS: u32 = 1;

/// Sign and biased exponent (16 bits), significand as stored.
#[inline]
#[must_use]
pub const fn split(raw: [u64; 2]) -> (u16, u128) {
    ((raw[1] >> 48) as u16, (raw[1] as u128 & 0xffff_ffff_ffff) << 64 | raw[0] as u128)
}

/// The value with this sign, biased exponent and significand (its integer bit included).
#[inline]
#[must_use]
pub const fn join(head: u16, significand: u128) -> [u64; 2] {
    [significand as u64, (head as u64) << 48 | (significand >> 64) as u64 & 0xffff_ffff_ffff]
}

/// The significand as stored, made whole: the integer bit is 1 unless the exponent field is 0. None: never here.
#[inline]
#[must_use]
pub const fn whole(biased: u16, stored: u128) -> Option<u128> {
    Some(if biased == 0 { stored } else { stored | 1 << 112 })
}
