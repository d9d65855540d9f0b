//! Kernel calls that a thread can be cancelled in, and what a signal handler has to know of the code that it interrupted.
//!
//! Each call is inline, and its bounds are an entry of the table `__dacapo_points`, relative to itself. The contract is in `arch/mod.rs`.

use core::arch::asm;
use core::mem::offset_of;

use crate::per_thread::{PerThread, cancel};

/// Labels: 2 start, 3 end, the call being the last instruction before it; 4 refused, behind the function.
macro_rules! point {
    () => {
        concat!(
            "2: cmp dword ptr fs:[{word}], {ASKED}\n je 4f\n syscall\n3:\n",
            ".subsection 1\n4: mov rax, {REFUSED}\n jmp 3b\n.previous\n",
            ".pushsection __dacapo_points, \"a\", %progbits\n .balign 4\n .long 2b - ., 3b - .\n .popsection",
        )
    };
}

/// Where the thread's word is from the thread pointer.
const WORD: isize = super::tls::PER_THREAD_OFFSET + offset_of!(PerThread, cancel) as isize;
const REFUSED: isize = -(cancel::REFUSED as isize);

/// Enters the kernel with up to 3 arguments unless the thread is to be cancelled.
///
/// # Safety
/// The call named by `number` must be sound for these arguments.
#[inline(always)]
#[must_use]
pub unsafe fn call3(number: usize, a: usize, b: usize, c: usize) -> usize {
    let result;
    // SAFETY: like the kernel, this keeps every register but the ones named; the call is the caller's to vouch for.
    unsafe {
        asm!(
            point!(),
            word = const WORD,
            ASKED = const cancel::ASKED,
            REFUSED = const REFUSED,
            inlateout("rax") number => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// Enters the kernel with up to 6 arguments unless the thread is to be cancelled.
///
/// # Safety
/// The call named by `number` must be sound for these arguments.
#[inline(always)]
#[must_use]
pub unsafe fn call6(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> usize {
    let result;
    // SAFETY: as in `call3`.
    unsafe {
        asm!(
            point!(),
            word = const WORD,
            ASKED = const cancel::ASKED,
            REFUSED = const REFUSED,
            inlateout("rax") number => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            in("r8") e,
            in("r9") f,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}

/// The table: where each call starts and ends, from the entry's own two words.
fn table() -> &'static [[i32; 2]] {
    let (first, end): (*const [i32; 2], *const [i32; 2]);
    // SAFETY: takes two addresses that the linker defines for a section with such a name; the entry here, empty, makes sure that there is one.
    unsafe {
        asm!(
            ".pushsection __dacapo_points, \"a\", %progbits\n .balign 4\n .long 0, 0\n .popsection",
            "lea {first}, [rip + __start___dacapo_points]",
            "lea {end}, [rip + __stop___dacapo_points]",
            first = out(reg) first, end = out(reg) end,
            options(nostack, nomem, preserves_flags),
        );
        core::slice::from_raw_parts(first, end.offset_from_unsigned(first))
    }
}

/// The end of the call that an address is in, before the kernel is entered.
fn end_of_call(at: usize) -> Option<usize> {
    table().iter().find_map(|entry| {
        let from = |word: &i32| (&raw const *word as usize).wrapping_add_signed(*word as isize);
        let [start, end] = entry;
        (from(start)..from(end)).contains(&at).then(|| from(end))
    })
}

/// What a signal interrupted: the kernel's `ucontext_t`, in words.
#[derive(Clone, Copy)]
pub struct Interrupted(*mut usize);

// Indices into it: uc_mcontext.gregs begin at byte 40, uc_sigmask at 296.
const RAX: usize = 18;
const RSP: usize = 20;
const RIP: usize = 21;
const FLAGS: usize = 22;
const MASK: usize = 37;
/// In the flags: strings run downwards. Clear wherever a function begins.
const DIRECTION: usize = 1 << 10;
/// Bytes below the stack pointer that a function may use without saying so.
const RED_ZONE: usize = 128;

impl Interrupted {
    /// From a handler's third argument.
    ///
    /// # Safety
    /// It is that, and the handler has not returned.
    #[must_use]
    pub unsafe fn new(context: *mut u8) -> Self {
        Self(context.cast())
    }

    fn word(&mut self, index: usize) -> &mut usize {
        // SAFETY: all indices lie in the struct, which is the handler's own; see `new`.
        unsafe { &mut *self.0.add(index) }
    }

    /// Lets the kernel call that has not begun, if there is one, be refused; whether there was.
    #[must_use]
    pub fn refuse_call(&mut self) -> bool {
        let end = end_of_call(*self.word(RIP));
        if let Some(end) = end {
            *self.word(RIP) = end;
            *self.word(RAX) = REFUSED as usize;
        }
        end.is_some()
    }

    /// Has the thread call `function` instead of going on.
    pub fn divert(&mut self, function: extern "C" fn() -> !) {
        *self.word(RSP) = ((*self.word(RSP) - RED_ZONE) & !15) - 8; // as a call leaves it
        *self.word(RIP) = function as usize;
        *self.word(FLAGS) &= !DIRECTION;
    }

    /// Adds to the signals that are blocked when the handler has returned.
    pub fn block(&mut self, set: u64) {
        *self.word(MASK) |= set as usize;
    }
}
