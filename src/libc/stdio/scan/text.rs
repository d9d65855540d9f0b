//! Text: `%s %c %[...]` and their wide forms.

use super::set::Set;
use super::store::{Full, Store};
use super::{Size, Source, Specification, Stop, is_space, some};
use crate::sys::Errno;

impl From<Full> for Stop {
    fn from(_: Full) -> Stop {
        Stop::Failed(Errno::ENOMEM)
    }
}

/// Takes the rest of the UTF-8 character that begins with `first`, which was taken.
unsafe fn rest_of(source: &mut Source, first: u8) -> Result<u32, Stop> {
    const BROKEN: Stop = Stop::Failed(Errno::EILSEQ);
    let (more, mut code, least) = match first {
        0..0x80 => return Ok(u32::from(first)),
        0xc2..0xe0 => (1, u32::from(first & 0x1f), 0x80),
        0xe0..0xf0 => (2, u32::from(first & 0x0f), 0x800),
        0xf0..0xf5 => (3, u32::from(first & 0x07), 0x1_0000),
        _ => return Err(BROKEN),
    };
    for _ in 0..more {
        match source.peek() {
            byte @ 0x80..=0xbf => code = code << 6 | (byte as u32 & 0x3f),
            _ => return Err(BROKEN),
        }
        source.advance();
    }
    if code < least || char::from_u32(code).is_none() { Err(BROKEN) } else { Ok(code) }
}

/// Reads one conversion of text; `set` is where a bracket's set begins.
pub unsafe fn scan(source: &mut Source, spec: &Specification, target: *mut u8, set: *const u8) -> Result<(), Stop> {
    let wide = matches!(spec.conversion, b'S' | b'C') || spec.size == Size::Long;
    let mut store = match spec.suppress {
        true => Store::new(core::ptr::null_mut(), wide),
        false if spec.allocate => Store::growing(wide)?,
        false => Store::new(target, wide),
    };
    let result = take(source, spec, wide, &mut store, set);
    if result.is_err() {
        store.discard();
    } else if spec.allocate && !spec.suppress {
        *target.cast::<*mut u8>() = store.base;
    }
    result
}

unsafe fn take(
    source: &mut Source,
    spec: &Specification,
    wide: bool,
    store: &mut Store,
    set: *const u8,
) -> Result<(), Stop> {
    let character = spec.conversion | 0x20 == b'c';
    let set = if spec.conversion == b'[' { Some(Set::parse(set)) } else { None };
    let mut left = if character && spec.width == usize::MAX { 1 } else { spec.width };
    let mut any = false;
    some(source)?;
    while left != 0 {
        let byte = source.peek();
        if byte < 0 {
            break;
        }
        let fits = match &set {
            // A wide character's first byte stands for it: beyond ASCII, only a negated set has it.
            Some(set) if wide && byte >= 0x80 => set.has(u32::MAX),
            Some(set) => set.has(byte as u32),
            None => character || !is_space(byte),
        };
        if !fits {
            break;
        }
        source.advance();
        let value = if wide { rest_of(source, byte as u8)? } else { byte as u32 };
        store.push(value)?;
        any = true;
        left -= 1;
    }
    if !any {
        return Err(Stop::Mismatch);
    }
    if !character {
        store.push(0)?;
    }
    Ok(())
}
