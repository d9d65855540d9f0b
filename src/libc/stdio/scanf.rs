//! The scanf family. The variadic functions are in `arch/<cpu>/variadic.S`: they build a `va_list` and call those here.

use super::lock;
use super::scan::{Source, scan};
use super::stream::{File, standard_input};
use crate::arch::variadic::VaList;

unsafe fn from_stream(file: *mut File, format: *const u8, list: *mut VaList, c23: bool) -> i32 {
    let entered = lock::enter(&(*file).lock);
    let result = scan(&mut Source::stream(file), format, list, c23);
    lock::leave(&(*file).lock, entered);
    result
}

macro_rules! family {
    ($($vscanf:ident $vfscanf:ident $vsscanf:ident $c23:literal;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $vscanf(format: *const u8, list: *mut VaList) -> i32 {
            from_stream(standard_input(), format, list, $c23)
        }
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $vfscanf(file: *mut File, format: *const u8, list: *mut VaList) -> i32 {
            from_stream(file, format, list, $c23)
        }
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $vsscanf(text: *const u8, format: *const u8, list: *mut VaList) -> i32 {
            scan(&mut Source::string(text), format, list, $c23)
        }
    )*};
}
family! {
    vscanf vfscanf vsscanf false;
    __isoc99_vscanf __isoc99_vfscanf __isoc99_vsscanf false;
    __isoc23_vscanf __isoc23_vfscanf __isoc23_vsscanf true;
}
