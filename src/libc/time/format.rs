//! strftime: dates as text, in the C locale. GNU's flags `_ - 0 ^ #` and widths, `%E` and `%O` (which change nothing here).

use core::ffi::{c_int, c_void};

use super::calendar::{Date, join};
use super::zone;
use crate::libc::locale::nl_langinfo;
use crate::libc::string::bytes;

const ABDAY_1: c_int = 0x2_0000;
const DAY_1: c_int = ABDAY_1 + 7;
const ABMON_1: c_int = ABDAY_1 + 14;
const MON_1: c_int = ABDAY_1 + 26;
const AM_STR: c_int = ABDAY_1 + 38;

/// Where the text goes; `at` counts on beyond `room`.
struct Output {
    to: *mut u8,
    room: usize,
    at: usize,
}

impl Output {
    unsafe fn put(&mut self, byte: u8) {
        if self.at < self.room {
            *self.to.add(self.at) = byte;
        }
        self.at += 1;
    }
}

/// What stands between `%` and the letter.
#[derive(Clone, Copy)]
struct Field {
    /// `_`, `-`, `0` or 0 for the conversion's own.
    pad: u8,
    upper: bool,
    swap: bool,
    width: usize,
}

impl Field {
    /// The number with at least `digits` digits, padded as asked or by the conversion's own `fill`.
    unsafe fn number(self, out: &mut Output, value: i64, digits: usize, fill: u8) {
        let mut buffer = [0_u8; 20];
        let (mut n, mut rest) = (0, value.unsigned_abs());
        while rest != 0 || n == 0 {
            *buffer.as_mut_ptr().add(n) = b'0' + (rest % 10) as u8;
            rest /= 10;
            n += 1;
        }
        let fill = match self.pad {
            b'_' => b' ',
            b'0' => b'0',
            b'-' => 0,
            _ => fill,
        };
        let sign = usize::from(value < 0);
        let wanted = if self.width > 0 {
            self.width
        } else if fill == 0 {
            0
        } else {
            digits + sign
        };
        let missing = wanted.saturating_sub(n + sign);
        if fill == b' ' {
            for _ in 0..missing {
                out.put(b' ');
            }
        }
        if value < 0 {
            out.put(b'-');
        }
        if fill == b'0' || (fill == 0 && self.width > 0) {
            for _ in 0..missing {
                out.put(b'0');
            }
        }
        while n > 0 {
            n -= 1;
            out.put(*buffer.as_ptr().add(n));
        }
    }

    unsafe fn text(self, out: &mut Output, text: &[u8]) {
        let fill = if self.pad == b'0' { b'0' } else { b' ' };
        for _ in text.len()..self.width {
            out.put(fill);
        }
        for byte in text {
            out.put(if self.upper { byte.to_ascii_uppercase() } else { *byte });
        }
    }

    unsafe fn nested(self, out: &mut Output, format: &core::ffi::CStr, date: &Date) {
        let mut inner = [0_u8; 64];
        let mut text = Output { to: inner.as_mut_ptr(), room: inner.len(), at: 0 };
        write(&mut text, format.as_ptr().cast(), date);
        self.text(out, inner.get(..text.at).unwrap_or(&inner));
    }
}

/// The text of a name, or `?` for a number that names nothing.
unsafe fn named(base: c_int, index: c_int, count: c_int) -> &'static [u8] {
    if (0..count).contains(&index) { bytes(nl_langinfo(base + index)) } else { b"?" }
}

/// ISO 8601's week-based year and week.
fn iso_week(date: &Date) -> (i64, i64) {
    let year = i64::from(date.year) + 1900;
    // Monday is 0; the week belongs to the year that holds its Thursday.
    let weekday = (i64::from(date.weekday) + 6) % 7;
    let week = (i64::from(date.yearday) - weekday + 10) / 7;
    let weeks_of = |year: i64| {
        let last = |y: i64| (y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400)).rem_euclid(7);
        if last(year) == 4 || last(year - 1) == 3 { 53 } else { 52 }
    };
    if week < 1 {
        (year - 1, weeks_of(year - 1))
    } else if week > weeks_of(year) {
        (year + 1, 1)
    } else {
        (year, week)
    }
}

unsafe fn write(out: &mut Output, mut format: *const u8, date: &Date) {
    while *format != 0 {
        if *format != b'%' {
            out.put(*format);
            format = format.add(1);
            continue;
        }
        let start = format;
        format = format.add(1);
        let mut field = Field { pad: 0, upper: false, swap: false, width: 0 };
        loop {
            match *format {
                pad @ (b'_' | b'-' | b'0' | b'+') => field.pad = pad,
                b'^' => field.upper = true,
                b'#' => field.swap = true,
                _ => break,
            }
            format = format.add(1);
        }
        while (*format).is_ascii_digit() {
            field.width = (field.width * 10 + usize::from(*format - b'0')).min(1 << 20);
            format = format.add(1);
        }
        if *format == b'E' || *format == b'O' {
            format = format.add(1);
        }
        let letter = *format;
        if letter == 0 {
            let mut at = start;
            while at < format {
                out.put(*at);
                at = at.add(1);
            }
            return;
        }
        format = format.add(1);
        if !one(out, letter, field, date) {
            let mut at = start;
            while at < format {
                out.put(*at);
                at = at.add(1);
            }
        }
    }
}

/// One conversion; false if the letter is none.
unsafe fn one(out: &mut Output, letter: u8, field: Field, date: &Date) -> bool {
    let year = i64::from(date.year) + 1900;
    let hour12 = match date.hour % 12 {
        0 => 12,
        hour => hour,
    };
    let swapped = Field { upper: field.upper || field.swap, ..field };
    let mut number = |value: i64, digits, fill| field.number(out, value, digits, fill);
    match letter {
        b'd' => number(date.day.into(), 2, b'0'),
        b'e' => number(date.day.into(), 2, b' '),
        b'H' => number(date.hour.into(), 2, b'0'),
        b'k' => number(date.hour.into(), 2, b' '),
        b'I' => number(hour12.into(), 2, b'0'),
        b'l' => number(hour12.into(), 2, b' '),
        b'j' => number(i64::from(date.yearday) + 1, 3, b'0'),
        b'm' => number(i64::from(date.month) + 1, 2, b'0'),
        b'M' => number(date.minute.into(), 2, b'0'),
        b'S' => number(date.second.into(), 2, b'0'),
        b'u' => number(if date.weekday == 0 { 7 } else { date.weekday.into() }, 1, b'0'),
        b'w' => number(date.weekday.into(), 1, b'0'),
        b'U' => number((i64::from(date.yearday) + 7 - i64::from(date.weekday)) / 7, 2, b'0'),
        b'W' => number((i64::from(date.yearday) + 7 - (i64::from(date.weekday) + 6) % 7) / 7, 2, b'0'),
        b'V' => number(iso_week(date).1, 2, b'0'),
        b'G' => number(iso_week(date).0, 1, b'0'),
        b'g' => number(iso_week(date).0.rem_euclid(100), 2, b'0'),
        b'y' => number(year.rem_euclid(100), 2, b'0'),
        b'Y' => number(year, 1, b'0'),
        b'C' => number(year.div_euclid(100), 2, b'0'),
        b's' => {
            let mut copy = *date;
            copy.zone = core::ptr::null();
            number(zone::from_local(join(&copy), date.daylight).unwrap_or(-1), 1, b'0');
        }
        b'a' => swapped.text(out, named(ABDAY_1, date.weekday, 7)),
        b'A' => swapped.text(out, named(DAY_1, date.weekday, 7)),
        b'b' | b'h' => swapped.text(out, named(ABMON_1, date.month, 12)),
        b'B' => swapped.text(out, named(MON_1, date.month, 12)),
        b'p' | b'P' => {
            let text = named(AM_STR, c_int::from(date.hour > 11), 2);
            let low = letter == b'P' || field.swap;
            let lowered = [text[0].to_ascii_lowercase(), text[1].to_ascii_lowercase()];
            field.text(out, if low { &lowered } else { text });
        }
        b'c' => field.nested(out, c"%a %b %e %H:%M:%S %Y", date),
        b'D' | b'x' => field.nested(out, c"%m/%d/%y", date),
        b'F' => field.nested(out, c"%Y-%m-%d", date),
        b'r' => field.nested(out, c"%I:%M:%S %p", date),
        b'R' => field.nested(out, c"%H:%M", date),
        b'T' | b'X' => field.nested(out, c"%H:%M:%S", date),
        b'n' => field.text(out, b"\n"),
        b't' => field.text(out, b"\t"),
        b'%' => field.text(out, b"%"),
        b'z' => {
            if date.daylight >= 0 {
                let minutes = date.offset.abs() / 60;
                let value = minutes / 60 * 100 + minutes % 60;
                if date.offset < 0 {
                    out.put(b'-');
                } else {
                    out.put(b'+');
                }
                Field { width: field.width.saturating_sub(1), ..field }.number(out, value, 4, b'0');
            }
        }
        b'Z' => {
            let name: &[u8] = if date.zone.is_null() || date.daylight < 0 { b"" } else { bytes(date.zone.cast()) };
            if field.swap {
                for byte in name {
                    out.put(byte.to_ascii_lowercase());
                }
            } else {
                field.text(out, name);
            }
        }
        _ => return false,
    }
    true
}

/// Bytes written without the zero; 0 if they and the zero do not fit.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn strftime(to: *mut u8, room: usize, format: *const u8, date: *const Date) -> usize {
    let mut out = Output { to, room, at: 0 };
    write(&mut out, format, &*date);
    if out.at >= room {
        return 0;
    }
    *to.add(out.at) = 0;
    out.at
}

#[unsafe(no_mangle)]
unsafe extern "C" fn strftime_l(
    to: *mut u8,
    room: usize,
    format: *const u8,
    date: *const Date,
    _locale: *mut c_void,
) -> usize {
    strftime(to, room, format, date)
}
