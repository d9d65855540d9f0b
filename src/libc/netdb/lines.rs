//! The files of /etc that consist of lines of words: hosts, services, protocols, resolv.conf.

use core::ffi::CStr;

use linux_raw_sys::general as raw;

use crate::sys::Errno;
use crate::sys::file::{self, AT_FDCWD};

/// Bytes of a line that are seen; what is behind them is not.
const LINE: usize = 4096;

/// A file, or the text that stands for a file which does not exist, read line by line through one buffer.
pub struct Lines {
    fd: Option<i32>,
    text: &'static [u8],
    buffer: [u8; LINE],
    /// Bytes of the buffer that are a line which was given out, and bytes that were read.
    at: usize,
    end: usize,
}

impl Lines {
    /// Opens a file. `instead` is its text if there is none, or none that we may read.
    ///
    /// # Errors
    /// EMFILE, ENFILE, ENOMEM, EIO and others that say nothing of the file.
    pub fn open(path: &CStr, instead: &'static [u8]) -> Result<Self, Errno> {
        // SAFETY: a C string.
        let fd = match unsafe { file::openat(AT_FDCWD, path.as_ptr().cast(), raw::O_RDONLY | raw::O_CLOEXEC, 0) } {
            Ok(fd) => Some(fd),
            Err(Errno::ENOENT | Errno::ENOTDIR | Errno::EACCES | Errno::ELOOP) => None,
            Err(e) => return Err(e),
        };
        let text = if fd.is_some() { b"" } else { instead };
        Ok(Self { fd, text, buffer: [0; LINE], at: 0, end: 0 })
    }

    /// The next line, without its end and without a comment that `#` begins.
    pub fn next_line(&mut self) -> Option<&[u8]> {
        self.buffer.copy_within(self.at..self.end, 0);
        (self.at, self.end) = (0, self.end - self.at);
        let mut looked = 0;
        let len = loop {
            if let Some(at) = self.buffer[looked..self.end].iter().position(|&byte| byte == b'\n') {
                self.at = looked + at + 1;
                break looked + at;
            }
            looked = self.end;
            if self.end == LINE {
                self.at = self.end;
                self.skip_rest();
                break looked;
            }
            if self.fill() == 0 {
                if self.end == 0 {
                    return None;
                }
                self.at = self.end;
                break looked;
            }
        };
        let line = &self.buffer[..len];
        line.split(|&byte| byte == b'#').next()
    }

    /// Drops what is left of a line that is longer than the buffer; the buffer's own bytes stay, and are given out already.
    fn skip_rest(&mut self) {
        let mut byte = [0];
        while self.read(1, &mut byte) == 1 && byte[0] != b'\n' {}
    }

    /// Reads on behind what is there: bytes read. A file that cannot be read any further ends there.
    fn fill(&mut self) -> usize {
        let mut part = [0; 512];
        let n = self.read((LINE - self.end).min(part.len()), &mut part);
        self.buffer[self.end..self.end + n].copy_from_slice(&part[..n]);
        self.end += n;
        n
    }

    fn read(&mut self, n: usize, to: &mut [u8]) -> usize {
        let to = &mut to[..n];
        let Some(fd) = self.fd else {
            let (now, later) = self.text.split_at(self.text.len().min(n));
            to[..now.len()].copy_from_slice(now);
            self.text = later;
            return now.len();
        };
        loop {
            match file::read(fd, to) {
                Err(Errno::EINTR) => {}
                done => return done.unwrap_or(0),
            }
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if let Some(fd) = self.fd {
            let _ = file::close(fd); // nothing was written
        }
    }
}

/// A line's words.
pub fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// A word as a decimal number.
#[must_use]
pub fn decimal(word: &[u8]) -> Option<u32> {
    if word.is_empty() {
        return None;
    }
    word.iter().try_fold(0_u32, |value, digit| {
        let digit = digit.is_ascii_digit().then_some(u32::from(digit.wrapping_sub(b'0')))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}
