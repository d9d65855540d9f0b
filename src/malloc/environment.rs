//! The variable DACAPO_MALLOC, found without a libc's help, and whether this process may listen to it.
//!
//! The first allocation may come before the host libc has set `environ`: then the kernel's copy of the environment is read instead.

use crate::sys::file;

/// Bytes of the variable's value that are looked at.
pub const LONGEST: usize = 512;
const NAME: &[u8] = b"DACAPO_MALLOC=";

/// The variable's value, without its final zero.
pub struct Value {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Value {
    /// The value as bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// DACAPO_MALLOC; None if it is not set, is longer than [`LONGEST`], or may not be trusted.
pub fn find() -> Option<Value> {
    let value = of_process()?;
    if is_secure() { None } else { Some(value) }
}

fn of_process() -> Option<Value> {
    let environ = environ();
    // SAFETY: the host's variable, or our own: a null-terminated list of C strings, or null while it is not set.
    unsafe {
        if environ.is_null() || (*environ).is_null() {
            return of_kernel();
        }
        let mut entry = *environ;
        while !(*entry).is_null() {
            if let Some(value) = named(*entry) {
                return Some(value);
            }
            entry = entry.add(1);
        }
    }
    None
}

/// Where `environ` lies; null if there is no such variable.
#[cfg(not(feature = "start"))]
fn environ() -> *const *const *const u8 {
    crate::arch::tls::weak_address!("environ") as *const *const *const u8
}

/// Where `environ` lies: our own.
#[cfg(feature = "start")]
fn environ() -> *const *const *const u8 {
    unsafe extern "C" {
        static environ: *const *const u8;
    }
    &raw const environ
}

/// An entry of the auxiliary vector that is true or false, from the host's C library; None if there is none to ask.
#[cfg(not(feature = "start"))]
fn ask_libc(key: usize) -> Option<bool> {
    let ask = crate::arch::tls::weak_address!("getauxval");
    if ask == 0 {
        return None;
    }
    // SAFETY: the host's getauxval(3).
    let ask: unsafe extern "C" fn(usize) -> usize = unsafe { core::mem::transmute(ask) };
    // SAFETY: reads the auxiliary vector only. The kernel always passes this entry, so that 0 is its value.
    Some(unsafe { ask(key) } != 0)
}

/// There is none below us; the kernel's copy will do, for it is read only if the variable is set.
#[cfg(feature = "start")]
fn ask_libc(_key: usize) -> Option<bool> {
    None
}

/// The value in `NAME=value`, if that is the name.
unsafe fn named(mut text: *const u8) -> Option<Value> {
    // SAFETY: a C string, read up to its end at most.
    unsafe {
        for &wanted in NAME {
            if *text != wanted {
                return None;
            }
            text = text.add(1);
        }
        let mut value = Value { bytes: [0; LONGEST], len: 0 };
        while *text != 0 {
            *value.bytes.get_mut(value.len)? = *text;
            value.len += 1;
            text = text.add(1);
        }
        Some(value)
    }
}

/// Reads a file of procfs through a function that gets each byte and says whether to go on.
#[inline(never)]
fn each_byte(path: &core::ffi::CStr, wants: &mut dyn FnMut(u8) -> bool) -> bool {
    use linux_raw_sys::general::{AT_FDCWD, O_CLOEXEC, O_RDONLY};
    // SAFETY: a C string.
    let Ok(fd) = (unsafe { file::openat(AT_FDCWD, path.as_ptr().cast(), O_RDONLY | O_CLOEXEC, 0) }) else {
        return false;
    };
    let mut buffer = [0_u8; 512];
    'reading: while let Ok(count @ 1..) = file::read(fd, &mut buffer) {
        for &byte in buffer.get(..count).unwrap_or_default() {
            if !wants(byte) {
                break 'reading;
            }
        }
    }
    let _ = file::close(fd);
    true
}

/// The kernel's copy of the environment: entries that end with a zero byte.
fn of_kernel() -> Option<Value> {
    let mut value = Value { bytes: [0; LONGEST], len: 0 };
    // How much of the name matched in this entry; None: it is another entry.
    let mut matched = Some(0);
    let mut found = false;
    each_byte(c"/proc/self/environ", &mut |byte| {
        match matched {
            Some(at) if at == NAME.len() => {
                if byte == 0 {
                    found = true;
                    return false;
                }
                match value.bytes.get_mut(value.len) {
                    Some(place) => *place = byte,
                    None => return false,
                }
                value.len += 1;
            }
            _ if byte == 0 => matched = Some(0),
            Some(at) if NAME.get(at) == Some(&byte) => matched = Some(at + 1),
            _ => matched = None,
        }
        true
    });
    found.then_some(value)
}

/// Whether this program got rights from its file, so that its environment is somebody else's. What cannot be found out counts as yes.
fn is_secure() -> bool {
    const AT_SECURE: usize = linux_raw_sys::auxvec::AT_SECURE as usize;
    if let Some(secure) = ask_libc(AT_SECURE) {
        return secure;
    }
    // Pairs of words, least significant byte first on every CPU of ours.
    let (mut entry, mut at, mut secure) = ([0_usize; 2], 0, None);
    each_byte(c"/proc/self/auxv", &mut |byte| {
        let word = &mut entry[(at / size_of::<usize>()) & 1];
        *word |= (byte as usize) << (8 * (at % size_of::<usize>()));
        at += 1;
        if at == 2 * size_of::<usize>() {
            if entry[0] == AT_SECURE {
                secure = Some(entry[1] != 0);
            }
            (entry, at) = ([0; 2], 0);
        }
        secure.is_none()
    });
    secure.unwrap_or(true)
}
