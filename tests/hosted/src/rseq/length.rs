//! The sections that `section!` generates are as short as those that a person writes: instruction by instruction, from start to commit.

use core::ptr::null_mut;
use std::hint::black_box;

use dacapo::arch::rseq::{self as generated, Fields};
use dacapo::arch::tls::thread_pointer;
use dacapo::arch::{ListNode, by_hand};
use dacapo::rseq::{self, Area, CriticalSection};
use iced_x86::{Decoder, DecoderOptions};

/// The descriptor that the calling thread armed last, if no interruption has cleared it since.
fn armed() -> Option<&'static CriticalSection> {
    let area = thread_pointer().wrapping_add_signed(rseq::offsets().0) as *const Area;
    // SAFETY: this thread's own area.
    let address = unsafe { (*area).rseq_cs.load(std::sync::atomic::Ordering::Relaxed) };
    rseq::critical_sections().iter().find(|section| std::ptr::from_ref(**section) as usize == address).copied()
}

/// Instructions from a section's start to its commit.
fn instructions(section: &CriticalSection) -> usize {
    if std::env::consts::ARCH != "x86_64" {
        return section.length / 4;
    }
    // SAFETY: the section's own text.
    let code = unsafe { std::slice::from_raw_parts(section.start as *const u8, section.length) };
    Decoder::with_ip(64, code, section.start as u64, DecoderOptions::NONE).into_iter().count()
}

/// Every block is one of zeros, with a list that is empty and full: all sections can run on it, and some leave.
fn world() -> (*const *mut u8, &'static mut ListNode) {
    let end = Box::leak(Box::new(ListNode { next: null_mut(), room: 0 }));
    let block = vec![0_usize; 64].leak();
    block[8] = &raw mut *end as usize;
    let table = vec![block.as_mut_ptr().cast::<u8>(); 1026].leak();
    // SAFETY: two entries precede entry 0.
    (unsafe { table.as_ptr().add(2) }, end)
}

type Run = unsafe fn(Fields, *const *mut u8, *mut ListNode);

/// The same call to the generated section and to the handwritten one.
macro_rules! pair {
    ($name:ident, $($argument:expr),*; $node:ident) => {{
        #[inline(never)]
        unsafe fn ours(fields: Fields, table: *const *mut u8, $node: *mut ListNode) {
            let _ = $node;
            // SAFETY: the table is `world`'s.
            black_box(unsafe { generated::$name(fields, table, $($argument),*) });
        }
        #[inline(never)]
        unsafe fn theirs(fields: Fields, table: *const *mut u8, $node: *mut ListNode) {
            let _ = $node;
            // SAFETY: as above.
            black_box(unsafe { by_hand::$name(fields, table, $($argument),*) });
        }
        (stringify!($name), ours as Run, theirs as Run)
    }};
}

#[test]
fn generated_sections_are_as_short_as_handwritten_ones() {
    rseq::init();
    let _ = rseq::register_current_thread();
    let (table, end) = world();
    let section_of = |run: Run| {
        (0..1000).find_map(|_| {
            // SAFETY: the table is `world`'s; `end` is full, so nothing is linked.
            unsafe { run(rseq::fields(), table, end as *const ListNode as *mut ListNode) };
            armed()
        })
    };
    for (name, ours, theirs) in [
        pair!(add, black_box(0), black_box(1); _node),
        pair!(increment_at, black_box(&0); _node),
        pair!(store, black_box(8), black_box(1); _node),
        pair!(compare_store, black_box(16), black_box(1), black_box(2); _node),
        pair!(list_push, black_box(64), node; node),
        pair!(list_pop, black_box(64); _node),
        pair!(list_take, black_box(64), node; node),
        pair!(array_push, black_box(128), node.cast(); node),
        pair!(array_pop, black_box(128); _node),
    ] {
        // Without rseq the descriptor is armed all the same: nobody looks at it.
        let (ours, theirs) = (section_of(ours).expect(name), section_of(theirs).expect(name));
        assert!(!std::ptr::eq(ours, theirs));
        let (generated, written) = (instructions(ours), instructions(theirs));
        println!("{name}: {generated} instructions, {} bytes; by hand {written}, {}", ours.length, theirs.length);
        assert!(generated <= written, "{name}: {generated} instructions, {written} by hand");
    }
}
