//! Hash tables: `hash TRIALS [KEYS ...]` prints `ROW<TAB>PEER<TAB>NS` lines, one for each trial. The trials of one row are interleaved.
//!
//! All tables hold 64-bit numbers by 64-bit keys, and hash with the same function. A change is a removal, or the insertion of what was removed before.

use std::hash::{BuildHasherDefault, Hasher};
use std::hint::black_box;

use concurrent::{Random, together};
use dacapo::hash::Map;
use dacapo::rcu::{Domain, Qsbr};

/// One multiplication, and the good bits turned to where tables look.
#[derive(Clone, Copy, Default)]
struct Multiply(u64);

impl Hasher for Multiply {
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0xf135_7aea_2e62_a9c5);
    }
}

type Build = BuildHasherDefault<Multiply>;

/// What a table must be able to do.
trait Peer: Sync {
    /// The session of one thread.
    fn run(&self, thread: usize, work: &Work);
}

struct Work {
    threads: usize,
    keys: u64,
    operations: u64,
    /// Of 10 operations, so many change the table.
    changes: u64,
}

/// The loop that every peer runs: `get`, `remove`, `insert`, and `rest` after every 64 operations.
#[inline(always)]
fn session<C>(
    work: &Work,
    thread: usize,
    mut context: C,
    get: impl Fn(&mut C, u64) -> Option<u64>,
    remove: impl Fn(&mut C, u64) -> bool,
    insert: impl Fn(&mut C, u64),
    rest: impl Fn(&mut C),
) {
    let mut random = Random(thread as u64 + 1);
    let (mut away, mut sum, mut missed) = (None, 0_u64, 0);
    for n in 0..work.operations {
        let key = random.next() & (work.keys - 1);
        if work.changes != 0 && n % 10 < work.changes {
            // Each thread changes keys of its own.
            match away.take() {
                Some(key) => insert(&mut context, key),
                None => {
                    let key = key & !(work.threads as u64 - 1) | thread as u64;
                    assert!(remove(&mut context, key));
                    away = Some(key);
                }
            }
        } else {
            match get(&mut context, key) {
                Some(value) => sum = sum.wrapping_add(value),
                None => missed += 1,
            }
        }
        if n % 64 == 0 {
            rest(&mut context);
        }
    }
    if let Some(key) = away {
        insert(&mut context, key);
    }
    black_box(sum);
    assert!(missed * 100 <= work.operations, "{missed} of {} were missed", work.operations);
}

struct General(Map<'static, u64, u64, Build>, &'static Domain);
struct Probe(Map<'static, u64, u64, Build>);
struct Quiescent(Map<'static, u64, u64, Build, Qsbr>, &'static Qsbr);
struct Scc(scc::HashIndex<u64, u64, Build>);
struct Dash(dashmap::DashMap<u64, u64, Build>);
struct Papaya(papaya::HashMap<u64, u64, Build>);
struct Flurry(flurry::HashMap<u64, u64, Build>);

impl Peer for General {
    fn run(&self, thread: usize, work: &Work) {
        session(
            work,
            thread,
            (),
            |(), key| self.0.get(&self.1.enter(), &key).copied(),
            |(), key| self.0.remove(&key),
            |(), key| _ = self.0.insert(key, key),
            |()| (),
        );
    }
}

impl Peer for Probe {
    fn run(&self, thread: usize, work: &Work) {
        session(
            work,
            thread,
            (),
            |(), key| self.0.probe(key),
            |(), key| self.0.remove(&key),
            |(), key| _ = self.0.insert(key, key),
            |()| (),
        );
    }
}

impl Peer for Quiescent {
    fn run(&self, thread: usize, work: &Work) {
        session(
            work,
            thread,
            self.1.register().expect("memory"),
            |reader, key| self.0.get(reader, &key).copied(),
            |_, key| self.0.remove(&key),
            |_, key| _ = self.0.insert(key, key),
            dacapo::rcu::qsbr::Reader::quiescent,
        );
    }
}

impl Peer for Scc {
    fn run(&self, thread: usize, work: &Work) {
        session(
            work,
            thread,
            (),
            |(), key| self.0.peek_with(&key, |_, value| *value),
            |(), key| self.0.remove(&key),
            |(), key| _ = self.0.insert(key, key),
            |()| (),
        );
    }
}

impl Peer for Dash {
    fn run(&self, thread: usize, work: &Work) {
        session(
            work,
            thread,
            (),
            |(), key| self.0.get(&key).map(|value| *value),
            |(), key| self.0.remove(&key).is_some(),
            |(), key| _ = self.0.insert(key, key),
            |()| (),
        );
    }
}

impl Peer for Papaya {
    fn run(&self, thread: usize, work: &Work) {
        session(
            work,
            thread,
            (),
            |(), key| self.0.pin().get(&key).copied(),
            |(), key| self.0.pin().remove(&key).is_some(),
            |(), key| _ = self.0.pin().insert(key, key),
            |()| (),
        );
    }
}

impl Peer for Flurry {
    fn run(&self, thread: usize, work: &Work) {
        session(
            work,
            thread,
            (),
            |(), key| self.0.pin().get(&key).copied(),
            |(), key| self.0.pin().remove(&key).is_some(),
            |(), key| _ = self.0.pin().insert(key, key),
            |()| (),
        );
    }
}

fn peers(keys: u64) -> Vec<(&'static str, Box<dyn Peer>)> {
    let domain: &'static Domain = Box::leak(Box::new(Domain::new().expect("memory")));
    let qsbr: &'static Qsbr = Box::leak(Box::new(Qsbr::new()));
    let general = General(Map::new(domain, Build::default()).expect("memory"), domain);
    let probe = Probe(Map::new(domain, Build::default()).expect("memory"));
    let quiescent = Quiescent(Map::new(qsbr, Build::default()).expect("memory"), qsbr);
    let scc = Scc(scc::HashIndex::with_hasher(Build::default()));
    let dash = Dash(dashmap::DashMap::with_hasher(Build::default()));
    let papaya = Papaya(papaya::HashMap::with_hasher(Build::default()));
    let flurry = Flurry(flurry::HashMap::with_hasher(Build::default()));
    // Every table grows as it would in a program.
    for key in 0..keys {
        general.0.insert(key, key).expect("memory");
        probe.0.insert(key, key).expect("memory");
        quiescent.0.insert(key, key).expect("memory");
        let _ = scc.0.insert(key, key);
        dash.0.insert(key, key);
        papaya.0.pin().insert(key, key);
        flurry.0.pin().insert(key, key);
    }
    general.0.synchronize();
    probe.0.synchronize();
    quiescent.0.synchronize();
    vec![
        ("dacapo", Box::new(general)),
        ("dacapo probe", Box::new(probe)),
        ("dacapo qsbr", Box::new(quiescent)),
        ("scc", Box::new(scc)),
        ("dashmap", Box::new(dash)),
        ("papaya", Box::new(papaya)),
        ("flurry", Box::new(flurry)),
    ]
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|word| word.parse::<u64>().expect("a number"));
    let trials = arguments.next().unwrap_or(5);
    let operations = arguments.next().unwrap_or(1_000_000);
    let sizes: Vec<_> = arguments.collect();
    for log2 in if sizes.is_empty() { vec![12, 16, 20] } else { sizes } {
        let peers = peers(1 << log2);
        for trial in 0..=trials {
            for threads in [1, 2] {
                for changes in [0, 1] {
                    let work = Work { threads, keys: 1 << log2, operations, changes };
                    for (name, peer) in &peers {
                        let nanos = together(threads, |thread| peer.run(thread, &work));
                        // The first trial warms up.
                        if trial > 0 {
                            let ns = nanos / operations as f64;
                            println!("2^{log2} {threads}T {} %\t{name}\t{ns:.2}", 100 - 10 * changes);
                        }
                    }
                }
            }
        }
    }
}
