//! The heap while the kernel refuses memory once: null, every other block as it was, and the next attempt works.
//!
//! sweep: mmap ENOMEM -> handled
//! sweep: munmap ENOMEM | EINVAL -> handled | absent
//! sweep: mremap ENOMEM -> handled | absent
//! sweep: madvise ENOMEM | EINVAL | EAGAIN -> handled | absent
//! sweep: mprotect ENOMEM -> handled | absent
//! sweep: membarrier ENOSYS | EPERM -> handled | absent
//! sweep: prctl EPERM | EINVAL -> handled | absent
//! sweep: rseq ENOSYS | EINVAL | EPERM -> handled
#![no_std]
#![no_main]

use dacapo::malloc;
use freestanding::check;

const BLOCKS: usize = 900;
const SIZES: [usize; 12] = [1, 16, 40, 100, 256, 1000, 4096, 9000, 33_000, 70_000, 300_000, 2 << 20];

#[derive(Clone, Copy)]
struct Block {
    start: *mut u8,
    len: usize,
    mark: u8,
}

impl Block {
    const NONE: Block = Block { start: core::ptr::null_mut(), len: 0, mark: 0 };

    fn fill(start: *mut u8, len: usize, mark: u8) -> Block {
        // SAFETY: a live block of that length.
        unsafe { start.write_bytes(mark, len) };
        Block { start, len, mark }
    }

    fn is_whole(&self) -> bool {
        let step = self.len / 13 + 1;
        // SAFETY: live, and written to its length.
        self.start.is_null() || (0..self.len).step_by(step).all(|at| unsafe { self.start.add(at).read() } == self.mark)
    }
}

fn check_all(blocks: &[Block]) {
    check!(blocks.iter().all(Block::is_whole));
}

/// At most one refusal a run: what failed works the second time, and meanwhile nothing else changed.
fn twice(blocks: &[Block], allocate: impl Fn() -> *mut u8) -> *mut u8 {
    let first = allocate();
    if !first.is_null() {
        return first;
    }
    check_all(blocks);
    let second = allocate();
    check!(!second.is_null());
    second
}

dacapo::main!(|_, _| {
    let mut blocks = [Block::NONE; BLOCKS];
    for round in 0..3 {
        for n in 0..BLOCKS {
            let big = n % 150 < 12;
            let len = SIZES[(n + round) % if big { 12 } else { 8 }] + n % 5;
            let mark = (n * 31 + round) as u8;
            let start = match n % 10 {
                3 => twice(&blocks, || malloc::allocate_zeroed(len)),
                7 => twice(&blocks, || malloc::allocate_aligned(4096, len)),
                _ => twice(&blocks, || malloc::allocate(len)),
            };
            // SAFETY: a live block of that length.
            check!(n % 10 != 3 || (0..len).all(|at| unsafe { start.add(at).read() } == 0));
            check!(n % 10 != 7 || start.addr() % 4096 == 0);
            blocks[n] = Block::fill(start, len, mark);
        }
        check_all(&blocks);
        for n in (round..BLOCKS).step_by(11) {
            let Block { start, len, mark } = blocks[n];
            let wanted = if n % 2 == 0 { len * 3 } else { len / 2 + 1 };
            // SAFETY: a live block; on failure it stays as it is.
            let moved = twice(&blocks, || unsafe { malloc::reallocate(start, wanted) });
            check!((Block { start: moved, len: len.min(wanted), mark }).is_whole());
            blocks[n] = Block::fill(moved, wanted, mark);
        }
        check_all(&blocks);
        for n in (0..BLOCKS).step_by(1 + round % 2).chain(0..BLOCKS) {
            // SAFETY: a live block or null.
            unsafe { malloc::deallocate(blocks[n].start) };
            blocks[n] = Block::NONE;
        }
        malloc::trim(0);
    }
    freestanding::say!("every block was as it had to be");
    0
});
