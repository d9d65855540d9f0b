//! grp.h: /etc/group, `name:password:gid:member,member`. Members may be missing.

use core::ffi::c_int;

use super::answer::Answer;
use super::file::{Records, fields, id};
use crate::libc::errno;
use crate::libc::netdb::entry::{Room, give};
use crate::libc::string::bytes;
use crate::sys::Errno;

/// Where groups are.
pub const PATH: &core::ffi::CStr = c"/etc/group";

/// `struct group`.
#[repr(C)]
struct Group {
    name: *mut u8,
    password: *mut u8,
    gid: u32,
    members: *mut *mut u8,
}

/// A line of the file.
pub struct Line<'a> {
    name: &'a [u8],
    password: &'a [u8],
    /// The group's number.
    pub gid: u32,
    members: &'a [u8],
}

#[derive(Clone, Copy)]
enum Wanted<'a> {
    Name(&'a [u8]),
    Id(u32),
    Any,
}

/// Where the enumeration is, once it has begun.
static mut ALL: Option<Records> = None;
static mut ANSWER: Answer<Group> = Answer::new();

/// The entry that a line is.
pub fn parse(line: &[u8]) -> Option<Line<'_>> {
    let mut fields = fields(line, 4)?;
    let (name, password, gid) = (fields.next()?, fields.next()?, id(fields.next())?);
    Some(Line { name, password, gid, members: fields.next().unwrap_or_default() })
}

impl<'a> Line<'a> {
    /// The names of its members.
    pub fn members(&self) -> impl Iterator<Item = &'a [u8]> + Clone {
        self.members.split(|&byte| byte == b',').map(<[u8]>::trim_ascii_start).filter(|name| !name.is_empty())
    }

    fn is(&self, wanted: Wanted<'_>) -> bool {
        match wanted {
            Wanted::Name(name) => self.name == name,
            Wanted::Id(gid) => self.gid == gid,
            Wanted::Any => true,
        }
    }

    fn copy(&self, mut room: Room) -> Result<Group, Errno> {
        Ok(Group {
            name: room.text(self.name)?,
            password: room.text(self.password)?,
            gid: self.gid,
            members: room.list(self.members(), Room::text)?,
        })
    }
}

/// The first entry that is wanted, from where the file is, with its texts in `buffer`.
unsafe fn find(
    records: &mut Records,
    wanted: Wanted<'_>,
    buffer: *mut u8,
    size: usize,
) -> Result<Option<Group>, Errno> {
    while let Some(line) = records.next_line()? {
        if let Some(line) = parse(line).filter(|line| line.is(wanted)) {
            return line.copy(Room::new(buffer, size)).map(Some);
        }
    }
    Ok(None)
}

unsafe fn find_again(wanted: Wanted<'_>, buffer: *mut u8, size: usize) -> Result<Option<Group>, Errno> {
    find(&mut Records::open(PATH)?, wanted, buffer, size)
}

unsafe fn own(wanted: Wanted<'_>) -> *mut Group {
    Answer::give(&raw mut ANSWER, &mut |buffer, size| find_again(wanted, buffer, size))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getgrnam(name: *const u8) -> *mut Group {
    own(Wanted::Name(bytes(name)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getgrgid(gid: u32) -> *mut Group {
    own(Wanted::Id(gid))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getgrnam_r(
    name: *const u8,
    entry: *mut Group,
    buffer: *mut u8,
    size: usize,
    result: *mut *mut Group,
) -> c_int {
    give(find_again(Wanted::Name(bytes(name)), buffer, size), entry, result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getgrgid_r(
    gid: u32,
    entry: *mut Group,
    buffer: *mut u8,
    size: usize,
    result: *mut *mut Group,
) -> c_int {
    give(find_again(Wanted::Id(gid), buffer, size), entry, result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn setgrent() {
    ALL = None;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn endgrent() {
    ALL = None;
}

/// The next entry, of the first call on from the file's beginning.
#[unsafe(no_mangle)]
unsafe extern "C" fn getgrent() -> *mut Group {
    let all = &raw mut ALL;
    if (*all).is_none() {
        match Records::open(PATH) {
            Ok(records) => *all = Some(records),
            Err(e) => return errno::fail_null(e),
        }
    }
    let Some(records) = &mut *all else { return core::ptr::null_mut() };
    Answer::give(&raw mut ANSWER, &mut |buffer, size| {
        find(records, Wanted::Any, buffer, size).inspect_err(|&e| {
            if e == Errno::ERANGE {
                records.again();
            }
        })
    })
}
