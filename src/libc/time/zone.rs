//! Local time: the TZ variable, as POSIX's rules (`CET-1CEST,M3.5.0,M10.5.0/3`) or as the name of a TZif file (RFC 8536); without it, /etc/localtime.
//!
//! One zone for the process, replaced when TZ's text changes. Changing it while another thread converts is guarded by a lock; the file is
//! mapped and stays mapped, so that the abbreviations in `tm_zone` stay readable.

use core::ffi::{c_char, c_int, c_long};

use super::calendar::{self, DAY, Date, days_of, is_leap};
use crate::libc::string::strlen;
use crate::start::Lock;
use crate::start::auxv::auxv;
use crate::sys::file::{self, AT_FDCWD};
use crate::sys::{Errno, memory};
use linux_raw_sys::general as raw;

unsafe extern "C" {
    fn getenv(name: *const u8) -> *mut u8;
}

/// Standard or daylight time: its offset east of UTC and its name.
#[derive(Clone, Copy)]
struct Kind {
    offset: i64,
    daylight: bool,
    name: [u8; 16],
}

/// The day on which a rule changes the clock.
#[derive(Clone, Copy)]
enum Change {
    /// `Jn`: day 1 to 365, 29 February is never counted.
    Julian(i64),
    /// `n`: day 0 to 365.
    Ordinal(i64),
    /// `Mm.w.d`: weekday d of week w (5: the last) of month m.
    Month(i64, i64, i64),
}

/// POSIX's rules.
#[derive(Clone, Copy)]
struct Rules {
    standard: Kind,
    daylight: Option<Kind>,
    /// When daylight time begins and ends: day, and seconds of local time.
    begin: (Change, i64),
    end: (Change, i64),
}

const UTC_KIND: Kind = Kind { offset: 0, daylight: false, name: *b"UTC\0\0\0\0\0\0\0\0\0\0\0\0\0" };
const UTC: Rules = Rules {
    standard: UTC_KIND,
    daylight: None,
    begin: (Change::Month(3, 2, 0), 7200),
    end: (Change::Month(11, 1, 0), 7200),
};

/// A mapped TZif file's parts; each pointer reaches into the mapping.
#[derive(Clone, Copy)]
struct Table {
    times: *const u8,
    kinds: *const u8,
    records: *const u8,
    names: *const u8,
    time_count: usize,
    kind_count: usize,
    name_bytes: usize,
}

struct Zone {
    /// TZ as it was read last; the first byte is 1 before the first reading, 2 for an unset TZ.
    source: [u8; 64],
    rules: Rules,
    table: Option<Table>,
}

static LOCK: Lock = Lock::new();
static mut ZONE: Zone = Zone { source: [1; 64], rules: UTC, table: None };

#[repr(transparent)]
struct Names([*const c_char; 2]);
// SAFETY: C's own data, which C's rules guard.
unsafe impl Sync for Names {}

#[unsafe(no_mangle)]
static mut tzname: Names = Names([c"UTC".as_ptr(), c"UTC".as_ptr()]);
#[unsafe(no_mangle)]
static mut timezone: c_long = 0;
#[unsafe(no_mangle)]
static mut daylight: c_int = 0;

/// The texts that `tzname` and `tm_zone` point to, one each for standard and daylight time.
static mut ABBREVIATIONS: [[u8; 16]; 2] = [*b"UTC\0\0\0\0\0\0\0\0\0\0\0\0\0"; 2];

/// A position in a text of rules.
struct Reader(*const u8);

impl Reader {
    unsafe fn peek(&self) -> u8 {
        *self.0
    }

    unsafe fn eat(&mut self, byte: u8) -> bool {
        let there = *self.0 == byte;
        if there {
            self.0 = self.0.add(1);
        }
        there
    }

    unsafe fn number(&mut self) -> Option<i64> {
        let mut value = 0;
        let mut any = false;
        while (*self.0).is_ascii_digit() && value < 100_000 {
            value = value * 10 + i64::from(*self.0 - b'0');
            self.0 = self.0.add(1);
            any = true;
        }
        any.then_some(value)
    }

    /// Letters, or anything between angle brackets.
    unsafe fn name(&mut self) -> Option<[u8; 16]> {
        let mut name = [0; 16];
        let quoted = self.eat(b'<');
        let mut n = 0;
        loop {
            let byte = *self.0;
            let part = if quoted { byte != b'>' && byte != 0 } else { byte.is_ascii_alphabetic() };
            if !part {
                break;
            }
            if let Some(slot) = name.get_mut(n).filter(|_| n < 15) {
                *slot = byte;
            }
            n += 1;
            self.0 = self.0.add(1);
        }
        if n < 3 || (quoted && !self.eat(b'>')) { None } else { Some(name) }
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    unsafe fn time(&mut self) -> Option<i64> {
        let negative = self.eat(b'-');
        if !negative {
            self.eat(b'+');
        }
        let mut seconds = self.number()? * 3600;
        if self.eat(b':') {
            seconds += self.number()? * 60;
            if self.eat(b':') {
                seconds += self.number()?;
            }
        }
        Some(if negative { -seconds } else { seconds })
    }

    unsafe fn change(&mut self) -> Option<(Change, i64)> {
        let change = if self.eat(b'J') {
            Change::Julian(self.number()?)
        } else if self.eat(b'M') {
            let month = self.number()?;
            self.eat(b'.').then_some(())?;
            let week = self.number()?;
            self.eat(b'.').then_some(())?;
            let weekday = self.number()?;
            if !(1..=12).contains(&month) || !(1..=5).contains(&week) || weekday > 6 {
                return None;
            }
            Change::Month(month, week, weekday)
        } else {
            Change::Ordinal(self.number()?)
        };
        let time = if self.eat(b'/') { self.time()? } else { 7200 };
        Some((change, time))
    }

    unsafe fn rules(&mut self) -> Option<Rules> {
        let standard = Kind { name: self.name()?, offset: -self.time()?, daylight: false };
        let mut rules = Rules { standard, ..UTC };
        if self.peek() == 0 || self.peek() == b'\n' {
            return Some(rules);
        }
        let name = self.name()?;
        let offset = match self.peek() {
            b',' | 0 | b'\n' => standard.offset + 3600,
            _ => -self.time()?,
        };
        rules.daylight = Some(Kind { name, offset, daylight: true });
        if self.eat(b',') {
            rules.begin = self.change()?;
            self.eat(b',').then_some(())?;
            rules.end = self.change()?;
        }
        Some(rules)
    }
}

/// Local seconds since 1970 at which a rule's change happens in a year.
fn moment((change, time): (Change, i64), year: i64) -> i64 {
    let first = days_of(year, 1, 1);
    let day = match change {
        Change::Julian(n) => first + n - 1 + i64::from(is_leap(year) && n >= 60),
        Change::Ordinal(n) => first + n,
        Change::Month(month, week, weekday) => {
            let start = days_of(year, month, 1);
            let next = if month == 12 { days_of(year + 1, 1, 1) } else { days_of(year, month + 1, 1) };
            let mut day = start + (weekday - (start + 4)).rem_euclid(7) + (week - 1) * 7;
            if day >= next {
                day -= 7;
            }
            day
        }
    };
    day * DAY + time
}

impl Rules {
    fn kind_at(&self, seconds: i64) -> Kind {
        let Some(summer) = self.daylight else { return self.standard };
        let year = calendar::year_of(seconds.saturating_add(self.standard.offset));
        let begin = moment(self.begin, year) - self.standard.offset;
        let end = moment(self.end, year) - summer.offset;
        let within = if begin < end { (begin..end).contains(&seconds) } else { !(end..begin).contains(&seconds) };
        if within { summer } else { self.standard }
    }
}

unsafe fn big32(at: *const u8) -> i64 {
    i64::from(i32::from_be_bytes(at.cast::<[u8; 4]>().read_unaligned()))
}

unsafe fn big64(at: *const u8) -> i64 {
    i64::from_be_bytes(at.cast::<[u8; 8]>().read_unaligned())
}

const HEADER: usize = 44;

impl Table {
    /// The 64-bit part of a TZif file and the rules after it; none if the file is not one (of version 2 or later).
    unsafe fn read(data: *const u8, len: usize) -> Option<(Table, Rules)> {
        // Bytes of a block after its header, by its six counts.
        let body = |at: *const u8, wide: usize| -> (usize, [usize; 6]) {
            let mut counts = [0; 6];
            for (i, count) in counts.iter_mut().enumerate() {
                *count = (big32(at.add(20 + 4 * i)) as usize).min(1 << 24);
            }
            let [utc, std, leap, time, kind, names] = counts;
            (time * wide + time + kind * 6 + names + leap * (wide + 4) + std + utc, counts)
        };
        if len < 2 * HEADER || data.cast::<[u8; 4]>().read_unaligned() != *b"TZif" || *data.add(4) < b'2' {
            return None;
        }
        let second = HEADER + body(data, 4).0;
        if second + HEADER > len {
            return None;
        }
        let header = data.add(second);
        if header.cast::<[u8; 4]>().read_unaligned() != *b"TZif" {
            return None;
        }
        let (bytes, [_, _, _, time_count, kind_count, name_bytes]) = body(header, 8);
        let footer = second + HEADER + bytes;
        if footer + 1 >= len || kind_count == 0 || *data.add(len - 1) != b'\n' {
            return None;
        }
        let times = header.add(HEADER);
        let kinds = times.add(time_count * 8);
        let records = kinds.add(time_count);
        let table =
            Table { times, kinds, records, names: records.add(kind_count * 6), time_count, kind_count, name_bytes };
        // An empty footer: the last kind goes on for ever.
        let rules = match Reader(data.add(footer + 1)).rules() {
            Some(rules) => rules,
            None => Rules { standard: table.kind(table.last()), ..UTC },
        };
        Some((table, rules))
    }

    unsafe fn last(&self) -> usize {
        if self.time_count == 0 { 0 } else { usize::from(*self.kinds.add(self.time_count - 1)) }
    }

    unsafe fn kind(&self, index: usize) -> Kind {
        let record = self.records.add(6 * index.min(self.kind_count - 1));
        let mut name = [0; 16];
        let from = usize::from(*record.add(5));
        for (i, slot) in name.iter_mut().take(15).enumerate() {
            if from + i >= self.name_bytes || *self.names.add(from + i) == 0 {
                break;
            }
            *slot = *self.names.add(from + i);
        }
        Kind { offset: big32(record), daylight: *record.add(4) != 0, name }
    }

    /// The kind before the first, or between two changes; none after the last, where the rules decide.
    unsafe fn kind_at(&self, seconds: i64) -> Option<Kind> {
        if self.time_count == 0 || seconds >= big64(self.times.add(8 * (self.time_count - 1))) {
            return None;
        }
        let (mut low, mut high) = (0, self.time_count); // the first change after `seconds`
        while low < high {
            let middle = (low + high) / 2;
            if big64(self.times.add(8 * middle)) <= seconds {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Some(self.kind(if low == 0 { 0 } else { usize::from(*self.kinds.add(low - 1)) }))
    }
}

unsafe fn load_file(path: *const u8) -> Option<(Table, Rules)> {
    let fd = file::openat(AT_FDCWD, path, raw::O_RDONLY | raw::O_CLOEXEC, 0).ok()?;
    let size = file::seek(fd, 0, raw::SEEK_END).unwrap_or(0) as usize;
    let mapped = if (2 * HEADER..1 << 20).contains(&size) {
        memory::map_raw(core::ptr::null_mut(), size, raw::PROT_READ, raw::MAP_PRIVATE, fd, 0).ok()
    } else {
        None
    };
    let _ = file::close(fd); // read only
    let data = mapped?;
    let table = Table::read(data, size);
    if table.is_none() {
        let _ = memory::unmap(data, size); // ours, and nobody saw it
    }
    table
}

/// Reads what TZ says now; the lock is held.
unsafe fn refresh(zone: &mut Zone) {
    let variable = getenv(c"TZ".as_ptr().cast());
    let mut source = [0; 64];
    if variable.is_null() {
        source[0] = 2;
    } else {
        let len = strlen(variable).min(63);
        source.as_mut_ptr().copy_from_nonoverlapping(variable, len);
    }
    if source == zone.source {
        return;
    }
    zone.source = source;
    zone.table = None;
    zone.rules = UTC;
    let loaded = if variable.is_null() {
        load_file(c"/etc/localtime".as_ptr().cast())
    } else {
        let name = if *variable == b':' { variable.add(1) } else { variable };
        let mut reader = Reader(name);
        match reader.rules() {
            Some(rules) if reader.peek() == 0 => {
                zone.rules = rules;
                None
            }
            _ => load_named(name),
        }
    };
    if let Some((table, rules)) = loaded {
        zone.table = Some(table);
        zone.rules = rules;
    }
    publish(zone);
}

/// A zone by name, under /usr/share/zoneinfo, or by path. A program that has more rights than who started it reads no file of their choice.
unsafe fn load_named(name: *const u8) -> Option<(Table, Rules)> {
    const FOLDER: &[u8] = b"/usr/share/zoneinfo/";
    let len = strlen(name);
    let mut path = [0_u8; 256];
    if len == 0 || len + FOLDER.len() + 1 > path.len() {
        return None;
    }
    let outside = *name == b'/' || core::slice::from_raw_parts(name, len).windows(2).any(|pair| pair == b"..");
    if outside && auxv().secure() {
        return None;
    }
    let to = path.as_mut_ptr();
    let mut n = 0;
    if *name != b'/' {
        to.copy_from_nonoverlapping(FOLDER.as_ptr(), FOLDER.len());
        n = FOLDER.len();
    }
    to.add(n).copy_from_nonoverlapping(name, len);
    load_file(to)
}

/// C's `tzname`, `timezone` and `daylight`.
unsafe fn publish(zone: &Zone) {
    let standard = zone.rules.standard;
    let summer = zone.rules.daylight.unwrap_or(standard);
    ABBREVIATIONS = [standard.name, summer.name];
    tzname = Names([(&raw const ABBREVIATIONS[0]).cast(), (&raw const ABBREVIATIONS[1]).cast()]);
    timezone = -standard.offset;
    daylight = c_int::from(zone.rules.daylight.is_some());
}

/// Runs `work` on the current zone.
unsafe fn with_zone<T>(work: impl FnOnce(&Zone) -> T) -> T {
    LOCK.lock();
    let zone = &raw mut ZONE;
    let zone = &mut *zone;
    refresh(zone);
    let result = work(zone);
    LOCK.unlock();
    result
}

unsafe fn kind_at(zone: &Zone, seconds: i64) -> Kind {
    match zone.table.and_then(|table| table.kind_at(seconds)) {
        Some(kind) => kind,
        None => zone.rules.kind_at(seconds),
    }
}

/// Local time at a moment.
pub(super) fn local(seconds: i64) -> Result<Date, Errno> {
    // SAFETY: the lock guards the zone; its pointers reach into a mapping that stays.
    unsafe {
        with_zone(|zone| {
            let kind = kind_at(zone, seconds);
            let mut date = calendar::split(seconds, kind.offset)?;
            date.daylight = c_int::from(kind.daylight);
            let slot = usize::from(kind.daylight);
            // A kind that is not the zone's present one (an old abbreviation) takes the slot over.
            if ABBREVIATIONS[slot] != kind.name {
                ABBREVIATIONS[slot] = kind.name;
            }
            date.zone = (&raw const ABBREVIATIONS[slot]).cast();
            Ok(date)
        })
    }
}

/// The moment at which local clocks show `wanted` (seconds as if in UTC), preferring daylight time or not as `known` says (-1: either).
pub(super) fn from_local(wanted: i64, known: c_int) -> Result<i64, Errno> {
    // SAFETY: as in `local`.
    unsafe {
        with_zone(|zone| {
            // The offsets in force around then; at most two of them differ.
            let before = kind_at(zone, wanted.saturating_sub(DAY));
            let after = kind_at(zone, wanted.saturating_add(DAY));
            let matches = |kind: Kind| {
                let seconds = wanted - kind.offset;
                let there = kind_at(zone, seconds);
                there.offset == kind.offset && there.daylight == kind.daylight
            };
            let prefers = |kind: Kind| known < 0 || kind.daylight == (known > 0);
            let candidates = [before, after];
            // A kind that is in force then and is the one asked for.
            if let Some(kind) = candidates.into_iter().find(|kind| matches(*kind) && prefers(*kind)) {
                return Ok(wanted - kind.offset);
            }
            // tm_isdst names the other kind: the time as that kind's clock would show it, where the zone has one.
            if known >= 0 {
                let both = [Some(before), Some(after), zone.rules.daylight, Some(zone.rules.standard)];
                if let Some(kind) = both.into_iter().flatten().find(|kind| prefers(*kind)) {
                    return Ok(wanted - kind.offset);
                }
            }
            if let Some(kind) = candidates.into_iter().find(|kind| matches(*kind)) {
                return Ok(wanted - kind.offset);
            }
            Ok(wanted - before.offset) // skipped by the change: later by the skip
        })
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn tzset() {
    with_zone(|_| ());
}
