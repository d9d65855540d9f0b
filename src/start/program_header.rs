//! Program headers: what the kernel mapped of this program, and where.
//!
//! Source: System V ABI, "Program Loading".

use crate::arch::tls::weak_address;

/// One segment: ELF64's `Elf64_Phdr`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ProgramHeader {
    /// PT_*.
    pub kind: u32,
    /// PF_*.
    pub flags: u32,
    /// Where it starts in the file.
    pub offset: usize,
    /// Its address before the load address is added.
    pub address: usize,
    /// Unused here.
    pub physical: usize,
    /// Bytes in the file.
    pub file_size: usize,
    /// Bytes in memory.
    pub size: usize,
    /// Its address is `offset` modulo this.
    pub align: usize,
}

const _: () = assert!(size_of::<ProgramHeader>() == 56);

/// Mapped from the file.
pub const LOAD: u32 = 1;
/// The dynamic section.
pub const DYNAMIC: u32 = 2;
/// The program headers themselves.
pub const HEADERS: u32 = 6;
/// The image of the thread-local variables.
pub const TLS: u32 = 7;
/// Read-only once relocation is done.
pub const RELRO: u32 = 0x6474_e552;

/// Where the program headers lie in every file that a linker makes: right behind the ELF header.
const HEADERS_OFFSET: usize = 64;

/// The headers that this program's own ELF header names, and how many; None where the linker did not load that header. Relocated programs only.
#[inline(always)]
pub(crate) fn own() -> Option<(*const ProgramHeader, usize)> {
    const OFFSET: usize = 0x20;
    const COUNT: usize = 0x38;
    let file = weak_address!("__ehdr_start", local);
    if file == 0 {
        return None;
    }
    // SAFETY: the linker defines the symbol where it loads the ELF header.
    unsafe {
        let offset = ((file + OFFSET) as *const usize).read();
        let count = ((file + COUNT) as *const u16).read();
        Some(((file + offset) as *const ProgramHeader, count as usize))
    }
}

/// What must be added to a program's link-time addresses: 0, or a static-pie's place. `headers` is AT_PHDR.
///
/// # Safety
/// `headers` points to `count` program headers.
#[inline(always)]
pub(crate) unsafe fn load_bias(headers: *const ProgramHeader, count: usize) -> usize {
    let mut at = 0;
    while at < count {
        // SAFETY: within the caller's `count`.
        let header = unsafe { &*headers.wrapping_add(at) };
        if header.kind == HEADERS {
            return (headers as usize).wrapping_sub(header.address);
        }
        if header.kind == LOAD && header.offset == 0 {
            return (headers as usize).wrapping_sub(header.address.wrapping_add(HEADERS_OFFSET));
        }
        at += 1;
    }
    0
}
