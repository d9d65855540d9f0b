//! Every step that `section!` knows, against the same computation in plain Rust, in sections of this program's own.

use dacapo::rseq;

/// A block as these sections see it.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    pair: [usize; 2],
    words: [usize; 6],
}

const FRESH: Block = Block { pair: [3, 4], words: [10, 20, 0xffee_ddcc_bbaa_9988, 40, 50, 60] };

rseq::section! {
    /// Loads of all sizes and addresses, and every kind of arithmetic; what they came to is in the caller's `out`.
    unsafe fn compute(scratch out: *mut usize, x: usize, slot: usize) {
        |index, block|
        const SECOND: usize = 24;
        const FIELD: usize = std::mem::offset_of!(Block, words);
        let word = [block + SECOND];
        let indexed = [block + 8 * slot + FIELD];
        let half = u32 [block + 32];
        let byte = u8 [block + 33];
        let sum = word + x;
        scratch [out] = (word, indexed);
        scratch [out + 16] = (half, byte);
        scratch [out + 32] = sum;
        index = x;
        index += word;
        index -= 3;
        index <<= 4;
        index >>= 1;
        scratch [out + 40] = index;
        index = sum + 7;
        index |= word;
        index &= x;
        index ^= sum;
        half = 0;
        half += 5;
        scratch [out + 48] = (index, half);
        indexed = [block];
        indexed = u32 [block + 32];
        commit [block + 8 * slot + FIELD] = indexed;
    }
}

rseq::section! {
    /// Both words of the pair at once, unless the first one is above `most`.
    unsafe fn raise_pair(by: usize, most: usize) -> bool {
        |index, block|
        let a = [block];
        let b = [block + 8];
        leave if a > most;
        a += by;
        b += by;
        index = 0;
        commit [block] = (a, b);
        return index == 0;
    }
}

rseq::section! {
    /// Half a word; the other half stays.
    unsafe fn store_half(value: usize) {
        |_index, block|
        commit u32 [block + 32] = value;
    }
}

rseq::section! {
    unsafe fn add_one() {
        |_index, block|
        commit [block] += 1;
    }
}

/// A section for each comparison: it adds 1 to the first word of the pair unless it leaves.
macro_rules! comparisons {
    ($($name:ident $op:tt $x:tt, $model:expr;)*) => {
        $(rseq::section! {
            unsafe fn $name(a: usize, b: usize) -> usize {
                |_index, block|
                let copy = a;
                let found = b;
                leave if copy $op $x;
                commit [block] += 1;
                return found;
            }
        })*

        #[test]
        fn each_comparison_leaves_when_it_says() {
            let (fields, table, block) = world();
            let words = [0, 1, 2, 50, usize::MAX, usize::MAX / 2, usize::MAX / 2 + 1];
            for (a, b) in words.iter().flat_map(|&a| words.iter().map(move |&b| (a, b))) {
                $(
                    let before = look(block);
                    // SAFETY: the table's blocks are `world`'s.
                    unsafe { $name(fields, table, a, b) };
                    let model: fn(usize, usize, usize) -> bool = $model;
                    let left = look(block) == before;
                    assert_eq!(left, model(a, b, before.words[4]), "{}: {a} {b}", stringify!($name));
                )*
            }
        }
    };
}
comparisons! {
    equal == b, |a, b, _| a == b;
    different != b, |a, b, _| a != b;
    below < b, |a, b, _| a < b;
    at_most <= b, |a, b, _| a <= b;
    above > b, |a, b, _| a > b;
    at_least >= b, |a, b, _| a >= b;
    zero == 0, |a, _, _| a == 0;
    not_zero != 0, |a, _, _| a != 0;
    negative < 0, |a, _, _| (a as isize) < 0;
    a_number > 50, |a, _, _| a > 50;
    in_memory >= [block + 48], |a, _, word| a >= word;
}

fn look(block: *mut Block) -> Block {
    // SAFETY: no section runs now.
    unsafe { *block }
}

/// One fresh block for every index.
fn world() -> (rseq_fields::Fields, *const *mut u8, *mut Block) {
    rseq::init();
    let _ = rseq::register_current_thread();
    let block: *mut Block = Box::leak(Box::new(FRESH));
    let table = vec![block.cast::<u8>(); 1026].leak();
    // SAFETY: two entries precede entry 0.
    (rseq::fields(), unsafe { table.as_ptr().add(2) }, block)
}
use dacapo::arch::rseq as rseq_fields;

#[test]
fn loads_arithmetic_and_scratch_stores_do_what_they_say() {
    let (fields, table, block) = world();
    for (slot, x) in [(0, 1), (3, 0xf0f0), (5, usize::MAX / 3), (1, 0)] {
        // SAFETY: nobody else has the block.
        unsafe { *block = FRESH };
        let mut out = [0_usize; 8];
        // SAFETY: `out` has the eight words that the section writes.
        unsafe { compute(fields, table, out.as_mut_ptr(), x, slot) };
        let (word, low) = (FRESH.words[1], FRESH.words[2] & 0xffff_ffff);
        let sum = word.wrapping_add(x);
        let shifted = (x.wrapping_add(word).wrapping_sub(3) << 4) >> 1;
        let mixed = (((sum.wrapping_add(7)) | word) & x) ^ sum;
        assert_eq!(out, [word, FRESH.words[slot], low, low >> 8 & 0xff, sum, shifted, mixed, 5]);
        let mut after = FRESH;
        after.words[slot] = low;
        assert_eq!(look(block), after);
    }
}

#[test]
fn a_pair_is_stored_at_once_half_a_word_alone() {
    let (fields, table, block) = world();
    // SAFETY: the table's blocks are `world`'s, 16-aligned.
    unsafe {
        assert!(raise_pair(fields, table, 10, 3));
        assert_eq!(look(block).pair, [13, 14]);
        raise_pair(fields, table, 10, 3);
        assert_eq!(look(block).pair, [13, 14], "13 is above 3");
        add_one(fields, table);
        assert_eq!(look(block).pair, [14, 14]);
        store_half(fields, table, usize::MAX);
        assert_eq!(look(block).words[2], 0xffee_ddcc_ffff_ffff);
    }
}
