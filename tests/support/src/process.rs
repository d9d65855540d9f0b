//! Tests in processes of their own: forked, or started anew.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};

/// Runs `body` in a forked child; its exit code, or 128 + the signal that ended it.
///
/// The child has only this thread: `body` must not wait for others, nor start any. std's threads take a lock of std's when they begin and
/// end, which in the child nobody opens if another thread had it: [`alone`] is for such bodies.
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

/// Runs this test binary again for one of its tests, with a variable set that tells the test that it is the inner one. `prepare` runs in the new process,
/// and makes one system call at most.
pub fn again(
    test: &str,
    variable: &str,
    value: &str,
    prepare: impl FnMut() -> io::Result<()> + Send + Sync + 'static,
) -> Output {
    crate::furnish();
    let mut command = Command::new(std::env::current_exe().expect("our own path"));
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(variable, value);
    // SAFETY: the closures make one system call each.
    unsafe { command.pre_exec(prepare) };
    command.output().expect("our own program")
}

/// Runs `body` in a process that runs nothing else: this program, started for the test that calls this, whose name is `test`.
pub fn alone(test: &str, body: impl FnOnce()) {
    const ALONE: &str = "DACAPO_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return body();
    }
    let output = again(test, ALONE, "1", || Ok(()));
    let said = String::from_utf8_lossy(&output.stdout);
    // A name that no test has ends well, too.
    let passed = output.status.success() && said.contains("1 passed");
    assert!(passed, "{}: {said}{}", output.status, String::from_utf8_lossy(&output.stderr));
}
