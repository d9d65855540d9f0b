//! Finding and comparing wide characters, four to a block of sixteen bytes. A wide character lies at a multiple of its size.

use super::Wide;
use crate::arch::vector::{self, Block};
use crate::libc::string::common as common_bytes;

const BLOCK: usize = size_of::<Block>();
const WORD: usize = size_of::<Wide>();
/// Blocks that are looked at together.
const ROUND: usize = 4;

/// How many wide characters come before the first one that `test` marks, at most `most`.
#[inline(always)]
pub unsafe fn find(from: *const Wide, most: usize, test: impl Fn(Block) -> Block) -> usize {
    if most == 0 {
        return 0;
    }
    let before = from as usize % BLOCK;
    let mut at = from.cast::<u8>().wrapping_sub(before);
    let first = |mask: u64| (mask.trailing_zeros() / vector::MASK_BITS) as usize / WORD;
    let marked = vector::mask(test(vector::load_aligned(at))) >> (before as u32 * vector::MASK_BITS);
    if marked != 0 {
        return first(marked).min(most);
    }
    let mut done = (BLOCK - before) / WORD;
    at = at.wrapping_add(BLOCK);
    while done < most {
        if (at as usize).is_multiple_of(ROUND * BLOCK) {
            let mut rounds = (most - done) / (ROUND * BLOCK / WORD);
            let from = at;
            while rounds > 0 {
                let tests = [0, 1, 2, 3].map(|block| test(vector::load_aligned(at.wrapping_add(block * BLOCK))));
                if vector::mask(vector::or(vector::or(tests[0], tests[1]), vector::or(tests[2], tests[3]))) != 0 {
                    break;
                }
                at = at.wrapping_add(ROUND * BLOCK);
                rounds -= 1;
            }
            done += (at as usize - from as usize) / WORD;
            if done >= most {
                break;
            }
        }
        let marked = vector::mask(test(vector::load_aligned(at)));
        if marked != 0 {
            return (done + first(marked)).min(most);
        }
        at = at.wrapping_add(BLOCK);
        done += BLOCK / WORD;
    }
    most
}

/// How many wide characters are the same in two arrays of `n`.
#[inline(always)]
pub unsafe fn same(a: *const Wide, b: *const Wide, n: usize) -> usize {
    let words = BLOCK / WORD;
    let all = vector::mask(vector::equal(vector::splat(0), vector::splat(0)));
    let equal = |at: usize| vector::equal_words(vector::load(a.add(at).cast()), vector::load(b.add(at).cast()));
    let mut at = 0;
    while n - at >= ROUND * words {
        let of = |block: usize| equal(at + block * words);
        if vector::mask(vector::min(vector::min(of(0), of(1)), vector::min(of(2), of(3)))) != all {
            break;
        }
        at += ROUND * words;
    }
    while n - at >= words && vector::mask(equal(at)) == all {
        at += words;
    }
    while at < n && *a.add(at) == *b.add(at) {
        at += 1;
    }
    at
}

/// How many wide characters two strings have in common before they differ or end, at most `most`.
#[inline(always)]
pub unsafe fn common(a: *const Wide, b: *const Wide, most: usize) -> usize {
    let at = common_bytes::<WORD>(
        a.cast(),
        b.cast(),
        most.saturating_mul(WORD),
        |x, y| vector::and_not(vector::equal_words(x, vector::splat(0)), vector::equal_words(x, y)),
        |p, q| *p.cast::<Wide>() != *q.cast::<Wide>() || *p.cast::<Wide>() == 0,
    );
    if at == usize::MAX { most } else { at / WORD }
}
