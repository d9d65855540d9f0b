//! Integers: `%d %i %u %x %X %o %b %B %p`.

use super::Sink;
use super::specification::{ALTERNATIVE, LEFT, Specification, ZERO};

/// "00" to "99".
pub static PAIRS: [u8; 200] = {
    let mut pairs = [0; 200];
    let mut value = 0;
    while value < 100 {
        pairs[2 * value] = b'0' + (value / 10) as u8;
        pairs[2 * value + 1] = b'0' + (value % 10) as u8;
        value += 1;
    }
    pairs
};

/// Room for any integer in any base.
const ROOM: usize = 64;

/// Writes `value`'s digits to end before `end`: where they begin. 0 has none.
#[inline(never)]
pub unsafe fn digits_before(end: *mut u8, mut value: u64) -> *mut u8 {
    let mut at = end;
    while value >= 10 {
        at = at.wrapping_sub(2);
        let pair = PAIRS.as_ptr().wrapping_add(2 * (value % 100) as usize);
        at.cast::<u16>().write_unaligned(pair.cast::<u16>().read_unaligned());
        value /= 100;
    }
    if value != 0 {
        at = at.wrapping_sub(1);
        *at = b'0' + value as u8;
    }
    at
}

/// `value` in decimal, with `sign` unless that is 0.
#[inline(never)]
pub unsafe fn decimal(sink: &mut Sink, spec: &Specification, sign: u8, value: u64) {
    let mut room = core::mem::MaybeUninit::<[u8; ROOM]>::uninit();
    let end = room.as_mut_ptr().cast::<u8>().wrapping_add(ROOM);
    let mut at = digits_before(end, value);
    if spec.width == 0 && spec.precision < 0 {
        if value == 0 {
            at = at.wrapping_sub(1);
            *at = b'0';
        }
        if sign != 0 {
            at = at.wrapping_sub(1);
            *at = sign;
        }
        return sink.write(at, end as usize - at as usize);
    }
    lay_out(sink, spec, [sign, 0, 0], usize::from(sign != 0), at, end as usize - at as usize);
}

/// `value` with `bits` bits a digit.
#[inline(never)]
pub unsafe fn power_of_two(sink: &mut Sink, spec: &Specification, bits: u32, sign: u8, value: u64) {
    let mut room = core::mem::MaybeUninit::<[u8; ROOM]>::uninit();
    let end = room.as_mut_ptr().cast::<u8>().wrapping_add(ROOM);
    let mut at = end;
    let upper = spec.conversion & 0x20; // 'X' makes capitals
    let mut rest = value;
    while rest != 0 {
        let digit = (rest & ((1 << bits) - 1)) as u8;
        at = at.wrapping_sub(1);
        *at = if digit < 10 { b'0' + digit } else { (b'A' - 10 + digit) | upper };
        rest >>= bits;
    }
    let mut digits = end as usize - at as usize;
    let mut prefix = [sign, 0, 0];
    let mut prefix_len = usize::from(sign != 0);
    if spec.flags & ALTERNATIVE != 0 {
        if bits == 3 {
            // One more zero, unless the precision or the zero itself brings it. (22 digits fit.)
            if spec.precision <= digits as i32 && (value != 0 || spec.precision == 0) {
                at = at.wrapping_sub(1);
                *at = b'0';
                digits += 1;
            }
        } else if value != 0 {
            prefix[prefix_len] = b'0';
            prefix[prefix_len + 1] = spec.conversion;
            prefix_len += 2;
        }
    }
    lay_out(sink, spec, prefix, prefix_len, at, digits);
}

/// Prefix, zeros and digits in the width.
#[inline(never)]
unsafe fn lay_out(
    sink: &mut Sink,
    spec: &Specification,
    prefix: [u8; 3],
    prefix_len: usize,
    at: *const u8,
    digits: usize,
) {
    // Without a precision it is 1; with one, the flag 0 does not count.
    let least = if spec.precision < 0 { 1 } else { spec.precision as isize };
    let mut zeros = (least - digits as isize).max(0);
    let mut spaces = spec.width as isize - prefix_len as isize - zeros - digits as isize;
    if spec.precision < 0 && spec.flags & (ZERO | LEFT) == ZERO && spaces > 0 {
        zeros += spaces;
        spaces = 0;
    }
    if spec.flags & LEFT == 0 {
        sink.fill(b' ', spaces);
    }
    sink.write(prefix.as_ptr(), prefix_len);
    sink.fill(b'0', zeros);
    sink.write(at, digits);
    if spec.flags & LEFT != 0 {
        sink.fill(b' ', spaces);
    }
}

/// `value` in decimal, nothing else.
#[inline(never)]
pub unsafe fn plain(sink: &mut Sink, value: u64) {
    let mut room = [0_u8; 20];
    let end = room.as_mut_ptr().wrapping_add(20);
    let mut at = digits_before(end, value);
    if value == 0 {
        at = at.wrapping_sub(1);
        *at = b'0';
    }
    sink.write(at, end as usize - at as usize);
}
