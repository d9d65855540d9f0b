//! The floating-point environment: SSE's MXCSR and the x87 unit, kept in step. Source: Intel SDM volume 1, chapters 8 and 10.

use core::arch::asm;

/// `fexcept_t`.
pub type Flags = u16;
/// Invalid, divide by zero, overflow, underflow, inexact.
pub const ALL_EXCEPTIONS: u32 = 0x3d;
/// The rounding mode's bits as C has them: the x87 control word's; MXCSR's are three higher.
pub const ROUNDING: u32 = 0xc00;
const MXCSR_SHIFT: u32 = 3;

/// `fenv_t`: what `fnstenv` stores, then MXCSR.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Environment {
    x87: [u32; 7],
    mxcsr: u32,
}

/// All exceptions masked, nearest, nothing raised.
pub const DEFAULT: Environment = Environment { x87: [0x37f, 0, 0xffff, 0, 0, 0, 0], mxcsr: 0x1f80 };

fn mxcsr() -> u32 {
    let mut value = 0_u32;
    // SAFETY: stores four bytes.
    unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut value, options(nostack, preserves_flags)) };
    value
}

fn set_mxcsr(value: u32) {
    // SAFETY: the callers change flags, masks and rounding only, no reserved bit.
    unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const value, options(nostack, preserves_flags)) };
}

/// Flags raised in either unit.
pub fn exceptions() -> u32 {
    let status: u16;
    // SAFETY: reads the status word.
    unsafe { asm!("fnstsw ax", out("ax") status, options(nostack, preserves_flags)) };
    (u32::from(status) | mxcsr()) & ALL_EXCEPTIONS
}

/// Lowers flags in both units.
pub fn clear_exceptions(flags: u32) {
    let mut environment = environment();
    environment.x87[1] &= !flags;
    environment.mxcsr &= !flags;
    set_environment(&environment);
}

/// Raises flags.
pub fn set_exceptions(flags: u32) {
    set_mxcsr(mxcsr() | flags);
}

/// The rounding mode.
pub fn rounding() -> u32 {
    (mxcsr() >> MXCSR_SHIFT) & ROUNDING
}

/// Sets the rounding mode of both units.
pub fn set_rounding(mode: u32) {
    set_mxcsr((mxcsr() & !(ROUNDING << MXCSR_SHIFT)) | mode << MXCSR_SHIFT);
    let mut control = 0_u16;
    let at = &raw mut control;
    // SAFETY: stores two bytes, and loads them again with other rounding bits.
    unsafe {
        asm!("fnstcw [{}]", in(reg) at, options(nostack, preserves_flags));
        control = (control & !(ROUNDING as u16)) | mode as u16;
        asm!("fldcw [{}]", in(reg) &raw const control, options(nostack, preserves_flags));
    }
}

/// C's FLT_ROUNDS for a mode.
pub fn flt_rounds(mode: u32) -> i32 {
    match mode {
        0 => 1,
        0x400 => 3,
        0x800 => 2,
        _ => 0,
    }
}

/// Both units as they are.
pub fn environment() -> Environment {
    let mut x87 = [0_u32; 7];
    // SAFETY: stores 28 bytes; fnstenv masks the unit's exceptions, so it is loaded back.
    unsafe {
        asm!("fnstenv [{0}]", "fldenv [{0}]", in(reg) x87.as_mut_ptr(), options(nostack, preserves_flags));
    }
    Environment { x87, mxcsr: mxcsr() }
}

/// Both units as given.
pub fn set_environment(new: &Environment) {
    // SAFETY: reads 28 bytes; the x87 stack is empty between calls.
    unsafe { asm!("fldenv [{}]", in(reg) new.x87.as_ptr(), options(nostack, preserves_flags)) };
    set_mxcsr(new.mxcsr & 0xffff);
}
