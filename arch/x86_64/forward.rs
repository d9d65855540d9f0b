//! Trying one function, then becoming another: for an allocation whose failure another library reports by an exception.

/// Defines a function that returns what `first` returns for its own three arguments unless that is null; then it jumps to the function whose
/// address `next` returns, with the arguments as they came, and leaves no frame that an exception would have to cross.
macro_rules! or_forward {
    ($(#[$meta:meta])* fn $name:ident; first $first:path; next $next:path) => {
        $(#[$meta])*
        #[unsafe(naked)]
        unsafe extern "C" fn $name(a: usize, b: usize, c: usize) -> *mut u8 {
            core::arch::naked_asm!(
                "push rdi", // three pushes align the stack for the call
                "push rsi",
                "push rdx",
                "call {first}",
                "pop rdx",
                "pop rsi",
                "pop rdi",
                "test rax, rax",
                "jz 2f",
                "ret",
                "2: push rdi",
                "push rsi",
                "push rdx",
                "call {next}", // rax = where to go
                "pop rdx",
                "pop rsi",
                "pop rdi",
                "jmp rax",
                first = sym $first, next = sym $next,
            )
        }
    };
}

pub(crate) use or_forward;
