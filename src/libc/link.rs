//! link.h: the program as the kernel mapped it, for unwinders and profilers.

use core::ffi::{c_char, c_int, c_void};

use crate::start::auxv::auxv;
use crate::start::program_header::{ProgramHeader, TLS, load_bias};
use crate::tls;

/// `struct dl_phdr_info`.
#[repr(C)]
pub struct Information {
    address: usize,
    name: *const c_char,
    headers: *const ProgramHeader,
    count: u16,
    loaded: u64,
    unloaded: u64,
    tls_module: usize,
    tls_data: *mut c_void,
}

type Callback = unsafe extern "C" fn(*mut Information, usize, *mut c_void) -> c_int;

/// Calls back once: a static program is one object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dl_iterate_phdr(callback: Callback, data: *mut c_void) -> c_int {
    let headers = auxv().program_headers();
    let has_tls = headers.iter().any(|header| header.kind == TLS);
    let layout = tls::current_layout();
    let block = crate::arch::tls::thread_pointer().wrapping_sub(layout.thread_pointer).wrapping_add(layout.image);
    let mut information = Information {
        address: load_bias(headers.as_ptr(), headers.len()),
        name: c"".as_ptr(),
        headers: headers.as_ptr(),
        count: headers.len() as u16,
        loaded: 1,
        unloaded: 0,
        tls_module: usize::from(has_tls),
        tls_data: if has_tls { block as *mut c_void } else { core::ptr::null_mut() },
    };
    callback(&mut information, size_of::<Information>(), data)
}
