//! The hash tables against a model, and their readers while everything about them changes.

mod intrusive;
mod map;
mod probe;
mod readers;

use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicIsize, Ordering::SeqCst};

/// Small keys are their own hashes: the table must cope.
#[derive(Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }
}

type Same = BuildHasherDefault<Identity>;

/// Every key in one of four chains.
#[derive(Clone, Copy, Default)]
struct Colliding;

impl BuildHasher for Colliding {
    type Hasher = Four;

    fn build_hasher(&self) -> Four {
        Four(0)
    }
}

struct Four(u64);

impl Hasher for Four {
    fn finish(&self) -> u64 {
        self.0 & 3
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 ^= u64::from(bytes[0]);
    }
}

/// Counts how many of them exist, copies included.
struct Counted<'a> {
    number: u64,
    alive: &'a AtomicIsize,
}

impl<'a> Counted<'a> {
    fn new(number: u64, alive: &'a AtomicIsize) -> Self {
        alive.fetch_add(1, SeqCst);
        Self { number, alive }
    }
}

impl Clone for Counted<'_> {
    fn clone(&self) -> Self {
        Self::new(self.number, self.alive)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.number = u64::MAX;
        self.alive.fetch_sub(1, SeqCst);
    }
}

/// Numbers that come again in the same order: xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
