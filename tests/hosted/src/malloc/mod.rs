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

/// Bytes of memory that this process has resident.
fn resident() -> usize {
    support::furnish();
    let statm = std::fs::read_to_string("/proc/self/statm").expect("procfs");
    let pages: usize = statm.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("a number of pages");
    pages * 4096
}
