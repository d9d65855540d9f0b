//! dacapo::malloc, as a guest of a program that has another malloc.

mod consistency;
mod early;
mod elsewhere;
mod faults;
mod fork;
mod growth;
mod limits;
mod model;
mod returns;
mod signals;
mod threads;
mod verify;

/// Runs this test binary again for one of its tests, with a variable set that tells the test that it is the inner one.
fn again(
    test: &str,
    variable: &str,
    value: &str,
    prepare: impl FnMut() -> std::io::Result<()> + Send + Sync + 'static,
) -> std::process::Output {
    use std::os::unix::process::CommandExt;
    support::furnish();
    let mut command = std::process::Command::new(std::env::current_exe().expect("our own path"));
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(variable, value);
    // SAFETY: the closures make one system call each.
    unsafe { command.pre_exec(prepare) };
    command.output().expect("our own program")
}

/// Bytes of memory that this process has resident.
fn resident() -> usize {
    support::furnish();
    let statm = std::fs::read_to_string("/proc/self/statm").expect("procfs");
    let pages: usize = statm.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("a number of pages");
    pages * 4096
}
