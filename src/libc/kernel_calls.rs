//! C functions that are a kernel call and nothing else: name, C types, number, arguments in the kernel's order.
//!
//! ```text
//!   c_int: fchmod(fd: c_int, mode: c_uint) = __NR_fchmod(fd, mode);
//! ```
//! Signed arguments are sign-extended, unsigned ones zero-extended, as the C compiler would; the result is the kernel's, or -1
//! and `errno`. Functions whose old call only one CPU has (`open`, `stat`, `pipe`) use the newer one that every CPU has.
//!
//! `cancellation_points!` takes the same lines: its functions are cancellation points too ([`crate::thread::cancel`]). One that does more than
//! the call has `cancellable!(NUMBER, args...)` for `call!`, and `errno::point` for `errno::result` once it holds nothing any more.

macro_rules! kernel_calls {
    ($($(#[$doc:meta])* $result:ty: $name:ident($($argument:ident: $type:ty),*) = $number:ident($($value:expr),*);)*) => {$(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $type),*) -> $result {
            match $crate::sys::call!($number $(, $value as usize)*) {
                Ok(value) => value as $result,
                Err(e) => {
                    $crate::libc::errno::fail(e);
                    -1
                }
            }
        }
    )*};
}
pub(super) use kernel_calls;

macro_rules! cancellation_points {
    ($($(#[$doc:meta])* $result:ty: $name:ident($($argument:ident: $type:ty),*) = $number:ident($($value:expr),*);)*) => {$(
        $(#[$doc])*
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($argument: $type),*) -> $result {
            match $crate::thread::cancel::cancellable!($number $(, $value as usize)*) {
                Ok(value) => value as $result,
                Err(e) => {
                    $crate::libc::errno::fail_point(e);
                    -1
                }
            }
        }
    )*};
}
pub(super) use cancellation_points;
