//! A machine with total store order (a store buffer for each thread), and the search through all its runs.

use std::collections::{HashSet, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;

/// Memory words and, for each thread, the stores that no other thread sees yet, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Memory<const WORDS: usize> {
    words: [u8; WORDS],
    buffers: Vec<VecDeque<(usize, u8)>>,
}

impl<const WORDS: usize> Memory<WORDS> {
    pub fn new(threads: usize) -> Self {
        Self { words: [0; WORDS], buffers: vec![VecDeque::new(); threads] }
    }

    /// A load sees the thread's own youngest store, else memory.
    pub fn load(&self, thread: usize, word: usize) -> u8 {
        let own = self.buffers[thread].iter().rev().find(|(at, _)| *at == word);
        own.map_or(self.words[word], |(_, value)| *value)
    }

    pub fn store(&mut self, thread: usize, word: usize, value: u8) {
        self.buffers[thread].push_back((word, value));
    }

    /// One store of that thread becomes visible to all; whether there was one.
    pub fn flush_one(&mut self, thread: usize) -> bool {
        let Some((word, value)) = self.buffers[thread].pop_front() else { return false };
        self.words[word] = value;
        true
    }

    /// A full fence in that thread.
    pub fn fence(&mut self, thread: usize) {
        while self.flush_one(thread) {}
    }

    /// A locked addition in that thread.
    pub fn add(&mut self, thread: usize, word: usize) {
        self.fence(thread);
        self.words[word] += 1;
    }
}

/// A protocol: its states, and what each thread may do next.
pub trait Protocol: Clone + Debug + Eq + Hash {
    fn threads(&self) -> usize;
    /// One step of that thread; `None` if it has ended.
    ///
    /// # Errors
    /// What went wrong.
    fn step(&self, thread: usize) -> Option<Result<Self, String>>;
    /// One of that thread's stores becomes visible.
    fn flush(&self, thread: usize) -> Option<Self>;
}

/// Visits every state that can be reached; how many there are.
///
/// # Errors
/// The first thing that went wrong.
pub fn explore<P: Protocol>(start: P) -> Result<usize, String> {
    let mut seen = HashSet::from([start.clone()]);
    let mut open = vec![start];
    while let Some(state) = open.pop() {
        for thread in 0..state.threads() {
            let stepped = state.step(thread).transpose()?;
            for next in stepped.into_iter().chain(state.flush(thread)) {
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
    }
    Ok(seen.len())
}
