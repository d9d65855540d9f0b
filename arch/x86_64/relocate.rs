//! The relocations that a static program of x86-64 may carry. Source: System V psABI, table 4.9.

/// `*place = base + addend`: R_X86_64_RELATIVE.
pub const RELATIVE: u32 = 8;
/// `*place = (base + addend)()`, a function that picks a function: R_X86_64_IRELATIVE.
pub const IRELATIVE: u32 = 37;

/// Asks a function that picks a function. It takes nothing: it looks at CPUID by itself.
///
/// # Safety
/// `resolver` is the address of one.
#[inline(always)]
#[must_use]
pub unsafe fn resolve(resolver: usize, _hwcap: usize, _hwcap2: usize) -> usize {
    // SAFETY: the linker put the address of a resolver of this type into the relocation.
    let resolver: extern "C" fn() -> usize = unsafe { core::mem::transmute(resolver) };
    resolver()
}
