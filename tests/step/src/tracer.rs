//! The means without breakpoint registers: a parent process that writes a trap instruction into this one's text.
//!
//! ```text
//!   tracee                                   tracer
//!   wire.addresses = A; raise SIGUSR1   -->    writes the trap at A, lets the tracee go on
//!   ... comes to A: SIGTRAP           -->    writes the instruction back, sets the program counter back to A,
//!   the handler interferes            <--    and lets the signal through
//!   wire.addresses = 0; raise SIGUSR1   -->    writes the instruction back if the tracee never came
//! ```
//! Where signals are blocked no handler can run: there the tracer moves the tracee to the other CPU, which aborts the section all the same, and lets it
//! execute one instruction to see where it went on. Single-stepping from the start of a section would never reach its second instruction, because
//! every stop aborts it.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use crate::trap::on_x86;

/// What the two processes share; 0 means nothing in each field.
#[derive(Default)]
pub struct Wire {
    /// Where traps are wanted.
    addresses: [AtomicUsize; 2],
    /// Where the tracee was one instruction after a stop where signals were blocked.
    quiet: AtomicUsize,
    /// 1 + the CPU to move the tracee to at such a stop.
    pub away: AtomicUsize,
}

const ASK: i32 = libc::SIGUSR1;
const TRAP: u32 = if on_x86() { 0xcc } else { 0xd420_0000 };
const TRAP_MASK: u64 = if on_x86() { 0xff } else { 0xffff_ffff };
/// The program counter's place among the registers, in words, and how far it is past the trap.
const PROGRAM_COUNTER: usize = if on_x86() { 16 } else { 32 };
const PAST: u64 = if on_x86() { 1 } else { 0 };
const NT_PRSTATUS: usize = 1;
const PTRACE_GETSIGMASK: libc::c_uint = 0x420a;
const PTRACE_SETSIGMASK: libc::c_uint = 0x420b;

fn ask() {
    // SAFETY: the tracer takes the signal away.
    unsafe { libc::raise(ASK) };
}

fn want(wire: &Wire, addresses: [usize; 2]) {
    wire.addresses.iter().zip(addresses).for_each(|(wanted, address)| wanted.store(address, SeqCst));
    ask();
}

/// Asks for traps.
pub fn plant(wire: &Wire, addresses: [usize; 2]) {
    wire.quiet.store(0, SeqCst);
    want(wire, addresses);
}

/// Asks for the traps' removal; where the tracee was after a stop without a handler.
pub fn clear(wire: &Wire) -> Option<usize> {
    want(wire, [0; 2]);
    Some(wire.quiet.load(SeqCst)).filter(|&after| after != 0)
}

/// Splits the process: returns in the tracee. The tracer ends with the tracee's exit code. Call it before there are threads.
///
/// # Errors
/// The kernel or a filter forbids ptrace.
pub fn split() -> io::Result<&'static Wire> {
    // SAFETY: a fresh shared mapping, all zero, which is a valid Wire; the child goes on as this process would.
    unsafe {
        let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
        let page = libc::mmap(std::ptr::null_mut(), 4096, protection, flags, -1, 0);
        if page == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let wire = &*page.cast::<Wire>();
        match libc::fork() {
            -1 => Err(io::Error::last_os_error()),
            0 => {
                if libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) != 0 {
                    return Err(io::Error::last_os_error());
                }
                libc::raise(libc::SIGSTOP);
                Ok(wire)
            }
            tracee => std::process::exit(Tracer { tracee, wire, planted: Vec::new() }.run()),
        }
    }
}

struct Tracer {
    tracee: libc::pid_t,
    wire: &'static Wire,
    /// Where traps are, and the words that were there.
    planted: Vec<(usize, u64)>,
}

impl Tracer {
    fn request(&self, request: libc::c_uint, address: usize, data: usize) -> i64 {
        // SAFETY: the tracee is stopped; addresses are the tracee's, or of live values of ours.
        let answer = unsafe { libc::ptrace(request as _, self.tracee, address, data) };
        assert!(answer != -1 || request == libc::PTRACE_PEEKTEXT as libc::c_uint, "{}", io::Error::last_os_error());
        answer
    }

    fn registers(&self, request: libc::c_uint, registers: &mut [u64; 34]) {
        let mut vector = libc::iovec { iov_base: registers.as_mut_ptr().cast(), iov_len: size_of_val(registers) };
        self.request(request, NT_PRSTATUS, &raw mut vector as usize);
    }

    fn resume(&self, request: libc::c_uint, signal: i32) -> i32 {
        self.request(request, 0, signal as usize);
        self.wait()
    }

    fn wait(&self) -> i32 {
        let mut status = 0;
        // SAFETY: fills the status.
        while unsafe { libc::waitpid(self.tracee, &raw mut status, libc::__WALL) } != self.tracee {}
        status
    }

    fn remove(&mut self, wanted: impl Fn(usize) -> bool) {
        // The last one first: two traps may share a word.
        for n in (0..self.planted.len()).rev() {
            if wanted(self.planted[n].0) {
                let (address, word) = self.planted.remove(n);
                let now = self.request(libc::PTRACE_PEEKTEXT as _, address, 0) as u64;
                self.request(libc::PTRACE_POKETEXT as _, address, (now & !TRAP_MASK | word & TRAP_MASK) as usize);
            }
        }
    }

    fn on_request(&mut self) {
        self.remove(|_| true);
        for address in self.wire.addresses.iter().map(|address| address.load(SeqCst)).filter(|&address| address != 0) {
            let word = self.request(libc::PTRACE_PEEKTEXT as _, address, 0) as u64;
            self.request(libc::PTRACE_POKETEXT as _, address, (word & !TRAP_MASK | u64::from(TRAP)) as usize);
            self.planted.push((address, word));
        }
    }

    /// At the trap: whether the signal is to be let through.
    fn on_trap(&mut self) -> bool {
        let mut registers = [0; 34];
        self.registers(libc::PTRACE_GETREGSET as _, &mut registers);
        let address = (registers[PROGRAM_COUNTER] - PAST) as usize;
        if !self.planted.iter().any(|trap| trap.0 == address) {
            return true;
        }
        self.remove(|planted| planted == address);
        registers[PROGRAM_COUNTER] = address as u64;
        // More words than there are would be refused.
        let mut vector =
            libc::iovec { iov_base: registers.as_mut_ptr().cast(), iov_len: if on_x86() { 27 * 8 } else { 34 * 8 } };
        self.request(libc::PTRACE_SETREGSET as _, NT_PRSTATUS, &raw mut vector as usize);
        let mut mask = 0_u64;
        self.request(PTRACE_GETSIGMASK, 8, &raw mut mask as usize);
        if mask & 1 << (ASK - 1) == 0 {
            return true;
        }
        // The kernel has opened the mask for SIGTRAP; the section's code wants it closed.
        mask |= 1 << (libc::SIGTRAP - 1);
        self.request(PTRACE_SETSIGMASK, 8, &raw mut mask as usize);
        let away = self.wire.away.load(SeqCst);
        if away != 0 {
            support::affinity::move_thread(self.tracee as u32, away - 1);
        }
        let status = self.resume(libc::PTRACE_SINGLESTEP as _, 0);
        assert!(libc::WIFSTOPPED(status) && libc::WSTOPSIG(status) == libc::SIGTRAP, "one step: {status:#x}");
        self.registers(libc::PTRACE_GETREGSET as _, &mut registers);
        self.wire.quiet.store(registers[PROGRAM_COUNTER] as usize, SeqCst);
        false
    }

    fn run(mut self) -> i32 {
        let mut status = self.wait();
        let kill_with_us = libc::PTRACE_O_EXITKILL as usize;
        let mut begun = false;
        loop {
            if libc::WIFEXITED(status) {
                return libc::WEXITSTATUS(status);
            }
            if libc::WIFSIGNALED(status) {
                // As the tracee ended, so does whoever waits for us see it end.
                // SAFETY: the default action, and a signal to ourselves.
                unsafe {
                    libc::signal(libc::WTERMSIG(status), libc::SIG_DFL);
                    libc::raise(libc::WTERMSIG(status));
                }
                return 128 + libc::WTERMSIG(status);
            }
            let mut signal = libc::WSTOPSIG(status);
            if !begun {
                begun = true;
                self.request(libc::PTRACE_SETOPTIONS as _, 0, kill_with_us);
                signal = 0; // the SIGSTOP of the beginning
            } else if signal == ASK {
                self.on_request();
                signal = 0;
            } else if signal == libc::SIGTRAP && !self.on_trap() {
                signal = 0;
            }
            status = self.resume(libc::PTRACE_CONT as _, signal);
        }
    }
}
