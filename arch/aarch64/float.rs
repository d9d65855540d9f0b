//! The floating-point environment: FPCR (rounding) and FPSR (flags). Source: Arm ARM, C5.2.

use core::arch::asm;

/// `fexcept_t`.
pub type Flags = u32;
/// Invalid, divide by zero, overflow, underflow, inexact.
pub const ALL_EXCEPTIONS: u32 = 31;
/// The rounding mode's bits in FPCR.
pub const ROUNDING: u32 = 0xc0_0000;

/// `fenv_t`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Environment {
    control: u32,
    status: u32,
}

/// Nearest, nothing raised.
pub const DEFAULT: Environment = Environment { control: 0, status: 0 };

/// Both registers as they are.
pub fn environment() -> Environment {
    let (control, status): (u64, u64);
    // SAFETY: reads two registers.
    unsafe {
        asm!("mrs {}, fpcr", "mrs {}, fpsr", out(reg) control, out(reg) status, options(nostack, preserves_flags))
    };
    Environment { control: control as u32, status: status as u32 }
}

/// Both registers as given.
pub fn set_environment(new: &Environment) {
    let (control, status) = (u64::from(new.control), u64::from(new.status));
    // SAFETY: the callers change flags and rounding only.
    unsafe { asm!("msr fpcr, {}", "msr fpsr, {}", in(reg) control, in(reg) status, options(nostack, preserves_flags)) };
}

/// Flags raised.
pub fn exceptions() -> u32 {
    environment().status & ALL_EXCEPTIONS
}

/// Lowers flags.
pub fn clear_exceptions(flags: u32) {
    let now = environment();
    set_environment(&Environment { status: now.status & !flags, ..now });
}

/// Raises flags.
pub fn set_exceptions(flags: u32) {
    let now = environment();
    set_environment(&Environment { status: now.status | flags, ..now });
}

/// The rounding mode.
pub fn rounding() -> u32 {
    environment().control & ROUNDING
}

/// Sets the rounding mode.
pub fn set_rounding(mode: u32) {
    let now = environment();
    set_environment(&Environment { control: (now.control & !ROUNDING) | mode, ..now });
}

/// C's FLT_ROUNDS for a mode.
pub fn flt_rounds(mode: u32) -> i32 {
    match mode {
        0 => 1,
        0x40_0000 => 2,
        0x80_0000 => 3,
        _ => 0,
    }
}
