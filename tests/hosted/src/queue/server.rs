//! `examples/counts` on loopback: every word is answered and counted once, by both of its servers.

use counts::{Kind, Load, run};

fn counts_every_word_once(kind: Kind, threads: usize) {
    let load = Load { threads, connections: 5, words: support::rounds(2_000) as usize };
    match run(kind, &load) {
        Ok(report) => {
            assert_eq!(report.total, (load.connections * load.words) as u64);
            assert!((2..=1024).contains(&report.distinct));
        }
        Err(why) => println!("skipped: no loopback here: {why}"),
    }
}

#[test]
fn a_sharded_map_counts_every_word_once() {
    for threads in [1, 2, 3] {
        counts_every_word_once(Kind::Mesh, threads);
    }
}

#[test]
fn a_mutexed_map_counts_every_word_once() {
    counts_every_word_once(Kind::Mutex, 2);
}
