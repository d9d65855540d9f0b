//! The `preload` face: the malloc family alone, as a shared object for LD_PRELOAD under any libc.
//!
//! `cargo rustc --release --features preload --crate-type cdylib`. It exports what malloc.h declares and imports nothing that is not weak,
//! but the mem* functions, which every libc has.

#[path = "libc/malloc.rs"]
pub mod malloc;
#[path = "libc/malloc_info.rs"]
pub mod malloc_info;
pub mod operator_new;

/// The host's streams.
pub mod stdio {
    use crate::arch::tls::weak_address;

    /// Writes to a FILE of the host's; what it refuses is lost.
    pub fn put(file: usize, bytes: &[u8]) {
        let fwrite = weak_address!("fwrite");
        if fwrite != 0 {
            // SAFETY: the C library's function; `file` is the caller of malloc_info's stream.
            unsafe {
                let fwrite: unsafe extern "C" fn(*const u8, usize, usize, usize) -> usize =
                    core::mem::transmute(fwrite);
                fwrite(bytes.as_ptr(), 1, bytes.len(), file);
            }
        }
    }
}

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
