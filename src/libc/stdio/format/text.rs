//! Strings and characters: `%s %c %ls %lc`.

use super::super::strlen;
use super::Sink;
use super::specification::{LEFT, Specification};
use crate::sys::Errno;

/// `len` bytes in the width.
#[inline(never)]
pub unsafe fn padded(sink: &mut Sink, spec: &Specification, from: *const u8, len: usize) {
    let spaces = spec.width as isize - len as isize;
    if spec.flags & LEFT == 0 {
        sink.fill(b' ', spaces);
    }
    sink.write(from, len);
    if spec.flags & LEFT != 0 {
        sink.fill(b' ', spaces);
    }
}

/// A C string, cut at the precision; it need not end if that comes first.
#[inline(never)]
pub unsafe fn bytes(sink: &mut Sink, spec: &Specification, string: *const u8) {
    let len = if spec.precision < 0 {
        strlen(string)
    } else {
        // Not `memchr`, which would bring the wide loops of all memory functions into programs that have no other use for them.
        let most = spec.precision as usize;
        let mut len = 0;
        while len < most && *string.wrapping_add(len) != 0 {
            len += 1;
        }
        len
    };
    padded(sink, spec, string, len);
}

/// UTF-8 of a wide character: the bytes and how many.
#[inline(never)]
fn encode(character: i32) -> Result<([u8; 4], usize), Errno> {
    let Some(character) = char::from_u32(character as u32) else {
        return Err(Errno::EILSEQ);
    };
    let code = character as u32;
    let tail = |shift: u32| 0x80 | (code >> shift & 0x3f) as u8;
    Ok(match code {
        0..0x80 => ([code as u8, 0, 0, 0], 1),
        0x80..0x800 => ([0xc0 | (code >> 6) as u8, tail(0), 0, 0], 2),
        0x800..0x1_0000 => ([0xe0 | (code >> 12) as u8, tail(6), tail(0), 0], 3),
        _ => ([0xf0 | (code >> 18) as u8, tail(12), tail(6), tail(0)], 4),
    })
}

/// `%lc`.
pub unsafe fn wide_character(sink: &mut Sink, spec: &Specification, character: i32) -> Result<(), Errno> {
    let (bytes, len) = encode(character)?;
    padded(sink, spec, bytes.as_ptr(), len);
    Ok(())
}

/// `%ls`: as UTF-8; the precision counts bytes and never cuts a character.
pub unsafe fn wide(sink: &mut Sink, spec: &Specification, string: *const i32) -> Result<(), Errno> {
    let most = if spec.precision < 0 { usize::MAX } else { spec.precision as usize };
    let mut len = 0;
    let mut at = string;
    while len < most && *at != 0 {
        let (_, more) = encode(*at)?;
        if more > most - len {
            break;
        }
        len += more;
        at = at.wrapping_add(1);
    }
    let spaces = spec.width as isize - len as isize;
    if spec.flags & LEFT == 0 {
        sink.fill(b' ', spaces);
    }
    let end = at;
    at = string;
    while at != end {
        let (bytes, more) = encode(*at)?;
        sink.write(bytes.as_ptr(), more);
        at = at.wrapping_add(1);
    }
    if spec.flags & LEFT != 0 {
        sink.fill(b' ', spaces);
    }
    Ok(())
}
