//! The kernel's entry: `svc #0`.
//!
//! Number in x8, arguments in x0..x5, result in x0; nothing else is destroyed.
//! Source: syscall(2).

use core::arch::asm;

/// Enters the kernel with no argument.
///
/// # Safety
/// The call named by `number` must be sound for these arguments.
#[inline(always)]
#[must_use]
pub unsafe fn syscall0(number: usize) -> usize {
    let result;
    // SAFETY: the kernel keeps every register but the ones named; what it does to memory is the caller's to vouch for.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            lateout("x0") result,
            options(nostack),
        );
    }
    result
}

/// Enters the kernel with one argument.
///
/// # Safety
/// The call named by `number` must be sound for these arguments.
#[inline(always)]
#[must_use]
pub unsafe fn syscall1(number: usize, a: usize) -> usize {
    let result;
    // SAFETY: the kernel keeps every register but the ones named; what it does to memory is the caller's to vouch for.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a => result,
            options(nostack),
        );
    }
    result
}

/// Enters the kernel with 2 arguments.
///
/// # Safety
/// The call named by `number` must be sound for these arguments.
#[inline(always)]
#[must_use]
pub unsafe fn syscall2(number: usize, a: usize, b: usize) -> usize {
    let result;
    // SAFETY: the kernel keeps every register but the ones named; what it does to memory is the caller's to vouch for.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b,
            options(nostack),
        );
    }
    result
}

/// Enters the kernel with 3 arguments.
///
/// # Safety
/// The call named by `number` must be sound for these arguments.
#[inline(always)]
#[must_use]
pub unsafe fn syscall3(number: usize, a: usize, b: usize, c: usize) -> usize {
    let result;
    // SAFETY: the kernel keeps every register but the ones named; what it does to memory is the caller's to vouch for.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b,
            in("x2") c,
            options(nostack),
        );
    }
    result
}

/// Enters the kernel with 4 arguments.
///
/// # Safety
/// The call named by `number` must be sound for these arguments.
#[inline(always)]
#[must_use]
pub unsafe fn syscall4(number: usize, a: usize, b: usize, c: usize, d: usize) -> usize {
    let result;
    // SAFETY: the kernel keeps every register but the ones named; what it does to memory is the caller's to vouch for.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b,
            in("x2") c,
            in("x3") d,
            options(nostack),
        );
    }
    result
}

/// Enters the kernel with 5 arguments.
///
/// # Safety
/// The call named by `number` must be sound for these arguments.
#[inline(always)]
#[must_use]
pub unsafe fn syscall5(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize) -> usize {
    let result;
    // SAFETY: the kernel keeps every register but the ones named; what it does to memory is the caller's to vouch for.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b,
            in("x2") c,
            in("x3") d,
            in("x4") e,
            options(nostack),
        );
    }
    result
}

/// Enters the kernel with 6 arguments.
///
/// # Safety
/// The call named by `number` must be sound for these arguments.
#[inline(always)]
#[must_use]
pub unsafe fn syscall6(number: usize, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> usize {
    let result;
    // SAFETY: the kernel keeps every register but the ones named; what it does to memory is the caller's to vouch for.
    unsafe {
        asm!(
            "svc #0",
            in("x8") number,
            inlateout("x0") a => result,
            in("x1") b,
            in("x2") c,
            in("x3") d,
            in("x4") e,
            in("x5") f,
            options(nostack),
        );
    }
    result
}
