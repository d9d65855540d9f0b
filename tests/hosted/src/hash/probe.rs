use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};

use dacapo::hash::Map;
use dacapo::rcu::{Domain, GracePeriods};
use dacapo::rseq::{self, State};

use super::{Colliding, Random, Same};
use crate::percpu::{Over, tormented};

fn agrees<S: BuildHasher>(hasher: S, keys: u64, seed: u64, rounds: u64) {
    let domain = Domain::new().expect("memory");
    let map = Map::new(&domain, hasher).expect("memory");
    let (mut model, mut random) = (HashMap::<u64, u64>::new(), Random(seed));
    for round in 0..rounds {
        // A wave: mostly insertions, then mostly removals, so that chains and resizes come and go.
        let growing = round % (rounds / 2) < rounds / 4;
        let (key, value) = (random.below(keys), random.next());
        if random.below(8) < if growing { 6 } else { 2 } {
            assert_eq!(map.replace(key, value), Ok(model.insert(key, value).is_some()));
        } else {
            assert_eq!(map.remove(&key), model.remove(&key).is_some());
        }
        for key in [key, random.below(keys), random.next()] {
            assert_eq!(map.probe(key), model.get(&key).copied(), "seed {seed}, round {round}, key {key}");
            assert_eq!(map.get(&domain.enter(), &key).copied(), model.get(&key).copied(), "the same by a read section");
        }
    }
}

#[test]
fn it_finds_what_the_model_has() {
    agrees(RandomState::new(), 20_000, 1, u64::from(support::rounds(80_000)));
    agrees(Same::default(), 5_000, 2, u64::from(support::rounds(40_000)));
}

#[test]
fn in_chains_of_colliding_keys_too() {
    agrees(Colliding, 300, 3, u64::from(support::rounds(10_000)));
}

#[test]
fn a_thread_without_rseq_finds_the_same() {
    if rseq::init() != State::Owned {
        return; // an adopted registration is not ours to end
    }
    std::thread::spawn(|| {
        let _ = rseq::unregister_current_thread();
        agrees(Same::default(), 500, 4, u64::from(support::rounds(2_000)));
    })
    .join()
    .unwrap();
}

/// Keys that stay and whose values always tell their key, beside others that come and go in the same buckets, grow the table and shrink it: signals and migrations
/// fall into the lookups. A slot that is used again too early, or a bucket that is given back, shows another key's value.
#[test]
fn what_it_finds_is_the_keys_own() {
    const STAYS: u64 = 1024;
    const KIND: u64 = 1 << 32;
    let domain = Domain::new().expect("memory");
    let map = Map::new(&domain, Same::default()).expect("memory");
    let (over, looks, wrong, writers) =
        (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(2));
    (0..STAYS).for_each(|key| assert_eq!(map.insert(key, key), Ok(true)));
    tormented(4, |n| {
        let (ends, mut random) = (Over(&over), Random(n as u64 + 1));
        if n < 2 {
            for turn in 0..u64::from(support::rounds(24).max(2)) {
                for key in 0..8 * STAYS {
                    let other = STAYS * (1 + n as u64 + 2 * key);
                    if turn.is_multiple_of(2) {
                        assert_eq!(map.insert(other, other + KIND * turn), Ok(true));
                    } else {
                        assert!(map.remove(&other));
                    }
                    let key = random.below(STAYS);
                    assert_eq!(map.replace(key, key + KIND * random.below(1000)), Ok(true));
                }
            }
            if writers.fetch_sub(1, SeqCst) > 1 {
                std::mem::forget(ends); // the last one ends it
            }
            return;
        }
        while !over.load(Relaxed) {
            for _ in 0..100 {
                let (key, other) = (random.below(STAYS), STAYS * (1 + random.below(16 * STAYS)));
                wrong.fetch_add(usize::from(map.probe(key).is_none_or(|value| value % KIND != key)), Relaxed);
                wrong.fetch_add(usize::from(map.probe(other).is_some_and(|value| value % KIND != other)), Relaxed);
            }
            looks.fetch_add(200, Relaxed);
        }
    });
    assert_eq!(wrong.load(SeqCst), 0, "of {looks:?} lookups");
    assert!(looks.load(SeqCst) > 0);
}

/// A lookup after a change, and one after a grace period, in another thread: neither finds what was there before.
#[test]
fn it_never_goes_back() {
    let domain = Domain::new().expect("memory");
    let map = Map::new(&domain, Same::default()).expect("memory");
    let (over, floor) = (AtomicBool::new(false), AtomicUsize::new(0));
    assert_eq!(map.insert(0, 0), Ok(true));
    tormented(3, |n| {
        if n == 0 {
            let _over = Over(&over);
            for value in 1..u64::from(support::rounds(20_000)) {
                assert_eq!(map.replace(0, value), Ok(true));
                assert_eq!(map.insert(value, value), Ok(true));
                if value.is_multiple_of(64) {
                    domain.synchronize();
                }
                floor.store(value as usize, Release); // Release: the change before it
            }
            return;
        }
        while !over.load(Relaxed) {
            let least = floor.load(Acquire); // Acquire: as above
            let found = map.probe(0).expect("never removed");
            assert!(found as usize >= least, "{found} after {least}");
        }
    });
}
