//! Wrong on purpose: the heap's sections begin at their last byte, long after they have read their index, so that a thread that is moved in between goes on with another CPU's block.
//!
//! For the builds that compare twice, which must trap: `ci/stress.py`. The descriptors are changed where they lie, before there is a second thread. The heap's sections are known by
//! the register in which those builds keep the index. Not right after that: an emulated CPU is interrupted at branches only, and the next one is further on.

use std::ptr;

use dacapo::malloc;
use dacapo::rseq::critical_sections;

use crate::torment::{for_a_while, storm, under_fire};

/// The instruction that keeps the index: `movd xmm15, edx`; `mov w16, w13`.
const KEPT: [&[u8]; 2] = [&[0x66, 0x44, 0x0f, 0x6e, 0xfa], &[0xf0, 0x03, 0x0d, 0x2a]];
/// It is among the first bytes of a section.
const NEAR: usize = 20;

/// Moves the starts; how many.
fn plant() -> usize {
    let mut moved = 0;
    for section in critical_sections() {
        // SAFETY: a section's own instructions.
        let code = unsafe { std::slice::from_raw_parts(section.start as *const u8, section.length.min(NEAR)) };
        if !KEPT.iter().any(|kept| code.windows(kept.len()).any(|bytes| bytes == *kept)) {
            continue;
        }
        // SAFETY: the descriptors lie in memory that can be written, and nobody else is there yet; the kernel reads them when it is to abort one.
        unsafe {
            (&raw const section.start).cast_mut().write_volatile(section.start + section.length - 1);
            (&raw const section.length).cast_mut().write_volatile(1);
        }
        moved += 1;
    }
    moved
}

/// Threads that only allocate and free.
pub fn heap(seed: u64) {
    println!("{} sections begin too late", plant());
    storm(seed, crate::scenarios::THREADS, |_, random| {
        let body = || _ = ptr::null::<u8>();
        under_fire(random, &body, |_| {
            for_a_while(crate::scenarios::ROUND, || {
                let blocks: [*mut u8; 4] = std::array::from_fn(|_| malloc::allocate(64));
                // SAFETY: each was allocated above, and is freed once.
                blocks.into_iter().for_each(|block| unsafe { malloc::deallocate(block) });
            });
        });
    });
}
