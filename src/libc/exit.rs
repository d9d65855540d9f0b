//! stdlib.h: the ends of a process. And what compilers and foreign start files call around `main`.

use core::ffi::{c_int, c_void};
use core::sync::atomic::AtomicUsize;

use crate::start::at_exit::{self, Function, Stack};
use crate::start::{self, Main};
use crate::sys::process;
use crate::tls;

static AT_QUICK_EXIT: Stack = Stack::new();

#[unsafe(no_mangle)]
pub extern "C" fn exit(code: c_int) -> ! {
    start::exit(code)
}

#[unsafe(no_mangle)]
pub extern "C" fn _exit(code: c_int) -> ! {
    process::exit_group(code)
}

#[unsafe(no_mangle)]
pub extern "C" fn _Exit(code: c_int) -> ! {
    process::exit_group(code)
}

#[unsafe(no_mangle)]
pub extern "C" fn quick_exit(code: c_int) -> ! {
    AT_QUICK_EXIT.run_all();
    process::exit_group(code)
}

/// Calls a function without arguments that was registered as the argument, mixed.
unsafe extern "C" fn plain(function: *mut ()) {
    let function: extern "C" fn() = core::mem::transmute(tls::unmix(function as usize));
    function();
}

fn outcome(result: Result<(), crate::sys::Errno>) -> c_int {
    // The standard asks for a nonzero value, not for errno.
    if result.is_ok() { 0 } else { -1 }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn atexit(function: extern "C" fn()) -> c_int {
    outcome(at_exit::register(plain, tls::mix(function as usize) as *mut (), core::ptr::null()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn at_quick_exit(function: extern "C" fn()) -> c_int {
    outcome(AT_QUICK_EXIT.register(plain, tls::mix(function as usize) as *mut (), core::ptr::null()))
}

/// The C++ ABI's atexit: a function with an argument, and which object registers it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __cxa_atexit(function: Function, argument: *mut (), object: *const ()) -> c_int {
    outcome(at_exit::register(function, argument, object))
}

/// The C++ ABI's atexit for thread-local objects: runs at the calling thread's end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __cxa_thread_atexit_impl(function: Function, argument: *mut (), _object: *const ()) -> c_int {
    outcome(crate::thread::register_destructor(function, argument))
}

/// Runs what an object registered (all objects: null); called by the destructors of a crtbegin.o that means to be unloaded.
#[unsafe(no_mangle)]
pub extern "C" fn __cxa_finalize(object: *const ()) {
    if object.is_null() { at_exit::AT_EXIT.run_all() } else { at_exit::AT_EXIT.run_object(object) }
}

/// Names this program towards `__cxa_atexit`, where no crtbegin.o does.
#[unsafe(no_mangle)]
pub static __dso_handle: AtomicUsize = AtomicUsize::new(0);

/// Where `__libc_start_main` (arch/<cpu>/foreign_start.S) goes, for programs that were linked with another libc's start files.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dacapo_enter(stack: *const usize, main: Main) -> ! {
    start::enter(stack, main)
}

/// A function found its frame overwritten.
#[unsafe(no_mangle)]
pub extern "C" fn __stack_chk_fail() -> ! {
    let _ = crate::sys::file::write(2, b"*** stack smashing detected ***: terminated\n"); // nowhere else to complain
    process::abort()
}

/// Where a thread-local variable lies: (module, offset in its block). A static program is the one module.
#[repr(C)]
pub struct TlsIndex {
    module: usize,
    offset: usize,
}

/// For code that was compiled for shared objects and that the linker could not make simpler.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __tls_get_addr(index: *const TlsIndex) -> *mut c_void {
    let layout = crate::tls::current_layout();
    let block = crate::arch::tls::thread_pointer().wrapping_sub(layout.thread_pointer).wrapping_add(layout.image);
    block.wrapping_add((*index).offset) as *mut c_void
}

#[unsafe(no_mangle)]
pub extern "C" fn getauxval(key: usize) -> usize {
    match start::auxv::auxv().get(key) {
        Some(value) => value,
        None => {
            super::errno::set(crate::sys::Errno::ENOENT);
            0
        }
    }
}

/// gcc's name for [`getauxval`] in its run-time library.
#[unsafe(no_mangle)]
pub extern "C" fn __getauxval(key: usize) -> usize {
    getauxval(key)
}
