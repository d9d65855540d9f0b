//! Numbers in wide strings.

use core::ffi::{c_int, c_long, c_uint, c_ulong};

use super::class::iswspace;
use super::{Text, Wide};

/// A number's text as bytes (at most 100 of them; anything that is not ASCII ends it) for the functions that read bytes; then the end
/// back in wide characters.
unsafe fn through_bytes<T>(text: *const Wide, end: *mut *const Wide, read: impl FnOnce(Text, *mut Text) -> T) -> T {
    let mut spaces = 0;
    while iswspace(*text.add(spaces) as c_uint) != 0 {
        spaces += 1;
    }
    let mut buffer = [0_u8; 101];
    for (i, slot) in buffer.iter_mut().take(100).enumerate() {
        match u8::try_from(*text.add(spaces + i)) {
            Ok(byte @ 1..=127) => *slot = byte,
            _ => break,
        }
    }
    let mut stop = buffer.as_ptr();
    let value = read(buffer.as_ptr(), &raw mut stop);
    if !end.is_null() {
        let used = stop as usize - buffer.as_ptr() as usize;
        *end = if used == 0 { text } else { text.add(spaces + used) };
    }
    value
}

unsafe extern "C" {
    fn strtol(text: Text, end: *mut Text, base: c_int) -> c_long;
    fn strtoul(text: Text, end: *mut Text, base: c_int) -> c_ulong;
}

macro_rules! wide_numbers {
    ($($parse:ident $type:ty: $($name:ident)*;)*) => {$($(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name(text: *const Wide, end: *mut *const Wide, base: c_int) -> $type {
            through_bytes(text, end, |text, end| $parse(text, end, base))
        }
    )*)*};
}
wide_numbers! {
    strtol c_long: wcstol wcstoll wcstoimax __isoc23_wcstol __isoc23_wcstoll;
    strtoul c_ulong: wcstoul wcstoull wcstoumax __isoc23_wcstoul __isoc23_wcstoull;
}
