//! PID 1 of a machine without a single other file: says what it finds, has threads, reaps, runs a program, powers off.
//!
//! ```text
//! init [PROGRAM ARGUMENTS...]
//! ```
//! 1. What is here: kernel, CPUs, rseq, clock. Nothing of it needs /proc, /sys or /dev.
//! 2. Threads on every CPU count in per-CPU counters; the sum is exact.
//! 3. PROGRAM runs as a child. Orphans become children of PID 1: whoever ends meanwhile is reaped.
//! 4. As PID 1 the machine is powered off if all went well; else PID 1 ends with the code, and the kernel says so.
//!
//! As any other process it does the same but for the power. `./x.py qemu target/.../init` boots it.
#![no_std]
#![no_main]

extern crate alloc;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ffi::{CStr, c_char};

use dacapo::percpu::{Counter, topology};
use dacapo::sys::{Errno, child, machine, process};
use dacapo::{eprintln, println, rseq, start, thread};

#[global_allocator]
static HEAP: dacapo::malloc::Global = dacapo::malloc::Global;

const ADDITIONS: usize = 20_000;

fn text(field: &[c_char]) -> &str {
    // SAFETY: chars are bytes.
    let bytes = unsafe { core::slice::from_raw_parts(field.as_ptr().cast::<u8>(), field.len()) };
    CStr::from_bytes_until_nul(bytes).ok().and_then(|name| name.to_str().ok()).unwrap_or("?")
}

fn say_what_is_here() {
    let name = machine::uname();
    println!("{} {} on {}, PID {}", text(&name.sysname), text(&name.release), text(&name.machine), process::getpid());
    println!("CPUs: {}, now on {}", topology::allowed(), rseq::current_cpu());
    match rseq::state() {
        rseq::State::Owned => {
            let index = if rseq::features().mm_cid { "concurrency id" } else { "CPU number" };
            println!("rseq: registered by us, index is the {index}");
        }
        state => println!("rseq: {state:?}: atomics and locks instead"),
    }
    match start::vdso::clock_gettime(1) {
        Ok(now) => println!("clock: up for {}.{:03} s", now.seconds, now.nanos / 1_000_000),
        Err(errno) => println!("clock: {errno}"),
    }
}

/// Two threads for each CPU; each counts, all together, exactly.
fn count_with_threads() -> Result<(), Errno> {
    let counter: &'static Counter = Box::leak(Box::new(Counter::new()?));
    let threads = 2 * topology::allowed();
    let mut handles = Vec::with_capacity(threads);
    for _ in 0..threads {
        handles.push(thread::spawn(move || (0..ADDITIONS).for_each(|_| counter.add(0, 1)))?);
    }
    for handle in handles {
        handle.join()?;
    }
    let sum = counter.sum(0);
    println!("threads: {threads} counted to {sum}");
    if sum == threads * ADDITIONS { Ok(()) } else { Err(Errno::EIO) }
}

/// A child whose own child outlives it: as PID 1 we inherit and reap the grandchild.
fn orphan() -> Result<(), Errno> {
    // SAFETY: the child and the grandchild only make system calls.
    unsafe {
        if child::fork_raw()? == 0 {
            if child::fork_raw() == Ok(0) {
                process::exit_group(0);
            }
            process::exit_group(0);
        }
    }
    Ok(())
}

/// Runs a program as a child; its exit code, or 128 + the signal that ended it. Reaps whoever else ends until nobody is left.
fn run(program: &CStr, arguments: &[*const u8]) -> Result<i32, Errno> {
    // SAFETY: between fork and exec the child makes one system call; the list ends with null.
    let pid = unsafe {
        let pid = child::fork_raw()?;
        if pid == 0 {
            let failed = child::exec(program.as_ptr().cast(), arguments.as_ptr(), start::environment().cast());
            eprintln!("init: cannot run {}: {failed}", program.to_str().unwrap_or("?"));
            process::exit_group(127);
        }
        pid
    };
    let mut code = 0;
    reap(|ended, status| {
        if ended == pid {
            code = if status & 0x7f == 0 { status >> 8 & 0xff } else { 128 + (status & 0x7f) };
        }
    });
    Ok(code)
}

/// Waits for every child, our own and those that became ours; how many.
fn reap(mut each: impl FnMut(u32, i32)) -> usize {
    let mut count = 0;
    loop {
        match child::wait(-1, 0) {
            Ok((pid, status)) => {
                count += 1;
                each(pid, status);
            }
            Err(Errno::EINTR) => {}
            Err(_) => return count, // ECHILD: nobody is left
        }
    }
}

fn init(mut arguments: start::Args) -> Result<i32, Errno> {
    say_what_is_here();
    count_with_threads()?;
    orphan()?;
    let reaped = reap(|_, _| {});
    println!("reaped: {reaped}");
    arguments.next(); // our own name
    let list: Vec<*const u8> =
        arguments.clone().map(|argument| argument.as_ptr().cast()).chain([core::ptr::null()]).collect();
    match arguments.next() {
        None => Ok(0),
        Some(program) => {
            let code = run(program, &list)?;
            println!("{}: exit code {code}", program.to_str().unwrap_or("?"));
            Ok(code)
        }
    }
}

dacapo::main!(|arguments, _environment| {
    let code = init(arguments).unwrap_or_else(|errno| {
        eprintln!("init: {errno}");
        1
    });
    println!("RESULT {code}");
    if process::getpid() == 1 && code == 0 {
        machine::sync();
        eprintln!("init: cannot power off: {}", machine::reboot(machine::End::PowerOff));
        return 1;
    }
    code
});
