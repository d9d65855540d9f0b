//! The auxiliary vector, as the kernel left it behind the environment.
//!
//! ```text
//!   stack: argc | argv[0] .. argv[argc-1] | 0 | environment .. | 0 | (key, value) .. | (AT_NULL, 0)
//! ```
//! Copied once into a table by key, so that each question is one load. Source: getauxval(3), the kernel's `fs/binfmt_elf.c`.

use linux_raw_sys::auxvec as raw;

use super::Born;
use super::program_header::ProgramHeader;
use crate::sys::auxv::{AT_RSEQ_ALIGN, AT_RSEQ_FEATURE_SIZE, Entry};

/// Keys from 0 up to this one are in the table; the kernel's largest is AT_MINSIGSTKSZ (51).
const KEYS: usize = 64;

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
/// As for [`Born::as_mut_ptr`]; `vector` ends with AT_NULL and lives for ever.
pub(super) unsafe fn keep(vector: *const Entry) {
    // SAFETY: the caller's promises; AT_NULL ends the walk.
    unsafe {
        let auxv = AUXV.as_mut_ptr();
        (*auxv).vector = vector;
        let mut entry = vector;
        while (*entry).key != 0 {
            let Entry { key, value } = *entry;
            if key < KEYS {
                (&raw mut (*auxv).values).cast::<usize>().add(key).write(value);
                (*auxv).present |= 1 << key;
            }
            entry = entry.add(1);
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
    /// AT_PAGESZ: bytes of a page of the kernel's.
    #[inline(always)]
    #[must_use]
    pub fn page_size(&self) -> usize {
        let size = self.values[raw::AT_PAGESZ as usize];
        if size == 0 { 4096 } else { size }
    }

    /// AT_PHDR: this program's headers.
    #[inline(always)]
    #[must_use]
    pub fn program_headers(&self) -> &'static [ProgramHeader] {
        let first = self.values[raw::AT_PHDR as usize] as *const ProgramHeader;
        if first.is_null() {
            return &[];
        }
        // SAFETY: the kernel gives the address and the count of what it loaded; the first segment is never unmapped.
        unsafe { core::slice::from_raw_parts(first, self.program_header_count()) }
    }

    /// AT_RANDOM: 16 random bytes, as two words; zeros where the kernel gave none.
    #[inline(always)]
    #[must_use]
    pub fn random(&self) -> [usize; 2] {
        let random = self.values[raw::AT_RANDOM as usize] as *const [usize; 2];
        // SAFETY: the kernel left 16 bytes there, of no particular alignment.
        if random.is_null() { [0; 2] } else { unsafe { random.read_unaligned() } }
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
        // SAFETY: the vector ends with AT_NULL, and lives above the first stack frame for ever.
        unsafe {
            while !entry.is_null() && (*entry).key != 0 {
                if (*entry).key == key {
                    return Some((*entry).value);
                }
                entry = entry.add(1);
            }
        }
        None
    }
}
