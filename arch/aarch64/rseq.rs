//! The frame of a restartable section on AArch64: arming, descriptor, signature, abort handler, commit. What stands between start and commit is
//! in `steps.rs`; the sections themselves are in `arch/rseq.rs`, once for all CPUs.
//!
//! ```text
//!   rseq_cs at [{rseq_area}, #8]     index at [{rseq_index}]: mm_cid or cpu_id, chosen once at start-up; `[field]`: at [{rseq_area}, #{rseq_field}]
//! ```
//! Both are addresses, made from the thread pointer where the section is used: one `mrs` and two adds, which the compiler shares
//! between neighbouring sections.
//! Labels: 2 start, 3 commit (first address after the section), 4 abort, 5 descriptor, 6 arm; bodies may use 7 to 9.
//! x16 and x17 are clobbered: the branch back from the abort handler may go through a linker veneer.

use core::arch::asm;

/// Stands right before every abort handler, as an instruction that traps: `brk #0x45e0`.
pub const SIGNATURE: u32 = 0xd428_bc00;

/// Where the current thread's rseq fields lie.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    area: usize,
    index: usize,
}

impl Fields {
    /// `area`: of `struct rseq`; `index`: of the field in it that picks a block. Both in bytes from the thread pointer.
    #[inline(always)]
    #[must_use]
    pub fn new(area: isize, index: isize) -> Self {
        let pointer = super::tls::thread_pointer();
        Self { area: pointer.wrapping_add_signed(area), index: pointer.wrapping_add_signed(index) }
    }

    /// The two, as the sections' operands.
    #[doc(hidden)]
    #[inline(always)]
    #[must_use]
    pub fn operands(self) -> (usize, usize) {
        (self.area, self.index)
    }

    /// The addresses of the area and of the index field.
    #[inline(always)]
    pub(crate) fn addresses(self) -> (usize, usize) {
        self.operands()
    }

    /// The 32-bit field `offset` bytes into the current thread's area, in one load.
    #[inline(always)]
    #[must_use]
    pub fn load(self, offset: isize) -> i32 {
        let value;
        // SAFETY: the area lies in the thread's own static TLS; the kernel writes its fields only while this thread is not running.
        unsafe {
            asm!("ldr {:w}, [{}]", out(reg) value, in(reg) self.area.wrapping_add_signed(offset),
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
            asm!("ldr {:w}, [{}]", out(reg) value, in(reg) self.index, options(nostack, readonly, preserves_flags));
        }
        value
    }
}

/// Nothing is kept here: see the other CPU.
pub(crate) fn settle(_area: isize, _index: isize) {}

/// The area's distance from the thread pointer, as the compiler may keep it: not at all. `Fields` are addresses here, which take as long to make as to load.
#[inline(always)]
pub(crate) fn kept_area_offset() -> Option<isize> {
    None
}

/// Both, as above.
#[inline(always)]
pub(crate) fn kept_offsets() -> Option<(isize, isize)> {
    None
}

/// What an abort handler does before it starts over: nothing, or count in builds that test whether aborts happen. Not
/// atomic, so it may count too few: x16 and x17 are all it may use.
#[cfg(not(dacapo_count_aborts))]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_count_abort {
    () => {
        ""
    };
}
#[cfg(dacapo_count_aborts)]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_count_abort {
    () => {
        concat!(
            "adrp x16, dacapo_rseq_aborts\n ldr x17, [x16, :lo12:dacapo_rseq_aborts]\n",
            "add x17, x17, #1\n str x17, [x16, :lo12:dacapo_rseq_aborts]\n",
        )
    };
}

/// Bytes that a section's last instruction has: for the build that is wrong in this.
#[cfg(dacapo_broken = "early_commit")]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_last_store {
    () => {
        "4"
    };
}

/// Loads the index: inside the section, except in the build that is wrong in this.
#[cfg(not(dacapo_broken = "index_before_start"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_index {
    (before $at:literal $b:ident) => {
        ""
    };
    (inside $at:literal $t:ident $b:ident) => {
        concat!("ldrsw {", stringify!($t), "}, [", $at, "]\n")
    };
}
#[cfg(dacapo_broken = "index_before_start")]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_index {
    (before $at:literal $b:ident) => {
        concat!("ldrsw {", stringify!($b), "}, [", $at, "]\n")
    };
    (inside $at:literal $t:ident $b:ident) => {
        concat!("mov {", stringify!($t), "}, {", stringify!($b), "}\n")
    };
}

/// What `__rseq_checked` adds: keeps the index, and traps if it has changed. A thread without an index may get one in a signal handler, and is not restarted.
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_twice {
    (keep $t:ident) => {
        concat!("mov {rseq_first:w}, {", stringify!($t), ":w}")
    };
    (index) => {
        $crate::__rseq_twice!(at "{rseq_index}")
    };
    (field) => {
        $crate::__rseq_twice!(at "{rseq_area}, #{rseq_field}")
    };
    (at $at:literal) => {
        concat!("tbnz {rseq_first:w}, #31, 59f\n ldr w17, [", $at, "]\n cmp w17, {rseq_first:w}\n b.eq 59f\n brk #1\n 59:")
    };
}

/// Publishes the section's descriptor, loads the index into `$t` and, if it is to be a `block`, its address into `$b`.
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_begin {
    (block $t:ident $b:ident) => {
        concat!(
            $crate::__rseq_begin!(at "{rseq_index}" $t $b),
            "ldr {", stringify!($b), "}, [{rseq_table}, {", stringify!($t), "}, lsl #3]",
        )
    };
    (field $t:ident $b:ident) => {
        $crate::__rseq_begin!(at "{rseq_area}, #{rseq_field}" $t $b)
    };
    (at $at:literal $t:ident $b:ident) => {
        concat!(
            $crate::__rseq_descriptor!(),
            $crate::__rseq_abort_section!(),
            ".inst {rseq_signature}\n", // brk: traps if executed; .inst keeps it an instruction
            "4: ",
            $crate::__rseq_count_abort!(),
            "b 6f\n", // abort: nothing to undo, arm again
            ".popsection\n",
            "6: ",
            $crate::__rseq_index!(before $at $b),
            "adrp {", stringify!($t), "}, 5b\n",
            "add {", stringify!($t), "}, {", stringify!($t), "}, :lo12:5b\n",
            "str {", stringify!($t), "}, [{rseq_area}, #8]\n", // arm
            "2: ",
            $crate::__rseq_index!(inside $at $t $b),
        )
    };
}

/// The section: frame and body. A commit of two words (`[pair]`) needs one more register, and an instruction behind the section that starts over if
/// the store failed, which it may for no reason; `[field NAME]` leaves the table to the body, takes the area's address instead of `Fields`, and for the
/// index its field so many bytes further on.
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_asm {
    ($f:ident $table:ident $t:ident $b:ident [$($exit:ident)*] [pair] [$($template:expr),*] [$($operand:tt)*]) => {
        ::core::arch::asm!(
            $crate::__rseq_begin!(block $t $b), "mov w16, wzr", $($template,)* $crate::__rseq_commit!($($exit)*), "cbnz w16, 6b",
            rseq_area = in(reg) $f.operands().0, rseq_index = in(reg) $f.operands().1, rseq_table = in(reg) $table,
            rseq_signature = const $crate::arch::rseq::PLANTED, $t = out(reg) $t, $b = out(reg) $b, $($operand)*
            rseq_pair = out(reg) _, out("x16") _, out("x17") _, options(nostack)
        )
    };
    ($f:ident $table:ident $t:ident $b:ident $exits:tt [] $templates:tt $operands:tt) => {
        $crate::__rseq_asm!($f $table $t $b $exits [block] $templates $operands)
    };
    ($f:ident $table:ident $t:ident $b:ident [$($exit:ident)*] [field $field:ident] [$($template:expr),*] [$($operand:tt)*]) => {
        ::core::arch::asm!(
            $crate::__rseq_begin!(field $t $b), $($template,)* $crate::__rseq_commit!($($exit)*),
            rseq_area = in(reg) $f, rseq_table = in(reg) $table, rseq_field = const $field,
            rseq_signature = const $crate::arch::rseq::PLANTED, $t = out(reg) $t, $b = out(reg) $b, $($operand)*
            out("x16") _, out("x17") _, options(nostack)
        )
    };
    ($f:ident $table:ident $t:ident $b:ident [$($exit:ident)*] [block] [$($template:expr),*] [$($operand:tt)*]) => {
        ::core::arch::asm!(
            $crate::__rseq_begin!(block $t $b), $($template,)* $crate::__rseq_commit!($($exit)*),
            rseq_area = in(reg) $f.operands().0, rseq_index = in(reg) $f.operands().1, rseq_table = in(reg) $table,
            rseq_signature = const $crate::arch::rseq::PLANTED, $t = out(reg) $t, $b = out(reg) $b, $($operand)*
            out("x16") _, out("x17") _, options(nostack)
        )
    };
}

/// A seat's address made from the index, and stored into the seat if it is free: see `arch/rseq.rs`.
///
/// # Safety
/// There.
#[inline(always)]
pub unsafe fn claim<const SHIFT: u32, const INDEX: u32>(area: isize, first: *const usize) -> (usize, usize) {
    let (seat, found): (usize, usize);
    let area = super::tls::thread_pointer().wrapping_add_signed(area);
    // SAFETY: one store, the last instruction; no input is written; the caller vouches for the words.
    unsafe {
        crate::__rseq_checked!(area first seat found [exit] [field INDEX] [
            "ldr {found}, [{rseq_table}]",
            "add {seat}, {found}, {seat}, lsl #{shift}",         // seat = *first + (index << SHIFT)
            "ldr {found}, [{seat}]",
            "cbnz {found}, 3f",                                  // taken: leave, nothing stored
        ] (
            "str {seat}, [{seat}]"                               // COMMIT   *seat = seat
        ) [shift = const SHIFT,]);
    }
    (seat, found)
}

/// Looks a key up: see `arch/rseq.rs`.
///
/// ```text
///   {base}  the array's word, then its first bucket          {slot}   the bucket; 0 on the way out without an entry
///   {word}  the bucket's tags, at the end the value          {found}  the tags that match, one bit each
/// ```
///
/// # Safety
/// There.
#[inline(always)]
pub unsafe fn probe<const KEY: usize, const VALUE: usize, const INDEX: u32>(
    area: isize,
    root: *const usize,
    mixed: u64,
    tags: u64,
    ones: u64,
    key: u64,
) -> (usize, i32, u64) {
    let (slot, index, word): (usize, usize, u64);
    let at: usize;
    let area = super::tls::thread_pointer().wrapping_add_signed(area);
    // SAFETY: it stores nothing, so it may start over; the caller vouches for the words.
    unsafe {
        crate::__rseq_checked!(area root index at [exit] [field INDEX] [
            "mov {slot}, xzr",
            "tbnz {index}, #63, 3f",                             // no rseq: nothing would restart us
            "ldr {base}, [{rseq_table}]",
            "70: lsr {slot}, {mixed}, #1",                       // slot = first bucket + (mixed >> 1 >> shift) * 128
            "lsr {slot}, {slot}, {base}",
            "and {base}, {base}, #-64",
            "add {slot}, {base}, {slot}, lsl #7",
            "71: ldar {word}, [{slot}]",                         // acquire: what lies behind MORE and MOVED
            "prfm pldl1keep, [{slot}, #64]",
            "eor {at}, {word}, {tags}",                          // found = tops & (d - ones) & ~d with d = word ^ tags
            "sub {found}, {at}, {ones}",
            "bic {found}, {found}, {at}",
            "ands {found}, {found}, {tops}",
            "b.eq 73f",
            "72: rbit {at}, {found}",                            // at = 8 * n + 7: entry n lies 2 * at + 2 into the bucket
            "clz {at}, {at}",
            "add {at}, {slot}, {at}, lsl #1",
            "ldur {known}, [{at}, #2 + {key_at}]",
            "cmp {known}, {key}",
            "b.eq 74f",
            "sub {at}, {found}, #1",
            "ands {found}, {found}, {at}",
            "b.ne 72b",
            "73: tbnz {word}, #57, 75f",
            "tbz {word}, #56, 76f",
            "ldr {slot}, [{slot}, #8]",                          // MORE: the next bucket
            "b 71b",
            "75: ldur {base}, [{base}, #-128]",                  // MOVED: the next array
            "b 70b",
            "76: mov {slot}, xzr",
            "b 3f",
            "74:",
        ] (
            "ldur {word}, [{at}, #2 + {value_at}]"
        ) [
            slot = out(reg) slot, word = out(reg) word, found = out(reg) _, base = out(reg) _, known = out(reg) _,
            mixed = in(reg) mixed, tags = in(reg) tags, key = in(reg) key, ones = in(reg) ones, tops = in(reg) ones << 7,
            key_at = const KEY, value_at = const VALUE,
        ]);
    }
    let _ = at;
    (slot, index as i32, word)
}
