//! What the hosted tests share.

pub mod affinity;
pub mod seccomp;
pub mod signals;

/// How many rounds a long test takes here: `full`, or a twentieth of it where `x.py test` says that the CPU is emulated.
pub fn rounds(full: u32) -> u32 {
    if emulated() { (full / 20).max(1) } else { full }
}

/// Whether `x.py test` says that the CPU is emulated: every instruction, and every first touch of a page, takes some twenty times longer.
pub fn emulated() -> bool {
    std::env::var_os("DACAPO_EMULATED").is_some()
}

/// How long a timer that interrupts a test may leave it alone, in microseconds: `full`, or twenty times that where the CPU is emulated.
/// There a handler takes longer than a short period, and the test would never get on.
pub fn period(full: u32) -> u32 {
    if emulated() { full * 20 } else { full }
}

/// Mounts /proc and /dev where nobody has: in a guest without a single other file, where we are root. For tests that start themselves again
/// (std needs /proc/self/exe and /dev/null) or look at their own memory.
pub fn furnish() {
    for (path, kind, sign) in [(c"/proc", c"proc", "/proc/self"), (c"/dev", c"devtmpfs", "/dev/null")] {
        let there = || std::path::Path::new(sign).exists();
        if there() {
            continue;
        }
        let _ = std::fs::create_dir(path.to_str().expect("ASCII"));
        // SAFETY: three C strings and no data.
        let mounted = unsafe { libc::mount(kind.as_ptr(), path.as_ptr(), kind.as_ptr(), 0, std::ptr::null()) };
        assert!(mounted == 0 || there(), "{sign}: {}", std::io::Error::last_os_error());
    }
}

/// Runs `body` in a forked child; its exit code, or 128 + the signal that ended it.
///
/// The child has only this thread: `body` must not wait for others.
pub fn child(body: impl FnOnce() -> i32) -> i32 {
    // SAFETY: the child runs `body` and leaves by _exit, so no destructor runs twice.
    unsafe {
        match libc::fork() {
            -1 => panic!("fork: {}", std::io::Error::last_os_error()),
            0 => {
                let verdict = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).unwrap_or(101);
                libc::_exit(verdict)
            }
            pid => {
                let mut status = 0;
                while libc::waitpid(pid, &raw mut status, 0) == -1 {
                    assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::EINTR));
                }
                if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { 128 + libc::WTERMSIG(status) }
            }
        }
    }
}
