//! A pattern, part by part between its slashes, and the paths that there are so far.

use core::ffi::c_int;

use linux_raw_sys::general as raw;

use super::names::Names;
use super::{ERR, MAGCHAR, NOESCAPE, ONLYDIR, PERIOD, Stop};
use crate::libc::fnmatch;
use crate::sys::file::{self, AT_FDCWD};
use crate::sys::stat::fstatat;
use crate::sys::{Errno, dir};

/// The caller's function: a folder that could not be read, and why. What is not 0 ends the call.
pub type OnError = unsafe extern "C" fn(*const u8, c_int) -> c_int;

/// Bytes of entries that are read at once.
const BUFFER: usize = 32768;
// Of `struct linux_dirent64`: where the length of the entry, the kind of file and the name are.
const LENGTH: usize = 16;
const KIND: usize = 18;
const NAME: usize = 19;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut u8;
    fn free(block: *mut u8);
}

pub struct Walk {
    flags: c_int,
    on_error: Option<OnError>,
    /// `BUFFER` bytes of the heap; null if the pattern has nothing special, and no folder is read.
    buffer: *mut u8,
}

/// What is between two slashes.
struct Part<'a> {
    /// The slashes before it.
    slashes: &'a [u8],
    text: &'a [u8],
    /// A slash is behind it, so that only folders can match.
    slash_follows: bool,
}

/// An open folder.
struct Folder(i32);

impl Walk {
    pub fn new(flags: c_int, on_error: Option<OnError>) -> Result<Self, Stop> {
        let mut walk = Self { flags, on_error, buffer: core::ptr::null_mut() };
        if flags & MAGCHAR != 0 {
            // SAFETY: any size may be asked for.
            walk.buffer = unsafe { malloc(BUFFER) };
            if walk.buffer.is_null() {
                return Err(Stop::NoMemory);
            }
            // Not zero: of malloc and zeros the compiler makes a calloc, and that is this crate's own even where a program brings a malloc.
            // SAFETY: `BUFFER` bytes, which nobody else has.
            unsafe { walk.buffer.write_bytes(0xff, BUFFER) };
        }
        Ok(walk)
    }

    /// All paths that have the pattern, in no order.
    pub fn paths(&mut self, pattern: &[u8]) -> Result<Names, Stop> {
        let mut paths = Names::new();
        paths.add([b"", b"", b""])?;
        let mut rest = pattern;
        let mut exist = false;
        loop {
            let part = Self::cut(&mut rest);
            let mut next = Names::new();
            let special = is_special(part.text, self.flags);
            for i in 0..paths.len() {
                if special {
                    self.read(paths.get(i), &part, &mut next)?;
                } else {
                    self.append(paths.get(i), &part, &mut next, exist || rest.is_empty())?;
                }
            }
            exist |= special;
            paths = next;
            if rest.is_empty() || paths.len() == 0 {
                return Ok(paths);
            }
        }
    }

    /// Takes the next part from the pattern. One of slashes at the pattern's end has no text.
    fn cut<'a>(rest: &mut &'a [u8]) -> Part<'a> {
        let n = rest.iter().take_while(|&&byte| byte == b'/').count();
        let (slashes, text) = rest.split_at(n);
        let n = text.iter().take_while(|&&byte| byte != b'/').count();
        let (text, after) = text.split_at(n);
        *rest = after;
        Part { slashes, text, slash_follows: !after.is_empty() }
    }

    /// Appends a part without anything special; `look` for whether that exists.
    fn append(&self, path: &[u8], part: &Part<'_>, to: &mut Names, look: bool) -> Result<(), Stop> {
        to.add([path, part.slashes, part.text])?;
        if self.flags & NOESCAPE == 0 {
            to.unescape_last(path.len(), part.slash_follows);
        }
        let whole = to.get(to.len() - 1).as_ptr();
        // SAFETY: the list's texts end with a zero.
        if look && unsafe { fstatat(AT_FDCWD, whole, raw::AT_SYMLINK_NOFOLLOW) }.is_err() {
            to.pop();
        }
        Ok(())
    }

    /// Adds a path for each entry of the folder `path` that has the part.
    fn read(&mut self, path: &[u8], part: &Part<'_>, to: &mut Names) -> Result<(), Stop> {
        let name = match (path, part.slashes) {
            (b"", b"") => c".".as_ptr().cast(),
            (b"", _) => c"/".as_ptr().cast(),
            _ => path.as_ptr(),
        };
        // SAFETY: a literal, or a list's text, which ends with a zero.
        let folder = match unsafe { file::openat(AT_FDCWD, name, raw::O_DIRECTORY | raw::O_CLOEXEC, 0) } {
            Ok(fd) => Folder(fd),
            Err(Errno::ENOTDIR) => return Ok(()),
            Err(e) => return self.complain(name, e),
        };
        let rules = (if self.flags & NOESCAPE != 0 { fnmatch::NOESCAPE } else { 0 })
            | (if self.flags & PERIOD == 0 || part.slash_follows { fnmatch::PERIOD } else { 0 });
        let folders_only = part.slash_follows || self.flags & ONLYDIR != 0;
        loop {
            // SAFETY: a folder is read only where the pattern has something special, so the buffer is there; it is initialized and borrowed here only.
            let buffer = unsafe { core::slice::from_raw_parts_mut(self.buffer, BUFFER) };
            let mut entries = match dir::entries(folder.0, buffer) {
                Ok(0) | Err(Errno::ENOENT) => return Ok(()), // ENOENT: the folder itself was removed
                Ok(n) => &buffer[..n],
                Err(e) => return self.complain(name, e),
            };
            while let Some((entry, after)) = split(entries) {
                entries = after;
                let kind = u32::from(entry[KIND]);
                let text = entry[NAME..].split(|&byte| byte == 0).next().unwrap_or_default();
                let known = kind == raw::DT_DIR || !folders_only;
                let may = known || matches!(kind, raw::DT_LNK | raw::DT_UNKNOWN);
                if may && fnmatch::matches(part.text, text, rules) {
                    to.add([path, part.slashes, text])?;
                    if !known && !is_folder(to.get(to.len() - 1)) {
                        to.pop();
                    }
                }
            }
        }
    }

    /// Tells the caller of a folder that could not be read.
    fn complain(&self, path: *const u8, e: Errno) -> Result<(), Stop> {
        if e == Errno::ENOMEM {
            return Err(Stop::NoMemory);
        }
        // SAFETY: the caller's function, with a text that ends with a zero.
        let ends = self.on_error.is_some_and(|tell| unsafe { tell(path, e.raw() as c_int) } != 0);
        if ends || self.flags & ERR != 0 { Err(Stop::Aborted) } else { Ok(()) }
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        // SAFETY: null or the block, which nothing borrows any more.
        unsafe { free(self.buffer) };
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = file::close(self.0); // nothing was written
    }
}

/// The first entry, and those behind it.
fn split(entries: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = u16::from_ne_bytes([*entries.get(LENGTH)?, *entries.get(LENGTH + 1)?]);
    entries.split_at_checked(length.into()).filter(|(entry, _)| entry.len() > NAME)
}

/// Whether the text has `*`, `?`, or a bracket that is closed before the next slash, and no backslash before it.
pub fn is_special(text: &[u8], flags: c_int) -> bool {
    let mut bracket = false;
    let mut text = text.iter();
    while let Some(byte) = text.next() {
        match byte {
            b'*' | b'?' => return true,
            b'[' => bracket = true,
            b']' if bracket => return true,
            b'/' => bracket = false,
            b'\\' if flags & NOESCAPE == 0 && text.as_slice().first() != Some(&b'/') => drop(text.next()),
            _ => (),
        }
    }
    false
}

/// Puts a slash behind each folder, and each link to one, that has none.
pub fn mark(paths: &mut Names) -> Result<(), Stop> {
    for i in 0..paths.len() {
        let path = paths.get(i);
        if path.last() != Some(&b'/') && is_folder(path) {
            paths.mark(i)?;
        }
    }
    Ok(())
}

/// Whether a list's text names a folder or a link to one.
fn is_folder(path: &[u8]) -> bool {
    // SAFETY: the list's texts end with a zero.
    unsafe { fstatat(AT_FDCWD, path.as_ptr(), 0) }.is_ok_and(|found| found.mode() & raw::S_IFMT == raw::S_IFDIR)
}
