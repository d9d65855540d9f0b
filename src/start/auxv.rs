//! The auxiliary vector, as the kernel left it behind the environment.
//!
//! ```text
//!   stack: argc | argv[0] .. argv[argc-1] | 0 | environment .. | 0 | (key, value) .. | (AT_NULL, 0)
//! ```
//! Copied once into a table by key, so that each question is one load. Source: getauxval(3), the kernel's `fs/binfmt_elf.c`.
//!
//! The kernel is believed, but loaders and emulators write vectors too: a list without an end is left after [`MOST`] entries, the last of two with
//! the same key counts, and a value that cannot be what it says is as good as none (`tests/freestanding/src/bin/corrupt_vectors.rs`).

use linux_raw_sys::auxvec as raw;

use super::Born;
use super::program_header::{self, ProgramHeader};
use crate::sys::auxv::{AT_RSEQ_ALIGN, AT_RSEQ_FEATURE_SIZE, Entry};

/// Keys from 0 up to this one are in the table; the kernel's largest is AT_MINSIGSTKSZ (51).
const KEYS: usize = 64;

/// Entries that are looked at: Linux gives some twenty, and has room for 51.
pub(super) const MOST: usize = 64;
/// The sizes that a page of the kernel's can have: 4 to 64 KiB.
const PAGE_SIZES: core::ops::RangeInclusive<usize> = 4096..=65536;

/// What the kernel told this process.
pub struct Auxv {
    values: [usize; KEYS],
    /// Bit `key`: the kernel gave that key.
    present: u64,
    vector: *const Entry,
}

static AUXV: Born<Auxv> = Born::new(Auxv { values: [0; KEYS], present: 0, vector: core::ptr::null() });

/// The process's auxiliary vector. Async-signal-safe.
#[inline(always)]
#[must_use]
pub fn auxv() -> &'static Auxv {
    AUXV.get()
}

/// Keeps the vector.
///
/// # Safety
/// As for [`Born::as_mut_ptr`]; `vector` ends with AT_NULL, or [`MOST`] entries can be read, and lives for ever.
pub(super) unsafe fn keep(vector: *const Entry) {
    // SAFETY: the caller's promises; AT_NULL or the bound ends the walk.
    unsafe {
        let auxv = AUXV.as_mut_ptr();
        (*auxv).vector = vector;
        let mut entry = vector;
        let end = vector.wrapping_add(MOST);
        while entry != end && (*entry).key != 0 {
            let Entry { key, value } = *entry;
            if key < KEYS {
                (&raw mut (*auxv).values).cast::<usize>().add(key).write(value);
                (*auxv).present |= 1 << key;
            }
            entry = entry.wrapping_add(1);
        }
    }
}

/// The address behind the environment: where the auxiliary vector starts.
///
/// # Safety
/// `stack` is what `_start` found.
#[inline(always)]
pub(super) unsafe fn find(stack: *const usize) -> *const Entry {
    // SAFETY: the kernel ends both lists with a null word.
    unsafe {
        let mut word = stack.add(1 + *stack + 1);
        while *word != 0 {
            word = word.add(1);
        }
        word.add(1).cast()
    }
}

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $key:expr;)*) => {
        impl Auxv {$(
            $(#[$doc])*
            #[inline(always)]
            #[must_use]
            pub fn $name(&self) -> usize {
                self.values[$key as usize]
            }
        )*}
    };
}

fields! {
    /// AT_PHNUM: program headers.
    program_header_count = raw::AT_PHNUM;
    /// AT_ENTRY: address of `_start`.
    entry = raw::AT_ENTRY;
    /// AT_HWCAP: what this CPU can do.
    hwcap = raw::AT_HWCAP;
    /// AT_HWCAP2: what else it can do.
    hwcap2 = raw::AT_HWCAP2;
    /// AT_CLKTCK: ticks a second of `times(2)`.
    clock_ticks = raw::AT_CLKTCK;
    /// AT_SYSINFO_EHDR: address of the vDSO's ELF header; 0 without one.
    sysinfo_ehdr = raw::AT_SYSINFO_EHDR;
    /// AT_UID: real user.
    uid = raw::AT_UID;
    /// AT_EUID: effective user.
    euid = raw::AT_EUID;
    /// AT_GID: real group.
    gid = raw::AT_GID;
    /// AT_EGID: effective group.
    egid = raw::AT_EGID;
    /// AT_RSEQ_FEATURE_SIZE: bytes of `struct rseq` that the kernel keeps alive; 0 where it does not say.
    rseq_feature_size = AT_RSEQ_FEATURE_SIZE;
    /// AT_RSEQ_ALIGN: the alignment that it wants; 0 where it does not say.
    rseq_align = AT_RSEQ_ALIGN;
    /// AT_MINSIGSTKSZ: bytes that a signal frame may take; 0 where the kernel does not say.
    minimal_signal_stack = 51;
}

impl Auxv {
    /// AT_PAGESZ: bytes of a page of the kernel's; 4096 where it says nothing that a page can have.
    #[inline(always)]
    #[must_use]
    pub fn page_size(&self) -> usize {
        let size = self.values[raw::AT_PAGESZ as usize];
        if size.is_power_of_two() && PAGE_SIZES.contains(&size) { size } else { *PAGE_SIZES.start() }
    }

    /// This program's headers: those that its own ELF header names; where the linker loads none, AT_PHDR's.
    #[inline(always)]
    #[must_use]
    pub fn program_headers(&self) -> &'static [ProgramHeader] {
        let first = self.values[raw::AT_PHDR as usize] as *const ProgramHeader;
        let (first, count) = program_header::own().unwrap_or((first, self.program_header_count()));
        if first.is_null() {
            return &[];
        }
        // SAFETY: what the linker wrote, or the kernel says of what it loaded; the first segment is never unmapped.
        unsafe { core::slice::from_raw_parts(first, count) }
    }

    /// AT_RANDOM: 16 random bytes, as two words. Where there is none, or it lies anywhere but between the vector and `strings`, the first argument's
    /// text, where the kernel puts it, getrandom(2) is asked; zeros if that refuses too.
    #[inline(always)]
    #[must_use]
    pub fn random(&self, strings: *const u8) -> [usize; 2] {
        let random = self.values[raw::AT_RANDOM as usize];
        if random >= self.vector as usize && random.saturating_add(16) <= strings as usize {
            // SAFETY: on the stack, between two things that can be read; of no particular alignment.
            return unsafe { (random as *const [usize; 2]).read_unaligned() };
        }
        random_of_kernel()
    }

    /// AT_SECURE: this program got rights from its file (set-user-id and its like), so its environment is not to be trusted.
    #[inline(always)]
    #[must_use]
    pub fn secure(&self) -> bool {
        self.values[raw::AT_SECURE as usize] != 0
    }

    /// AT_EXECFN: the path that was executed, zero-terminated; null where the kernel does not say.
    #[inline(always)]
    #[must_use]
    pub fn execfn(&self) -> *const u8 {
        self.values[raw::AT_EXECFN as usize] as *const u8
    }

    /// The value of any key, if the kernel gave it. Async-signal-safe.
    #[must_use]
    pub fn get(&self, key: usize) -> Option<usize> {
        if key < KEYS {
            // SAFETY: within the table.
            return (self.present >> key & 1 != 0).then(|| unsafe { *self.values.get_unchecked(key) });
        }
        let mut entry = self.vector;
        let end = entry.wrapping_add(MOST);
        // SAFETY: the vector ends with AT_NULL or at its bound, as in `keep`, and lives above the first stack frame for ever.
        unsafe {
            while !entry.is_null() && entry != end && (*entry).key != 0 {
                if (*entry).key == key {
                    return Some((*entry).value);
                }
                entry = entry.wrapping_add(1);
            }
        }
        None
    }
}

#[cold]
fn random_of_kernel() -> [usize; 2] {
    const NONBLOCK: u32 = 1;
    let mut bytes = [0; 16];
    let _ = crate::sys::random::getrandom(&mut bytes, NONBLOCK); // refused: they stay zero
    [0, 8].map(|at| usize::from_ne_bytes(core::array::from_fn(|i| bytes[at + i])))
}
