//! The engine of scanf.
//!
//! ```text
//!   format string -> Specification --.
//!   Source ------------------------- +-> integer, text, float -> the caller's objects
//! ```
//! A conversion takes the longest prefix that can begin a value; one byte is looked at beyond it and not taken. Results are those of glibc:
//! the number of objects stored, or EOF if the input ended before the first of them.

use crate::arch::variadic::VaList;
use crate::libc::errno;
use crate::sys::Errno;

mod float;
mod integer;
mod set;
mod source;
mod store;
mod text;

pub use source::Source;

/// Why scanning stops.
pub enum Stop {
    /// What follows is not what the format says: the count stands.
    Mismatch,
    /// The input ended: EOF, unless something was stored.
    End,
    /// A broken multibyte character, or no memory.
    Failed(Errno),
}

/// How wide the object is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Size {
    Char,
    Short,
    Int,
    Long,
    LongDouble,
}

/// One conversion specification.
struct Specification {
    /// `*`: nothing is stored.
    suppress: bool,
    /// `m`: the text goes to a new block.
    allocate: bool,
    /// Bytes or characters to take at most.
    width: usize,
    size: Size,
    conversion: u8,
    /// The argument's number; 0: the next.
    at: usize,
}

/// Scans: the number of objects stored, or EOF.
///
/// # Safety
/// The arguments are those that `format` asks for. `c23`: `0b` is a prefix of `%i`.
pub unsafe fn scan(source: &mut Source, format: *const u8, list: *mut VaList, c23: bool) -> i32 {
    let mut stored = 0;
    let result = run(source, format, &mut *list, c23, &mut stored);
    source.leave();
    match result {
        Ok(()) | Err(Stop::Mismatch) => stored,
        Err(Stop::End) if stored != 0 => stored,
        Err(Stop::End) => -1,
        Err(Stop::Failed(e)) => errno::fail(e),
    }
}

fn is_space(byte: i32) -> bool {
    byte == 32 || (9..14).contains(&byte)
}

#[inline(never)]
unsafe fn skip_space(source: &mut Source) {
    while is_space(source.peek()) {
        source.advance();
    }
}

/// What comes next, where something must.
#[inline]
unsafe fn some(source: &mut Source) -> Result<u8, Stop> {
    match source.peek() {
        -1 => Err(Stop::End),
        byte => Ok(byte as u8),
    }
}

unsafe fn run(
    source: &mut Source,
    format: *const u8,
    list: &mut VaList,
    c23: bool,
    stored: &mut i32,
) -> Result<(), Stop> {
    let first_argument = list.clone();
    let mut at = format;
    loop {
        let byte = *at;
        at = at.wrapping_add(1);
        match byte {
            0 => return Ok(()),
            b'%' => {}
            byte if is_space(i32::from(byte)) => {
                skip_space(source);
                continue;
            }
            byte => {
                if some(source)? != byte {
                    return Err(Stop::Mismatch);
                }
                source.advance();
                continue;
            }
        }
        let spec = parse(&mut at);
        let set = at;
        if spec.conversion == b'[' {
            at = set::end(at);
        }
        if !matches!(spec.conversion, b'[' | b'c' | b'C' | b'n') {
            skip_space(source);
        }
        if spec.conversion == b'%' {
            if some(source)? != b'%' {
                return Err(Stop::Mismatch);
            }
            source.advance();
            continue;
        }
        let target = if spec.suppress {
            core::ptr::null_mut()
        } else if spec.at == 0 {
            list.word() as *mut u8
        } else {
            let mut list = first_argument.clone();
            for _ in 1..spec.at {
                list.word();
            }
            list.word() as *mut u8
        };
        match spec.conversion {
            b'n' => {
                if !spec.suppress {
                    integer::store(target, spec.size, source.taken() as u64);
                }
                continue; // it counts as no object
            }
            b'd' => integer::scan(source, &spec, target, 10, c23)?,
            b'i' => integer::scan(source, &spec, target, 0, c23)?,
            b'u' => integer::scan(source, &spec, target, 10, c23)?,
            b'o' => integer::scan(source, &spec, target, 8, c23)?,
            b'x' | b'X' => integer::scan(source, &spec, target, 16, c23)?,
            b'b' if c23 => integer::scan(source, &spec, target, 2, c23)?,
            b'p' => integer::scan(source, &Specification { size: Size::Long, ..spec }, target, 16, c23)?,
            b'a' | b'A' | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => float::scan(source, &spec, target)?,
            b's' | b'S' | b'c' | b'C' | b'[' => text::scan(source, &spec, target, set)?,
            _ => return Err(Stop::Mismatch),
        }
        *stored += i32::from(!spec.suppress);
    }
}

unsafe fn number(at: &mut *const u8) -> usize {
    let mut value = 0_usize;
    while (**at).is_ascii_digit() {
        value = value.saturating_mul(10).saturating_add(usize::from(**at - b'0'));
        *at = at.wrapping_add(1);
    }
    value
}

/// Parses what follows a `%`; leaves `at` behind the conversion character.
unsafe fn parse(at: &mut *const u8) -> Specification {
    let mut spec =
        Specification { suppress: false, allocate: false, width: usize::MAX, size: Size::Int, conversion: 0, at: 0 };
    if (**at).is_ascii_digit() {
        let value = number(at);
        if **at == b'$' {
            spec.at = value;
            *at = at.wrapping_add(1);
        } else if value != 0 {
            spec.width = value;
        }
    }
    loop {
        match **at {
            b'*' => spec.suppress = true,
            b'\'' | b'I' => {}
            b'm' => spec.allocate = true,
            b'0'..=b'9' => {
                let value = number(at);
                spec.width = if value == 0 { usize::MAX } else { value };
                continue;
            }
            b'h' if spec.size == Size::Short => spec.size = Size::Char,
            b'h' => spec.size = Size::Short,
            b'l' if spec.size == Size::Long => spec.size = Size::LongDouble,
            b'l' | b'j' | b'z' | b't' => spec.size = Size::Long,
            b'L' | b'q' => spec.size = Size::LongDouble,
            0 => return spec, // the format ends: no conversion
            conversion => {
                spec.conversion = conversion;
                *at = at.wrapping_add(1);
                return spec;
            }
        }
        *at = at.wrapping_add(1);
    }
}
