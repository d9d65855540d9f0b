//! What an ordinary Rust program asks of malloc: strings, maps, vectors that grow, threads that free each other's memory.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::mpsc;
use std::thread;

fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    *state >> 33
}

fn work(seed: u64, to: mpsc::Sender<Vec<String>>) -> u64 {
    let mut state = seed;
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut queue: VecDeque<Vec<u8>> = VecDeque::new();
    let mut sum = 0;
    for round in 0..60_000_u64 {
        *counts.entry(format!("word-{}", next(&mut state) % 5_000)).or_insert(0) += 1;
        queue.push_back(vec![round as u8; (next(&mut state) % 2_000) as usize]);
        if queue.len() > 200 {
            let bytes = queue.pop_front().unwrap();
            assert!(bytes.iter().all(|byte| *byte == (round - 200) as u8), "somebody wrote into another's block");
            sum += bytes.len() as u64;
        }
        if round % 1_000 == 0 {
            to.send(counts.keys().take(50).cloned().collect()).unwrap();
        }
    }
    let sorted: BTreeMap<_, _> = counts.into_iter().collect();
    sorted.iter().fold(sum, |sum, (word, times)| sum.wrapping_mul(31).wrapping_add((word.len() * times) as u64))
}

fn main() {
    let (to, from) = mpsc::channel();
    let threads: Vec<_> = (1..=4)
        .map(|seed| {
            let to = to.clone();
            thread::spawn(move || work(seed, to))
        })
        .collect();
    drop(to);
    let words = from.iter().map(|batch| batch.len()).sum::<usize>();
    let sums: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    println!("{words} words from other threads, {sums:?}");
}
