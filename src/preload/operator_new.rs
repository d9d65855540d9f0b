//! C++'s operators new and delete, by their mangled names, for every C++ library that takes them from the dynamic linker.
//!
//! ```text
//!   new      our allocation; if that fails, a jump to the next operator of the same name behind us, libstdc++'s or libc++'s: it calls the
//!            new handler, tries again through malloc, and throws std::bad_alloc (nothrow: gives null). No frame of ours is on the stack then.
//!   delete   free. A size that comes with it is not trusted, for programs get it wrong and glibc lets them; the checked heap compares it.
//! ```

use crate::arch;
use crate::arch::tls::weak_address;
use crate::malloc;
use crate::malloc::cpu_block::{MAP_OFFSET, MEDIUM_OFFSET, SLOTS_OFFSET};
use crate::malloc::hot::HOT;
use crate::sys::process::abort_with;

/// The next definition of a symbol behind this shared object; 0 if there is none.
fn next(name: &core::ffi::CStr) -> usize {
    const RTLD_NEXT: usize = usize::MAX;
    let dlsym = weak_address!("dlsym");
    if dlsym == 0 {
        return 0;
    }
    // SAFETY: the host's function.
    unsafe {
        let dlsym: unsafe extern "C" fn(usize, *const u8) -> usize = core::mem::transmute(dlsym);
        dlsym(RTLD_NEXT, name.as_ptr().cast())
    }
}

extern "C" fn out_of_memory(size: usize) -> *mut u8 {
    abort_with("operator new: no memory for ", size, " bytes, and no C++ library to throw std::bad_alloc")
}

extern "C" fn null(_size: usize) -> *mut u8 {
    core::ptr::null_mut()
}

fn next_or(name: &core::ffi::CStr, last: extern "C" fn(usize) -> *mut u8) -> usize {
    let address = next(name);
    if address == 0 { last as usize } else { address }
}

extern "C" fn aligned(size: usize, align: usize) -> *mut u8 {
    malloc::allocate_aligned(align, size)
}

/// new and new[]: the fast path, else the slow one, else the next operator.
macro_rules! operator_new {
    ($($symbol:literal, $name:ident, $slow:ident, $next:ident, $last:ident, $c_name:literal;)*) => {$(
        arch::heap::allocate! {
            /// As its symbol says.
            #[unsafe(export_name = $symbol)]
            pub fn $name; hot HOT; slots SLOTS_OFFSET, MEDIUM_OFFSET; slow $slow
        }
        arch::forward::or_forward!(fn $slow; first malloc::allocate_slow; next $next);
        extern "C" fn $next() -> usize {
            next_or($c_name, $last)
        }
    )*};
}

operator_new! {
    "_Znwm", new, new_slow, new_next, out_of_memory, c"_Znwm";
    "_Znam", new_array, new_array_slow, new_array_next, out_of_memory, c"_Znam";
    "_ZnwmRKSt9nothrow_t", new_nothrow, new_nothrow_slow, new_nothrow_next, null, c"_ZnwmRKSt9nothrow_t";
    "_ZnamRKSt9nothrow_t", new_array_nothrow, new_array_nothrow_slow, new_array_nothrow_next, null, c"_ZnamRKSt9nothrow_t";
}

/// The same with an alignment.
macro_rules! operator_new_aligned {
    ($($symbol:literal, $name:ident, $next:ident, $last:ident, $c_name:literal;)*) => {$(
        arch::forward::or_forward!(#[unsafe(export_name = $symbol)] fn $name; first aligned; next $next);
        extern "C" fn $next() -> usize {
            next_or($c_name, $last)
        }
    )*};
}

operator_new_aligned! {
    "_ZnwmSt11align_val_t", new_aligned, new_aligned_next, out_of_memory, c"_ZnwmSt11align_val_t";
    "_ZnamSt11align_val_t", new_array_aligned, new_array_aligned_next, out_of_memory, c"_ZnamSt11align_val_t";
    "_ZnwmSt11align_val_tRKSt9nothrow_t", new_aligned_nothrow, new_aligned_nothrow_next, null, c"_ZnwmSt11align_val_tRKSt9nothrow_t";
    "_ZnamSt11align_val_tRKSt9nothrow_t", new_array_aligned_nothrow, new_array_aligned_nothrow_next, null,
        c"_ZnamSt11align_val_tRKSt9nothrow_t";
}

/// delete in all its forms: free's fast path; the slow one gets the arguments as they came.
macro_rules! operator_delete {
    ($($symbol:literal, $name:ident, $slow:path;)*) => {$(
        arch::heap::free! {
            /// As its symbol says.
            ///
            /// # Safety
            /// What the operator new of the same form gave, or null.
            #[unsafe(export_name = $symbol)]
            pub fn $name; hot HOT; map MAP_OFFSET; slow $slow
        }
    )*};
}

/// `delete(block, size, align)`: the other order than C's.
unsafe extern "C" fn sized_aligned_slow(block: *mut u8, size: usize, _align: usize) {
    // SAFETY: as the caller promises.
    unsafe { malloc::deallocate_unsized(block, size) };
}

operator_delete! {
    "_ZdlPv", delete, malloc::deallocate_slow;
    "_ZdaPv", delete_array, malloc::deallocate_slow;
    "_ZdlPvm", delete_sized, malloc::deallocate_unsized;
    "_ZdaPvm", delete_array_sized, malloc::deallocate_unsized;
    "_ZdlPvRKSt9nothrow_t", delete_nothrow, malloc::deallocate_slow;
    "_ZdaPvRKSt9nothrow_t", delete_array_nothrow, malloc::deallocate_slow;
    "_ZdlPvSt11align_val_t", delete_aligned, malloc::deallocate_slow;
    "_ZdaPvSt11align_val_t", delete_array_aligned, malloc::deallocate_slow;
    "_ZdlPvSt11align_val_tRKSt9nothrow_t", delete_aligned_nothrow, malloc::deallocate_slow;
    "_ZdaPvSt11align_val_tRKSt9nothrow_t", delete_array_aligned_nothrow, malloc::deallocate_slow;
    "_ZdlPvmSt11align_val_t", delete_sized_aligned, sized_aligned_slow;
    "_ZdaPvmSt11align_val_t", delete_array_sized_aligned, sized_aligned_slow;
}
