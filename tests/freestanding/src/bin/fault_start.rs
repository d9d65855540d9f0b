//! Start and exit while each system call on the way fails once. What start-up cannot do without ends the process with a message.
//!
//! sweep: arch_prctl EPERM | EINVAL -> handled | abort | absent
//! sweep: rseq ENOSYS | EINVAL | EPERM | EBUSY -> handled
//! sweep: mprotect ENOMEM | EACCES -> handled | abort | absent
//! sweep: mmap ENOMEM -> handled | abort | absent
//! sweep: set_tid_address ENOSYS -> handled | absent
//! sweep: prlimit64 ENOSYS | EPERM -> handled | absent
//! sweep: getrandom ENOSYS | EINTR -> handled | absent
//! sweep: membarrier ENOSYS | EPERM -> handled | absent
//! sweep: output short | EINTR -> handled
//! sweep: output EIO | ENOSPC | EPIPE -> error
#![no_std]
#![no_main]

use dacapo::start::Standard;

dacapo::main!(|arguments, _| {
    let count = arguments.count();
    match Standard::Output
        .print(format_args!("started with {count} argument(s), and some words that make the line longer\n"))
    {
        Ok(()) => 0,
        Err(errno) => {
            dacapo::eprintln!("cannot write: {errno}");
            1
        }
    }
});
