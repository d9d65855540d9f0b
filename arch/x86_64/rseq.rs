//! The restartable sections of x86-64. Their pseudo-code is in `arch/mod.rs`, once for all CPUs.
//!
//! ```text
//!   owner:  rseq_cs at fs:[RSEQ_OFFSET + 8]   the area's place is a constant of the link
//!   guest:  rseq_cs at fs:[{area} + 8]        one register holds the area's offset from fs:0
//!   both:   index   at fs:[{index}]           mm_cid or cpu_id, chosen once at start-up
//! ```
//! Labels: 2 start, 3 commit (first address after the section), 4 abort, 5 descriptor, 6 arm; bodies may use 7 to 9.

use core::arch::asm;

use super::super::ListNode;

/// Stands right before every abort handler, inside an instruction that traps: `ud1 edi, [rip + SIGNATURE]`.
pub const SIGNATURE: u32 = 0x5305_3053;

/// Where the current thread's rseq fields lie, as offsets from the thread pointer.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    area: isize,
    index: isize,
}

impl Fields {
    /// `area`: of `struct rseq`; `index`: of the field in it that picks a block. Both in bytes from the thread pointer.
    #[inline(always)]
    #[must_use]
    pub fn new(area: isize, index: isize) -> Self {
        Self { area, index }
    }

    /// The 32-bit field `offset` bytes into the current thread's area, in one load.
    #[inline(always)]
    #[must_use]
    pub fn load(self, offset: isize) -> i32 {
        let value;
        // SAFETY: the area lies in the thread's own static TLS; the kernel writes its fields only while this thread is not running.
        unsafe {
            asm!("mov {:e}, dword ptr fs:[{}]", out(reg) value, in(reg) self.area + offset,
                options(nostack, readonly, preserves_flags));
        }
        value
    }

    /// The index that a section would use now.
    #[inline(always)]
    #[must_use]
    pub fn index(self) -> i32 {
        let value;
        // SAFETY: as in `load`.
        unsafe {
            asm!("mov {:e}, dword ptr fs:[{}]", out(reg) value, in(reg) self.index,
                options(nostack, readonly, preserves_flags));
        }
        value
    }
}

/// What an abort handler does before it starts over: nothing, or count in builds that test whether aborts happen.
#[cfg(not(dacapo_count_aborts))]
macro_rules! count_abort {
    () => {
        ""
    };
}
#[cfg(dacapo_count_aborts)]
macro_rules! count_abort {
    () => {
        "lock inc qword ptr [rip + dacapo_rseq_aborts]\n"
    };
}

/// Builds that are wrong on purpose (`DACAPO_BROKEN=NAME` in the environment of the build sets `--cfg dacapo_broken="NAME"`): `x.py test --suite controls` shows that the tests catch each.
///
/// | name | what is wrong |
/// | --- | --- |
/// | `late_commit` | the commit label stands one instruction late: a section that has stored is aborted and stores again |
/// | `early_commit` | it stands one instruction early: the last instruction is not protected |
/// | `index_before_start` | the index is read before the section begins: after a migration there it is another CPU's |
/// | `wrong_signature` | the word before the abort handler is not the one that was registered: the kernel kills the program |
///
/// `broken.rs` has three more, each of which is wrong in one section.
macro_rules! signature {
    () => {
        SIGNATURE + if cfg!(dacapo_broken = "wrong_signature") { 1 } else { 0 }
    };
}
#[cfg(not(dacapo_broken = "early_commit"))]
macro_rules! length {
    () => {
        "3f - 2f"
    };
}
#[cfg(dacapo_broken = "early_commit")]
macro_rules! length {
    () => {
        "3f - 2f - 5" // the last store of each section has 3 to 5 bytes
    };
}
#[cfg(not(dacapo_broken = "late_commit"))]
macro_rules! commit_label {
    () => {
        "3:\n"
    };
}
#[cfg(dacapo_broken = "late_commit")]
macro_rules! commit_label {
    () => {
        "nop\n 3:\n"
    };
}
#[cfg(not(dacapo_broken = "index_before_start"))]
macro_rules! index {
    (before, $to:literal) => {
        ""
    };
    (inside, $to:literal, $early:literal) => {
        concat!("movsxd ", $to, ", dword ptr fs:[{index}]\n")
    };
}
#[cfg(dacapo_broken = "index_before_start")]
macro_rules! index {
    (before, $to:literal) => {
        concat!("movsxd ", $to, ", dword ptr fs:[{index}]\n")
    };
    (inside, $to:literal, $early:literal) => {
        concat!("mov ", $to, ", ", $early, "\n")
    };
}

/// Publishes the section's descriptor, loads the index and the block. `$t` ends as the index, `$b` as the block.
macro_rules! begin {
    ($t:literal, $b:literal) => {
        concat!(
            ".pushsection __rseq_cs, \"aw\"\n .balign 32\n",
            "5: .long 0, 0\n", // version, flags
            "   .quad 2f, ",
            length!(),
            ", 4f\n", // start, length, abort
            ".popsection\n",
            ".pushsection __rseq_cs_ptr_array, \"awo\", @progbits, __rseq_cs\n .quad 5b\n .popsection\n",
            ".pushsection .text.rseq_abort, \"ax\"\n",
            ".byte 0x0f, 0xb9, 0x3d\n .long {SIGNATURE}\n", // ud1 edi, [rip + SIGNATURE]: traps if executed
            "4: ",
            count_abort!(),
            "jmp 6f\n", // abort: nothing to undo, arm again
            ".popsection\n",
            "6: ",
            index!(before, $b),
            "   lea ",
            $t,
            ", [rip + 5b]\n",
            "   mov qword ptr fs:[{area} + 8], ",
            $t,
            "\n", // arm
            "2: ",
            index!(inside, $t, $b), // t = index, read inside the section
            "   mov ",
            $b,
            ", [{table} + 8*",
            $t,
            "]", // b = block
        )
    };
}

/// Ends the section. `exits` lists it among the places that code in the section may leave to, for debuggers.
macro_rules! commit {
    () => {
        commit_label!()
    };
    (exits) => {
        concat!(
            commit_label!(),
            ".pushsection __rseq_exit_point_array, \"awo\", @progbits, __rseq_cs\n .quad 2b, 3b\n .popsection"
        )
    };
}

/// `asm!` with the operands that every section has.
#[cfg(feature = "start")]
macro_rules! section {
    ($fields:ident, $table:ident; $($template:expr),+; $($operands:tt)*) => {
        // SAFETY: the section touches the current CPU's block and nothing else that is visible before its last instruction;
        // it never writes an input, so the abort handler may start over; the caller vouches for table and offset.
        unsafe { asm!($($template),+, area = const super::tls::PER_THREAD_OFFSET, index = in(reg) $fields.index,
            table = in(reg) $table, SIGNATURE = const signature!(), $($operands)*, options(nostack)) }
    };
}
#[cfg(not(feature = "start"))]
macro_rules! section {
    ($fields:ident, $table:ident; $($template:expr),+; $($operands:tt)*) => {
        // SAFETY: the section touches the current CPU's block and nothing else that is visible before its last instruction;
        // it never writes an input, so the abort handler may start over; the caller vouches for table and offset.
        unsafe { asm!($($template),+, area = in(reg) $fields.area, index = in(reg) $fields.index,
            table = in(reg) $table, SIGNATURE = const signature!(), $($operands)*, options(nostack)) }
    };
}

/// Adds to a word of the current block; returns the index it ran on. Price: 5 instructions, no branch.
///
/// # Safety
/// `table` holds a block for every index including -1 and -2, and the word at `offset` of each is aligned and ours to change.
#[inline(always)]
pub unsafe fn add(fields: Fields, table: *const *mut u8, offset: usize, value: usize) -> i32 {
    let index: i64;
    section!(fields, table;
        begin!("{t}", "{b}"),
        "add qword ptr [{b} + {offset}], {value}",     // COMMIT   block[offset] += value, load and store in one
        commit!();
        offset = in(reg) offset, value = in(reg) value, t = out(reg) index, b = out(reg) _
    );
    index as i32
}

/// Increments the word of the current block whose offset `source` holds, read inside the section; returns the index it ran on and the
/// offset. Price: 6 instructions, no branch.
///
/// # Safety
/// As for [`add`], for every offset that `source` ever holds; `source` is an aligned word that may be read.
#[inline(always)]
pub unsafe fn increment_at(fields: Fields, table: *const *mut u8, source: *const usize) -> (i32, usize) {
    let index: i64;
    let offset;
    section!(fields, table;
        begin!("{t}", "{b}"),
        "mov {offset}, [{source}]",                    // offset = *source
        "inc qword ptr [{b} + {offset}]",              // COMMIT   block[offset] += 1, load and store in one
        commit!();
        source = in(reg) source, t = out(reg) index, b = out(reg) _, offset = out(reg) offset
    );
    (index as i32, offset)
}

/// Stores a word into the current block; returns the index it ran on. Price: 5 instructions, no branch.
///
/// # Safety
/// As for [`add`].
#[inline(always)]
pub unsafe fn store(fields: Fields, table: *const *mut u8, offset: usize, value: usize) -> i32 {
    let index: i64;
    section!(fields, table;
        begin!("{t}", "{b}"),
        "mov qword ptr [{b} + {offset}], {value}",     // COMMIT   block[offset] = value
        commit!();
        offset = in(reg) offset, value = in(reg) value, t = out(reg) index, b = out(reg) _
    );
    index as i32
}

/// Replaces a word of the current block if it holds `expected`; returns the index it ran on and what it found.
/// Price: 8 instructions, 1 branch.
///
/// # Safety
/// As for [`add`].
#[cfg(not(dacapo_broken = "input_overwritten"))]
#[inline(always)]
pub unsafe fn compare_store(
    fields: Fields,
    table: *const *mut u8,
    offset: usize,
    expected: usize,
    new: usize,
) -> (i32, usize) {
    let index: i64;
    let found;
    section!(fields, table;
        begin!("{t}", "{b}"),
        "mov {found}, [{b} + {offset}]",               // found = block[offset]
        "cmp {found}, {expected}",
        "jne 3f",                                      // differs: leave, nothing stored
        "mov [{b} + {offset}], {new}",                 // COMMIT   block[offset] = new
        commit!(exits);
        offset = in(reg) offset, expected = in(reg) expected, new = in(reg) new,
        t = out(reg) index, b = out(reg) _, found = out(reg) found
    );
    (index as i32, found)
}

/// Puts a node on top of the current block's list; false if the list is full. Price: 12 instructions, 1 branch.
///
/// # Safety
/// As for [`add`], the word being the list's head; `node` is a free object of at least two words that nobody else uses.
#[inline(always)]
#[must_use]
pub unsafe fn list_push(fields: Fields, table: *const *mut u8, offset: usize, node: *mut ListNode) -> bool {
    let room: i64;
    section!(fields, table;
        begin!("{t}", "{b}"),
        "mov {head}, [{b} + {offset}]",                // head = block.head
        "mov {t}, [{head} + 8]",                       // t    = head.room - 1
        "sub {t}, 1",
        "js 3f",                                       // full: leave, nothing stored that anyone can see
        "mov [{node}], {head}",                        // node is not visible yet; a retry writes both words anew
        "mov [{node} + 8], {t}",
        "mov [{b} + {offset}], {node}",                // COMMIT   block.head = node
        commit!(exits);
        offset = in(reg) offset, node = in(reg) node, t = out(reg) room, b = out(reg) _, head = out(reg) _
    );
    room >= 0
}

/// Takes the top node of the current block's list; null if it is empty. Price: 9 instructions, 1 branch.
///
/// # Safety
/// As for [`add`], the word being the list's head.
#[inline(always)]
#[must_use]
pub unsafe fn list_pop(fields: Fields, table: *const *mut u8, offset: usize) -> *mut ListNode {
    let head: *mut ListNode;
    let next: usize;
    section!(fields, table;
        begin!("{t}", "{b}"),
        "mov {head}, [{b} + {offset}]",                // head = block.head
        "mov {t}, [{head}]",                           // t    = head.next
        "test {t}, {t}",
        "jz 3f",                                       // the sentinel: empty, leave
        "mov [{b} + {offset}], {t}",                   // COMMIT   block.head = next
        commit!(exits);
        offset = in(reg) offset, t = out(reg) next, b = out(reg) _, head = out(reg) head
    );
    if next == 0 { core::ptr::null_mut() } else { head }
}

/// Takes the current block's whole list and leaves `end`, a sentinel; null if it was empty. Price: 10 instructions, 1 branch.
///
/// # Safety
/// As for [`list_pop`]; `end` is a sentinel that outlives the list.
#[inline(always)]
#[must_use]
pub unsafe fn list_take(fields: Fields, table: *const *mut u8, offset: usize, end: *mut ListNode) -> *mut ListNode {
    let head: *mut ListNode;
    let next: usize;
    section!(fields, table;
        begin!("{t}", "{b}"),
        "mov {head}, [{b} + {offset}]",                // head = block.head
        "mov {t}, [{head}]",                           // t    = head.next
        "test {t}, {t}",
        "jz 3f",                                       // the sentinel: empty, leave
        "mov [{b} + {offset}], {end}",                 // COMMIT   block.head = end
        commit!(exits);
        offset = in(reg) offset, end = in(reg) end, t = out(reg) next, b = out(reg) _, head = out(reg) head
    );
    if next == 0 { core::ptr::null_mut() } else { head }
}

/// Swaps two neighbouring words of the current block. Price: 7 instructions, no branch.
///
/// # Safety
/// As for [`add`]; `offset` is a multiple of 16 and the blocks are 16-aligned: one aligned store is seen whole or not at all on its own CPU.
#[inline(always)]
pub unsafe fn pair_swap(fields: Fields, table: *const *mut u8, offset: usize) {
    section!(fields, table;
        begin!("{t}", "{b}"),
        "pshufd {pair}, xmmword ptr [{b} + {offset}], 0x4e", // pair = the two words, exchanged
        "movdqa xmmword ptr [{b} + {offset}], {pair}",       // COMMIT   block[offset..+16] = pair
        commit!();
        offset = in(reg) offset, t = out(reg) _, b = out(reg) _, pair = out(xmm_reg) _
    );
}

/// Appends an object to the current block's array; false if it is full. Price: 12 instructions, 1 branch.
///
/// # Safety
/// As for [`add`], an [`ArrayHeader`](super::super::ArrayHeader) and its slots lying at `offset`.
#[cfg(not(dacapo_broken = "two_stores"))]
#[inline(always)]
#[must_use]
pub unsafe fn array_push(fields: Fields, table: *const *mut u8, offset: usize, object: *mut u8) -> bool {
    let pushed: u64;
    section!(fields, table;
        begin!("{t}", "{b}"),
        "add {b}, {offset}",                           // b   = the array's header
        "mov {len}, [{b}]",                            // len = array.len
        "xor {t:e}, {t:e}",                            // t   = not pushed
        "cmp {len}, [{b} + 8]",
        "jae 3f",                                      // full: leave
        "mov [{b} + 8*{len} + 16], {object}",          // above len: nobody looks there
        "lea {t}, [{len} + 1]",                        // t   = pushed, never 0
        "mov [{b}], {t}",                              // COMMIT   array.len = len + 1
        commit!(exits);
        offset = in(reg) offset, object = in(reg) object, t = out(reg) pushed, b = out(reg) _, len = out(reg) _
    );
    pushed != 0
}

/// Takes the last object of the current block's array; null if it is empty. Price: 11 instructions, 1 branch.
///
/// # Safety
/// As for [`array_push`].
#[cfg(not(dacapo_broken = "missing_clobber"))]
#[inline(always)]
#[must_use]
pub unsafe fn array_pop(fields: Fields, table: *const *mut u8, offset: usize) -> *mut u8 {
    let object;
    section!(fields, table;
        begin!("{t}", "{b}"),
        "add {b}, {offset}",                           // b      = the array's header
        "mov {t}, [{b}]",                              // t      = array.len
        "xor {object:e}, {object:e}",                  // object = null
        "sub {t}, 1",
        "jb 3f",                                       // empty: leave
        "mov {object}, [{b} + 8*{t} + 16]",            // object = array.objects[len - 1]
        "mov [{b}], {t}",                              // COMMIT   array.len = len - 1
        commit!(exits);
        offset = in(reg) offset, t = out(reg) _, b = out(reg) _, object = out(reg) object
    );
    object
}

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
    // SAFETY: the caller's promises are the section's; the field addresses are the current thread's.
    unsafe {
        dacapo_array_push_batch(
            table,
            offset,
            from,
            count,
            super::tls::thread_pointer().wrapping_add_signed(fields.area),
            super::tls::thread_pointer().wrapping_add_signed(fields.index),
        )
    }
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
    // SAFETY: the caller's promises are the section's; the field addresses are the current thread's.
    unsafe {
        dacapo_array_pop_batch(
            table,
            offset,
            to,
            count,
            super::tls::thread_pointer().wrapping_add_signed(fields.area),
            super::tls::thread_pointer().wrapping_add_signed(fields.index),
        )
    }
}

#[cfg(any(dacapo_broken = "input_overwritten", dacapo_broken = "two_stores", dacapo_broken = "missing_clobber"))]
#[path = "broken.rs"]
mod broken;
#[cfg(all(
    feature = "start",
    any(dacapo_broken = "input_overwritten", dacapo_broken = "two_stores", dacapo_broken = "missing_clobber")
))]
use super::tls;
#[cfg(any(dacapo_broken = "input_overwritten", dacapo_broken = "two_stores", dacapo_broken = "missing_clobber"))]
pub use broken::*; // for the macros, where `broken` uses them
