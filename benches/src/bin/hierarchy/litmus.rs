//! What store forwarding lets two threads see: the outcome that no interleaving explains.
//!
//! ```text
//!   A:  x = 1;  a1 = x;  a2 = y        B:  y = 2;  b1 = x;  b2 = y
//! ```
//! By turns, the threads can see three outcomes (a1 a2 b1 b2): 1 0 1 2, 1 2 1 2, 1 2 0 2. On a machine with store buffers each sees its own store first: 1 0 0 2.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicU32, AtomicU64, fence};

/// On a line of its own.
#[repr(align(128))]
struct Apart<T>(T);

struct Stage {
    x: Apart<AtomicU32>,
    y: Apart<AtomicU32>,
    /// Rounds that each has come to.
    at: [Apart<AtomicU64>; 2],
    seen: [Apart<AtomicU64>; 2],
}

/// Both threads leave this at nearly the same moment.
fn meet(stage: &Stage, me: usize, round: u64) {
    stage.at[me].0.store(round, Release);
    let mut tries = 0_u32;
    while stage.at[1 - me].0.load(Acquire) < round {
        tries += 1;
        if tries > 100_000 {
            std::thread::yield_now(); // the other one does not run
        }
    }
}

fn play(stage: &Stage, me: usize, rounds: u64, fenced: bool, outcomes: &mut BTreeMap<[u32; 4], u64>) {
    let (mine, value) = if me == 0 { (&stage.x.0, 1) } else { (&stage.y.0, 2) };
    for round in 0..rounds {
        meet(stage, me, 3 * round + 1);
        // Now one, now the other a little later: the interesting moments are a few nanoseconds wide.
        for _ in 0..(round / 7 + me as u64 * round) % 24 {
            std::hint::black_box(round);
        }
        mine.store(value, Relaxed);
        if fenced {
            fence(SeqCst);
        }
        let (x, y) = (stage.x.0.load(Relaxed), stage.y.0.load(Relaxed));
        stage.seen[me].0.store(u64::from(x) << 32 | u64::from(y), Relaxed);
        meet(stage, me, 3 * round + 2);
        if me == 0 {
            let b = stage.seen[1].0.load(Relaxed);
            *outcomes.entry([x, y, (b >> 32) as u32, b as u32]).or_default() += 1;
            stage.x.0.store(0, Relaxed);
            stage.y.0.store(0, Relaxed);
        }
        meet(stage, me, 3 * round + 3);
    }
}

/// Prints how often each outcome came, without fences and with one after each store.
pub fn all(rounds: u64) {
    let cpus = crate::cpus();
    if cpus.len() < 2 {
        eprintln!("one CPU only: nothing can be seen");
        return;
    }
    for fenced in [false, true] {
        let stage = Stage {
            x: Apart(AtomicU32::new(0)),
            y: Apart(AtomicU32::new(0)),
            at: [const { Apart(AtomicU64::new(0)) }; 2],
            seen: [const { Apart(AtomicU64::new(0)) }; 2],
        };
        let mut outcomes = BTreeMap::new();
        std::thread::scope(|scope| {
            let (other, second) = (&stage, cpus[1]);
            scope.spawn(move || {
                crate::pin(second);
                play(other, 1, rounds, fenced, &mut BTreeMap::new());
            });
            let (stage, outcomes, first) = (&stage, &mut outcomes, cpus[0]);
            scope.spawn(move || {
                crate::pin(first);
                play(stage, 0, rounds, fenced, outcomes);
            });
        });
        for (outcome, count) in outcomes {
            let [a1, a2, b1, b2] = outcome;
            println!("{}\t{a1} {a2} {b1} {b2}\t{count}", if fenced { "fenced" } else { "free" });
        }
    }
}
