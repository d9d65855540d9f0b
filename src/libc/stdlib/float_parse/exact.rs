//! A decimal number's leading bits, exactly: long integers, and one divided by another where the power of ten is negative.
//!
//! What `long double` needs, and what tells whether a double at the lower end of its range was rounded. Price: up to 10 KiB of stack, and time
//! by the square of the digits that matter.

use core::mem::MaybeUninit;

use super::scan::Decimal;
use crate::libc::float::{FIVE_27, Format, ten};

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
pub(super) unsafe fn exact(decimal: &Decimal, format: &Format) -> (u128, i32, bool) {
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
