//! Dates of the proleptic Gregorian calendar from seconds since 1970 and back: gmtime timegm asctime, and what localtime and mktime build on.
//!
//! Days count from 1 March 0000, so that a leap day is the last of its year; 400 years have 146,097 days (Howard Hinnant, "chrono-compatible
//! low-level date algorithms").

use core::ffi::{c_char, c_int, c_long};

use super::zone;
use crate::libc::errno;
use crate::sys::Errno;

/// `struct tm`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Date {
    pub second: c_int,
    pub minute: c_int,
    pub hour: c_int,
    pub day: c_int,
    /// 0 to 11.
    pub month: c_int,
    /// Since 1900.
    pub year: c_int,
    /// Sunday is 0.
    pub weekday: c_int,
    /// 0 to 365.
    pub yearday: c_int,
    /// 1 in daylight saving time, 0 outside, -1 unknown.
    pub daylight: c_int,
    /// East of UTC, in seconds.
    pub offset: c_long,
    pub zone: *const c_char,
}

const _: () = assert!(size_of::<Date>() == 56);

pub(super) const DAY: i64 = 86_400;
/// Days from 1 March 0000 to 1 January 1970.
const EPOCH: i64 = 719_468;
const ERA: i64 = 146_097;

/// Days since 1970 of a date; `month` is 1 to 12.
pub(super) fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH
}

/// Year and month (1 to 12) and day of the days since 1970.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH;
    let era = days.div_euclid(ERA);
    let of_era = days.rem_euclid(ERA);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + i64::from(month <= 2), month, day)
}

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// The year that a moment lies in, in UTC.
pub(super) fn year_of(seconds: i64) -> i64 {
    date_of(seconds.div_euclid(DAY)).0
}

/// The date at `seconds`, `offset` east of UTC.
pub(super) fn split(seconds: i64, offset: i64) -> Result<Date, Errno> {
    let local = seconds.checked_add(offset).ok_or(Errno::EOVERFLOW)?;
    let days = local.div_euclid(DAY);
    if days.abs() > 1 << 40 {
        return Err(Errno::EOVERFLOW);
    }
    let of_day = local.rem_euclid(DAY);
    let (year, month, day) = date_of(days);
    Ok(Date {
        second: (of_day % 60) as c_int,
        minute: (of_day / 60 % 60) as c_int,
        hour: (of_day / 3600) as c_int,
        day: day as c_int,
        month: month as c_int - 1,
        year: c_int::try_from(year - 1900).map_err(|_| Errno::EOVERFLOW)?,
        weekday: (days + 4).rem_euclid(7) as c_int,
        yearday: (days - days_of(year, 1, 1)) as c_int,
        daylight: 0,
        offset,
        zone: c"GMT".as_ptr(),
    })
}

/// Seconds since 1970 of a date in UTC; its fields may be out of their ranges.
pub(super) fn join(date: &Date) -> i64 {
    let months = i64::from(date.month);
    let year = i64::from(date.year) + 1900 + months.div_euclid(12);
    let days = days_of(year, months.rem_euclid(12) + 1, 1) + i64::from(date.day) - 1;
    days * DAY + i64::from(date.hour) * 3600 + i64::from(date.minute) * 60 + i64::from(date.second)
}

static mut SHARED: Date = Date {
    second: 0,
    minute: 0,
    hour: 0,
    day: 0,
    month: 0,
    year: 0,
    weekday: 0,
    yearday: 0,
    daylight: 0,
    offset: 0,
    zone: core::ptr::null(),
};

unsafe fn store(date: Result<Date, Errno>, out: *mut Date) -> *mut Date {
    match date {
        Ok(date) => {
            *out = date;
            out
        }
        Err(e) => errno::fail_null(e),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn gmtime_r(seconds: *const i64, out: *mut Date) -> *mut Date {
    store(split(*seconds, 0), out)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn gmtime(seconds: *const i64) -> *mut Date {
    gmtime_r(seconds, &raw mut SHARED)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn localtime_r(seconds: *const i64, out: *mut Date) -> *mut Date {
    store(zone::local(*seconds), out)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn localtime(seconds: *const i64) -> *mut Date {
    localtime_r(seconds, &raw mut SHARED)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn timegm(date: *mut Date) -> i64 {
    let seconds = join(&*date);
    match split(seconds, 0) {
        Ok(normal) => {
            *date = normal;
            seconds
        }
        Err(e) => i64::from(errno::fail(e)),
    }
}

/// Local time to seconds. A time that occurs twice is the one that `tm_isdst` says, one that is skipped is moved by the skip.
#[unsafe(no_mangle)]
unsafe extern "C" fn mktime(date: *mut Date) -> i64 {
    let wanted = join(&*date);
    let known = (*date).daylight;
    match zone::from_local(wanted, known).and_then(|seconds| Ok((seconds, zone::local(seconds)?))) {
        Ok((seconds, normal)) => {
            *date = normal;
            seconds
        }
        Err(e) => i64::from(errno::fail(e)),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn timelocal(date: *mut Date) -> i64 {
    mktime(date)
}

/// `Thu Jan  1 00:00:00 1970\n`
#[unsafe(no_mangle)]
unsafe extern "C" fn asctime_r(date: *const Date, out: *mut u8) -> *mut u8 {
    const ROOM: usize = 26;
    let n = super::format::strftime(out, ROOM, c"%a %b %e %H:%M:%S %Y\n".as_ptr().cast(), date);
    if n == 0 { errno::fail_null(Errno::EOVERFLOW) } else { out }
}

static mut ASCTIME: [u8; 26] = [0; 26];

#[unsafe(no_mangle)]
unsafe extern "C" fn asctime(date: *const Date) -> *mut u8 {
    asctime_r(date, (&raw mut ASCTIME).cast())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ctime_r(seconds: *const i64, out: *mut u8) -> *mut u8 {
    match zone::local(*seconds) {
        Ok(date) => asctime_r(&date, out),
        Err(e) => errno::fail_null(e),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ctime(seconds: *const i64) -> *mut u8 {
    ctime_r(seconds, (&raw mut ASCTIME).cast())
}
