//! Integers: `%d %i %u %o %x %b %p`, and what `%n` stores.

use super::{Size, Source, Specification, Stop, some};

/// Stores an integer of the size that the specification names.
pub unsafe fn store(target: *mut u8, size: Size, value: u64) {
    match size {
        Size::Char => *target = value as u8,
        Size::Short => target.cast::<u16>().write_unaligned(value as u16),
        Size::Int => target.cast::<u32>().write_unaligned(value as u32),
        Size::Long | Size::LongDouble => target.cast::<u64>().write_unaligned(value),
    }
}

fn digit(byte: i32) -> u32 {
    match byte {
        48..=57 => byte as u32 - 48,
        65..=90 => byte as u32 - 55,
        97..=122 => byte as u32 - 87,
        _ => u32::MAX,
    }
}

/// Reads an integer in `base`; 0: its prefix says. Values beyond 64 bits saturate, as in strtol.
#[inline(never)]
pub unsafe fn scan(
    source: &mut Source,
    spec: &Specification,
    target: *mut u8,
    base: u32,
    c23: bool,
) -> Result<(), Stop> {
    let mut left = spec.width;
    let first = some(source)?;
    let negative = first == b'-';
    if negative || first == b'+' {
        source.advance();
        left -= 1;
    }
    let mut base = base;
    let mut any = false;
    if left != 0 && source.peek() == i32::from(b'0') {
        source.advance();
        left -= 1;
        any = true; // the zero of a prefix is a number, too
        let letter = if left != 0 { source.peek() | 0x20 } else { -1 };
        if letter == i32::from(b'x') && matches!(base, 0 | 16) {
            source.advance();
            left -= 1;
            base = 16;
        } else if letter == i32::from(b'b') && c23 && matches!(base, 0 | 2) {
            source.advance();
            left -= 1;
            base = 2;
        } else if base == 0 {
            base = 8;
        }
    } else if base == 0 {
        base = 10;
    }
    let mut value = 0_u64;
    let mut over = false;
    while left != 0 {
        let next = digit(source.peek());
        if next >= base {
            break;
        }
        match value.checked_mul(u64::from(base)).and_then(|value| value.checked_add(u64::from(next))) {
            Some(more) => value = more,
            None => over = true,
        }
        any = true;
        source.advance();
        left -= 1;
    }
    if !any {
        if spec.conversion == b'p' && first == b'(' {
            return null(source, left, target);
        }
        return Err(Stop::Mismatch);
    }
    let signed = matches!(spec.conversion, b'd' | b'i');
    let value = if signed {
        let limit = i64::MAX as u64 + u64::from(negative);
        let size = if over { limit } else { value.min(limit) };
        if negative { size.wrapping_neg() } else { size }
    } else if over {
        u64::MAX
    } else if negative {
        value.wrapping_neg()
    } else {
        value
    };
    if !spec.suppress {
        store(target, spec.size, value);
    }
    Ok(())
}

/// "(nil)", as `%p` prints it.
#[cold]
unsafe fn null(source: &mut Source, left: usize, target: *mut u8) -> Result<(), Stop> {
    for (i, letter) in b"(nil)".iter().enumerate() {
        if i >= left || source.peek() != i32::from(*letter) {
            return Err(Stop::Mismatch);
        }
        source.advance();
    }
    if !target.is_null() {
        store(target, Size::Long, 0);
    }
    Ok(())
}
