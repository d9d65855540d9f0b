//! A number's text: what it says and where it ends. Hexadecimal digits become bits here; decimal ones stay text.

/// What the text says.
pub(super) enum Number {
    /// Not a number at all: nothing is consumed.
    None,
    Infinite,
    NaN,
    /// Hexadecimal: `mantissa * 2^exponent`, and something more below if `sticky`.
    Binary {
        mantissa: u128,
        exponent: i32,
        sticky: bool,
    },
    Decimal(Decimal),
}

/// A decimal number's text.
pub(super) struct Decimal {
    /// From the first digit or point to behind the exponent.
    pub(super) text: *const u8,
    pub(super) len: usize,
    /// The first digit that is not 0; null: all are.
    pub(super) first: *const u8,
    /// Digits from there on.
    pub(super) count: usize,
    /// The value is those digits, as an integer, times 10 to this power.
    pub(super) power: i64,
}

/// A scanned text.
pub(super) struct Scanned {
    pub(super) negative: bool,
    pub(super) number: Number,
    pub(super) end: *const u8,
}

fn is_space(byte: u8) -> bool {
    byte == b' ' || byte.wrapping_sub(9) < 5
}

/// Whether `text` begins with `word`, in small or capital letters.
unsafe fn begins(text: *const u8, word: &[u8]) -> bool {
    word.iter().enumerate().all(|(i, letter)| *text.wrapping_add(i) | 0x20 == *letter)
}

pub(super) unsafe fn scan(text: *const u8) -> Scanned {
    let mut at = text;
    while is_space(*at) {
        at = at.wrapping_add(1);
    }
    let negative = *at == b'-';
    if negative || *at == b'+' {
        at = at.wrapping_add(1);
    }
    let (number, end) = if begins(at, b"inf") {
        let long = begins(at.wrapping_add(3), b"inity");
        (Number::Infinite, at.wrapping_add(if long { 8 } else { 3 }))
    } else if begins(at, b"nan") {
        (Number::NaN, behind_payload(at.wrapping_add(3)))
    } else if *at == b'0' && *at.wrapping_add(1) | 0x20 == b'x' && hex_follows(at.wrapping_add(2)) {
        hexadecimal(at.wrapping_add(2))
    } else {
        decimal(at)
    };
    if matches!(number, Number::None) {
        return Scanned { negative: false, number, end: text };
    }
    Scanned { negative, number, end }
}

/// Behind `(letters and digits)`, if that is there.
unsafe fn behind_payload(at: *const u8) -> *const u8 {
    if *at != b'(' {
        return at;
    }
    let mut end = at.wrapping_add(1);
    while (*end).is_ascii_alphanumeric() || *end == b'_' {
        end = end.wrapping_add(1);
    }
    if *end == b')' { end.wrapping_add(1) } else { at }
}

unsafe fn hex_follows(at: *const u8) -> bool {
    let at = if *at == b'.' { at.wrapping_add(1) } else { at };
    (*at).is_ascii_hexdigit()
}

/// The exponent behind `letter`; 0 and nothing consumed if there is none. Saturates far beyond any format.
unsafe fn exponent(at: &mut *const u8, letter: u8) -> i64 {
    const HUGE: i64 = 1 << 40;
    let mut here = *at;
    if *here | 0x20 != letter {
        return 0;
    }
    here = here.wrapping_add(1);
    let negative = *here == b'-';
    if negative || *here == b'+' {
        here = here.wrapping_add(1);
    }
    if !(*here).is_ascii_digit() {
        return 0;
    }
    let mut value = 0;
    while (*here).is_ascii_digit() {
        value = (value * 10 + i64::from(*here - b'0')).min(HUGE);
        here = here.wrapping_add(1);
    }
    *at = here;
    if negative { -value } else { value }
}

unsafe fn hexadecimal(text: *const u8) -> (Number, *const u8) {
    let mut at = text;
    let mut mantissa = 0_u128;
    let mut places = 0_i64;
    let mut sticky = false;
    let mut point = false;
    loop {
        let digit = match *at {
            b'.' if !point => {
                point = true;
                at = at.wrapping_add(1);
                continue;
            }
            digit @ b'0'..=b'9' => digit - b'0',
            letter if letter.is_ascii_hexdigit() => (letter | 0x20) - b'a' + 10,
            _ => break,
        };
        if mantissa >> 120 == 0 {
            mantissa = mantissa << 4 | u128::from(digit);
            places -= 4 * i64::from(point);
        } else {
            sticky |= digit != 0;
            places += 4 * i64::from(!point);
        }
        at = at.wrapping_add(1);
    }
    let power = exponent(&mut at, b'p') + places;
    let exponent = power.clamp(-(1 << 24), 1 << 24) as i32;
    (Number::Binary { mantissa, exponent, sticky }, at)
}

unsafe fn decimal(text: *const u8) -> (Number, *const u8) {
    let mut at = text;
    let mut first: *const u8 = core::ptr::null();
    let (mut count, mut places) = (0_usize, 0_i64);
    let (mut any, mut point) = (false, false);
    loop {
        match *at {
            b'.' if !point => point = true,
            digit @ b'0'..=b'9' => {
                any = true;
                if first.is_null() && digit != b'0' {
                    first = at;
                }
                count += usize::from(!first.is_null());
                places += i64::from(point);
            }
            _ => break,
        }
        at = at.wrapping_add(1);
    }
    if !any {
        return (Number::None, text);
    }
    let power = exponent(&mut at, b'e') - places;
    let len = at as usize - text as usize;
    (Number::Decimal(Decimal { text, len, first, count, power }), at)
}
