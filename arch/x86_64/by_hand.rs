//! The short sections as a person writes them for x86-64: what `section!` is measured against (`--cfg dacapo_count_aborts`, which tests set).
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
            "add qword ptr [{b} + {offset}], {value}"     // COMMIT   block[offset] += value, load and store in one
        ] [offset = in(reg) offset, value = in(reg) value,]);
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
            "mov {offset}, [{source}]",                    // offset = *source
            "inc qword ptr [{b} + {offset}]"               // COMMIT   block[offset] += 1, load and store in one
        ] [source = in(reg) source, offset = out(reg) offset,]);
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
            "mov qword ptr [{b} + {offset}], {value}"     // COMMIT   block[offset] = value
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
            "mov {found}, [{b} + {offset}]",               // found = block[offset]
            "cmp {found}, {expected}",
            "jne 3f",                                      // differs: leave, nothing stored
            "mov [{b} + {offset}], {new}"                 // COMMIT   block[offset] = new
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
            "mov {head}, [{b} + {offset}]",                // head = block.head
            "mov {t}, [{head} + 8]",                       // t    = head.room - 1
            "sub {t}, 1",
            "js 3f",                                       // full: leave, nothing stored that anyone can see
            "mov [{node}], {head}",                        // node is not visible yet; a retry writes both words anew
            "mov [{node} + 8], {t}",
            "mov [{b} + {offset}], {node}"                // COMMIT   block.head = node
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
            "mov {head}, [{b} + {offset}]",                // head = block.head
            "mov {t}, [{head}]",                           // t    = head.next
            "test {t}, {t}",
            "jz 3f",                                       // the sentinel: empty, leave
            "mov [{b} + {offset}], {t}"                   // COMMIT   block.head = next
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
            "mov {head}, [{b} + {offset}]",                // head = block.head
            "mov {t}, [{head}]",                           // t    = head.next
            "test {t}, {t}",
            "jz 3f",                                       // the sentinel: empty, leave
            "mov [{b} + {offset}], {end}"                 // COMMIT   block.head = end
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
            "add {b}, {offset}",                           // b   = the array's header
            "mov {len}, [{b}]",                            // len = array.len
            "xor {t:e}, {t:e}",                            // t   = not pushed
            "cmp {len}, [{b} + 8]",
            "jae 3f",                                      // full: leave
            "mov [{b} + 8*{len} + 16], {object}",          // above len: nobody looks there
            "lea {t}, [{len} + 1]",                        // t   = pushed, never 0
            "mov [{b}], {t}"                              // COMMIT   array.len = len + 1
        ] [offset = in(reg) offset, object = in(reg) object, len = out(reg) _,]);
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
            "add {b}, {offset}",                           // b      = the array's header
            "mov {t}, [{b}]",                              // t      = array.len
            "xor {object:e}, {object:e}",                  // object = null
            "sub {t}, 1",
            "jb 3f",                                       // empty: leave
            "mov {object}, [{b} + 8*{t} + 16]",            // object = array.objects[len - 1]
            "mov [{b}], {t}"                              // COMMIT   array.len = len - 1
        ] [offset = in(reg) offset, object = out(reg) object,]);
    }
    let _ = b;
    let _ = t;
    object
}
