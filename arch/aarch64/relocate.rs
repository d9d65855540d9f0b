//! The relocations that a static program of AArch64 may carry. Source: ELF for the Arm 64-bit Architecture, "Dynamic relocations".

/// `*place = base + addend`: R_AARCH64_RELATIVE.
pub const RELATIVE: u32 = 1027;
/// `*place = (base + addend)()`, a function that picks a function: R_AARCH64_IRELATIVE.
pub const IRELATIVE: u32 = 1032;

/// What a resolver's second argument points to, if bit 62 of the first is set.
#[repr(C)]
struct Capabilities {
    size: usize,
    hwcap: usize,
    hwcap2: usize,
}

/// Asks a function that picks a function; it is told what AT_HWCAP and AT_HWCAP2 say.
///
/// # Safety
/// `resolver` is the address of one.
#[inline(always)]
#[must_use]
pub unsafe fn resolve(resolver: usize, hwcap: usize, hwcap2: usize) -> usize {
    const HAS_SECOND: usize = 1 << 62;
    // SAFETY: the linker put the address of a resolver of this type into the relocation.
    let resolver: extern "C" fn(usize, *const Capabilities) -> usize = unsafe { core::mem::transmute(resolver) };
    let capabilities = Capabilities { size: size_of::<Capabilities>(), hwcap, hwcap2 };
    resolver(hwcap | HAS_SECOND, &raw const capabilities)
}
