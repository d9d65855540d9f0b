//! Sections that are wrong on purpose, each in one way, for builds with `--cfg dacapo_broken="NAME"`: `x.py test --suite controls` shows that the
//! step test catches each by name. The right ones are in `arch/rseq.rs`, where
//! `section!` would not let the first two pass.
//!
//! | name | section | what is wrong |
//! | --- | --- | --- |
//! | `input_overwritten` | `compare_store` | compares by changing the expected value: a retry compares with what is left of it |
//! | `two_stores` | `array_push` | stores the length before the object: others see both stores, and only the second one is the commit |
//! | `missing_clobber` | `array_pop` | uses a register that the compiler was not told of |

use super::rseq::Fields;

/// Wrong: `input_overwritten`.
///
/// # Safety
/// As for the right one.
#[cfg(dacapo_broken = "input_overwritten")]
#[inline(always)]
#[must_use]
pub unsafe fn compare_store(
    fields: Fields,
    table: *const *mut u8,
    offset: usize,
    expected: usize,
    new: usize,
) -> (i32, usize) {
    let (t, b): (usize, usize);
    let found;
    // SAFETY: none: that is what it is for.
    unsafe {
        crate::__rseq_asm!(fields table t b [exit] [] [
            "ldr {found}, [{b}, {offset}]",
            "eor {expected}, {expected}, {found}",         // WRONG    a retry starts with what this left
            "cbnz {expected}, 3f",
            "str {new}, [{b}, {offset}]"                  // COMMIT
        ] [offset = in(reg) offset, expected = inout(reg) expected => _, new = in(reg) new, found = out(reg) found,]);
    }
    let _ = (t, b);
    (t as i32, found)
}

/// Wrong: `two_stores`.
///
/// # Safety
/// As for the right one.
#[cfg(dacapo_broken = "two_stores")]
#[inline(always)]
#[must_use]
pub unsafe fn array_push(fields: Fields, table: *const *mut u8, offset: usize, object: *mut u8) -> bool {
    let (t, b): (usize, usize);
    // SAFETY: none: that is what it is for.
    unsafe {
        crate::__rseq_asm!(fields table t b [exit] [] [
            "add {b}, {b}, {offset}",
            "ldp {len}, {slot}, [{b}]",
            "mov {t}, xzr",
            "cmp {len}, {slot}",
            "b.hs 3f",
            "add {slot}, {b}, {len}, lsl #3",
            "add {t}, {len}, #1",
            "str {t}, [{b}]",                              // WRONG    the object is not there yet
            "str {object}, [{slot}, #16]"                 // COMMIT
        ] [offset = in(reg) offset, object = in(reg) object, len = out(reg) _, slot = out(reg) _,]);
    }
    let _ = (t, b);
    t != 0
}

/// Wrong: `missing_clobber`.
///
/// # Safety
/// As for the right one.
#[cfg(dacapo_broken = "missing_clobber")]
#[inline(always)]
#[must_use]
pub unsafe fn array_pop(fields: Fields, table: *const *mut u8, offset: usize) -> *mut u8 {
    let (t, b): (usize, usize);
    let object;
    // SAFETY: none: that is what it is for.
    unsafe {
        crate::__rseq_asm!(fields table t b [exit] [] [
            "add {b}, {b}, {offset}",
            "ldr {t}, [{b}]",
            "mov {object}, xzr",
            "mov x28, {t}",                                // WRONG    x28 may be somebody's
            "cbz {t}, 3f",
            "add {object}, {b}, {t}, lsl #3",
            "ldr {object}, [{object}, #8]",
            "sub {t}, {t}, #1",
            "str {t}, [{b}]"                              // COMMIT
        ] [offset = in(reg) offset, object = out(reg) object,]);
    }
    let _ = (t, b);
    object
}
