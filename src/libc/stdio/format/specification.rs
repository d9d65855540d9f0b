//! One conversion specification: `%[n$][flags][width][.precision][size]conversion`.

/// `-`: to the left.
pub const LEFT: u8 = 1;
/// `+`: always a sign.
pub const PLUS: u8 = 2;
/// ` `: a space where a plus would be.
pub const SPACE: u8 = 4;
/// `#`: the alternative form.
pub const ALTERNATIVE: u8 = 8;
/// `0`: zeros fill the width.
pub const ZERO: u8 = 16;
/// `'`: thousands' groups, which the C locale does not have.
pub const GROUP: u8 = 32;

/// What the size modifiers say.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Size {
    /// `hh`
    Char,
    /// `h`
    Short,
    /// none
    Int,
    /// `l`, and `ll`, `j`, `z`, `t`: all are 64 bits
    Long,
    /// `L`, `q`: 64 bits, or `long double`
    LongDouble,
}

/// A parsed specification.
#[derive(Clone, Copy)]
pub struct Specification {
    pub flags: u8,
    pub size: Size,
    /// 0 if the format ended.
    pub conversion: u8,
    /// Bits `STAR_WIDTH`, `STAR_PRECISION`: it comes from an argument.
    pub star: u8,
    pub width: i32,
    /// Negative: none was given.
    pub precision: i32,
    /// Argument numbers of value, width and precision; 0: the next one.
    pub value_at: u16,
    pub width_at: u16,
    pub precision_at: u16,
}

/// In `star`: the width.
pub const STAR_WIDTH: u8 = 1;
/// In `star`: the precision.
pub const STAR_PRECISION: u8 = 2;

/// A number in the format is beyond `INT_MAX`.
pub struct TooLarge;

/// A number at `*at`, 0 if there is none; leaves `at` behind it.
#[inline(never)]
unsafe fn number(at: &mut *const u8) -> Result<i32, TooLarge> {
    let mut value = 0_i32;
    loop {
        let digit = (**at).wrapping_sub(b'0');
        if digit > 9 {
            return Ok(value);
        }
        value = value.checked_mul(10).and_then(|value| value.checked_add(i32::from(digit))).ok_or(TooLarge)?;
        *at = at.wrapping_add(1);
    }
}

/// `n$`; 0 and nothing consumed if there is none.
#[inline(never)]
unsafe fn position(at: &mut *const u8) -> Result<u16, TooLarge> {
    let mut ahead = *at;
    let value = number(&mut ahead)?;
    if value == 0 || *ahead != b'$' {
        return Ok(0);
    }
    *at = ahead.wrapping_add(1);
    Ok(value.min(i32::from(u16::MAX)) as u16)
}

impl Specification {
    /// A conversion and nothing else.
    pub const fn plain(conversion: u8) -> Specification {
        Specification {
            flags: 0,
            size: Size::Int,
            conversion,
            star: 0,
            width: 0,
            precision: -1,
            value_at: 0,
            width_at: 0,
            precision_at: 0,
        }
    }

    /// Parses what follows a `%`; leaves `at` behind the conversion character.
    ///
    /// # Errors
    /// A number beyond `INT_MAX`.
    #[inline(always)]
    pub unsafe fn parse(at: &mut *const u8) -> Result<Specification, TooLarge> {
        let mut result = Specification::plain(**at);
        // Letters up to the flags' place: no flags, no numbers, no sizes. One compare for the commonest specifications.
        if matches!(result.conversion, b'c' | b'd' | b'f' | b's' | b'u' | b'x') {
            *at = at.wrapping_add(1);
            return Ok(result);
        }
        result.parse_rest(at)?;
        Ok(result)
    }

    /// The parser itself.
    ///
    /// # Errors
    /// A number beyond `INT_MAX`.
    #[inline(never)]
    pub unsafe fn parse_rest(&mut self, at: &mut *const u8) -> Result<(), TooLarge> {
        let mut here = *at;
        if (*here).wrapping_sub(b'1') < 9 {
            self.value_at = position(&mut here)?;
        }
        loop {
            self.flags |= match *here {
                b'-' => LEFT,
                b'+' => PLUS,
                b' ' => SPACE,
                b'#' => ALTERNATIVE,
                b'0' => ZERO,
                b'\'' => GROUP,
                b'I' => 0, // the locale's own digits: the C locale has none
                _ => break,
            };
            here = here.wrapping_add(1);
        }
        if *here == b'*' {
            here = here.wrapping_add(1);
            self.star = STAR_WIDTH;
            self.width_at = position(&mut here)?;
        } else {
            self.width = number(&mut here)?;
        }
        if *here == b'.' {
            here = here.wrapping_add(1);
            if *here == b'*' {
                here = here.wrapping_add(1);
                self.star |= STAR_PRECISION;
                self.precision_at = position(&mut here)?;
            } else {
                self.precision = number(&mut here)?;
            }
        }
        loop {
            self.size = match *here {
                b'h' if self.size == Size::Short => Size::Char,
                b'h' => Size::Short,
                b'l' | b'j' | b'z' | b't' | b'Z' => Size::Long,
                b'L' | b'q' => Size::LongDouble,
                _ => break,
            };
            here = here.wrapping_add(1);
        }
        self.conversion = *here;
        if self.conversion != 0 {
            here = here.wrapping_add(1);
        }
        *at = here;
        Ok(())
    }

    /// How the value is passed.
    pub fn kind(&self) -> Kind {
        match self.conversion | 0x20 {
            b'a' | b'e' | b'f' | b'g' if self.size == Size::LongDouble => Kind::LongDouble,
            b'a' | b'e' | b'f' | b'g' => Kind::Double,
            b'm' | 0x20 => Kind::Nothing,
            _ if self.conversion == b'%' => Kind::Nothing,
            _ => Kind::Word,
        }
    }
}

/// How an argument is passed.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// In an integer register: also what a gap in the numbering is taken for.
    Word = 0,
    Double,
    LongDouble,
    Nothing,
}
