//! The short sections as a person writes them for AArch64: what `section!` is measured against (`--cfg dacapo_count_aborts`, which tests set).
//!
//! Contracts and promises are those of the sections of the same name in `arch/rseq.rs`; nothing but that test uses these.
#![allow(
    missing_docs,
    clippy::missing_safety_doc,
    reason = "the sections of the same name in arch/rseq.rs have the contracts"
)]

use super::rseq::Fields;
use crate::arch::ListNode;

#[inline(always)]
pub unsafe fn add(fields: Fields, table: *const *mut u8, offset: usize, value: usize) -> i32 {
    let (t, b): (usize, usize);
    // SAFETY: as in `arch/rseq.rs`.
    unsafe {
        crate::__rseq_asm!(fields table t b [] [] [
            "ldr {v}, [{b}, {offset}]",                    // v = block[offset] + value
            "add {v}, {v}, {value}",
            "str {v}, [{b}, {offset}]"                    // COMMIT   block[offset] = v
        ] [offset = in(reg) offset, value = in(reg) value, v = out(reg) _,]);
    }
    let _ = b;
    t as i32
}

#[inline(always)]
pub unsafe fn increment_at(fields: Fields, table: *const *mut u8, source: *const usize) -> (i32, usize) {
    let (t, b): (usize, usize);
    let offset;
    // SAFETY: as in `arch/rseq.rs`.
    unsafe {
        crate::__rseq_asm!(fields table t b [] [] [
            "ldr {offset}, [{source}]",                    // offset = *source
            "ldr {v}, [{b}, {offset}]",                    // v = block[offset] + 1
            "add {v}, {v}, #1",
            "str {v}, [{b}, {offset}]"                     // COMMIT   block[offset] = v
        ] [source = in(reg) source, offset = out(reg) offset, v = out(reg) _,]);
    }
    let _ = b;
    (t as i32, offset)
}

#[inline(always)]
pub unsafe fn store(fields: Fields, table: *const *mut u8, offset: usize, value: usize) -> i32 {
    let (t, b): (usize, usize);
    // SAFETY: as in `arch/rseq.rs`.
    unsafe {
        crate::__rseq_asm!(fields table t b [] [] [
            "str {value}, [{b}, {offset}]"                // COMMIT   block[offset] = value
        ] [offset = in(reg) offset, value = in(reg) value,]);
    }
    let _ = b;
    t as i32
}

#[inline(always)]
pub unsafe fn compare_store(
    fields: Fields,
    table: *const *mut u8,
    offset: usize,
    expected: usize,
    new: usize,
) -> (i32, usize) {
    let (t, b): (usize, usize);
    let found;
    // SAFETY: as in `arch/rseq.rs`.
    unsafe {
        crate::__rseq_asm!(fields table t b [exit] [] [
            "ldr {found}, [{b}, {offset}]",                // found = block[offset]
            "cmp {found}, {expected}",
            "b.ne 3f",                                     // differs: leave, nothing stored
            "str {new}, [{b}, {offset}]"                  // COMMIT   block[offset] = new
        ] [offset = in(reg) offset, expected = in(reg) expected, new = in(reg) new, found = out(reg) found,]);
    }
    let _ = b;
    (t as i32, found)
}

#[inline(always)]
pub unsafe fn list_push(fields: Fields, table: *const *mut u8, offset: usize, node: *mut ListNode) -> bool {
    let (t, b): (usize, usize);
    // SAFETY: as in `arch/rseq.rs`.
    unsafe {
        crate::__rseq_asm!(fields table t b [exit] [] [
            "ldr {head}, [{b}, {offset}]",                 // head = block.head
            "ldr {t}, [{head}, #8]",                       // t    = head.room - 1
            "subs {t}, {t}, #1",
            "b.mi 3f",                                     // full: leave, nothing stored that anyone can see
            "stp {head}, {t}, [{node}]",                   // node is not visible yet; a retry writes both words anew
            "str {node}, [{b}, {offset}]"                 // COMMIT   block.head = node
        ] [offset = in(reg) offset, node = in(reg) node, head = out(reg) _,]);
    }
    let _ = b;
    t as isize >= 0
}

#[inline(always)]
pub unsafe fn list_pop(fields: Fields, table: *const *mut u8, offset: usize) -> *mut ListNode {
    let (t, b): (usize, usize);
    let head: *mut ListNode;
    // SAFETY: as in `arch/rseq.rs`.
    unsafe {
        crate::__rseq_asm!(fields table t b [exit] [] [
            "ldr {head}, [{b}, {offset}]",                 // head = block.head
            "ldr {t}, [{head}]",                           // t    = head.next
            "cbz {t}, 3f",                                 // the sentinel: empty, leave
            "str {t}, [{b}, {offset}]"                    // COMMIT   block.head = next
        ] [offset = in(reg) offset, head = out(reg) head,]);
    }
    let _ = b;
    if t == 0 { core::ptr::null_mut() } else { head }
}

#[inline(always)]
pub unsafe fn list_take(fields: Fields, table: *const *mut u8, offset: usize, end: *mut ListNode) -> *mut ListNode {
    let (t, b): (usize, usize);
    let head: *mut ListNode;
    // SAFETY: as in `arch/rseq.rs`.
    unsafe {
        crate::__rseq_asm!(fields table t b [exit] [] [
            "ldr {head}, [{b}, {offset}]",                 // head = block.head
            "ldr {t}, [{head}]",                           // t    = head.next
            "cbz {t}, 3f",                                 // the sentinel: empty, leave
            "str {end}, [{b}, {offset}]"                  // COMMIT   block.head = end
        ] [offset = in(reg) offset, end = in(reg) end, head = out(reg) head,]);
    }
    let _ = b;
    if t == 0 { core::ptr::null_mut() } else { head }
}

#[inline(always)]
pub unsafe fn array_push(fields: Fields, table: *const *mut u8, offset: usize, object: *mut u8) -> bool {
    let (t, b): (usize, usize);
    // SAFETY: as in `arch/rseq.rs`.
    unsafe {
        crate::__rseq_asm!(fields table t b [exit] [] [
            "add {b}, {b}, {offset}",                      // b    = the array's header
            "ldp {len}, {slot}, [{b}]",                    // len  = array.len, slot = array.capacity
            "mov {t}, xzr",                                // t    = not pushed
            "cmp {len}, {slot}",
            "b.hs 3f",                                     // full: leave
            "add {slot}, {b}, {len}, lsl #3",              // slot = &array.objects[len] - 16
            "str {object}, [{slot}, #16]",                 // above len: nobody looks there
            "add {t}, {len}, #1",                          // t    = pushed, never 0
            "str {t}, [{b}]"                              // COMMIT   array.len = len + 1
        ] [offset = in(reg) offset, object = in(reg) object, len = out(reg) _, slot = out(reg) _,]);
    }
    let _ = b;
    t != 0
}

#[inline(always)]
pub unsafe fn array_pop(fields: Fields, table: *const *mut u8, offset: usize) -> *mut u8 {
    let (t, b): (usize, usize);
    let object;
    // SAFETY: as in `arch/rseq.rs`.
    unsafe {
        crate::__rseq_asm!(fields table t b [exit] [] [
            "add {b}, {b}, {offset}",                      // b      = the array's header
            "ldr {t}, [{b}]",                              // t      = array.len
            "mov {object}, xzr",                           // object = null
            "cbz {t}, 3f",                                 // empty: leave
            "add {object}, {b}, {t}, lsl #3",
            "ldr {object}, [{object}, #8]",                // object = array.objects[len - 1]
            "sub {t}, {t}, #1",
            "str {t}, [{b}]"                              // COMMIT   array.len = len - 1
        ] [offset = in(reg) offset, object = out(reg) object,]);
    }
    let _ = b;
    let _ = t;
    object
}
