//! fenv.h: rounding mode and exception flags, as `arch::float` reads and writes them.

use core::ffi::c_int;

use crate::arch::float::{self, Environment};

const ALL: c_int = float::ALL_EXCEPTIONS as c_int;

#[unsafe(no_mangle)]
extern "C" fn fetestexcept(exceptions: c_int) -> c_int {
    float::exceptions() as c_int & exceptions & ALL
}

#[unsafe(no_mangle)]
extern "C" fn feclearexcept(exceptions: c_int) -> c_int {
    float::clear_exceptions((exceptions & ALL) as u32);
    0
}

#[unsafe(no_mangle)]
extern "C" fn feraiseexcept(exceptions: c_int) -> c_int {
    float::set_exceptions((exceptions & ALL) as u32);
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fegetexceptflag(out: *mut float::Flags, exceptions: c_int) -> c_int {
    *out = fetestexcept(exceptions) as float::Flags;
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fesetexceptflag(flags: *const float::Flags, exceptions: c_int) -> c_int {
    feclearexcept(exceptions);
    feraiseexcept(*flags as c_int & exceptions)
}

#[unsafe(no_mangle)]
extern "C" fn fegetround() -> c_int {
    float::rounding() as c_int
}

/// Nonzero if there is no such mode.
#[unsafe(no_mangle)]
extern "C" fn fesetround(mode: c_int) -> c_int {
    if mode as u32 & !float::ROUNDING != 0 {
        return 1;
    }
    float::set_rounding(mode as u32);
    0
}

/// What gcc's `FLT_ROUNDS` asks: 0 to zero, 1 to nearest, 2 up, 3 down.
#[unsafe(no_mangle)]
extern "C" fn __flt_rounds() -> c_int {
    float::flt_rounds(float::rounding())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fegetenv(out: *mut Environment) -> c_int {
    out.write_unaligned(float::environment());
    0
}

/// The environment that programs start with is named by the address -1.
#[unsafe(no_mangle)]
unsafe extern "C" fn fesetenv(new: *const Environment) -> c_int {
    float::set_environment(&if new as usize == usize::MAX { float::DEFAULT } else { new.read_unaligned() });
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn feholdexcept(out: *mut Environment) -> c_int {
    fegetenv(out);
    feclearexcept(ALL)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn feupdateenv(new: *const Environment) -> c_int {
    let raised = fetestexcept(ALL);
    fesetenv(new);
    feraiseexcept(raised)
}
