//! pwd.h: /etc/passwd, `name:password:uid:gid:comment:folder:shell`. What is missing behind the numbers is empty.

use core::ffi::c_int;

use super::answer::Answer;
use super::file::{Records, fields, id};
use crate::libc::errno;
use crate::libc::netdb::entry::{Room, give};
use crate::libc::string::bytes;
use crate::sys::Errno;

const PATH: &core::ffi::CStr = c"/etc/passwd";

/// `struct passwd`.
#[repr(C)]
struct User {
    name: *mut u8,
    password: *mut u8,
    uid: u32,
    gid: u32,
    comment: *mut u8,
    folder: *mut u8,
    shell: *mut u8,
}

/// A line of the file.
struct Line<'a> {
    /// Name and password.
    first: [&'a [u8]; 2],
    uid: u32,
    gid: u32,
    /// Comment, folder, shell.
    last: [&'a [u8]; 3],
}

#[derive(Clone, Copy)]
enum Wanted<'a> {
    Name(&'a [u8]),
    Id(u32),
    Any,
}

/// Where the enumeration is, once it has begun.
static mut ALL: Option<Records> = None;
static mut ANSWER: Answer<User> = Answer::new();

fn parse(line: &[u8]) -> Option<Line<'_>> {
    let mut fields = fields(line, 7)?;
    let first = [fields.next()?, fields.next()?];
    let (uid, gid) = (id(fields.next())?, id(fields.next())?);
    Some(Line { first, uid, gid, last: [(); 3].map(|()| fields.next().unwrap_or_default()) })
}

impl Line<'_> {
    fn is(&self, wanted: Wanted<'_>) -> bool {
        match wanted {
            Wanted::Name(name) => self.first[0] == name,
            Wanted::Id(uid) => self.uid == uid,
            Wanted::Any => true,
        }
    }

    fn copy(&self, mut room: Room) -> Result<User, Errno> {
        let [name, password] = self.first;
        let [comment, folder, shell] = self.last;
        Ok(User {
            name: room.text(name)?,
            password: room.text(password)?,
            uid: self.uid,
            gid: self.gid,
            comment: room.text(comment)?,
            folder: room.text(folder)?,
            shell: room.text(shell)?,
        })
    }
}

/// The first entry that is wanted, from where the file is, with its texts in `buffer`.
unsafe fn find(records: &mut Records, wanted: Wanted<'_>, buffer: *mut u8, size: usize) -> Result<Option<User>, Errno> {
    while let Some(line) = records.next_line()? {
        if let Some(line) = parse(line).filter(|line| line.is(wanted)) {
            return line.copy(Room::new(buffer, size)).map(Some);
        }
    }
    Ok(None)
}

unsafe fn find_again(wanted: Wanted<'_>, buffer: *mut u8, size: usize) -> Result<Option<User>, Errno> {
    find(&mut Records::open(PATH)?, wanted, buffer, size)
}

unsafe fn own(wanted: Wanted<'_>) -> *mut User {
    Answer::give(&raw mut ANSWER, &mut |buffer, size| find_again(wanted, buffer, size))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getpwnam(name: *const u8) -> *mut User {
    own(Wanted::Name(bytes(name)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getpwuid(uid: u32) -> *mut User {
    own(Wanted::Id(uid))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getpwnam_r(
    name: *const u8,
    entry: *mut User,
    buffer: *mut u8,
    size: usize,
    result: *mut *mut User,
) -> c_int {
    give(find_again(Wanted::Name(bytes(name)), buffer, size), entry, result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn getpwuid_r(
    uid: u32,
    entry: *mut User,
    buffer: *mut u8,
    size: usize,
    result: *mut *mut User,
) -> c_int {
    give(find_again(Wanted::Id(uid), buffer, size), entry, result)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn setpwent() {
    ALL = None;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn endpwent() {
    ALL = None;
}

/// The next entry, of the first call on from the file's beginning.
#[unsafe(no_mangle)]
unsafe extern "C" fn getpwent() -> *mut User {
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
