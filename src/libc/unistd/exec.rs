//! Replacing the program: execve and its family. The variadic ones come through `arch/<cpu>/exec.S`, which lays their arguments out as a list.

use core::ffi::c_int;

use super::super::kernel_calls::kernel_calls;
use crate::libc::errno;
use crate::libc::string::strlen;
use crate::sys::Errno;

unsafe extern "C" {
    static environ: *const *const u8;
    fn getenv(name: *const u8) -> *mut u8;
}

type List = *const *const u8;

kernel_calls! {
    c_int: execve(path: *const u8, arguments: List, environment: List) = __NR_execve(path, arguments, environment);
    c_int: execveat(directory: c_int, path: *const u8, arguments: List, environment: List, flags: c_int)
        = __NR_execveat(directory, path, arguments, environment, flags);
    c_int: fexecve(fd: c_int, arguments: List, environment: List)
        = __NR_execveat(fd, c"".as_ptr(), arguments, environment, linux_raw_sys::general::AT_EMPTY_PATH);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn execv(path: *const u8, arguments: List) -> c_int {
    execve(path, arguments, environ)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn execvp(name: *const u8, arguments: List) -> c_int {
    execvpe(name, arguments, environ)
}

const PATH_MAX: usize = 4096;
const MOST_ARGUMENTS: usize = 4096;

/// A file that the kernel does not know how to run is a shell script: /bin/sh with the file's name and the other arguments.
unsafe fn as_script(path: *const u8, arguments: List, environment: List) -> c_int {
    let mut list = [core::ptr::null::<u8>(); 64];
    let mut n = 0;
    while n < MOST_ARGUMENTS && !(*arguments.add(n)).is_null() {
        n += 1;
    }
    if n + 2 > list.len() {
        return errno::fail(Errno::E2BIG);
    }
    let shell = c"/bin/sh".as_ptr().cast::<u8>();
    list[0] = shell;
    list[1] = path;
    let mut i = 1;
    while i < n {
        *list.as_mut_ptr().add(i + 1) = *arguments.add(i);
        i += 1;
    }
    execve(shell, list.as_ptr(), environment)
}

unsafe fn attempt(path: *const u8, arguments: List, environment: List) {
    execve(path, arguments, environment);
    if errno::get() == c_int::from(Errno::ENOEXEC.raw()) {
        as_script(path, arguments, environment);
    }
}

/// Looks the name up in PATH unless it holds a slash. What may not be executed is remembered and reported if nothing else is found.
#[unsafe(no_mangle)]
unsafe extern "C" fn execvpe(name: *const u8, arguments: List, environment: List) -> c_int {
    let len = strlen(name);
    if len == 0 {
        return errno::fail(Errno::ENOENT);
    }
    let mut i = 0;
    while i < len {
        if *name.add(i) == b'/' {
            attempt(name, arguments, environment);
            return -1;
        }
        i += 1;
    }
    let path = getenv(c"PATH".as_ptr().cast());
    let mut at = if path.is_null() { c"/bin:/usr/bin".as_ptr().cast::<u8>() } else { path.cast_const() };
    let mut buffer = [0_u8; PATH_MAX];
    let to = buffer.as_mut_ptr();
    let mut denied = false;
    loop {
        let mut end = at;
        while *end != 0 && *end != b':' {
            end = end.add(1);
        }
        let folder = end as usize - at as usize;
        if folder + 1 + len < PATH_MAX {
            to.copy_from_nonoverlapping(at, folder);
            let mut n = folder;
            if n > 0 {
                *to.add(n) = b'/';
                n += 1;
            }
            to.add(n).copy_from_nonoverlapping(name, len + 1);
            attempt(to, arguments, environment);
            let e = errno::get();
            if e == c_int::from(Errno::EACCES.raw()) {
                denied = true;
            } else if ![Errno::ENOENT, Errno::ENOTDIR, Errno::ESTALE, Errno::ENODEV, Errno::ETIMEDOUT]
                .iter()
                .any(|skipped| c_int::from(skipped.raw()) == e)
            {
                return -1;
            }
        }
        if *end == 0 {
            break;
        }
        at = end.add(1);
    }
    errno::fail(if denied { Errno::EACCES } else { Errno::ENOENT })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_execl(path: *const u8, arguments: List) -> c_int {
    execve(path, arguments, environ)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_execlp(name: *const u8, arguments: List) -> c_int {
    execvpe(name, arguments, environ)
}

/// The environment follows the arguments' null.
#[unsafe(no_mangle)]
unsafe extern "C" fn dacapo_execle(path: *const u8, arguments: List) -> c_int {
    let mut n = 0;
    while !(*arguments.add(n)).is_null() {
        n += 1;
    }
    execve(path, arguments, (*arguments.add(n + 1)).cast())
}
