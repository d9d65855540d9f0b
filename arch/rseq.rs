//! The restartable sections of the library: steps, the same on every CPU. What each does is in the table of `arch/mod.rs`.
//!
//! The names between the bars are registers, which hold the index and the block's address when the steps begin; a section that does not
//! return its index uses that register for what it needs next. Prices are instructions on x86-64, arming included.

use super::cpu::rseq as cpu;
use super::{ListNode, section};

pub use super::frame::PLANTED;
pub use cpu::{Fields, SIGNATURE};
pub(crate) use cpu::{kept_area_offset, kept_offsets, settle};

section! {
    /// Adds to a word of the current block; returns the index it ran on. Price: 5 instructions (8 on AArch64), no branch.
    ///
    /// # Safety
    /// `table` holds a block for every index including -1 and -2, and the word at `offset` of each is aligned and ours to change.
    pub unsafe fn add(offset: usize, value: usize) -> i32 {
        |index, block|
        commit [block + offset] += value;
        return index as i32;
    }
}

section! {
    /// Increments the word of the current block whose offset `source` holds, read inside the section; returns the index it ran on and the
    /// offset. Price: 6 instructions (9 on AArch64), no branch.
    ///
    /// # Safety
    /// As for [`add`], for every offset that `source` ever holds; `source` is an aligned word that may be read.
    pub unsafe fn increment_at(source: *const usize) -> (i32, usize) {
        |index, block|
        let offset = [source];
        commit [block + offset] += 1;
        return (index as i32, offset);
    }
}

/// Takes the current CPU's seat if it is free: a word that holds 0, and its own address when it is taken. The seats lie `1 << SHIFT` bytes apart;
/// `first` holds the address of index 0's, and is read inside the section. Returns the seat's address and what it held.
///
/// The index is the field that lies `INDEX` bytes into the area, which lies `area` bytes from the thread pointer: so where it lies is no load of its own.
/// Price: 9 instructions (11 on AArch64), 1 branch; written by hand, because a section in steps looks for its block in a table, which would be two loads more.
///
/// # Safety
/// For every address that `first` ever holds, there is an aligned word for every value of the index field, -1 and -2 included. `first` is an aligned word.
#[inline(always)]
pub unsafe fn claim<const SHIFT: u32, const INDEX: u32>(area: isize, first: *const usize) -> (usize, usize) {
    // SAFETY: one store, the last instruction; no input is written; the caller vouches for the words.
    unsafe { cpu::claim::<SHIFT, INDEX>(area, first) }
}

/// Looks a key up in an array of buckets that others change meanwhile: so none of what it looks at is given back before a grace period that restarts sections. Returns the
/// bucket's address, or 0 if there is no such key or, with a negative index, no rseq; the index; and the key's value.
///
/// ```text
///   *root      | first bucket: a multiple of 128 | shift: 6 bits |       the bucket is number mixed >> 1 >> shift; 128 bytes before the first one lies
///                                                                        the word of the array that has the entries of buckets that have MOVED
///   bucket     8 bytes: seven tags, and MORE (bit 56), MOVED (57)        8 bytes: the next bucket if MORE        seven entries of 16 bytes
/// ```
/// `ones`: a one in each byte that is a tag; `tags`: the hash's tag there. `KEY`, `VALUE`: where those lie in an entry. The index is the field that lies `INDEX` bytes into the area, which lies `area`
/// bytes from the thread pointer; it is only looked at.
///
/// Price: 26 instructions on x86-64, 23 on AArch64, 3 branches, if the key is in the bucket of its own. It stores nothing.
///
/// # Safety
/// `root` is an aligned word, and leads to buckets as above whenever it is read, for as long as a section runs that has read it.
#[inline(always)]
pub unsafe fn probe<const KEY: usize, const VALUE: usize, const INDEX: u32>(
    area: isize,
    root: *const usize,
    mixed: u64,
    tags: u64,
    ones: u64,
    key: u64,
) -> (usize, i32, u64) {
    // SAFETY: as our contract says.
    unsafe { cpu::probe::<KEY, VALUE, INDEX>(area, root, mixed, tags, ones, key) }
}

section! {
    /// Stores a word into the current block; returns the index it ran on. Price: 5 instructions, no branch.
    ///
    /// # Safety
    /// As for [`add`].
    pub unsafe fn store(offset: usize, value: usize) -> i32 {
        |index, block|
        commit [block + offset] = value;
        return index as i32;
    }
}

section! {
    /// Replaces a word of the current block if it holds `expected`; returns the index it ran on and what it found.
    /// Price: 8 instructions, 1 branch.
    ///
    /// # Safety
    /// As for [`add`].
    #[cfg(not(dacapo_broken = "input_overwritten"))]
    pub unsafe fn compare_store(offset: usize, expected: usize, new: usize) -> (i32, usize) {
        |index, block|
        let found = [block + offset];
        leave if found != expected;
        commit [block + offset] = new;
        return (index as i32, found);
    }
}

section! {
    /// Puts a node on top of the current block's list; false if the list is full. Price: 11 instructions, 1 branch.
    ///
    /// # Safety
    /// As for [`add`], the word being the list's head; `node` is a free object of at least two words that nobody else uses.
    #[must_use]
    pub unsafe fn list_push(offset: usize, scratch node: *mut ListNode) -> bool {
        |room, block|
        let head = [block + offset];
        room = [head + 8];
        room -= 1 or leave;
        scratch [node] = (head, room);
        commit [block + offset] = node;
        return room as isize >= 0;
    }
}

section! {
    /// Takes the top node of the current block's list; null if it is empty. Price: 9 instructions, 1 branch.
    ///
    /// # Safety
    /// As for [`add`], the word being the list's head.
    #[must_use]
    pub unsafe fn list_pop(offset: usize) -> *mut ListNode {
        |next, block|
        let head = [block + offset];
        next = [head];
        leave if next == 0;
        commit [block + offset] = next;
        return if next == 0 { core::ptr::null_mut() } else { head as *mut ListNode };
    }
}

section! {
    /// Takes the current block's whole list and leaves `end`, a sentinel; null if it was empty. Price: 9 instructions, 1 branch.
    ///
    /// # Safety
    /// As for [`list_pop`]; `end` is a sentinel that outlives the list.
    #[must_use]
    pub unsafe fn list_take(offset: usize, end: *mut ListNode) -> *mut ListNode {
        |next, block|
        let head = [block + offset];
        next = [head];
        leave if next == 0;
        commit [block + offset] = end;
        return if next == 0 { core::ptr::null_mut() } else { head as *mut ListNode };
    }
}

section! {
    /// Appends an object to the current block's array; false if it is full. Price: 12 instructions, 1 branch.
    ///
    /// # Safety
    /// As for [`add`], an [`ArrayHeader`](super::ArrayHeader) and its slots lying at `offset`.
    #[must_use]
    #[cfg(not(dacapo_broken = "two_stores"))]
    pub unsafe fn array_push(offset: usize, object: *mut u8) -> bool {
        |pushed, array|
        array += offset;
        pushed = 0;
        let len = [array] below next or leave;
        hidden [array + 8 * len + 16] = object;
        pushed = len + 1;
        commit [array] = pushed;
        return pushed != 0;
    }
}

section! {
    /// Takes the last object of the current block's array; null if it is empty. Price: 11 instructions, 1 branch.
    ///
    /// # Safety
    /// As for [`array_push`].
    #[must_use]
    #[cfg(not(dacapo_broken = "missing_clobber"))]
    pub unsafe fn array_pop(offset: usize) -> *mut u8 {
        |len, array|
        array += offset;
        len = [array];
        let object = 0;
        len -= 1 or leave;
        object = [array + 8 * len + 16];
        commit [array] = len;
        return object as *mut u8;
    }
}

// In builds that are wrong on purpose.
#[cfg(dacapo_broken = "missing_clobber")]
pub use super::cpu::broken::array_pop;
#[cfg(dacapo_broken = "two_stores")]
pub use super::cpu::broken::array_push;
#[cfg(dacapo_broken = "input_overwritten")]
pub use super::cpu::broken::compare_store;

unsafe extern "C" {
    fn dacapo_array_push_batch(
        table: *const *mut u8,
        offset: usize,
        from: *const *mut u8,
        count: usize,
        area: usize,
        index: usize,
    ) -> usize;
    fn dacapo_array_pop_batch(
        table: *const *mut u8,
        offset: usize,
        to: *mut *mut u8,
        count: usize,
        area: usize,
        index: usize,
    ) -> usize;
}

/// Appends as many of `count` objects as fit to the current block's array; returns how many. One section, about 4 instructions an object.
///
/// # Safety
/// As for [`array_push`]; `from` points to `count` objects.
#[must_use]
pub unsafe fn array_push_batch(
    fields: Fields,
    table: *const *mut u8,
    offset: usize,
    from: *const *mut u8,
    count: usize,
) -> usize {
    let (area, index) = fields.addresses();
    // SAFETY: the caller's promises are the section's; the field addresses are the current thread's.
    unsafe { dacapo_array_push_batch(table, offset, from, count, area, index) }
}

/// Takes up to `count` objects from the end of the current block's array into `to`; returns how many. One section, about 4 instructions an object.
///
/// # Safety
/// As for [`array_pop`]; `to` has room for `count` objects.
#[must_use]
pub unsafe fn array_pop_batch(
    fields: Fields,
    table: *const *mut u8,
    offset: usize,
    to: *mut *mut u8,
    count: usize,
) -> usize {
    let (area, index) = fields.addresses();
    // SAFETY: the caller's promises are the section's; the field addresses are the current thread's.
    unsafe { dacapo_array_pop_batch(table, offset, to, count, area, index) }
}
