//! Instructions of one operation, and the locked ones among them, counted by executing a child one instruction at a time.
//!
//! A restartable section is interrupted by every step and would start over for ever; so its descriptor is taken out of the child's rseq area before each step:
//! alone, without interruption, the section does the same without it.

use std::ffi::c_void;

use dacapo::arch::tls::thread_pointer;

use crate::rows;

/// Operations that are counted, and those before them that warm the caches, lazily made blocks and lazily bound calls up.
const MEASURED: u64 = 100;
const WARM: u64 = 20;

/// Prints every row's counts.
pub fn all() {
    for row in rows::all() {
        match (steps(&row, WARM), steps(&row, WARM + MEASURED)) {
            (Some(few), Some(many)) => {
                let each = |few: u64, many: u64| (many as f64 - few as f64) / MEASURED as f64;
                println!("{}\t{:.2}\t{:.2}", row.name, each(few.1, many.1), each(few.0, many.0));
            }
            _ => eprintln!("{}: cannot be stepped here", row.name),
        }
    }
}

/// Where the general registers' set has the address of the next instruction.
fn program_counter() -> Option<usize> {
    match std::env::consts::ARCH {
        "x86_64" => Some(16),
        "aarch64" => Some(32),
        _ => None,
    }
}

/// Whether the instruction at `place` is an atomic read-modify-write.
fn is_locked(place: usize) -> bool {
    // SAFETY: the child is a fork of this process: what it executes is mapped here at the same address, and an instruction is at most 15 bytes, which do not
    // reach beyond the text's last page.
    let byte = |at: usize| unsafe { *((place + at) as *const u8) };
    if std::env::consts::ARCH == "aarch64" {
        let word = u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)]);
        let exclusive_store = word & 0x3fc0_0000 == 0x0800_0000; // stxr, stlxr: one for each ldxr
        let compare_and_swap = word & 0x3fa0_7c00 == 0x08a0_7c00;
        let memory_operation = word & 0x3b20_0c00 == 0x3820_0000; // ldadd, swp, ...
        return exclusive_store || compare_and_swap || memory_operation;
    }
    let mut at = 0;
    loop {
        match byte(at) {
            0xf0 => return true,
            0x26 | 0x2e | 0x36 | 0x3e | 0x64..=0x67 | 0xf2 | 0xf3 | 0x40..=0x4f => at += 1,
            0x86 | 0x87 => return byte(at + 1) < 0xc0, // xchg with memory
            _ => return false,
        }
    }
}

/// (instructions, locked ones) of a child that does so many operations.
fn steps(row: &rows::Row, operations: u64) -> Option<(u64, u64)> {
    let counter = program_counter()?;
    let subject = (row.make)();
    let descriptor = thread_pointer().wrapping_add_signed(dacapo::rseq::offsets().0) + 8;
    // SAFETY: the child stops itself, works, and leaves by _exit; this program has no other thread while it forks.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // A libc may leave the lock prefix out while there is one thread: let there be two. The tracer follows the first only.
        std::thread::spawn(|| {
            loop {
                std::thread::park();
            }
        });
        // SAFETY: as above.
        unsafe {
            if libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) != 0 {
                libc::_exit(1);
            }
            libc::raise(libc::SIGSTOP);
        }
        subject.add(operations);
        // SAFETY: as above.
        unsafe {
            libc::raise(libc::SIGSTOP);
            libc::_exit(0);
        }
    }
    if child < 0 || wait(child) != Some(libc::SIGSTOP) {
        return None;
    }
    let (mut total, mut locked) = (0, 0);
    let mut registers = [0_u64; 64];
    loop {
        // SAFETY: the child is stopped; the kernel writes at most the buffer, and the word is one of its own rseq area.
        let stepped = unsafe {
            let mut buffer = libc::iovec { iov_base: registers.as_mut_ptr().cast(), iov_len: size_of_val(&registers) };
            const NT_PRSTATUS: usize = 1;
            libc::ptrace(libc::PTRACE_GETREGSET, child, NT_PRSTATUS, &raw mut buffer);
            if libc::ptrace(libc::PTRACE_PEEKDATA, child, descriptor, 0) != 0 {
                libc::ptrace(libc::PTRACE_POKEDATA, child, descriptor, std::ptr::null_mut::<c_void>());
            }
            libc::ptrace(libc::PTRACE_SINGLESTEP, child, 0, 0)
        };
        let ended = stepped != 0 || wait(child) != Some(libc::SIGTRAP);
        if ended {
            break;
        }
        total += 1;
        locked += u64::from(is_locked(registers[counter] as usize));
    }
    // SAFETY: our own child, which is reaped.
    unsafe {
        libc::kill(child, libc::SIGKILL);
        libc::waitpid(child, std::ptr::null_mut(), 0);
    }
    Some((total, locked))
}

/// The signal that stopped the child, if it stopped.
fn wait(child: i32) -> Option<i32> {
    let mut status = 0;
    // SAFETY: writes the status.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    (waited == child && libc::WIFSTOPPED(status)).then(|| libc::WSTOPSIG(status))
}
