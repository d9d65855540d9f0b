//! Trying one function, then becoming another: for an allocation whose failure another library reports by an exception.

/// Defines a function that returns what `first` returns for its own three arguments unless that is null; then it jumps to the function whose
/// address `next` returns, with the arguments as they came, and leaves no frame that an exception would have to cross.
macro_rules! or_forward {
    ($(#[$meta:meta])* fn $name:ident; first $first:path; next $next:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        unsafe extern "C" fn $name(a: usize, b: usize, c: usize) -> *mut u8 {
            core::arch::naked_asm!(
                "stp x0, x1, [sp, #-32]!",
                "stp x2, x30, [sp, #16]",
                "bl {first}",
                "cbz x0, 2f",
                "ldr x30, [sp, #24]",
                "add sp, sp, #32",
                "ret",
                "2: bl {next}",
                "mov x16, x0", // x16 = where to go: a register that branches to other objects may use
                "ldp x2, x30, [sp, #16]",
                "ldp x0, x1, [sp], #32",
                "br x16",
                first = sym $first, next = sym $next,
            )
        }
    };
}

pub(crate) use or_forward;
