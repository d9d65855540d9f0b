//! strptime: dates from text, in the C locale.

use core::ffi::c_int;
use core::ptr::null_mut;

use super::calendar::{self, DAY, Date, days_of};
use super::zone;
use crate::libc::locale::nl_langinfo;
use crate::libc::string::{bytes, lower};

/// What has been read so far and is put together at the end.
struct Reading {
    text: *const u8,
    date: Date,
    century: Option<i64>,
    year_of_century: Option<i64>,
    afternoon: Option<bool>,
    hour12: bool,
    have_year: bool,
    have_month: bool,
    have_day: bool,
    have_yearday: bool,
    have_weekday: bool,
}

impl Reading {
    unsafe fn spaces(&mut self) {
        while matches!(*self.text, b' ' | 9..=13) {
            self.text = self.text.add(1);
        }
    }

    /// A number of at most `digits` digits between the bounds, after spaces.
    unsafe fn number(&mut self, digits: usize, least: i64, most: i64) -> Option<i64> {
        self.spaces();
        let (mut value, mut n) = (0_i64, 0);
        while n < digits && (*self.text).is_ascii_digit() {
            value = value * 10 + i64::from(*self.text - b'0');
            self.text = self.text.add(1);
            n += 1;
        }
        (n > 0 && (least..=most).contains(&value)).then_some(value)
    }

    /// One of `count` names in the long or the short list, in any case.
    unsafe fn name(&mut self, long: c_int, short: c_int, count: c_int) -> Option<c_int> {
        for index in 0..count {
            for list in [long, short] {
                let name = bytes(nl_langinfo(list + index));
                let mut i = 0;
                while i < name.len() && lower(*self.text.add(i)) == lower(*name.as_ptr().add(i)) {
                    i += 1;
                }
                if i == name.len() {
                    self.text = self.text.add(i);
                    return Some(index);
                }
            }
        }
        None
    }

    unsafe fn run(&mut self, format: *const u8) -> Option<()> {
        let mut format = format;
        while *format != 0 {
            if matches!(*format, b' ' | 9..=13) {
                self.spaces();
                format = format.add(1);
                continue;
            }
            if *format != b'%' {
                if *self.text != *format {
                    return None;
                }
                self.text = self.text.add(1);
                format = format.add(1);
                continue;
            }
            format = format.add(1);
            while matches!(*format, b'_' | b'-' | b'0' | b'^' | b'#' | b'E' | b'O') {
                format = format.add(1);
            }
            if *format == 0 {
                return None;
            }
            self.one(*format)?;
            format = format.add(1);
        }
        Some(())
    }

    unsafe fn one(&mut self, letter: u8) -> Option<()> {
        const ABDAY_1: c_int = 0x2_0000;
        match letter {
            b'%' => {
                if *self.text != b'%' {
                    return None;
                }
                self.text = self.text.add(1);
            }
            b'a' | b'A' => {
                self.date.weekday = self.name(ABDAY_1 + 7, ABDAY_1, 7)?;
                self.have_weekday = true;
            }
            b'b' | b'B' | b'h' => {
                self.date.month = self.name(ABDAY_1 + 26, ABDAY_1 + 14, 12)?;
                self.have_month = true;
            }
            b'd' | b'e' => {
                self.date.day = self.number(2, 1, 31)? as c_int;
                self.have_day = true;
            }
            b'm' => {
                self.date.month = self.number(2, 1, 12)? as c_int - 1;
                self.have_month = true;
            }
            b'Y' => {
                self.spaces();
                let negative = *self.text == b'-';
                if negative || *self.text == b'+' {
                    self.text = self.text.add(1);
                }
                let year = self.number(4, 0, 9999)?;
                self.date.year = (if negative { -year } else { year }) as c_int - 1900;
                (self.century, self.year_of_century) = (None, None);
                self.have_year = true;
            }
            b'y' => {
                self.year_of_century = Some(self.number(2, 0, 99)?);
                self.have_year = true;
            }
            b'C' => {
                self.century = Some(self.number(2, 0, 99)?);
                self.have_year = true;
            }
            b'H' | b'k' => {
                self.date.hour = self.number(2, 0, 23)? as c_int;
                self.hour12 = false;
            }
            b'I' | b'l' => {
                self.date.hour = self.number(2, 1, 12)? as c_int % 12;
                self.hour12 = true;
            }
            b'p' | b'P' => self.afternoon = Some(self.name(ABDAY_1 + 38, ABDAY_1 + 38, 2)? == 1),
            b'j' => {
                self.date.yearday = self.number(3, 1, 366)? as c_int - 1;
                self.have_yearday = true;
            }
            b'M' => self.date.minute = self.number(2, 0, 59)? as c_int,
            b'S' => self.date.second = self.number(2, 0, 61)? as c_int,
            b'u' => {
                self.date.weekday = self.number(1, 1, 7)? as c_int % 7;
                self.have_weekday = true;
            }
            b'w' => {
                self.date.weekday = self.number(1, 0, 6)? as c_int;
                self.have_weekday = true;
            }
            b'U' | b'W' | b'V' => drop(self.number(2, 0, 53)?),
            b'g' => drop(self.number(2, 0, 99)?),
            b'G' => drop(self.number(4, 0, 9999)?),
            b'n' | b't' => self.spaces(),
            b's' => {
                let seconds = self.number(19, 0, i64::MAX)?;
                self.date = zone::local(seconds).ok()?;
            }
            b'z' => return self.offset(),
            b'Z' => {
                while (*self.text).is_ascii_alphabetic() {
                    self.text = self.text.add(1);
                }
            }
            b'c' => return self.run(c"%a %b %e %H:%M:%S %Y".as_ptr().cast()),
            b'D' | b'x' => return self.run(c"%m/%d/%y".as_ptr().cast()),
            b'F' => return self.run(c"%Y-%m-%d".as_ptr().cast()),
            b'r' => return self.run(c"%I:%M:%S %p".as_ptr().cast()),
            b'R' => return self.run(c"%H:%M".as_ptr().cast()),
            b'T' | b'X' => return self.run(c"%H:%M:%S".as_ptr().cast()),
            _ => return None,
        }
        Some(())
    }

    /// `Z`, `+hh`, `+hhmm` or `+hh:mm`.
    unsafe fn offset(&mut self) -> Option<()> {
        self.spaces();
        if *self.text == b'Z' {
            self.text = self.text.add(1);
            self.date.offset = 0;
            return Some(());
        }
        let negative = *self.text == b'-';
        if !negative && *self.text != b'+' {
            return None;
        }
        self.text = self.text.add(1);
        let two = |reading: &mut Self| -> Option<i64> {
            let (a, b) = (*reading.text, if *reading.text == 0 { 0 } else { *reading.text.add(1) });
            if !a.is_ascii_digit() || !b.is_ascii_digit() {
                return None;
            }
            reading.text = reading.text.add(2);
            Some(i64::from(a - b'0') * 10 + i64::from(b - b'0'))
        };
        let hours = two(self)?;
        if *self.text == b':' {
            self.text = self.text.add(1);
        }
        let minutes = two(self).unwrap_or(0);
        let seconds = hours * 3600 + minutes * 60;
        self.date.offset = if negative { -seconds } else { seconds };
        Some(())
    }

    /// Fills in what follows from what was read.
    fn finish(&mut self) {
        if let Some(afternoon) = self.afternoon.filter(|_| self.hour12) {
            self.date.hour = self.date.hour % 12 + if afternoon { 12 } else { 0 };
        }
        if self.century.is_some() || self.year_of_century.is_some() {
            let year = match (self.century, self.year_of_century) {
                (Some(century), of_century) => century * 100 + of_century.unwrap_or(0),
                (None, Some(of_century)) => {
                    if of_century < 69 {
                        2000 + of_century
                    } else {
                        1900 + of_century
                    }
                }
                (None, None) => 1900,
            };
            self.date.year = year as c_int - 1900;
        }
        let year = i64::from(self.date.year) + 1900;
        if self.have_yearday && !(self.have_month && self.have_day) {
            let days = days_of(year, 1, 1) + i64::from(self.date.yearday);
            if let Ok(date) = calendar::split(days * DAY, 0) {
                if !self.have_month {
                    self.date.month = date.month;
                }
                if !self.have_day {
                    self.date.day = date.day;
                }
            }
        }
        // As elsewhere on Linux: any part of a date that was read makes the day of the week and of the year follow from all of it.
        if self.have_year || self.have_month || self.have_day || self.have_yearday {
            let days = days_of(year, i64::from(self.date.month) + 1, i64::from(self.date.day));
            if !self.have_yearday {
                self.date.yearday = (days - days_of(year, 1, 1)) as c_int;
            }
            if !self.have_weekday {
                self.date.weekday = (days + 4).rem_euclid(7) as c_int;
            }
        }
    }
}

/// The first byte that was not read; null if the text does not fit the format.
#[unsafe(no_mangle)]
unsafe extern "C" fn strptime(text: *const u8, format: *const u8, date: *mut Date) -> *mut u8 {
    let mut reading = Reading {
        text,
        date: *date,
        century: None,
        year_of_century: None,
        afternoon: None,
        hour12: false,
        have_year: false,
        have_month: false,
        have_day: false,
        have_yearday: false,
        have_weekday: false,
    };
    if reading.run(format).is_none() {
        return null_mut();
    }
    reading.finish();
    *date = reading.date;
    reading.text.cast_mut()
}
