//! Which files are read, who reads the next one, and reading one line by line.

use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use dacapo::sys::Errno;
use dacapo::sys::dir;
use dacapo::sys::file::{self, AT_FDCWD};
use linux_raw_sys::general::{O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW};

const TEXT: [&[u8]; 9] = [b".rs", b".md", b".txt", b".toml", b".c", b".h", b".py", b".html", b".json"];

/// A descriptor that closes itself.
struct Open(i32);

impl Open {
    fn new(path: &[u8], flags: u32) -> Result<Self, Errno> {
        let path = [path, b"\0"].concat();
        // SAFETY: the path ends with a zero.
        unsafe { file::openat(AT_FDCWD, path.as_ptr(), O_CLOEXEC | flags, 0) }.map(Open)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let _ = file::close(self.0); // nothing was written
    }
}

/// The list of files; threads take one after the other.
#[derive(Default)]
pub struct Files {
    paths: Vec<Vec<u8>>,
    next: AtomicUsize,
}

impl Files {
    pub fn len(&self) -> usize {
        self.paths.len()
    }

    /// The next file that nobody has taken.
    pub fn next(&self) -> Option<&[u8]> {
        // Relaxed: the list is complete before the threads are made; each number is given once.
        self.paths.get(self.next.fetch_add(1, Relaxed)).map(Vec::as_slice)
    }

    /// Adds a file, or all text in a folder.
    pub fn add_argument(&mut self, path: &[u8]) -> Result<(), Errno> {
        match self.add_folder(path) {
            Err(Errno::ENOTDIR) => {
                Open::new(path, 0)?;
                self.paths.push(path.to_vec());
                Ok(())
            }
            done => done,
        }
    }

    /// Adds all text in a folder and below, without what is hidden and without following links.
    pub fn add_folder(&mut self, path: &[u8]) -> Result<(), Errno> {
        let folder = Open::new(path, O_DIRECTORY)?;
        let mut buffer = alloc::vec![0; 32768];
        loop {
            let len = dir::entries(folder.0, &mut buffer)?;
            if len == 0 {
                return Ok(());
            }
            let mut rest = &buffer[..len];
            // struct linux_dirent64: inode (8 bytes), offset (8), length of the entry (2), type (1), name with its zero.
            while let [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, low, high, kind, name @ ..] = rest {
                let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
                if name.first().is_some_and(|&first| first != b'.') {
                    self.add_entry(&[path, b"/", name].concat(), *kind)?;
                }
                rest = &rest[usize::from(u16::from_le_bytes([*low, *high]))..];
            }
        }
    }

    fn add_entry(&mut self, path: &[u8], kind: u8) -> Result<(), Errno> {
        const UNKNOWN: u8 = 0;
        const FOLDER: u8 = 4;
        const FILE: u8 = 8;
        let folder = match kind {
            // Some file systems do not say; a link is neither.
            UNKNOWN => match Open::new(path, O_DIRECTORY | O_NOFOLLOW) {
                Ok(_) => true,
                Err(Errno::ENOTDIR) => false,
                Err(_) => return Ok(()),
            },
            FOLDER => true,
            FILE => false,
            _ => return Ok(()),
        };
        if folder {
            self.add_folder(path)?;
        } else if TEXT.iter().any(|ending| path.len() > ending.len() && path.ends_with(ending)) {
            self.paths.push(path.to_vec());
        }
        Ok(())
    }
}

/// Reads files line by line; its buffers serve file after file.
pub struct Reader {
    file: Open,
    buffer: Vec<u8>,
    /// What was read and not yet given out: `buffer[at..end]`.
    at: usize,
    end: usize,
    line: Vec<u8>,
}

impl Reader {
    pub fn new() -> Self {
        Self { file: Open(-1), buffer: alloc::vec![0; 4096], at: 0, end: 0, line: Vec::new() }
    }

    pub fn open(&mut self, path: &[u8]) -> Result<(), Errno> {
        self.file = Open::new(path, 0)?;
        (self.at, self.end) = (0, 0);
        Ok(())
    }

    /// The next line, its newline included; `None` at the end of the file.
    pub fn line(&mut self) -> Result<Option<&[u8]>, Errno> {
        self.line.clear();
        loop {
            let read = &self.buffer[self.at..self.end];
            if let Some(newline) = read.iter().position(|&byte| byte == b'\n') {
                self.line.extend_from_slice(&read[..=newline]);
                self.at += newline + 1;
                break;
            }
            self.line.extend_from_slice(read);
            self.at = 0;
            self.end = 0;
            match file::read(self.file.0, &mut self.buffer) {
                Err(Errno::EINTR) => {}
                Ok(0) => break,
                read => self.end = read?,
            }
        }
        Ok((!self.line.is_empty()).then_some(&self.line))
    }
}
