//! Changing a stopped tracee's system call. What differs between CPUs is data: places in the kernel's register set.
//!
//! | CPU | number | result and first argument | third argument |
//! | --- | --- | --- | --- |
//! | x86_64 | `orig_rax`, word 15 | `rax`, word 10; `rdi`, word 14 | `rdx`, word 12 |
//! | aarch64 | a register set of its own | `x0`, word 0 | `x2`, word 2 |

use libc::{c_void, iovec, pid_t};

const NT_PRSTATUS: usize = 1;
const NT_ARM_SYSTEM_CALL: usize = 0x404;

struct Layout {
    /// Words in the register set.
    words: usize,
    /// Where the call's number is; none: in the set `NT_ARM_SYSTEM_CALL`.
    number: Option<usize>,
    result: usize,
    arguments: [usize; 3],
    stack_pointer: usize,
}

const LAYOUT: Layout = match std::env::consts::ARCH.as_bytes()[0] {
    b'x' => Layout { words: 27, number: Some(15), result: 10, arguments: [14, 13, 12], stack_pointer: 19 },
    _ => Layout { words: 34, number: None, result: 0, arguments: [0, 1, 2], stack_pointer: 31 },
};

/// A stopped thread's general registers.
pub struct Registers {
    tid: pid_t,
    words: [u64; 34],
}

impl Registers {
    pub fn of(tid: pid_t) -> Option<Registers> {
        let mut registers = Registers { tid, words: [0; 34] };
        let mut vector = registers.vector();
        // SAFETY: the vector describes `words`.
        let result = unsafe { libc::ptrace(libc::PTRACE_GETREGSET, tid, NT_PRSTATUS, &raw mut vector) };
        (result == 0).then_some(registers)
    }

    /// Where its stack ends.
    pub fn stack_pointer(&self) -> u64 {
        self.words[LAYOUT.stack_pointer]
    }

    fn vector(&mut self) -> iovec {
        iovec { iov_base: self.words.as_mut_ptr().cast::<c_void>(), iov_len: LAYOUT.words * 8 }
    }

    /// Writes the registers back.
    pub fn store(&mut self) {
        let mut vector = self.vector();
        // SAFETY: as in `of`. An error means that the thread was killed meanwhile: nothing to do.
        unsafe { libc::ptrace(libc::PTRACE_SETREGSET, self.tid, NT_PRSTATUS, &raw mut vector) };
    }

    /// At a call's entry: which call it will be; -1 for none.
    pub fn set_number(&mut self, number: i64) {
        match LAYOUT.number {
            Some(word) => self.words[word] = number as u64,
            None => {
                let mut narrow = number as i32;
                let mut vector = iovec { iov_base: (&raw mut narrow).cast::<c_void>(), iov_len: 4 };
                // SAFETY: the set is one 32-bit word.
                unsafe { libc::ptrace(libc::PTRACE_SETREGSET, self.tid, NT_ARM_SYSTEM_CALL, &raw mut vector) };
            }
        }
    }

    /// At a call's exit: what it returns.
    pub fn set_result(&mut self, result: i64) {
        self.words[LAYOUT.result] = result as u64;
    }

    /// At a call's exit: puts the arguments back, except where the CPU returns the result in the first one's register.
    pub fn restore(&mut self, arguments: [u64; 3]) {
        for (place, value) in LAYOUT.arguments.into_iter().zip(arguments) {
            if place != LAYOUT.result {
                self.words[place] = value;
            }
        }
    }

    /// At a call's entry: its argument 0, 1 or 2.
    pub fn set_argument(&mut self, which: usize, value: u64) {
        self.words[LAYOUT.arguments[which]] = value;
    }
}
