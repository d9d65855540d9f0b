//! The auxiliary vector: what the kernel tells a program at its start.

use linux_raw_sys::auxvec as raw;

use super::call;

/// One entry: a key (AT_*) and its value; key 0 ends the vector.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Entry {
    /// AT_*.
    pub key: usize,
    /// Its value.
    pub value: usize,
}

/// AT_RSEQ_FEATURE_SIZE: bytes of `struct rseq` that this kernel keeps alive.
pub const AT_RSEQ_FEATURE_SIZE: usize = 27;
/// AT_RSEQ_ALIGN: the alignment it wants.
pub const AT_RSEQ_ALIGN: usize = 28;

const _: () = assert!(raw::AT_NULL == 0);

/// `prctl(PR_GET_AUXV, buffer)` (Linux 6.4): (feature size, alignment) of rseq, 0 where unknown. For a guest, which did not see the vector.
///
/// The one kernel with mm_cid but without this call, 6.3, is treated as if it had no mm_cid.
#[must_use]
pub fn rseq_features() -> (u32, u32) {
    const PR_GET_AUXV: usize = 0x4155_5856;
    let mut entries = [Entry::default(); 64];
    // SAFETY: the kernel writes at most the array's bytes.
    let copied = unsafe { call!(__NR_prctl, PR_GET_AUXV, entries.as_mut_ptr() as usize, size_of_val(&entries), 0, 0) };
    if copied.is_err() {
        return (0, 0);
    }
    let value = |key| entries.iter().find(|entry| entry.key == key).map_or(0, |entry| entry.value as u32);
    (value(AT_RSEQ_FEATURE_SIZE), value(AT_RSEQ_ALIGN))
}
