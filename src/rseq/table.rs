//! The table of all sections in this program: `__rseq_cs_ptr_array`, which the linker bounds. Who asks for it links every section of the library.

use super::CriticalSection;

use crate::arch::tls::weak_address;

// The linker makes `__start_NAME` and `__stop_NAME` for a section whose name is a C identifier. Weak: a program may use no section at all.

/// The descriptors of every section linked into this program or shared object.
#[must_use]
pub fn critical_sections() -> &'static [&'static CriticalSection] {
    #[cfg(dacapo_broken = "unmodelled_section")]
    core::hint::black_box(unmodelled as unsafe fn(_, _, _, _) -> _);
    let start = weak_address!("__start___rseq_cs_ptr_array", local);
    let stop = weak_address!("__stop___rseq_cs_ptr_array", local);
    if start == 0 {
        return &[];
    }
    // SAFETY: the linker concatenated the pointers that each section's `.quad` emitted; they are relocated and never written again.
    unsafe {
        core::slice::from_raw_parts(start as *const &'static CriticalSection, (stop - start) / size_of::<usize>())
    }
}

// The negative control adds a section that no test knows (`dacapo_broken`).
#[cfg(dacapo_broken = "unmodelled_section")]
super::section! {
    /// Takes a value away from a word of the current block; returns the index it ran on.
    ///
    /// # Safety
    /// As for the `add` of `arch/rseq.rs`.
    unsafe fn unmodelled(offset: usize, value: usize) -> i32 {
        |index, block|
        let word = [block + offset];
        word -= value;
        commit [block + offset] = word;
        return index as i32;
    }
}

/// For each exit of a section other than falling off its end: (the section's start, the address it leaves to).
#[must_use]
pub fn exit_points() -> &'static [[usize; 2]] {
    let start = weak_address!("__start___rseq_exit_point_array", local);
    let stop = weak_address!("__stop___rseq_exit_point_array", local);
    if start == 0 {
        return &[];
    }
    // SAFETY: as above; each exit emitted two words.
    unsafe { core::slice::from_raw_parts(start as *const [usize; 2], (stop - start) / size_of::<[usize; 2]>()) }
}
