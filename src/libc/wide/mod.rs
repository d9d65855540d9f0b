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
mod string;
mod width;

/// `wchar_t`.
type Wide = i32;
/// A multibyte string.
type Text = *const u8;
