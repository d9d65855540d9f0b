//! The concurrency kit under fire: readers of RCU and of hash tables, the mutex, rings between threads that sleep.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use dacapo::hash::Map;
use dacapo::queue::spsc::{Nothing, channel};
use dacapo::rcu::{Domain, GracePeriods, RcuCell};
use dacapo::sync::Mutex;

use crate::Random;
use crate::scenarios::{ROUND, THREADS};
use crate::torment::{for_a_while, storm, under_fire};

type Hasher = BuildHasherDefault<std::hash::DefaultHasher>;

/// A value that shows whether it is whole, and whose it is.
#[derive(Clone)]
struct Sealed {
    key: u64,
    version: u64,
    seal: u64,
}

impl Sealed {
    fn new(key: u64, version: u64) -> Sealed {
        Sealed { key, version, seal: Random::new(key, version).next() }
    }
    fn check(&self, key: u64) {
        assert_eq!((self.key, self.seal), (key, Random::new(key, self.version).next()), "torn, or another key's");
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        self.seal = 0; // who looks at it afterwards notices
    }
}

/// Keys of the table: each thread writes its own ones, everyone reads all.
const KEYS: u64 = 4096;

/// Every key belongs to one writer, which knows what must be there; readers and handlers look at whatever they like. A cell's versions are whole, and
/// no update is lost.
pub fn readers(seed: u64) {
    let domain = Domain::new().expect("memory");
    let map = Map::<u64, Sealed, Hasher>::new(&domain, Hasher::default()).expect("memory");
    let (cell, updates) = (RcuCell::new(Sealed::new(0, 0)).expect("memory"), AtomicU64::new(0));
    let look = |key: u64| {
        let guard = domain.enter();
        if let Some(value) = map.get(&guard, &key) {
            value.check(key);
        }
        cell.load().check(0);
    };
    storm(seed, THREADS, |thread, random| {
        let mut mine = HashMap::new();
        let in_handler = std::cell::Cell::new(thread);
        let body = || {
            in_handler.set((in_handler.get() * 5 + 1) % KEYS);
            look(in_handler.get());
        };
        under_fire(random, &body, |random| {
            for_a_while(ROUND, || {
                let (key, version) = (random.below(KEYS / THREADS) * THREADS + thread, random.next());
                match random.below(64) {
                    0..8 => {
                        let new = map.insert(key, Sealed::new(key, version)).expect("memory");
                        assert_eq!(new, !mine.contains_key(&key));
                        mine.entry(key).or_insert(version);
                    }
                    8..12 => {
                        let old = map.replace(key, Sealed::new(key, version)).expect("memory");
                        assert_eq!(old, mine.insert(key, version).is_some());
                    }
                    12..20 => assert_eq!(map.remove(&key), mine.remove(&key).is_some()),
                    20..24 => {
                        let guard = domain.enter();
                        assert_eq!(map.get(&guard, &key).map(|value| value.version), mine.get(&key).copied());
                    }
                    24 if thread < 2 => {
                        cell.update(|value| Sealed::new(0, value.version + 1));
                        updates.fetch_add(1, SeqCst);
                    }
                    25 if thread == 0 => domain.synchronize(),
                    _ => look(random.below(KEYS)),
                }
            });
        });
        let guard = domain.enter();
        for key in (thread..KEYS).step_by(THREADS as usize) {
            assert_eq!(map.get(&guard, &key).map(|value| value.version), mine.get(&key).copied(), "key {key}");
        }
    });
    assert_eq!(cell.load().version, updates.into_inner(), "an update of the cell was lost");
    map.synchronize();
}

/// Pairs of threads send each other numbers through rings that are short, so that both sleep often; all take one mutex, and none of what they
/// count under it may be lost.
pub fn queues(seed: u64) {
    const PAIRS: u64 = 6;
    let (producers, consumers): (Vec<_>, Vec<_>) = (0..PAIRS)
        .map(|n| {
            let (producer, consumer) = channel::<u64>(if n < 3 { 2 } else { 64 }).expect("memory");
            (std::sync::Mutex::new(Some(producer)), std::sync::Mutex::new(Some(consumer)))
        })
        .unzip();
    let (counted, expected) = (Mutex::new([0_u64; 2]), AtomicU64::new(0));
    let count = || {
        let mut both = counted.lock();
        both[0] += 1;
        both[1] += 1;
        assert_eq!(both[0], both[1], "two threads in one mutex");
        expected.fetch_add(1, SeqCst);
    };
    storm(seed, 2 * PAIRS, |thread, random| {
        let pair = (thread / 2) as usize;
        under_fire(random, &|| (), |random| {
            if thread % 2 == 0 {
                let mut producer = producers[pair].lock().expect("no panic").take().expect("one producer");
                let mut sent = 0;
                for_a_while(ROUND, || {
                    producer.push(sent).expect("the consumer is there");
                    sent += 1;
                    if random.below(32) == 0 {
                        count();
                    }
                });
            } else {
                let mut consumer = consumers[pair].lock().expect("no panic").take().expect("one consumer");
                for received in 0.. {
                    match consumer.pop() {
                        Ok(number) => assert_eq!(number, received, "a message was lost or came twice"),
                        Err(Nothing::Closed) => break,
                        Err(Nothing::Empty | Nothing::TimedOut) => panic!("no message, and nobody waited"),
                    }
                    if random.below(32) == 0 {
                        count();
                    }
                }
            }
        });
    });
    assert_eq!(counted.into_inner(), [expected.into_inner(); 2], "what was counted under the mutex");
}
