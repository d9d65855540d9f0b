//! wchar.h and wctype.h: wide characters are UTF-32, multibyte strings UTF-8.
//!
//! ```text
//!   multibyte   UTF-8 to wide and back      string   strings      memory   arrays
//!   number      wcstol and its family       class    wctype.h     width    columns
//! ```

mod class;
mod memory;
mod multibyte;
mod number;
mod search;
mod string;
mod width;

/// `wchar_t`.
type Wide = i32;
/// A multibyte string.
type Text = *const u8;

/// The order of two wide characters as C's comparisons return it. AArch64's ABI makes `wchar_t` unsigned, as it does `char`.
fn order(a: Wide, b: Wide) -> core::ffi::c_int {
    let signed = core::ffi::c_char::MIN != 0;
    (if signed { a.cmp(&b) } else { (a as u32).cmp(&(b as u32)) }) as core::ffi::c_int
}
