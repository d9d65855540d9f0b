//! The vDSO: functions that the kernel maps into every process, which read the clock without entering it.
//!
//! ```text
//!   clock() -> [address cached?] -> call it -> (refuses: the system call)
//!                   | first use
//!              find: ELF header -> PT_DYNAMIC -> symbol table -> name, kind, version
//! ```
//! 1. Found lazily, at the first use of a clock: a program that never asks the time pays nothing.
//! 2. Not trusted: every offset is checked against the segment that the kernel loaded; whatever looks wrong counts as missing, and
//!    missing means the system call.
//!
//! Source: vdso(7), the kernel's `tools/testing/selftests/vDSO/parse_vdso.c` for which tables it promises.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::auxv::auxv;
use super::program_header::{DYNAMIC, LOAD, ProgramHeader};
use crate::arch::vdso::{self, CLOCK_GETRES, CLOCK_GETTIME, GETCPU, VERSION};
use crate::sys::time::Timespec;
use crate::sys::{self, Errno};

/// One of the vDSO's functions: UNKNOWN, then NONE or its address.
struct Function {
    address: AtomicUsize,
    name: &'static [u8],
}

const UNKNOWN: usize = 0;
const NONE: usize = 1;

impl Function {
    const fn new(name: &'static [u8]) -> Self {
        Self { address: AtomicUsize::new(UNKNOWN), name }
    }

    /// Its address. Two threads that look for it at once find the same one.
    #[inline]
    fn address(&self) -> Option<usize> {
        let mut address = self.address.load(Ordering::Relaxed); // Relaxed: the code there was mapped before we started
        if address == UNKNOWN {
            address = look_up(self.name).unwrap_or(NONE);
            self.address.store(address, Ordering::Relaxed);
        }
        (address != NONE).then_some(address)
    }
}

static TIME: Function = Function::new(CLOCK_GETTIME);
static RESOLUTION: Function = Function::new(CLOCK_GETRES);
static CPU: Function = Function::new(GETCPU);
static SECONDS: Function = Function::new(vdso::TIME);

type Clock = extern "C" fn(i32, *mut Timespec) -> i32;

/// Calls one of the two clock functions; false: it is missing, or refuses.
///
/// # Safety
/// `out` is the caller's to write.
#[inline]
unsafe fn ask(function: &Function, clock: i32, out: *mut Timespec) -> bool {
    let Some(address) = function.address() else { return false };
    // SAFETY: the vDSO's function of that name has this type.
    let function: Clock = unsafe { core::mem::transmute(address) };
    function(clock, out) == 0
}

fn clock_function(function: &Function, clock: i32) -> Option<Timespec> {
    let mut time = Timespec::default();
    // SAFETY: a local's address.
    unsafe { ask(function, clock, &raw mut time) }.then_some(time)
}

/// The time on a clock (CLOCK_*), without entering the kernel where it can be had so. Async-signal-safe.
///
/// # Errors
/// EINVAL: no such clock.
#[inline]
pub fn clock_gettime(clock: i32) -> Result<Timespec, Errno> {
    clock_function(&TIME, clock).map_or_else(|| sys::time::clock_gettime(clock), Ok)
}

/// As [`clock_gettime`], written to where the caller wants it and not copied there.
///
/// # Errors
/// EINVAL: no such clock.
///
/// # Safety
/// `out` is the caller's to write.
#[inline]
pub unsafe fn clock_gettime_into(clock: i32, out: *mut Timespec) -> Result<(), Errno> {
    // SAFETY: the caller's own promise is all that both writes need.
    unsafe {
        if !ask(&TIME, clock, out) {
            *out = sys::time::clock_gettime(clock)?;
        }
    }
    Ok(())
}

/// The second in which the kernel last ticked: what [`clock_gettime`] says, or the second before for a few milliseconds after it began. Does not
/// read the hardware's counter, and so costs a sixth of it. Async-signal-safe.
#[inline]
#[must_use]
pub fn seconds() -> i64 {
    const CLOCK_REALTIME_COARSE: i32 = 5;
    match SECONDS.address() {
        Some(address) => {
            // SAFETY: the vDSO's function of that name has this type, and writes nothing through null.
            unsafe {
                let function: extern "C" fn(*mut i64) -> i64 = core::mem::transmute(address);
                function(core::ptr::null_mut())
            }
        }
        None => clock_gettime(CLOCK_REALTIME_COARSE).map_or(-1, |time| time.seconds),
    }
}

/// A clock's resolution. Async-signal-safe.
///
/// # Errors
/// EINVAL: no such clock.
pub fn clock_getres(clock: i32) -> Result<Timespec, Errno> {
    clock_function(&RESOLUTION, clock).map_or_else(|| sys::time::clock_getres(clock), Ok)
}

/// (CPU, NUMA node) of the calling thread. Async-signal-safe. Where there is rseq, [`crate::rseq::current_cpu`] is cheaper.
#[must_use]
pub fn getcpu() -> (u32, u32) {
    let (mut cpu, mut node) = (0_u32, 0_u32);
    match CPU.address() {
        Some(address) => {
            // SAFETY: the vDSO's function of that name has this type.
            unsafe {
                let function: extern "C" fn(*mut u32, *mut u32, *mut u8) -> i32 = core::mem::transmute(address);
                function(&raw mut cpu, &raw mut node, core::ptr::null_mut());
            }
            (cpu, node)
        }
        None => (sys::sched::getcpu(), 0),
    }
}

/// Whether the clock's function was found: then [`clock_gettime`] is no system call for the usual clocks.
#[must_use]
pub fn has_clock() -> bool {
    TIME.address().is_some()
}

#[cold]
#[inline(never)]
fn look_up(name: &[u8]) -> Option<usize> {
    let header = auxv().sysinfo_ehdr();
    if header == 0 || !header.is_multiple_of(4096) || name.is_empty() {
        return None;
    }
    // SAFETY: the kernel says that an ELF image of its own lies there.
    unsafe { Image::at(header)?.find(name, VERSION) }
}

/// `Elf64_Sym`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Symbol {
    name: u32,
    /// Low half: the type; high half: the binding.
    info: u8,
    other: u8,
    section: u16,
    value: usize,
    size: usize,
}

/// A loaded ELF image, with the bounds of what may be read.
pub struct Image {
    base: usize,
    /// One past the last loaded byte.
    end: usize,
    /// What must be added to the image's addresses.
    bias: usize,
    dynamic: usize,
}

impl Image {
    /// Reads the headers of an image.
    ///
    /// # Safety
    /// At `base` at least a page can be read, and everything up to the last address that its first PT_LOAD names, if that is within the first MiB.
    #[must_use]
    pub unsafe fn at(base: usize) -> Option<Image> {
        const MAGIC: u32 = u32::from_ne_bytes(*b"\x7fELF");
        const HEADERS: usize = 0x20;
        const SIZE: usize = 0x36;
        const COUNT: usize = 0x38;
        // The kernel's image is a few pages; what claims to be larger is corrupt.
        const LARGEST: usize = 1 << 20;
        let mut image = Image { base, end: base + 64, bias: base, dynamic: 0 };
        // SAFETY: the ELF header, says the caller.
        let (headers, size, count) = unsafe {
            if image.read::<u32>(base)? != MAGIC {
                return None;
            }
            (image.read::<usize>(base + HEADERS)?, image.read::<u16>(base + SIZE)?, image.read::<u16>(base + COUNT)?)
        };
        if usize::from(size) != size_of::<ProgramHeader>() || headers > 4096 - 64 * 56 || count > 32 {
            return None;
        }
        image.end = base + 4096; // an image is at least one page
        let mut loaded = 0;
        for number in 0..usize::from(count) {
            // SAFETY: within the first page.
            let header = unsafe { image.read::<ProgramHeader>(base + headers + number * size_of::<ProgramHeader>())? };
            match header.kind {
                LOAD if loaded == 0 => {
                    if header.offset > LARGEST || header.size > LARGEST - header.offset {
                        return None;
                    }
                    image.bias = base.wrapping_add(header.offset).wrapping_sub(header.address);
                    loaded = base.checked_add(header.offset)?.checked_add(header.size)?;
                }
                DYNAMIC => image.dynamic = header.offset,
                _ => {}
            }
        }
        if loaded == 0 || image.dynamic == 0 {
            return None;
        }
        image.end = loaded;
        image.dynamic = base.checked_add(image.dynamic)?;
        Some(image)
    }

    /// A value inside the image; None if it reaches beyond.
    ///
    /// # Safety
    /// `base..end` can be read; `T` is plain numbers.
    unsafe fn read<T: Copy>(&self, address: usize) -> Option<T> {
        let inside = address >= self.base && address.checked_add(size_of::<T>())? <= self.end;
        // SAFETY: inside the image.
        inside.then(|| unsafe { (address as *const T).read_unaligned() })
    }

    /// Whether a zero-terminated string inside the image is this one.
    ///
    /// # Safety
    /// As for [`Image::read`].
    unsafe fn same(&self, address: usize, name: &[u8]) -> Option<bool> {
        for (at, &byte) in name.iter().enumerate() {
            // SAFETY: bounds are checked by `read`.
            if unsafe { self.read::<u8>(address.checked_add(at)?)? } != byte {
                return Some(false);
            }
        }
        // SAFETY: as above.
        Some(unsafe { self.read::<u8>(address.checked_add(name.len())?)? } == 0)
    }

    /// The address of a function by name and version.
    ///
    /// # Safety
    /// As for [`Image::read`].
    #[must_use]
    pub unsafe fn find(&self, name: &[u8], version: &[u8]) -> Option<usize> {
        const DT_HASH: usize = 4;
        const DT_STRTAB: usize = 5;
        const DT_SYMTAB: usize = 6;
        const DT_VERSYM: usize = 0x6fff_fff0;
        const DT_VERDEF: usize = 0x6fff_fffc;
        const FUNCTION: u8 = 2;
        let (mut hash, mut strings, mut symbols, mut versions, mut definitions) = (0, 0, 0, 0, 0);
        let mut entry = self.dynamic;
        // SAFETY: every read is checked against the image's bounds.
        unsafe {
            loop {
                let [key, value] = self.read::<[usize; 2]>(entry)?;
                let table = match key {
                    0 => break,
                    DT_HASH => &mut hash,
                    DT_STRTAB => &mut strings,
                    DT_SYMTAB => &mut symbols,
                    DT_VERSYM => &mut versions,
                    DT_VERDEF => &mut definitions,
                    _ => &mut 0,
                };
                *table = self.bias.wrapping_add(value);
                entry += 16;
            }
            if strings == 0 || symbols == 0 {
                return None;
            }
            // How many symbols there are: the old hash table says; without it, the symbols end where the strings begin.
            let count = match hash {
                0 if strings > symbols => (strings - symbols) / size_of::<Symbol>(),
                0 => return None,
                _ => self.read::<u32>(hash.checked_add(4)?)? as usize,
            };
            let mut number = 0;
            while number < count {
                let symbol = self.read::<Symbol>(symbols.checked_add(number * size_of::<Symbol>())?)?;
                let right = symbol.section != 0
                    && symbol.info & 15 == FUNCTION
                    && self.same(strings.checked_add(symbol.name as usize)?, name)?
                    && (versions == 0
                        || definitions == 0
                        || self.has_version(
                            self.read::<u16>(versions.checked_add(2 * number)?)?,
                            definitions,
                            strings,
                            version,
                        )?);
                if right {
                    let address = self.bias.wrapping_add(symbol.value);
                    return (address >= self.base && address < self.end).then_some(address);
                }
                number += 1;
            }
        }
        None
    }

    /// Whether version `index` of a symbol has this name.
    ///
    /// # Safety
    /// As for [`Image::read`].
    unsafe fn has_version(&self, index: u16, definitions: usize, strings: usize, version: &[u8]) -> Option<bool> {
        const HIDDEN: u16 = 0x8000;
        const BASE: u16 = 1;
        let mut definition = definitions;
        let mut left = 16; // a chain that does not end is corrupt
        while left > 0 {
            // SAFETY: every read is checked. Verdef: version, flags, index, count, hash, aux, next; Verdaux: name.
            unsafe {
                let [_, flags, number, _] = self.read::<[u16; 4]>(definition)?;
                let [_, auxiliary, next] = self.read::<[u32; 3]>(definition.checked_add(8)?)?;
                if flags & BASE == 0 && number == index & !HIDDEN {
                    let name = self.read::<u32>(definition.checked_add(auxiliary as usize)?)?;
                    return self.same(strings.checked_add(name as usize)?, version);
                }
                if next == 0 {
                    return Some(false);
                }
                definition = definition.checked_add(next as usize)?;
            }
            left -= 1;
        }
        None
    }
}
