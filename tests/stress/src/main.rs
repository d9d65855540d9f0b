//! Threads by the dozen on the per-CPU structures and the heap, under everything that interrupts them.
//!
//! `stress SECONDS SEED [SCENARIO]`: each scenario in turn, until the time is over. The seed decides what every thread does and when it is interrupted; the
//! kernel decides the rest, so a failure may take several runs to come again.
//!
//! | scenario | what happens | what must hold |
//! | --- | --- | --- |
//! | counters | additions | the sum is exact |
//! | objects | objects move between the CPUs' lists and arrays, and are drained | none is lost, none is held twice |
//! | heap | blocks are allocated, filled, handed over and freed; the heap is trimmed | each block keeps what was written into it |
//! | churn | threads that live for a few operations | sums are exact, the heap holds |
//! | readers | RCU's readers look into a hash table and a cell that others write | values are whole, each writer finds what it wrote |
//! | queues | pairs of threads send through short rings, all take one mutex | order, nothing lost |
//! | forks | a child works on what its parent's threads were working on | the child's heap and lists work; it ends |
//!
//! `late_start` is run when named, in builds that compare twice: the heap's sections are wrong on purpose, and it ends with a trap.
//!
//! All the while each thread has a timer of its own that fires at random moments, and whose handler runs operations too; one thread moves the others
//! from CPU to CPU. A round that met no signal, or a run that with rseq met no abort, has tested
//! nothing and fails.

/// So that no handler that allocates interrupts the host's malloc while another thread forks: docs/malloc.md.
#[global_allocator]
static HEAP: dacapo::malloc::Global = dacapo::malloc::Global;

mod kit;
mod late_start;
mod scenarios;
mod torment;

use std::time::{Duration, Instant};

/// A generator that is good enough: splitmix64.
#[derive(Clone)]
struct Random(u64);

impl Random {
    fn new(seed: u64, stream: u64) -> Random {
        Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(stream.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// Aborts so far, in builds that count them.
#[cfg(dacapo_count_aborts)]
fn aborts() -> Option<u64> {
    Some(dacapo::rseq::aborts())
}
#[cfg(not(dacapo_count_aborts))]
fn aborts() -> Option<u64> {
    None
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(Ok(seconds)), Some(Ok(seed))) =
        (arguments.first().map(|word| word.parse::<f64>()), arguments.get(1).map(|word| word.parse::<u64>()))
    else {
        eprintln!("usage: stress SECONDS SEED [SCENARIO]");
        std::process::exit(2);
    };
    dacapo::rseq::init();
    dacapo::inject::seed(seed);
    let chosen: Vec<_> = match arguments.get(2).map(String::as_str) {
        Some("late_start") => vec![&("late_start", late_start::heap as scenarios::Scenario)],
        only => scenarios::ALL.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)).collect(),
    };
    let (mut rounds, begun) = (vec![0_u32; chosen.len()], Instant::now());
    let share = Duration::from_secs_f64(seconds / chosen.len().max(1) as f64);
    for (number, (name, scenario)) in chosen.iter().enumerate() {
        let end = begun + share * (number as u32 + 1);
        while rounds[number] == 0 || Instant::now() < end {
            let round_seed = Random::new(seed, u64::from(rounds[number])).next();
            println!("{name}: round {} from seed {seed}", rounds[number] + 1);
            scenario(round_seed);
            rounds[number] += 1;
        }
    }
    // The heap's own sections do not count their aborts: only the first two scenarios meet some for sure.
    let sure = chosen.iter().any(|(name, _)| ["counters", "objects"].contains(name));
    let has_rseq = !matches!(dacapo::rseq::state(), dacapo::rseq::State::Unavailable(_));
    assert!(!(sure && has_rseq) || aborts() != Some(0), "a storm without an abort tests nothing");
    for ((name, _), rounds) in chosen.iter().zip(&rounds) {
        println!("test {name} ... ok");
        println!("     {rounds} rounds");
    }
    let visits = dacapo::inject::visits().into_iter().enumerate().filter(|(_, visits)| *visits > 0);
    let visits: String = visits.map(|(point, visits)| format!(" {point}:{visits}")).collect();
    println!(
        "{} signals, {} moves, {:?} aborts, visits of points:{visits}",
        torment::signals(),
        torment::moves(),
        aborts()
    );
}
