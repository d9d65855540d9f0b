//! Streams to and from a shell command: popen, pclose.

use linux_raw_sys::general as raw;

use super::open::{Mode, allocate, fclose};
use super::stream::{File, NO_READ, NO_WRITE};
use crate::libc::errno;
use crate::sys::{Errno, child, descriptor, file, process};

unsafe extern "C" {
    static environ: *const *const u8;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn popen(command: *const u8, mode: *const u8) -> *mut File {
    match start(command, mode) {
        Ok(file) => file,
        Err(e) => errno::fail_null(e),
    }
}

unsafe fn start(command: *const u8, mode: *const u8) -> Result<*mut File, Errno> {
    let mode = Mode::parse(mode)?;
    // From the parent's side: reading takes the pipe's first end, and the child's output is the second.
    let (ours, its, its_fd) = match mode.stream {
        NO_WRITE => (0, 1, 1),
        NO_READ => (1, 0, 0),
        _ => return Err(Errno::EINVAL),
    };
    // Both ends close at exec: no other child of this process inherits them, and so the end of the pipe is seen.
    let ends = descriptor::pipe(raw::O_CLOEXEC)?;
    let stream = allocate(mode.stream, ends[ours]);
    if stream.is_null() {
        let _ = (file::close(ends[0]), file::close(ends[1])); // ENOMEM is what counts
        return Err(Errno::ENOMEM);
    }
    let arguments = [c"sh".as_ptr().cast::<u8>(), c"-c".as_ptr().cast(), command, core::ptr::null()];
    match child::fork_raw() {
        Ok(0) => {
            // Same number: dup3 would refuse, and the flag has to go.
            let _ = if ends[its] == its_fd {
                descriptor::control(its_fd, raw::F_SETFD, 0).map(drop)
            } else {
                descriptor::duplicate_to(ends[its], its_fd, 0)
            };
            child::exec(c"/bin/sh".as_ptr().cast(), arguments.as_ptr(), environ);
            process::exit_group(127)
        }
        Ok(pid) => {
            let _ = file::close(ends[its]); // the child has its own
            if mode.open & raw::O_CLOEXEC == 0 {
                descriptor::control(ends[ours], raw::F_SETFD, 0)?;
            }
            (*stream).context = pid as usize as *mut u8;
            Ok(stream)
        }
        Err(e) => {
            let _ = file::close(ends[its]); // why there is no child is what counts
            fclose(stream);
            Err(e)
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pclose(file: *mut File) -> i32 {
    let pid = (*file).context as usize as i32;
    fclose(file);
    loop {
        match child::wait(pid, 0) {
            Ok((_, status)) => return status,
            Err(Errno::EINTR) => {}
            Err(e) => return errno::fail(e),
        }
    }
}
