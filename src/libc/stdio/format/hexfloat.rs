//! `%a`: the bits themselves.

use super::Sink;
use super::float::Frame;
use super::integer;
use super::specification::{ALTERNATIVE, LEFT, Specification, ZERO};
use crate::libc::float::Parts;

/// `0xh.hhhp+d`. `precision` is the format's, `lead_bits` of it stand before the point.
///
/// The fraction is rounded to nearest even; a carry goes into the digit before the point and stays there, as in glibc, except that `f` becomes
/// `1` with an exponent higher by four.
pub unsafe fn format(
    sink: &mut Sink,
    spec: &Specification,
    frame: &Frame,
    parts: &Parts,
    precision: u32,
    lead_bits: u32,
) {
    let fraction_bits = precision - lead_bits; // a multiple of four
    let mut digits = fraction_bits / 4;
    let mut fraction = parts.mantissa & ((1 << fraction_bits) - 1);
    let mut lead = (parts.mantissa >> fraction_bits) as u8;
    let mut exponent = if parts.mantissa == 0 { 0 } else { parts.exponent + fraction_bits as i32 };
    if spec.precision >= 0 && (spec.precision as u32) < digits {
        let drop = 4 * (digits - spec.precision as u32);
        let whole = u128::from(lead) << fraction_bits | fraction;
        let rest = whole & ((1 << drop) - 1);
        let half = 1_u128 << (drop - 1);
        let mut kept = whole >> drop;
        if rest > half || rest == half && kept & 1 != 0 {
            kept += 1;
        }
        digits = spec.precision as u32;
        fraction = kept & ((1_u128 << (4 * digits)) - 1);
        lead = (kept >> (4 * digits)) as u8;
        if lead > 15 {
            lead = 1;
            exponent += 4;
        }
    } else if spec.precision < 0 {
        while digits != 0 && fraction & 15 == 0 {
            fraction >>= 4;
            digits -= 1;
        }
    }
    let zeros = (spec.precision as isize - digits as isize).max(0);
    let point = zeros != 0 || digits != 0 || spec.flags & ALTERNATIVE != 0;

    let case = spec.conversion & 0x20;
    let hex = |digit: u8| if digit < 10 { b'0' + digit } else { (b'A' - 10 + digit) | case };
    let mut tail = [0_u8; 8]; // "p-16494"
    let end = tail.as_mut_ptr().wrapping_add(8);
    let mut tail_at = integer::digits_before(end, u64::from(exponent.unsigned_abs()));
    if exponent == 0 {
        tail_at = tail_at.wrapping_sub(1);
        *tail_at = b'0';
    }
    tail_at = tail_at.wrapping_sub(2);
    *tail_at = b'P' | case;
    *tail_at.wrapping_add(1) = if exponent < 0 { b'-' } else { b'+' };
    let tail_len = end as usize - tail_at as usize;

    let body = 3 + isize::from(point) + digits as isize + zeros + tail_len as isize;
    let spaces = spec.width as isize - frame.sign_len() - body;
    if spec.flags & (LEFT | ZERO) == 0 {
        sink.fill(b' ', spaces);
    }
    frame.write_sign(sink);
    sink.byte(b'0');
    sink.byte(b'X' | case);
    if spec.flags & (LEFT | ZERO) == ZERO {
        sink.fill(b'0', spaces);
    }
    sink.byte(hex(lead));
    if point {
        sink.byte(b'.');
    }
    for place in (0..digits).rev() {
        sink.byte(hex((fraction >> (4 * place)) as u8 & 15));
    }
    sink.fill(b'0', zeros);
    sink.write(tail_at, tail_len);
    if spec.flags & LEFT != 0 {
        sink.fill(b' ', spaces);
    }
}
