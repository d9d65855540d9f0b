//! dacapo's heap as the allocator of an ordinary Rust program, which keeps its std and its libc.
//!
//! `cargo run --release -p allocator`

use std::collections::HashMap;

#[global_allocator]
static HEAP: dacapo::malloc::Global = dacapo::malloc::Global;

fn count(seed: u64) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    let mut state = seed;
    for _ in 0..200_000 {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        *counts.entry(format!("word{}", state >> 50)).or_insert(0) += 1;
    }
    counts
}

fn main() {
    let threads: Vec<_> = (0..4).map(|seed| std::thread::spawn(move || count(seed))).collect();
    let mut total = 0;
    let mut distinct = HashMap::new();
    for thread in threads {
        for (word, times) in thread.join().expect("no panic") {
            total += times;
            *distinct.entry(word).or_insert(0) += times;
        }
    }
    println!("{total} words, {} distinct", distinct.len());
    println!("restartable sequences: {:?}", dacapo::rseq::state());
    println!(
        "given back to the kernel at the end: {}",
        if dacapo::malloc::trim(0) > 0 { "yes" } else { "nothing to give" }
    );
}
