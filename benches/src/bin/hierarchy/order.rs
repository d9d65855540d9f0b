//! The price of linearizability: a table of 2^20 numbers, three gets to a put, with ever more fences.

use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicU32, compiler_fence, fence};
use std::time::Duration;

const SIZE: usize = 1 << 20;

/// A variant: what a get does first, and how a put ends.
struct Variant {
    name: &'static str,
    get: fn(&[AtomicU32], usize) -> u32,
    put: fn(&[AtomicU32], usize, u32),
}

fn get(table: &[AtomicU32], at: usize) -> u32 {
    table[at].load(Relaxed)
}

fn fenced_get(table: &[AtomicU32], at: usize) -> u32 {
    fence(SeqCst);
    table[at].load(Relaxed)
}

fn put(table: &[AtomicU32], at: usize, value: u32) {
    table[at].store(value, Relaxed);
}

/// A trial loop for one variant, so that its functions are inlined.
macro_rules! worker {
    ($get:expr, $put:expr) => {
        |table: &[AtomicU32], seed: u64, stop: &std::sync::atomic::AtomicBool| {
            let (mut state, mut done, mut seen) = (seed * 2 + 0x9e37_79b9_7f4a_7c15, 0, 0_u32);
            while !stop.load(Relaxed) {
                for _ in 0..256 {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    let at = (state >> 16) as usize % SIZE;
                    if state & 3 == 0 { $put(table, at, state as u32) } else { seen ^= $get(table, at) }
                }
                done += 256;
            }
            std::hint::black_box(seen);
            done
        }
    };
}

type Worker = fn(&[AtomicU32], u64, &std::sync::atomic::AtomicBool) -> u64;

fn variants() -> [(&'static str, Worker); 6] {
    const PLAIN: Variant = Variant { name: "unsynchronised", get, put };
    [
        (
            "the loop alone",
            worker!(|_: &[AtomicU32], at| at as u32, |_: &[AtomicU32], at, _| _ = std::hint::black_box(at)),
        ),
        (PLAIN.name, worker!((PLAIN.get), (PLAIN.put))),
        (
            "compiler fence in put",
            worker!(get, |table, at, value| {
                put(table, at, value);
                compiler_fence(SeqCst);
            }),
        ),
        (
            "fence in put",
            worker!(get, |table, at, value| {
                put(table, at, value);
                fence(SeqCst);
            }),
        ),
        ("exchange as put", worker!(get, |table: &[AtomicU32], at: usize, value| _ = table[at].swap(value, SeqCst))),
        (
            "fence in put and in get",
            worker!(fenced_get, |table, at, value| {
                put(table, at, value);
                fence(SeqCst);
            }),
        ),
    ]
}

/// Prints each variant's nanoseconds an operation, in two threads.
pub fn all(ms: u64, rounds: u64) {
    let table: Vec<AtomicU32> = (0..SIZE as u32).map(AtomicU32::new).collect();
    for _ in 0..rounds {
        for (name, worker) in variants() {
            let trial = crate::run(2, true, Duration::from_millis(ms), |n, stop| worker(&table, n as u64, stop));
            println!("{name}\t{:.4}", trial.cpu);
        }
    }
}
