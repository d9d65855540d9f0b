//! The kernel's entry: `syscall`.
//!
//! Number in rax, arguments in rdi rsi rdx r10 r8 r9, result in rax; the instruction itself destroys rcx and r11.
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
            "syscall",
            inlateout("rax") number => result,
            lateout("rcx") _,
            lateout("r11") _,
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
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a,
            lateout("rcx") _,
            lateout("r11") _,
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
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a,
            in("rsi") b,
            lateout("rcx") _,
            lateout("r11") _,
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
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            lateout("rcx") _,
            lateout("r11") _,
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
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            lateout("rcx") _,
            lateout("r11") _,
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
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            in("r8") e,
            lateout("rcx") _,
            lateout("r11") _,
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
            "syscall",
            inlateout("rax") number => result,
            in("rdi") a,
            in("rsi") b,
            in("rdx") c,
            in("r10") d,
            in("r8") e,
            in("r9") f,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}
