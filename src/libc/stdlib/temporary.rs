//! Files with names nobody else has (mkstemp mkdtemp mktemp and their family) and realpath.

use core::ffi::{c_int, c_uint};
use core::ptr::null_mut;

use crate::libc::errno;
use crate::libc::string::strlen;
use crate::sys::dir;
use crate::sys::file::{self, AT_FDCWD};
use crate::sys::{Errno, stat};
use linux_raw_sys::general as raw;

unsafe extern "C" {
    fn malloc(size: usize) -> *mut u8;
}

const ALPHABET: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789aZ";

/// Replaces the six X before the suffix by random letters until `make` says something else than EEXIST.
unsafe fn unique<T>(
    template: *mut u8,
    suffix: c_int,
    make: impl Fn(*const u8) -> Result<T, Errno>,
) -> Result<T, Errno> {
    let len = strlen(template);
    let suffix = usize::try_from(suffix).map_err(|_| Errno::EINVAL)?;
    if len < 6 + suffix {
        return Err(Errno::EINVAL);
    }
    let letters = template.add(len - suffix - 6);
    for i in 0..6 {
        if *letters.add(i) != b'X' {
            return Err(Errno::EINVAL);
        }
    }
    for _ in 0..1000 {
        let mut bits = [0; 8];
        if !super::random::fill(&mut bits) {
            return Err(Errno::EAGAIN);
        }
        for (i, byte) in bits.into_iter().take(6).enumerate() {
            *letters.add(i) = *ALPHABET.as_ptr().add(usize::from(byte & 63));
        }
        match make(template) {
            Err(Errno::EEXIST) => {}
            outcome => return outcome,
        }
    }
    Err(Errno::EEXIST)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mkostemps(template: *mut u8, suffix: c_int, flags: c_int) -> c_int {
    let flags = (flags as c_uint & !raw::O_ACCMODE) | raw::O_RDWR | raw::O_CREAT | raw::O_EXCL;
    errno::result(unique(template, suffix, |path| file::openat(AT_FDCWD, path, flags, 0o600)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mkostemp(template: *mut u8, flags: c_int) -> c_int {
    mkostemps(template, 0, flags)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mkstemps(template: *mut u8, suffix: c_int) -> c_int {
    mkostemps(template, suffix, 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mkstemp(template: *mut u8) -> c_int {
    mkostemps(template, 0, 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mkstemp64(template: *mut u8) -> c_int {
    mkostemps(template, 0, 0)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mkdtemp(template: *mut u8) -> *mut u8 {
    match unique(template, 0, |path| dir::mkdirat(AT_FDCWD, path, 0o700)) {
        Ok(()) => template,
        Err(e) => errno::fail_null(e),
    }
}

/// Only a name; somebody else may take it before the caller does.
#[unsafe(no_mangle)]
unsafe extern "C" fn mktemp(template: *mut u8) -> *mut u8 {
    let free = unique(template, 0, |path| match stat::fstatat(AT_FDCWD, path, raw::AT_SYMLINK_NOFOLLOW) {
        Ok(_) => Err(Errno::EEXIST),
        Err(Errno::ENOENT) => Ok(()),
        Err(e) => Err(e),
    });
    if let Err(e) = free {
        errno::set(e);
        *template = 0;
    }
    template
}

const PATH_MAX: usize = 4096;
const MOST_LINKS: u32 = 40;

/// Resolves `path` into `out`, component by component; the length without the zero.
unsafe fn resolve(path: *const u8, out: &mut [u8; PATH_MAX]) -> Result<usize, Errno> {
    let mut rest = [0_u8; PATH_MAX]; // what is still to be looked at, at the end of the buffer
    let mut link = [0_u8; PATH_MAX];
    let out = out.as_mut_ptr();
    let rest_start = rest.as_mut_ptr();
    let path_len = strlen(path);
    if path_len == 0 {
        return Err(Errno::ENOENT);
    }
    if path_len >= PATH_MAX {
        return Err(Errno::ENAMETOOLONG);
    }
    let mut at = PATH_MAX - 1 - path_len;
    rest_start.add(at).copy_from_nonoverlapping(path, path_len + 1);
    // Bytes of `out` that are resolved, without a slash at their end; 0 is the root.
    let mut len = if *path == b'/' { 0 } else { dir::getcwd(core::slice::from_raw_parts_mut(out, PATH_MAX))? - 1 };
    if len == 1 && *out == b'/' {
        len = 0;
    }
    let mut links = 0;
    loop {
        while *rest_start.add(at) == b'/' {
            at += 1;
        }
        if *rest_start.add(at) == 0 {
            break;
        }
        let mut end = at;
        while *rest_start.add(end) != 0 && *rest_start.add(end) != b'/' {
            end += 1;
        }
        let component = core::slice::from_raw_parts(rest_start.add(at), end - at);
        at = end;
        match component {
            b"." => {
                continue;
            }
            b".." => {
                while len > 0 && *out.add(len - 1) != b'/' {
                    len -= 1;
                }
                len = len.saturating_sub(1);
                continue;
            }
            _ => {}
        }
        if len + 1 + component.len() >= PATH_MAX {
            return Err(Errno::ENAMETOOLONG);
        }
        *out.add(len) = b'/';
        out.add(len + 1).copy_from_nonoverlapping(component.as_ptr(), component.len());
        let longer = len + 1 + component.len();
        *out.add(longer) = 0;
        match dir::readlinkat(AT_FDCWD, out, &mut link) {
            // Not a link; but what has something behind it must be a folder.
            Err(Errno::EINVAL) => {
                if *rest_start.add(at) == b'/' {
                    let found = stat::fstatat(AT_FDCWD, out, 0)?;
                    if found.mode() & raw::S_IFMT != raw::S_IFDIR {
                        return Err(Errno::ENOTDIR);
                    }
                }
                len = longer;
            }
            Err(e) => return Err(e),
            Ok(size) => {
                links += 1;
                if links > MOST_LINKS {
                    return Err(Errno::ELOOP);
                }
                if size > at {
                    return Err(Errno::ENAMETOOLONG);
                }
                at -= size;
                rest_start.add(at).copy_from_nonoverlapping(link.as_ptr(), size);
                if link[0] == b'/' {
                    len = 0;
                }
            }
        }
    }
    if len == 0 {
        *out = b'/';
        len = 1;
    }
    *out.add(len) = 0;
    Ok(len)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn realpath(path: *const u8, resolved: *mut u8) -> *mut u8 {
    if path.is_null() {
        return errno::fail_null(Errno::EINVAL);
    }
    let mut out = [0; PATH_MAX];
    let len = match resolve(path, &mut out) {
        Ok(len) => len,
        Err(e) => return errno::fail_null(e),
    };
    let to = if resolved.is_null() { malloc(len + 1) } else { resolved };
    if to.is_null() {
        return errno::fail_null(Errno::ENOMEM);
    }
    to.copy_from_nonoverlapping(out.as_ptr(), len + 1);
    to
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __realpath_chk(path: *const u8, resolved: *mut u8, room: usize) -> *mut u8 {
    crate::libc::string::check(PATH_MAX, room);
    realpath(path, resolved)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn canonicalize_file_name(path: *const u8) -> *mut u8 {
    realpath(path, null_mut())
}
