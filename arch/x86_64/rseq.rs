//! The frame of a restartable section on x86-64: arming, descriptor, signature, abort handler, commit. What stands between start and commit is
//! in `steps.rs`; the sections themselves are in `arch/rseq.rs`, once for all CPUs.
//!
//! ```text
//!   owner:  rseq_cs at fs:[RSEQ_OFFSET + 8]   the area's place is a constant of the link
//!   guest:  rseq_cs at fs:[{rseq_area} + 8]        one register holds the area's offset from fs:0
//!   both:   index   at fs:[{rseq_index}]           mm_cid or cpu_id, chosen once at start-up; `[field]`: at fs:[{rseq_area} + {rseq_field}]
//! ```
//! Labels: 2 start, 3 commit (first address after the section), 4 abort, 5 descriptor, 6 arm; bodies may use 7 to 9.

use core::arch::asm;
use core::mem::offset_of;
use core::sync::atomic::AtomicIsize;
use core::sync::atomic::Ordering::{Relaxed, Release};

use crate::per_thread::PerThread;

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

    /// The two, as the sections' operands.
    #[doc(hidden)]
    #[inline(always)]
    #[must_use]
    pub fn operands(self) -> (isize, isize) {
        (self.area, self.index)
    }

    /// The addresses of the area and of the index field.
    #[inline(always)]
    pub(crate) fn addresses(self) -> (usize, usize) {
        let pointer = super::tls::thread_pointer();
        (pointer.wrapping_add_signed(self.area), pointer.wrapping_add_signed(self.index))
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

/// What [`kept_offsets`] gives, from our own struct on: see `rseq/offsets.rs`.
#[repr(C)]
struct Kept {
    area: AtomicIsize,
    index: AtomicIsize,
}

static KEPT: Kept = Kept { area: AtomicIsize::new(0), index: AtomicIsize::new(NO_INDEX) };

/// Where a thread finds no index. An owner's start-up runs `init` before all else, so there it is never looked for. The negative control is born with the distance
/// of what may be one.
const NO_INDEX: isize = if cfg!(any(feature = "start", dacapo_broken = "kept_index")) {
    0
} else {
    offset_of!(PerThread, no_index) as isize
};

/// `init` has found the area so many bytes behind our own struct, and the index field.
pub(crate) fn settle(area: isize, index: isize) {
    KEPT.area.store(area, Relaxed);
    // Release: whoever reads the new index finds the new area. Not the other way round: a real index beside an area that nobody registered.
    KEPT.index.store(index, Release);
}

/// The area's distance from the thread pointer, as the compiler may keep it.
#[inline(always)]
pub(crate) fn kept_area_offset() -> Option<isize> {
    #[cfg(feature = "start")]
    let area = super::tls::PER_THREAD_OFFSET;
    #[cfg(not(feature = "start"))]
    let area: isize;
    // SAFETY: reads a static of ours and a constant of the link. That it reads memory is kept from the compiler, so that it need not be read again after each
    // section: the word changes once in a process, and either value is a good answer at any time.
    #[cfg(not(feature = "start"))]
    unsafe {
        asm!(
            "mov {area}, qword ptr [rip + {kept}]",
            "add {area}, qword ptr [rip + dacapo_guest_thread@GOTTPOFF]",
            area = out(reg) area, kept = sym KEPT, options(pure, nomem, nostack),
        );
    }
    Some(area)
}

/// The distances of the area and of the index field, as the compiler may keep them.
#[inline(always)]
pub(crate) fn kept_offsets() -> Option<(isize, isize)> {
    let index: isize;
    #[cfg(feature = "start")]
    let area = super::tls::PER_THREAD_OFFSET;
    #[cfg(not(feature = "start"))]
    let area: isize;
    // SAFETY: as above.
    #[cfg(feature = "start")]
    unsafe {
        asm!(
            "mov {index}, {own}",
            "add {index}, qword ptr [rip + {kept} + 8]",
            index = out(reg) index, kept = sym KEPT, own = const super::tls::PER_THREAD_OFFSET, options(pure, nomem, nostack),
        );
    }
    // SAFETY: as above. Both at once, and the index first: see `settle`.
    #[cfg(not(feature = "start"))]
    unsafe {
        asm!(
            "mov {index}, qword ptr [rip + {kept} + 8]",
            "mov {area}, qword ptr [rip + {kept}]",
            "add {index}, qword ptr [rip + dacapo_guest_thread@GOTTPOFF]",
            "add {area}, qword ptr [rip + dacapo_guest_thread@GOTTPOFF]",
            index = out(reg) index, area = out(reg) area, kept = sym KEPT, options(pure, nomem, nostack),
        );
    }
    Some((area, index))
}

/// What an abort handler does before it starts over: nothing, or count in builds that test whether aborts happen.
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
        "lock inc qword ptr [rip + dacapo_rseq_aborts]\n"
    };
}

/// Bytes that a section's last instruction has at most: for the build that is wrong in this.
#[cfg(dacapo_broken = "early_commit")]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_last_store {
    () => {
        "5" // 3 to 5 bytes
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
        concat!("movsxd {", stringify!($t), "}, dword ptr fs:[", $at, "]\n")
    };
}
#[cfg(dacapo_broken = "index_before_start")]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_index {
    (before $at:literal $b:ident) => {
        concat!("movsxd {", stringify!($b), "}, dword ptr fs:[", $at, "]\n")
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
        concat!("mov {rseq_first:e}, {", stringify!($t), ":e}")
    };
    (index) => {
        $crate::__rseq_twice!(at "{rseq_index}")
    };
    (field) => {
        $crate::__rseq_twice!(at "{rseq_area} + {rseq_field}")
    };
    (at $at:literal) => {
        concat!("test {rseq_first:e}, {rseq_first:e}\n js 59f\n cmp dword ptr fs:[", $at, "], {rseq_first:e}\n je 59f\n ud2\n 59:")
    };
}

/// Publishes the section's descriptor, loads the index into `$t` and, if it is to be a `block`, its address into `$b`.
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_begin {
    (block $t:ident $b:ident) => {
        concat!(
            $crate::__rseq_begin!(at "{rseq_index}" $t $b),
            "mov {", stringify!($b), "}, [{rseq_table} + 8*{", stringify!($t), "}]",
        )
    };
    (field $t:ident $b:ident) => {
        $crate::__rseq_begin!(at "{rseq_area} + {rseq_field}" $t $b)
    };
    (at $at:literal $t:ident $b:ident) => {
        concat!(
            $crate::__rseq_descriptor!(),
            $crate::__rseq_abort_section!(),
            ".byte 0x0f, 0xb9, 0x3d\n .long {rseq_signature}\n", // ud1 edi, [rip + SIGNATURE]: traps if executed
            "4: ",
            $crate::__rseq_count_abort!(),
            "jmp 6f\n", // abort: nothing to undo, arm again
            ".popsection\n",
            "6: ",
            $crate::__rseq_index!(before $at $b),
            "lea {", stringify!($t), "}, [rip + 5b]\n",
            "mov qword ptr fs:[{rseq_area} + 8], {", stringify!($t), "}\n", // arm
            "2: ",
            $crate::__rseq_index!(inside $at $t $b),
        )
    };
}

/// The section: frame and body. `[pair]` adds the registers of a commit of two words; `[field NAME]` leaves the table to the
/// body, takes the area's place instead of `Fields`, and for the index its field so many bytes further on.
#[cfg(feature = "start")]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_asm {
    ($f:ident $table:ident $t:ident $b:ident $exits:tt [pair] $templates:tt [$($operand:tt)*]) => {
        $crate::__rseq_asm!($f $table $t $b $exits [] $templates [$($operand)* rseq_pair = out(xmm_reg) _, rseq_second = out(xmm_reg) _,])
    };
    ($f:ident $table:ident $t:ident $b:ident $exits:tt [] $templates:tt $operands:tt) => {
        $crate::__rseq_asm!($f $table $t $b $exits [block] $templates $operands)
    };
    ($f:ident $table:ident $t:ident $b:ident [$($exit:ident)*] [field $field:ident] [$($template:expr),*] [$($operand:tt)*]) => {{
        let _ = $f; // a constant
        ::core::arch::asm!(
            $crate::__rseq_begin!(field $t $b), $($template,)* $crate::__rseq_commit!($($exit)*),
            rseq_area = const $crate::arch::tls::PER_THREAD_OFFSET, rseq_table = in(reg) $table, rseq_field = const $field,
            rseq_signature = const $crate::arch::rseq::PLANTED, $t = out(reg) $t, $b = out(reg) $b, $($operand)*
            options(nostack)
        )
    }};
    ($f:ident $table:ident $t:ident $b:ident [$($exit:ident)*] [block] [$($template:expr),*] [$($operand:tt)*]) => {
        ::core::arch::asm!(
            $crate::__rseq_begin!(block $t $b), $($template,)* $crate::__rseq_commit!($($exit)*),
            rseq_area = const $crate::arch::tls::PER_THREAD_OFFSET, rseq_index = in(reg) $f.operands().1, rseq_table = in(reg) $table,
            rseq_signature = const $crate::arch::rseq::PLANTED, $t = out(reg) $t, $b = out(reg) $b, $($operand)*
            options(nostack)
        )
    };
}
#[cfg(not(feature = "start"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __rseq_asm {
    ($f:ident $table:ident $t:ident $b:ident $exits:tt [pair] $templates:tt [$($operand:tt)*]) => {
        $crate::__rseq_asm!($f $table $t $b $exits [] $templates [$($operand)* rseq_pair = out(xmm_reg) _, rseq_second = out(xmm_reg) _,])
    };
    ($f:ident $table:ident $t:ident $b:ident $exits:tt [] $templates:tt $operands:tt) => {
        $crate::__rseq_asm!($f $table $t $b $exits [block] $templates $operands)
    };
    ($f:ident $table:ident $t:ident $b:ident [$($exit:ident)*] [field $field:ident] [$($template:expr),*] [$($operand:tt)*]) => {
        ::core::arch::asm!(
            $crate::__rseq_begin!(field $t $b), $($template,)* $crate::__rseq_commit!($($exit)*),
            rseq_area = in(reg) $f, rseq_table = in(reg) $table, rseq_field = const $field,
            rseq_signature = const $crate::arch::rseq::PLANTED, $t = out(reg) $t, $b = out(reg) $b, $($operand)*
            options(nostack)
        )
    };
    ($f:ident $table:ident $t:ident $b:ident [$($exit:ident)*] [block] [$($template:expr),*] [$($operand:tt)*]) => {
        ::core::arch::asm!(
            $crate::__rseq_begin!(block $t $b), $($template,)* $crate::__rseq_commit!($($exit)*),
            rseq_area = in(reg) $f.operands().0, rseq_index = in(reg) $f.operands().1, rseq_table = in(reg) $table,
            rseq_signature = const $crate::arch::rseq::PLANTED, $t = out(reg) $t, $b = out(reg) $b, $($operand)*
            options(nostack)
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
    // SAFETY: one store, the last instruction; no input is written; the caller vouches for the words.
    unsafe {
        crate::__rseq_checked!(area first seat found [exit] [field INDEX] [
            "shl {seat}, {shift}",
            "add {seat}, [{rseq_table}]",                        // seat = *first + (index << SHIFT)
            "mov {found}, [{seat}]",
            "test {found}, {found}",
            "jnz 3f",                                            // taken: leave, nothing stored
        ] (
            "mov [{seat}], {seat}"                               // COMMIT   *seat = seat
        ) [shift = const SHIFT,]);
    }
    (seat, found)
}

/// Looks a key up: see `arch/rseq.rs`.
///
/// ```text
///   rcx     the array's word: its first bucket, and how far to shift        {slot}   the bucket; 0 on the way out without an entry
///   {word}  the bucket's tags, at the end the value                         {found}  the tags that match, one bit each
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
    // SAFETY: it stores nothing, so it may start over; the caller vouches for the words.
    unsafe {
        crate::__rseq_checked!(area root index at [exit] [field INDEX] [
            "xor {slot:e}, {slot:e}",
            "test {index:e}, {index:e}",
            "js 3f",                                             // no rseq: nothing would restart us
            "mov rcx, [{rseq_table}]",
            "70: mov {slot}, {mixed}",                           // slot = first bucket + (mixed >> 1 >> shift) * 128
            "shr {slot}, 1",
            "shr {slot}, cl",
            "shl {slot}, 7",
            "and rcx, -64",
            "add {slot}, rcx",
            "71: mov {word}, [{slot}]",
            "prefetcht0 [{slot} + 64]",
            "mov {found}, {word}",                               // found = tops & (d - ones) & ~d with d = word ^ tags
            "xor {found}, {tags}",
            "mov {at}, {found}",
            "not {at}",
            "sub {found}, {ones}",
            "and {found}, {at}",
            "and {found}, {tops}",
            "jz 73f",
            "72: rep bsf {at}, {found}",                         // at = 8 * n + 7: entry n lies 2 * at + 2 into the bucket
            "cmp [{slot} + 2*{at} + 2 + {key_at}], {key}",
            "je 74f",
            "lea {at}, [{found} - 1]",
            "and {found}, {at}",
            "jnz 72b",
            "73: bt {word}, 57",
            "jc 75f",
            "bt {word}, 56",
            "jnc 76f",
            "mov {slot}, [{slot} + 8]",                          // MORE: the next bucket
            "jmp 71b",
            "75: mov rcx, [rcx - 128]",                          // MOVED: the next array
            "jmp 70b",
            "76: xor {slot:e}, {slot:e}",
            "jmp 3f",
            "74:",
        ] (
            "mov {word}, [{slot} + 2*{at} + 2 + {value_at}]"
        ) [
            slot = out(reg) slot, word = out(reg) word, found = out(reg) _, out("rcx") _,
            mixed = in(reg) mixed, tags = in(reg) tags, key = in(reg) key, ones = in(reg) ones, tops = in(reg) ones << 7,
            key_at = const KEY, value_at = const VALUE,
        ]);
    }
    let _ = at;
    (slot, index as i32, word)
}
