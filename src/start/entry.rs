//! What happens between `_start` and `main`.
//!
//! The calls here are in the order of the list in `start/mod.rs`; each needs the ones before it.

use core::ffi::c_char;

use super::program_header::{RELRO, TLS, load_bias};
use super::{arguments, auxv, exit, init_fini, relocate};
use crate::sys::memory::{self, Protection};
use crate::tls::{self, layout::Image};
use crate::{rseq, sys};

/// C's `main`, as every program of ours has it; `dacapo::main!` writes one for a Rust program.
pub type Main = unsafe extern "C" fn(i32, *const *const c_char, *const *const c_char) -> i32;

unsafe extern "C" {
    fn main(argc: i32, argv: *const *const c_char, envp: *const *const c_char) -> i32;
}

/// Where `_start` goes.
///
/// # Safety
/// `stack` is what the kernel left; the program is relocated; nothing else has run.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dacapo_start(stack: *const usize) -> ! {
    // SAFETY: the caller's promises; `main` is the program's own.
    unsafe { enter(stack, main) }
}

/// Makes the process fit for Rust and C, runs `main` and exits with its code.
///
/// # Safety
/// As for [`dacapo_start`].
#[inline]
pub unsafe fn enter(stack: *const usize, main: Main) -> ! {
    // SAFETY: one thread, no reference handed out yet; the stack is the kernel's.
    let (argc, argv, envp) = unsafe {
        auxv::keep(auxv::find(stack));
        relocate::ask_resolvers(auxv::auxv().hwcap(), auxv::auxv().hwcap2());
        arguments::keep(stack)
    };
    let auxv = auxv::auxv();
    let headers = auxv.program_headers();
    // SAFETY: a slice.
    let bias = unsafe { load_bias(headers.as_ptr(), headers.len()) };
    let mut image = Image::EMPTY;
    for header in headers {
        let address = bias.wrapping_add(header.address);
        match header.kind {
            TLS => {
                image = Image { address, file_size: header.file_size, size: header.size, align: header.align.max(1) }
            }
            RELRO => {
                let page = auxv.page_size();
                let (first, last) = (address & !(page - 1), (address + header.size) & !(page - 1));
                if last > first {
                    // SAFETY: the linker put only what relocation writes there. A refusal leaves it writable, which is no worse.
                    let _ = unsafe { memory::protect(first as *mut u8, last - first, Protection::READ) };
                }
            }
            _ => {}
        }
    }
    // SAFETY: the list ends with null, so its first word can be read.
    let strings = unsafe { *argv }.cast();
    // SAFETY: one thread; the image is this program's own.
    if unsafe { tls::install_main(image, auxv.random(strings), auxv.hwcap2()) }.is_err() {
        sys::process::exit_group(127); // no canary yet, so no code that could complain
    }
    let _ = rseq::init(auxv.rseq_feature_size() as u32, auxv.rseq_align() as u32); // a refusal is a state, not an error
    // SAFETY: once, before `main`; the arguments are the kernel's.
    let code = unsafe {
        init_fini::init(argc, argv, envp);
        main(argc, argv, envp)
    };
    exit::exit(code)
}
