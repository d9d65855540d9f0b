//! Relocation of a static-pie by itself: the first thing that runs, when no word that holds an address is right yet.
//!
//! ```text
//!   DT_RELR          bitmaps of words to which the load address is added
//!   DT_RELA          RELATIVE: *place = bias + addend
//!   DT_RELA, JMPREL  IRELATIVE: *place = resolver(), after all of the others, since a resolver may read relocated words
//! ```
//! Until [`dacapo_relocate`] returns there are no statics with addresses, no panics and no calls that could go through a table.
//! What a static program has no right to carry (a symbol to look up) ends it with code 127: going on would be worse.
//!
//! Source: System V ABI, "Relocation"; the RELR proposal of the generic ABI.

use super::auxv;
use super::program_header::{DYNAMIC, ProgramHeader, load_bias};
use crate::arch::relocate::{IRELATIVE, RELATIVE, resolve};
use crate::arch::tls::weak_address;
use crate::sys::auxv::Entry;
use crate::sys::process;

/// Where the words to relocate are listed: (key, value) pairs of the dynamic section.
const DT_PLTRELSZ: usize = 2;
const DT_RELA: usize = 7;
const DT_RELASZ: usize = 8;
const DT_JMPREL: usize = 23;
const DT_RELRSZ: usize = 35;
const DT_RELR: usize = 36;

/// `Elf64_Rela`.
#[repr(C)]
struct Rela {
    place: usize,
    /// Low half: the type; high half: the symbol.
    info: u64,
    addend: usize,
}

/// The exit code of a program whose relocations we do not know.
const UNKNOWN: i32 = 127;

/// Relocates this program, if it is a static-pie. Called by `_start` only.
///
/// # Safety
/// `stack` is what the kernel left; nothing has run before, and it runs once.
#[unsafe(no_mangle)]
#[inline(never)]
pub unsafe extern "C" fn dacapo_relocate(stack: *const usize) {
    const AT_PHDR: usize = 3;
    const AT_PHNUM: usize = 5;
    const AT_HWCAP: usize = 16;
    const AT_HWCAP2: usize = 26;
    // SAFETY: the kernel's layout of the stack; the program's own headers and dynamic section, which the linker wrote.
    unsafe {
        let entries = auxv::find(stack);
        let headers = value(entries, AT_PHDR) as *const ProgramHeader;
        let count = value(entries, AT_PHNUM);
        let bias = load_bias(headers, count);
        let mut at = 0;
        while at < count {
            let header = &*headers.wrapping_add(at);
            if header.kind == DYNAMIC {
                let dynamic = bias.wrapping_add(header.address) as *const Entry;
                apply(bias, dynamic, value(entries, AT_HWCAP), value(entries, AT_HWCAP2));
            }
            at += 1;
        }
    }
}

/// The value of a key in a list that key 0 ends, or the bound of the auxiliary vector; 0 if it is not there.
///
/// # Safety
/// `entries` is such a list.
#[inline(always)]
unsafe fn value(mut entries: *const Entry, key: usize) -> usize {
    let end = entries.wrapping_add(auxv::MOST);
    // SAFETY: key 0 ends the list.
    unsafe {
        while entries != end && (*entries).key != 0 {
            if (*entries).key == key {
                return (*entries).value;
            }
            entries = entries.wrapping_add(1);
        }
    }
    0
}

/// # Safety
/// `dynamic` is this program's dynamic section, not relocated yet.
#[inline(always)]
unsafe fn apply(bias: usize, dynamic: *const Entry, hwcap: usize, hwcap2: usize) {
    // SAFETY: every place lies in a writable segment of this program, since the linker says so (-z text).
    unsafe {
        relr(bias, bias.wrapping_add(value(dynamic, DT_RELR)) as *const usize, value(dynamic, DT_RELRSZ));
        let list = bias.wrapping_add(value(dynamic, DT_RELA)) as *const Rela;
        let bytes = value(dynamic, DT_RELASZ);
        let resolvers = rela_relative(bias, list, bytes);
        if resolvers {
            rela_resolvers(bias, list, bytes, hwcap, hwcap2);
        }
        let plt = bias.wrapping_add(value(dynamic, DT_JMPREL)) as *const Rela;
        rela_resolvers(bias, plt, value(dynamic, DT_PLTRELSZ), hwcap, hwcap2);
    }
}

/// An even word is an address: relocate there. An odd one is a map of the 63 words behind the last one touched.
///
/// # Safety
/// `list` is `bytes` long; every place is writable.
#[inline(always)]
unsafe fn relr(bias: usize, list: *const usize, bytes: usize) {
    let mut place = core::ptr::null_mut::<usize>();
    let mut at = 0;
    while at < bytes / size_of::<usize>() {
        // SAFETY: the linker's list of words of this program that hold an address.
        unsafe {
            let word = *list.wrapping_add(at);
            if word & 1 == 0 {
                place = bias.wrapping_add(word) as *mut usize;
                place.write(place.read().wrapping_add(bias));
                place = place.wrapping_add(1);
            } else {
                let mut map = word >> 1;
                let mut here = place;
                while map != 0 {
                    if map & 1 != 0 {
                        here.write(here.read().wrapping_add(bias));
                    }
                    map >>= 1;
                    here = here.wrapping_add(1);
                }
                place = place.wrapping_add(usize::BITS as usize - 1);
            }
        }
        at += 1;
    }
}

/// Returns whether there are resolvers to ask.
///
/// # Safety
/// As for [`relr`].
#[inline(always)]
unsafe fn rela_relative(bias: usize, list: *const Rela, bytes: usize) -> bool {
    let mut resolvers = false;
    let mut at = 0;
    while at < bytes / size_of::<Rela>() {
        // SAFETY: as for `relr`.
        unsafe {
            let rela = &*list.wrapping_add(at);
            match rela.info as u32 {
                RELATIVE => (bias.wrapping_add(rela.place) as *mut usize).write(bias.wrapping_add(rela.addend)),
                IRELATIVE => resolvers = true,
                0 => {} // a place that the linker needed after all not
                _ => process::exit_group(UNKNOWN),
            }
        }
        at += 1;
    }
    resolvers
}

/// # Safety
/// As for [`relr`]; everything else is relocated.
#[inline(always)]
unsafe fn rela_resolvers(bias: usize, list: *const Rela, bytes: usize, hwcap: usize, hwcap2: usize) {
    let mut at = 0;
    while at < bytes / size_of::<Rela>() {
        // SAFETY: as for `relr`; the addend is a resolver.
        unsafe {
            let rela = &*list.wrapping_add(at);
            if rela.info as u32 == IRELATIVE {
                let target = resolve(bias.wrapping_add(rela.addend), hwcap, hwcap2);
                (bias.wrapping_add(rela.place) as *mut usize).write(target);
            }
        }
        at += 1;
    }
}

/// Asks the resolvers of a program at its link address, which has no dynamic section: the linker bounds their list by two symbols.
/// (In a static-pie there are none left to ask: the symbols are absent or equal.)
///
/// # Safety
/// Runs once, before anything that the resolvers choose is called.
#[inline(always)]
pub(super) unsafe fn ask_resolvers(hwcap: usize, hwcap2: usize) {
    let start = weak_address!("__rela_iplt_start", local);
    let end = weak_address!("__rela_iplt_end", local);
    // SAFETY: the linker's own list.
    unsafe { rela_resolvers(0, start as *const Rela, end.wrapping_sub(start), hwcap, hwcap2) }
}
