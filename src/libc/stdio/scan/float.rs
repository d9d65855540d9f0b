//! Floating-point numbers: collected as text, converted by strtod's code.

use super::store::Store;
use super::{Size, Source, Specification, Stop, some};
use crate::libc::stdlib::float_parse;

/// Texts up to this length need no memory.
const SHORT: usize = 128;

/// Collected characters: on the stack, then in a block that grows.
struct Text {
    short: [u8; SHORT],
    len: usize,
    long: Option<Store>,
}

impl Text {
    unsafe fn push(&mut self, byte: u8) -> Result<(), Stop> {
        if let Some(long) = &mut self.long {
            long.push(u32::from(byte))?;
        } else if let Some(slot) = self.short.get_mut(self.len) {
            *slot = byte;
        } else {
            let mut long = Store::growing(false)?;
            for byte in self.short {
                long.push(u32::from(byte))?;
            }
            long.push(u32::from(byte))?;
            self.long = Some(long);
        }
        self.len += 1;
        Ok(())
    }
}

/// Reads a number.
pub unsafe fn scan(source: &mut Source, spec: &Specification, target: *mut u8) -> Result<(), Stop> {
    let mut text = Text { short: [0; SHORT], len: 0, long: None };
    let result = collect(source, spec.width, &mut text).and_then(|()| convert(&mut text, spec, target));
    if let Some(long) = &mut text.long {
        long.discard();
    }
    result
}

unsafe fn convert(text: &mut Text, spec: &Specification, target: *mut u8) -> Result<(), Stop> {
    text.push(0)?;
    let start = match &text.long {
        Some(long) => long.base.cast_const(),
        None => text.short.as_ptr(),
    };
    let mut end = start;
    let mut image = [0_u64; 2];
    let bytes = match spec.size {
        Size::LongDouble => {
            image = float_parse::long(start, &mut end);
            16
        }
        Size::Long => {
            image[0] = float_parse::double(start, &mut end).to_bits();
            8
        }
        _ => {
            image[0] = u64::from(float_parse::float(start, &mut end).to_bits());
            4
        }
    };
    if end == start {
        return Err(Stop::Mismatch);
    }
    if !spec.suppress {
        // On x86-64 a long double's padding is written too: it belongs to the object.
        core::ptr::copy_nonoverlapping(image.as_ptr().cast(), target, bytes);
    }
    Ok(())
}

/// Takes a letter of a word like "inf".
unsafe fn letters(source: &mut Source, left: &mut usize, text: &mut Text, word: &[u8]) -> Result<(), Stop> {
    for letter in word {
        if *left == 0 || source.peek() | 0x20 != i32::from(*letter) {
            return Err(Stop::Mismatch);
        }
        text.push(*letter)?;
        source.advance();
        *left -= 1;
    }
    Ok(())
}

unsafe fn collect(source: &mut Source, width: usize, text: &mut Text) -> Result<(), Stop> {
    let mut left = width;
    let sign = some(source)?;
    if matches!(sign, b'-' | b'+') {
        text.push(sign)?;
        source.advance();
        left -= 1;
        if left == 0 || source.peek() < 0 {
            return Err(Stop::Mismatch);
        }
    }
    match source.peek() | 0x20 {
        0x6e => return letters(source, &mut left, text, b"nan"),
        0x69 => {
            letters(source, &mut left, text, b"inf")?;
            if left != 0 && source.peek() | 0x20 == 0x69 {
                letters(source, &mut left, text, b"inity")?;
            }
            return Ok(());
        }
        _ => {}
    }
    let start = text.len;
    let (mut digits, mut point, mut power) = (false, false, false);
    let mut exponent_letter = b'e';
    if left != 0 && source.peek() == i32::from(b'0') {
        text.push(b'0')?;
        source.advance();
        left -= 1;
        digits = true;
        if left != 0 && source.peek() | 0x20 == i32::from(b'x') {
            text.push(b'x')?;
            source.advance();
            left -= 1;
            exponent_letter = b'p';
            digits = false;
        }
    }
    let hexadecimal = exponent_letter == b'p';
    let mut before = 0_u8;
    while left != 0 {
        let byte = source.peek();
        if byte < 0 {
            break;
        }
        let byte = byte as u8;
        if byte.is_ascii_digit() || hexadecimal && !power && byte.is_ascii_hexdigit() {
            digits = true;
        } else if power && before | 0x20 == exponent_letter && matches!(byte, b'-' | b'+') {
        } else if byte == b'.' && !point && !power {
            point = true;
        } else if byte | 0x20 == exponent_letter && digits && !power {
            power = true;
            point = true;
        } else {
            break;
        }
        text.push(byte)?;
        source.advance();
        before = byte;
        left -= 1;
    }
    if text.len == start || hexadecimal && text.len == start + 2 {
        return Err(Stop::Mismatch);
    }
    Ok(())
}
