//! The engine of printf.
//!
//! ```text
//!   format string -> Specification --.
//!   va_list       -> Arguments ------+-> integer, float, text -> Sink
//! ```
//! Output is byte for byte glibc's in the C locale. Everything is exact: `float` rounds the true value once, to nearest even.

use crate::arch::variadic::VaList;
use crate::libc::errno;
use crate::sys::Errno;

mod argument;
mod float;
mod hexfloat;
mod integer;
mod sink;
mod specification;
mod text;

pub use sink::Sink;

use argument::{Arguments, MOST};
use specification::{ALTERNATIVE, GROUP, LEFT, PLUS, SPACE, STAR_PRECISION, STAR_WIDTH, Size, Specification, ZERO};

/// Formats into `sink`: the number of bytes, or -1 with `errno` set (EINVAL: the format ends inside a specification; EOVERFLOW: more than
/// `INT_MAX`; EILSEQ: a wide character that is none; what the sink says).
///
/// # Safety
/// The arguments are those that `format` asks for.
pub unsafe fn format(sink: &mut Sink, format: *const u8, list: *mut VaList) -> i32 {
    run(sink, format, &mut Arguments { list: &mut *list, kinds: None })
}

/// The same for a format with numbered arguments, met at `at`, where no argument was taken yet.
#[cold]
#[inline(never)]
unsafe fn with_numbers(sink: &mut Sink, at: *const u8, arguments: &mut Arguments<'_>) -> i32 {
    let mut kinds = [0; MOST];
    argument::kinds(at, &mut kinds);
    run(sink, at, &mut Arguments { list: arguments.list, kinds: Some(&kinds) })
}

#[inline(never)]
unsafe fn run(sink: &mut Sink, format: *const u8, arguments: &mut Arguments<'_>) -> i32 {
    let mut at = format;
    loop {
        // Plain text: at most to the window's end, one byte at a time, as most pieces are short.
        let mut to = sink.at;
        let end = sink.end;
        while *at != b'%' && *at != 0 && to != end {
            *to = *at;
            to = to.wrapping_add(1);
            at = at.wrapping_add(1);
        }
        sink.at = to;
        if *at == 0 {
            break;
        }
        if *at != b'%' {
            let from = at;
            while *at != b'%' && *at != 0 {
                at = at.wrapping_add(1);
            }
            sink.write(from, at as usize - from as usize);
            continue;
        }
        let percent = at;
        at = at.wrapping_add(1);
        let Ok(mut spec) = Specification::parse(&mut at) else {
            return errno::fail(Errno::EOVERFLOW);
        };
        if (spec.value_at | spec.width_at | spec.precision_at) != 0 && arguments.kinds.is_none() {
            return with_numbers(sink, percent, arguments);
        }
        if spec.star != 0
            && let Err(e) = stars(&mut spec, arguments)
        {
            return errno::fail(e);
        }
        if let Err(e) = convert(sink, &spec, arguments) {
            return errno::fail(e);
        }
    }
    if sink.failed {
        return -1;
    }
    match i32::try_from(sink.written()) {
        Ok(count) => count,
        Err(_) => errno::fail(Errno::EOVERFLOW),
    }
}

/// Takes width and precision from the arguments.
#[cold]
#[inline(never)]
unsafe fn stars(spec: &mut Specification, arguments: &mut Arguments<'_>) -> Result<(), Errno> {
    if spec.star & STAR_WIDTH != 0 {
        spec.width = arguments.word(spec.width_at) as i32;
        if spec.width < 0 {
            spec.flags |= LEFT;
            spec.width = spec.width.checked_neg().ok_or(Errno::EOVERFLOW)?;
        }
    }
    if spec.star & STAR_PRECISION != 0 {
        spec.precision = (arguments.word(spec.precision_at) as i32).max(-1);
    }
    Ok(())
}

#[inline(always)]
unsafe fn convert(sink: &mut Sink, spec: &Specification, arguments: &mut Arguments<'_>) -> Result<(), Errno> {
    match spec.conversion {
        b'a' | b'A' | b'e' | b'E' | b'f' | b'F' | b'g' | b'G' => {
            let value = arguments.float(spec.value_at, spec.kind());
            float::format(sink, spec, value);
            return Ok(());
        }
        b'd' | b'i' | b'u' | b'x' | b'X' | b'o' | b'b' | b'B' | b'p' | b's' | b'S' | b'c' | b'C' | b'n' => {}
        _ => return without_value(sink, spec),
    }
    // One place that takes a word, for the code's size.
    let word = arguments.word(spec.value_at);
    match spec.conversion {
        b'd' | b'i' => {
            let value = match spec.size {
                Size::Char => i64::from(word as i8),
                Size::Short => i64::from(word as i16),
                Size::Int => i64::from(word as i32),
                Size::Long | Size::LongDouble => word as i64,
            };
            let sign = if value < 0 { b'-' } else { plus(spec.flags) };
            integer::decimal(sink, spec, sign, value.unsigned_abs());
        }
        b's' if spec.size != Size::Long && word != 0 => text::bytes(sink, spec, word as *const u8),
        b'c' if spec.size != Size::Long => text::padded(sink, spec, &raw const word as *const u8, 1),
        b's' | b'S' | b'c' | b'C' | b'n' | b'p' => return rare(sink, spec, word),
        _ => {
            let value = match spec.size {
                Size::Char => u64::from(word as u8),
                Size::Short => u64::from(word as u16),
                Size::Int => u64::from(word as u32),
                Size::Long | Size::LongDouble => word,
            };
            match spec.conversion {
                b'u' => integer::decimal(sink, spec, 0, value),
                letter => {
                    let bits = match letter | 0x20 {
                        b'x' => 4,
                        b'o' => 3,
                        _ => 1,
                    };
                    integer::power_of_two(sink, spec, bits, 0, value);
                }
            }
        }
    }
    Ok(())
}

/// `%%`, `%m`, and what is no conversion.
#[cold]
#[inline(never)]
unsafe fn without_value(sink: &mut Sink, spec: &Specification) -> Result<(), Errno> {
    unsafe extern "C" {
        fn strerror(number: i32) -> *const u8;
    }
    match spec.conversion {
        b'%' => sink.byte(b'%'),
        b'm' => text::bytes(sink, spec, strerror(errno::get())),
        0 => return Err(Errno::EINVAL),
        _ => unknown(sink, spec),
    }
    Ok(())
}

/// What null pointers are called, and the empty text at 12. One constant of its own: literals share a section that is linked whole.
static NAMES: [u8; 13] = *b"(nil)\0(null)\0";

/// Pointers, wide text, `%n`.
#[cold]
#[inline(never)]
unsafe fn rare(sink: &mut Sink, spec: &Specification, word: u64) -> Result<(), Errno> {
    match spec.conversion {
        b'p' if word == 0 => {
            let whole = Specification { precision: -1, ..*spec };
            text::bytes(sink, &whole, NAMES.as_ptr());
        }
        b'p' => {
            let spec = Specification { flags: spec.flags | ALTERNATIVE, conversion: b'x', ..*spec };
            integer::power_of_two(sink, &spec, 4, plus(spec.flags), word);
        }
        b's' | b'S' if word == 0 => {
            // A precision that would cut it gives nothing at all.
            let shown = if spec.precision < 0 || spec.precision >= 6 { 6 } else { 12 };
            text::bytes(sink, spec, NAMES.as_ptr().wrapping_add(shown));
        }
        b's' | b'S' => text::wide(sink, spec, word as *const i32)?,
        b'c' | b'C' => text::wide_character(sink, spec, word as i32)?,
        _ => {
            let (to, written) = (word as *mut u8, sink.written());
            match spec.size {
                Size::Char => *to = written as u8,
                Size::Short => *to.cast::<u16>() = written as u16,
                Size::Int => *to.cast::<u32>() = written as u32,
                Size::Long | Size::LongDouble => *to.cast::<u64>() = written as u64,
            }
        }
    }
    Ok(())
}

/// A conversion that nobody knows is shown as it was understood.
unsafe fn unknown(sink: &mut Sink, spec: &Specification) {
    sink.byte(b'%');
    for (flag, shown) in [(ALTERNATIVE, b'#'), (GROUP, b'\'')] {
        if spec.flags & flag != 0 {
            sink.byte(shown);
        }
    }
    if plus(spec.flags) != 0 {
        sink.byte(plus(spec.flags));
    }
    if spec.flags & LEFT != 0 {
        sink.byte(b'-');
    } else if spec.flags & ZERO != 0 {
        sink.byte(b'0');
    }
    if spec.width != 0 {
        integer::plain(sink, spec.width as u64);
    }
    if spec.precision >= 0 {
        sink.byte(b'.');
        integer::plain(sink, spec.precision as u64);
    }
    sink.byte(spec.conversion);
}

/// The sign of what is not negative; 0: none.
#[inline(always)]
fn plus(flags: u8) -> u8 {
    if flags & PLUS != 0 {
        b'+'
    } else if flags & SPACE != 0 {
        b' '
    } else {
        0
    }
}
