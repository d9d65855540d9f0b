//! `print!` and `eprintln!` for Rust programs: unbuffered, straight to the descriptor.

use core::fmt;

use crate::sys::{Errno, file};

/// One of the two descriptors that a program prints to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// Descriptor 1.
    Output,
    /// Descriptor 2.
    Error,
}

impl Standard {
    /// Prints; a line at a time goes out whole if it is shorter than 512 bytes.
    ///
    /// # Errors
    /// What write(2) says: EBADF if the descriptor is closed, EPIPE, ENOSPC, EIO.
    pub fn print(self, arguments: fmt::Arguments<'_>) -> Result<(), Errno> {
        let mut line = Line { to: self, bytes: [0; 512], len: 0, failed: None };
        let _ = fmt::write(&mut line, arguments); // its only reason to fail is in `failed`
        line.flush();
        line.failed.map_or(Ok(()), Err)
    }

    /// Writes bytes, all of them.
    ///
    /// # Errors
    /// As [`Standard::print`].
    pub fn write(self, bytes: &[u8]) -> Result<(), Errno> {
        let fd = match self {
            Standard::Output => 1,
            Standard::Error => 2,
        };
        file::write_all_vectored(fd, [bytes])
    }
}

struct Line {
    to: Standard,
    bytes: [u8; 512],
    len: usize,
    failed: Option<Errno>,
}

impl Line {
    fn flush(&mut self) {
        if self.failed.is_none() {
            self.failed = self.to.write(&self.bytes[..self.len]).err();
        }
        self.len = 0;
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            if self.len == self.bytes.len() {
                self.flush();
            }
            self.bytes[self.len] = byte;
            self.len += 1;
        }
        if self.failed.is_some() { Err(fmt::Error) } else { Ok(()) }
    }
}

/// Prints to standard output. Errors are not reported: use [`crate::start::Standard::print`] where they matter.
#[macro_export]
macro_rules! print {
    ($($arguments:tt)*) => {{ let _ = $crate::start::Standard::Output.print(::core::format_args!($($arguments)*)); }};
}

/// Prints a line to standard output. Errors are not reported.
#[macro_export]
macro_rules! println {
    () => { $crate::print!("\n") };
    ($($arguments:tt)*) => { $crate::print!("{}\n", ::core::format_args!($($arguments)*)) };
}

/// Prints to standard error. Errors are not reported.
#[macro_export]
macro_rules! eprint {
    ($($arguments:tt)*) => {{ let _ = $crate::start::Standard::Error.print(::core::format_args!($($arguments)*)); }};
}

/// Prints a line to standard error. Errors are not reported.
#[macro_export]
macro_rules! eprintln {
    () => { $crate::eprint!("\n") };
    ($($arguments:tt)*) => { $crate::eprint!("{}\n", ::core::format_args!($($arguments)*)) };
}
