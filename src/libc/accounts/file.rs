//! A file of colon-separated lines, read from its first to its last.

use core::ffi::CStr;
use core::ptr::null_mut;

use linux_raw_sys::general as raw;

use crate::libc::netdb::lines::decimal;
use crate::sys::Errno;
use crate::sys::file::{self, AT_FDCWD};

/// Bytes of the first block, which doubles for a line that is longer.
const FIRST: usize = 1024;

unsafe extern "C" {
    fn realloc(block: *mut u8, size: usize) -> *mut u8;
    fn free(block: *mut u8);
}

/// `block[at..end]` was read and not given out yet; `end <= size`. Without a descriptor there is nothing to read.
pub struct Records {
    fd: Option<i32>,
    block: *mut u8,
    size: usize,
    at: usize,
    end: usize,
    /// Where the line begins that was given out last.
    line: usize,
}

impl Records {
    /// Opens a file; one that does not exist has no lines.
    ///
    /// # Errors
    /// EMFILE, ENFILE, ENOMEM, EACCES, EIO and others of open(2).
    pub fn open(path: &CStr) -> Result<Self, Errno> {
        // SAFETY: a C string.
        let fd = match unsafe { file::openat(AT_FDCWD, path.as_ptr().cast(), raw::O_RDONLY | raw::O_CLOEXEC, 0) } {
            Ok(fd) => Some(fd),
            Err(Errno::ENOENT | Errno::ENOTDIR) => None,
            Err(e) => return Err(e),
        };
        Ok(Self { fd, block: null_mut(), size: 0, at: 0, end: 0, line: 0 })
    }

    /// The next line, without its end; none behind the last.
    ///
    /// # Errors
    /// ENOMEM: no room for the line. EIO and others of read(2).
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, Errno> {
        let mut looked = 0;
        let len = loop {
            let unseen = self.bytes().get(looked..).unwrap_or_default();
            if let Some(at) = unseen.iter().position(|&byte| byte == b'\n') {
                break looked + at;
            }
            looked = self.end - self.at;
            if self.fill()? == 0 {
                break looked;
            }
        };
        let from = self.at;
        let ended = from + len < self.end;
        (self.line, self.at) = (from, from + len + usize::from(ended));
        if !ended && len == 0 {
            return Ok(None);
        }
        // SAFETY: the line lies in what was read, and the next call, which may move it, takes the slice away.
        Ok(Some(unsafe { core::slice::from_raw_parts(self.block.add(from), len) }))
    }

    /// The line that was given out last is the next one again.
    pub const fn again(&mut self) {
        self.at = self.line;
    }

    /// What was read and not given out.
    fn bytes(&self) -> &[u8] {
        if self.block.is_null() {
            return &[];
        }
        // SAFETY: `at..end` of the block was written by the kernel.
        unsafe { core::slice::from_raw_parts(self.block.add(self.at), self.end - self.at) }
    }

    /// Reads on behind what is there: bytes read, 0 at the file's end.
    fn fill(&mut self) -> Result<usize, Errno> {
        let Some(fd) = self.fd else { return Ok(0) };
        if self.at > 0 {
            // SAFETY: both ranges lie in the block; they may overlap.
            unsafe { self.block.copy_from(self.block.add(self.at), self.end - self.at) };
            (self.at, self.end) = (0, self.end - self.at);
        }
        if self.end == self.size {
            let size = (2 * self.size).max(FIRST);
            // SAFETY: null or the block that was had before.
            let block = unsafe { realloc(self.block, size) };
            if block.is_null() {
                return Err(Errno::ENOMEM);
            }
            // SAFETY: the part that the kernel has not written must be initialised before it is a slice.
            unsafe { block.add(self.end).write_bytes(0, size - self.end) };
            (self.block, self.size) = (block, size);
        }
        // SAFETY: the rest of the block, initialised when it was had.
        let rest = unsafe { core::slice::from_raw_parts_mut(self.block.add(self.end), self.size - self.end) };
        loop {
            match file::read(fd, rest) {
                Err(Errno::EINTR) => {}
                done => {
                    let n = done?;
                    self.end += n;
                    return Ok(n);
                }
            }
        }
    }
}

impl Drop for Records {
    fn drop(&mut self) {
        // SAFETY: null or the block, which nothing borrows any more.
        unsafe { free(self.block) };
        if let Some(fd) = self.fd {
            let _ = file::close(fd); // nothing was written
        }
    }
}

/// The fields of an entry, the last of `n` with all colons that are left; none for a comment and what NIS had.
pub fn fields(line: &[u8], n: usize) -> Option<impl Iterator<Item = &[u8]>> {
    let line = line.trim_ascii_start();
    let entry = line.first().is_some_and(|first| !b"#+-:".contains(first));
    entry.then(|| line.splitn(n, |&byte| byte == b':'))
}

/// A field that is the number of a user or group.
pub fn id(field: Option<&[u8]>) -> Option<u32> {
    decimal(field?)
}
