//! system and getloadavg; abort.

use core::ffi::{c_int, c_uint};
use core::ptr::null;

use crate::libc::errno;
use crate::libc::unistd::fork;
use crate::sys::signal::{self, Action, How, Set};
use crate::sys::{Errno, call, process};
use crate::thread::cancel::{CANCELLED, cancellable};

const SIGINT: u32 = 2;
const SIGQUIT: u32 = 3;
const SIGKILL: u32 = 9;
const SIGCHLD: u32 = 17;
const SIG_IGN: usize = 1;

unsafe extern "C" {
    static environ: *const *const u8;
    fn dacapo_sigreturn();
}

#[unsafe(no_mangle)]
extern "C" fn abort() -> ! {
    process::abort()
}

/// Runs `/bin/sh -c command`: its wait status, 127 in it if there is no shell. SIGINT and SIGQUIT are the child's alone meanwhile. A cancellation point.
#[unsafe(no_mangle)]
unsafe extern "C" fn system(command: *const u8) -> c_int {
    let shell = c"/bin/sh".as_ptr().cast::<u8>();
    if command.is_null() {
        const X_OK: c_uint = 1;
        return c_int::from(
            call!(__NR_faccessat, crate::sys::file::AT_FDCWD as usize, shell as usize, X_OK as usize).is_ok(),
        );
    }
    let ignore = Action {
        handler: SIG_IGN,
        flags: 0x0400_0000,
        restorer: dacapo_sigreturn as *const () as usize,
        mask: Set::EMPTY,
    };
    let outcome = || -> Result<c_int, Errno> {
        let old_int = signal::action(SIGINT, Some(&ignore))?;
        let old_quit = signal::action(SIGQUIT, Some(&ignore))?;
        let old_mask = signal::mask(How::Block, &Set::of(SIGCHLD))?;
        let pid = fork();
        if pid == 0 {
            let _ = signal::action(SIGINT, Some(&old_int)); // as it was a moment ago
            let _ = signal::action(SIGQUIT, Some(&old_quit));
            let _ = signal::mask(How::Set, &old_mask);
            let arguments = [c"sh".as_ptr().cast::<u8>(), c"-c".as_ptr().cast(), command, null()];
            let _ = call!(__NR_execve, shell as usize, arguments.as_ptr() as usize, environ as usize);
            process::exit_group(127);
        }
        let mut status: c_int = -1;
        let mut waited = if pid < 0 { Err(Errno::EAGAIN) } else { Ok(0) };
        while waited == Ok(0) {
            waited = match cancellable!(__NR_wait4, pid as usize, &raw mut status as usize, 0, 0) {
                Err(Errno::EINTR) => Ok(0),
                done => done.map(|_| 1),
            };
        }
        if waited == Err(CANCELLED) {
            // The shell is ours alone: it ends with the thread, and leaves no zombie.
            let _ = process::kill(pid, SIGKILL); // it is still there: nobody else waits for it
            while call!(__NR_wait4, pid as usize, 0, 0, 0) == Err(Errno::EINTR) {}
        }
        let _ = signal::action(SIGINT, Some(&old_int)); // as it was
        let _ = signal::action(SIGQUIT, Some(&old_quit));
        let _ = signal::mask(How::Set, &old_mask);
        waited.map(|_| status)
    };
    errno::point(outcome())
}

/// The kernel's averages over 1, 5 and 15 minutes; how many were stored.
#[unsafe(no_mangle)]
unsafe extern "C" fn getloadavg(to: *mut f64, n: c_int) -> c_int {
    let mut info = core::mem::MaybeUninit::<linux_raw_sys::system::sysinfo>::zeroed();
    if let Err(e) = call!(__NR_sysinfo, info.as_mut_ptr() as usize) {
        return errno::fail(e);
    }
    let loads = (*info.as_ptr()).loads;
    let n = n.clamp(0, 3);
    for (i, load) in loads.iter().take(n as usize).enumerate() {
        *to.add(i) = *load as f64 / 65536.0;
    }
    n
}
