//! A hash table of words that grows by rehashing; every word is a block, and so is its text.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::SHARDS;

/// A word and how often it was met.
pub struct Word {
    next: Option<Box<Word>>,
    hash: u64,
    pub count: u64,
    pub text: Box<[u8]>,
}

/// Words by hash: `buckets` is empty or a power of two long.
#[derive(Default)]
pub struct Table {
    buckets: Vec<Option<Box<Word>>>,
    used: usize,
}

/// FNV-1a, with the high half folded into the low bits, which choose the shard.
pub fn hash_of(text: &[u8]) -> u64 {
    let hash =
        text.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    hash ^ hash >> 29
}

impl Table {
    pub const fn new() -> Self {
        Self { buckets: Vec::new(), used: 0 }
    }

    /// Adds to a word's count. Takes `text`: keeps it for a new word, drops it for a known one.
    pub fn add(&mut self, text: Box<[u8]>, hash: u64, count: u64) {
        if self.used >= self.buckets.len() {
            self.grow();
        }
        let bucket = self.bucket(hash);
        let mut word = &mut self.buckets[bucket];
        while let Some(known) = word {
            if known.hash == hash && known.text == text {
                known.count += count;
                return;
            }
            word = &mut known.next;
        }
        let next = self.buckets[bucket].take();
        self.buckets[bucket] = Some(Box::new(Word { next, hash, count, text }));
        self.used += 1;
    }

    /// Moves another table's words into this one.
    pub fn take_all(&mut self, other: Table) {
        for mut chain in other.buckets {
            while let Some(word) = chain {
                let Word { next, hash, count, text } = *word;
                self.add(text, hash, count);
                chain = next;
            }
        }
    }

    /// Every word, in no order.
    pub fn words(&self) -> impl Iterator<Item = &Word> {
        self.buckets.iter().flat_map(|bucket| core::iter::successors(bucket.as_deref(), |word| word.next.as_deref()))
    }

    fn bucket(&self, hash: u64) -> usize {
        (hash as usize / SHARDS) & (self.buckets.len() - 1)
    }

    fn grow(&mut self) {
        let size = (2 * self.buckets.len()).max(16);
        let old = core::mem::take(&mut self.buckets);
        self.buckets.resize_with(size, || None);
        for mut chain in old {
            while let Some(mut word) = chain {
                chain = word.next.take();
                let bucket = self.bucket(word.hash);
                word.next = self.buckets[bucket].take();
                self.buckets[bucket] = Some(word);
            }
        }
    }
}
