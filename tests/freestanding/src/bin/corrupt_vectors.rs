//! Corrupt auxiliary vectors: whatever a loader wrote there, the program starts, with its thread-local variables, a clock and threads.
//!
//! Each round executes this program, stopped by ptrace at its first instruction, and spoils the vector on its stack: entries go, come twice, get
//! values that arithmetic likes least, or nothing ends the list. What only a system call could tell is left out: a page-aligned vDSO address
//! where nothing is mapped, and AT_PHDR, by which a program finds itself before it is relocated.
//!
//! `DACAPO_SEED` chooses what is corrupt; `DACAPO_ROUNDS` how often.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering};

use dacapo::arch::syscall::{syscall3, syscall4, syscall6};
use dacapo::start::auxv::auxv;
use dacapo::start::vdso;
use dacapo::sys::Errno;
use dacapo::thread;
use freestanding::{Ending, Random, check, fork, number, skip, wait};
use linux_raw_sys::auxvec as key;
use linux_raw_sys::general as raw;

const TRACEME: usize = 0;
const DETACH: usize = 17;
const GETREGSET: usize = 0x4204;
const MONOTONIC: i32 = 1;
/// What is read of the child's stack: argc, arguments, environment, and a vector of about twenty entries. More strings than that lie above.
const WORDS: usize = 128;

core::arch::global_asm!(
    ".pushsection .tdata.test, \"awT\", %progbits",
    ".balign 4",
    ".globl test_variable",
    ".type test_variable, %object",
    "test_variable: .long 0x12345678",
    ".popsection",
);

fn ptrace(request: usize, child: usize, address: usize, data: usize) -> Result<usize, Errno> {
    // SAFETY: acts on the child; GETREGSET writes what `data` describes.
    Errno::check(unsafe { syscall4(raw::__NR_ptrace as usize, request, child, address, data) })
}

/// Copies words from or to the child's memory.
fn copy(call: u32, child: usize, local: &mut [usize], remote: usize) -> bool {
    let here = [local.as_mut_ptr() as usize, size_of_val(local)];
    let there = [remote, size_of_val(local)];
    // SAFETY: the words are ours, and the child's memory is its own.
    let copied = unsafe { syscall6(call as usize, child, here.as_ptr() as usize, 1, there.as_ptr() as usize, 1, 0) };
    copied == here[1]
}

/// The stopped child's stack pointer.
fn stack_of(child: usize) -> Option<usize> {
    const NT_PRSTATUS: usize = 1;
    let mut registers = [0_usize; 64];
    let mut vector = [registers.as_mut_ptr() as usize, size_of_val(&registers)];
    ptrace(GETREGSET, child, NT_PRSTATUS, vector.as_mut_ptr() as usize).ok()?;
    // `user_regs_struct` of the two CPUs is known by its length.
    match vector[1] / size_of::<usize>() {
        27 => Some(registers[19]),
        34 => Some(registers[31]),
        _ => None,
    }
}

/// A value.
fn nasty(random: &mut Random) -> usize {
    const EDGES: [usize; 9] = [0, 1, 7, 4095, 0xffff_ffff, 1 << 47, (1 << 63) + 8, usize::MAX - 15, usize::MAX];
    match random.below(3) {
        0 => EDGES[random.below(EDGES.len() as u64) as usize],
        1 => random.below(1 << 20) as usize,
        _ => random.next() as usize,
    }
}

/// Spoils a vector of `count` entries without its end.
fn spoil(vector: &mut [usize], count: usize, random: &mut Random) {
    let spared = |key: usize| {
        let relocates = key == key::AT_PHDR as usize || key == key::AT_PHNUM as usize;
        let features = key == key::AT_HWCAP as usize || key == key::AT_HWCAP2 as usize; // false ones are wrong on any system
        features || relocates
    };
    let vdso =
        vector.chunks(2).take(count).find(|entry| entry[0] == key::AT_SYSINFO_EHDR as usize).map(|entry| entry[1]);
    let changes = 1 + random.below(4);
    for _ in 0..changes {
        let at = 2 * random.below(count as u64) as usize;
        let other = 2 * random.below(count as u64) as usize;
        if spared(vector[at]) || spared(vector[other]) {
            continue;
        }
        match random.below(5) {
            0 => vector[at] = 1,                                // AT_IGNORE: one entry less
            1 if vector[other] == key::AT_RANDOM as usize => {} // an address on the stack with other things could not be told from it
            1 => vector[at] = vector[other],                    // twice, with another's value
            2 if random.below(8) == 0 => vector[2 * count] = 1, // no end
            _ => vector[at + 1] = nasty(random),
        }
    }
    for entry in vector.chunks_mut(2).take(count) {
        // An aligned address that might be one cannot be told from one.
        if entry[0] == key::AT_SYSINFO_EHDR as usize && Some(entry[1]) != vdso && entry[1] != 0 {
            entry[1] |= 1;
        }
    }
}

static VARIABLE: AtomicU32 = AtomicU32::new(7);

/// What a program does first.
fn child() {
    // SAFETY: this thread's own variable.
    check!(unsafe { *(dacapo::tls_address!("test_variable") as *const u32) } == 0x1234_5678);
    let page = auxv().page_size();
    check!(page.is_power_of_two() && (4096..=65536).contains(&page), "pages of {page}");
    check!(!auxv().program_headers().is_empty());
    let now = vdso::clock_gettime(MONOTONIC).unwrap_or_default();
    check!(now.seconds > 0 || now.nanos > 0);
    let sum = thread::spawn(|| VARIABLE.fetch_add(1, Ordering::Relaxed) + 1).and_then(|thread| thread.join());
    check!(sum == Ok(8), "the thread says {sum:?}");
    check!(dacapo::tls::block::pointer_guard() != 0, "no random bytes");
}

/// Starts this program with a vector that is spoilt; None if it cannot be traced.
fn round(random: &mut Random) -> Option<Ending> {
    let path = auxv().execfn();
    // Strings above the vector, for whoever walks on where no end is.
    static PADDING: [u8; 2048] = {
        let mut text = [b'x'; 2048];
        text[1] = b'=';
        text[2047] = 0;
        text
    };
    let argv = [path, c"child".as_ptr().cast(), core::ptr::null()];
    let envp = [PADDING.as_ptr(), core::ptr::null()];
    let child = match fork() {
        Ok(0) => {
            let _ = ptrace(TRACEME, 0, 0, 0);
            // SAFETY: null-terminated lists of zero-terminated strings.
            let _ = unsafe {
                syscall3(raw::__NR_execve as usize, path as usize, argv.as_ptr() as usize, envp.as_ptr() as usize)
            };
            dacapo::sys::process::exit_group(99)
        }
        Ok(child) => child,
        Err(_) => return None,
    };
    let mut status = 0_i32;
    // SAFETY: the kernel writes one int.
    let _ = unsafe { syscall4(raw::__NR_wait4 as usize, child, &raw mut status as usize, 0, 0) };
    if status & 0xff != 0x7f {
        return None; // it ended: no ptrace here, or no file
    }
    let start = stack_of(child)?;
    let mut words = [0_usize; WORDS];
    check!(copy(raw::__NR_process_vm_readv, child, &mut words, start));
    let vector = 1 + argv.len() + envp.len();
    let count = words[vector..].chunks(2).position(|entry| entry[0] == 0).unwrap_or(0);
    check!(count > 8, "{count} entries");
    spoil(&mut words[vector..], count, random);
    check!(copy(raw::__NR_process_vm_writev, child, &mut words[..vector + 2 * count + 2], start));
    let _ = ptrace(DETACH, child, 0, 0); // from here on its signals are its own
    Some(wait(child))
}

dacapo::main!(|_, _| {
    if dacapo::start::args().nth(1).is_some_and(|word| word.to_bytes() == b"child") {
        return child();
    }
    freestanding::needs_a_kernel("qemu-user does not trace");
    let emulated = dacapo::start::env().value(b"DACAPO_EMULATED").is_some();
    let seed = number(b"DACAPO_SEED", 1);
    let rounds = number(b"DACAPO_ROUNDS", if emulated { 30 } else { 400 });
    let mut random = Random::of(seed, 0);
    for done in 0..rounds {
        match round(&mut random) {
            Some(ending) => check!(ending == Ending::Code(0), "round {done} of seed {seed} ended with {ending:?}"),
            None => skip("no ptrace here"),
        }
    }
    dacapo::println!("{rounds} starts with corrupt vectors");
});
