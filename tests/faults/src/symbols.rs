//! Addresses of a program as `function+offset`, from its ELF symbol table.

use std::path::Path;

/// The functions of one ELF file, by address.
pub struct Symbols {
    functions: Vec<(u64, u64, String)>, // address, size, name
    movable: bool,
}

fn word<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    word(bytes, at).map(|b| usize::from(u16::from_le_bytes(b)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    word(bytes, at).map(|b| u32::from_le_bytes(b) as usize)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    word(bytes, at).map(u64::from_le_bytes)
}

impl Symbols {
    /// Of a 64-bit little-endian ELF file; none if it cannot be read or is stripped.
    pub fn read(path: &Path) -> Symbols {
        let bytes = std::fs::read(path).unwrap_or_default();
        let functions = Self::parse(&bytes).unwrap_or_default();
        const ET_DYN: usize = 3;
        Symbols { functions, movable: u16_at(&bytes, 16) == Some(ET_DYN) }
    }

    fn parse(bytes: &[u8]) -> Option<Vec<(u64, u64, String)>> {
        const SHT_SYMTAB: usize = 2;
        const STT_FUNC: u8 = 2;
        let (table, entry, count) = (u64_at(bytes, 40)? as usize, u16_at(bytes, 58)?, u16_at(bytes, 60)?);
        let section = |n: usize| table + n * entry;
        let symtab = (0..count).map(section).find(|&at| u32_at(bytes, at + 4) == Some(SHT_SYMTAB))?;
        let strings = u64_at(bytes, section(u32_at(bytes, symtab + 40)?) + 24)? as usize;
        let (first, size) = (u64_at(bytes, symtab + 24)? as usize, u64_at(bytes, symtab + 32)? as usize);
        let mut functions = Vec::new();
        for at in (first..first + size).step_by(24) {
            let address = u64_at(bytes, at + 8)?;
            // Symbols of assembly files often have no type: everything in an allocated section may be code.
            if address == 0 || (bytes.get(at + 4)? & 15 != STT_FUNC && bytes.get(at + 4)? & 15 != 0) {
                continue;
            }
            let name = &bytes[strings + u32_at(bytes, at)?..];
            let name = String::from_utf8_lossy(&name[..name.iter().position(|&b| b == 0)?]);
            if !name.is_empty() {
                functions.push((address, u64_at(bytes, at + 16)?, format!("{:#}", rustc_demangle::demangle(&name))));
            }
        }
        functions.sort();
        Some(functions)
    }

    /// `function+0x12`, or the bare address.
    pub fn name(&self, address: u64, base: u64) -> String {
        let inside = if self.movable { address.wrapping_sub(base) } else { address };
        let after = self.functions.partition_point(|&(start, ..)| start <= inside);
        let known =
            self.functions[..after].iter().rev().take(8).find(|&&(start, size, _)| inside < start + size.max(1));
        match known.or_else(|| self.functions[..after].last()) {
            Some((start, _, name)) if inside - start < 1 << 20 => format!("{name}+{:#x}", inside - start),
            _ => format!("{address:#x}"),
        }
    }
}
