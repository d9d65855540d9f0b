//! The `preload` face: the malloc family alone, as a shared object for LD_PRELOAD under any libc.
//!
//! `cargo rustc --release --features preload --crate-type cdylib`. It exports what malloc.h declares and imports nothing that is not weak,
//! but the mem* functions, which every libc has.

#[path = "libc/malloc.rs"]
pub mod malloc;

/// The host's `errno`.
pub mod errno {
    use crate::arch::tls::weak_address;
    use crate::sys::Errno;

    /// `errno = e; return NULL`.
    #[cold]
    #[inline(never)]
    pub fn fail_null<T>(e: Errno) -> *mut T {
        let location = weak_address!("__errno_location");
        if location != 0 {
            // SAFETY: glibc's and musl's function has this type and returns the address of the thread's own errno.
            unsafe {
                let location: unsafe extern "C" fn() -> *mut i32 = core::mem::transmute(location);
                *location() = i32::from(e.raw());
            }
        }
        core::ptr::null_mut()
    }
}

/// Nothing here panics on purpose; if it does, the process is in no state to go on.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    crate::sys::process::abort()
}
