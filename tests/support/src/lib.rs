//! What the hosted tests share.

pub mod affinity;
pub mod process;
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
