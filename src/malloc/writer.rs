//! Text without the formatting machinery: words and numbers into a small buffer, and that to a descriptor or a function.
//!
//! The heap may be half-way, or the cause of the message: nothing here allocates, and nothing panics. Nothing is inlined: who calls is about to end
//! or to wait for a disk, and every C program that uses malloc carries these lines.

use crate::sys::file;

/// Where full buffers go: the context, and the bytes.
pub type Put = fn(usize, &[u8]);

/// Collects text; what is left goes out when it is dropped.
pub struct Writer {
    buffer: [u8; 512],
    len: usize,
    put: Put,
    context: usize,
}

impl Writer {
    /// Writes to a function, which gets `context` each time.
    #[must_use]
    pub fn new(put: Put, context: usize) -> Self {
        Self { buffer: [0; 512], len: 0, put, context }
    }

    /// Writes to a descriptor.
    #[must_use]
    pub fn to(fd: i32) -> Self {
        fn put(fd: usize, bytes: &[u8]) {
            let _ = file::write_all_vectored(fd as i32, [bytes]); // nowhere else to complain
        }
        Self::new(put, fd as usize)
    }

    /// A line on standard error that says who speaks; the caller ends it.
    #[must_use]
    #[inline(never)]
    pub fn complaint() -> Self {
        let mut this = Self::to(2);
        this.text("dacapo malloc: ");
        this
    }

    /// Some bytes, as they are.
    #[inline(never)]
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        for &byte in bytes {
            if self.len == self.buffer.len() {
                self.flush();
            }
            if let Some(place) = self.buffer.get_mut(self.len) {
                *place = byte;
                self.len += 1;
            }
        }
        self
    }

    /// Some text, as it is.
    #[inline(never)]
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// A number in some base up to 16, without a prefix.
    #[inline(never)]
    pub fn digits(&mut self, mut value: u64, base: u64) -> &mut Self {
        let mut digits = [0_u8; 20];
        let mut first = digits.len();
        loop {
            first -= 1;
            if let Some(digit) = digits.get_mut(first) {
                *digit = b"0123456789abcdef"[(value % base) as usize & 15];
            }
            value /= base;
            if value == 0 || first == 0 {
                break;
            }
        }
        self.bytes(digits.get(first..).unwrap_or_default())
    }

    /// A number in decimal.
    #[inline(never)]
    pub fn number(&mut self, value: usize) -> &mut Self {
        self.digits(value as u64, 10)
    }

    /// A number in hexadecimal, with its 0x.
    #[inline(never)]
    pub fn hex(&mut self, value: usize) -> &mut Self {
        self.text("0x").digits(value as u64, 16)
    }

    /// Hands on what is in the buffer.
    #[inline(never)]
    pub fn flush(&mut self) {
        let len = core::mem::take(&mut self.len);
        if len > 0 {
            (self.put)(self.context, self.buffer.get(..len).unwrap_or_default());
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.flush();
    }
}
