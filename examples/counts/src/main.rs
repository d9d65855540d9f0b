//! `cargo run --release -p counts [threads] [connections] [words for each]`: both servers under the same load, on loopback.

use counts::{Kind, Load, run};

fn main() {
    let mut numbers = std::env::args().skip(1).map(|word| word.parse().expect("a number"));
    let load = Load {
        threads: numbers.next().unwrap_or(2),
        connections: numbers.next().unwrap_or(8),
        words: numbers.next().unwrap_or(50_000),
    };
    for kind in [Kind::Mesh, Kind::Mutex] {
        let report = run(kind, &load).expect("loopback");
        println!("{kind:?}: {} words, {} distinct, {:.0} a second", report.total, report.distinct, report.rate);
    }
}
