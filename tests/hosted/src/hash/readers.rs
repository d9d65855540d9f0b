use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::*};

use dacapo::hash::Map;
use dacapo::rcu::{Domain, Qsbr, ReadSection};

use super::{Counted, Random, Same};
use crate::percpu::{Over, tormented};

/// Keys that stay: multiples of this.
const STAYS: u64 = 4;
const KEYS: u64 = 4096;

/// Keys that were never removed, and how many of them a reader did not find; values that were not those of their keys count too.
fn missing<F: dacapo::rcu::GracePeriods>(
    map: &Map<'_, u64, u64, Same, F>,
    section: &impl ReadSection,
    random: &mut Random,
) -> usize {
    let key = random.below(KEYS / STAYS) * STAYS;
    map.get(section, &key).is_none_or(|value| value % KEYS != key) as usize
}

/// Inserts and removes what does not stay, in waves that make the table grow and shrink, and replaces what does.
fn churn<F: dacapo::rcu::GracePeriods>(map: &Map<'_, u64, u64, Same, F>, turn: u64, n: u64, random: &mut Random) {
    let (grow, part) = (turn.is_multiple_of(2), KEYS * 4);
    for key in 0..part {
        let other = KEYS * (1 + n) * 4 + key;
        if grow {
            assert_eq!(map.insert(other, other), Ok(true));
        } else {
            assert!(map.remove(&other));
        }
        if key.is_multiple_of(8) {
            let key = random.below(KEYS / STAYS) * STAYS;
            assert_eq!(map.replace(key, key + KEYS * random.below(1000)), Ok(true));
        }
    }
}

fn stays<F: dacapo::rcu::GracePeriods>(map: &Map<'_, u64, u64, Same, F>) {
    (0..KEYS).step_by(STAYS as usize).for_each(|key| assert_eq!(map.insert(key, key), Ok(true)));
}

/// The negative control builds a resize that marks a bucket before it has moved it: this test notices.
#[test]
fn keys_that_are_never_removed_are_always_found() {
    let domain = Domain::new().expect("memory");
    let map = Map::new(&domain, Same::default()).expect("memory");
    let (over, bad, looks, writers) =
        (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(2));
    stays(&map);
    tormented(4, |n| {
        let (ends, mut random) = (Over(&over), Random(n as u64 + 1));
        if n < 2 {
            for turn in 0..u64::from(support::rounds(24).max(2)) {
                churn(&map, turn, n as u64, &mut random);
            }
            if writers.fetch_sub(1, SeqCst) > 1 {
                std::mem::forget(ends); // the last one ends it
            }
            return;
        }
        while !over.load(Relaxed) {
            for _ in 0..100 {
                let guard = domain.enter();
                bad.fetch_add(missing(&map, &guard, &mut random), Relaxed);
            }
            looks.fetch_add(100, Relaxed);
        }
    });
    assert_eq!(bad.load(SeqCst), 0, "of {looks:?} lookups");
    assert!(looks.load(SeqCst) > 0);
}

#[test]
fn iteration_meets_every_key_that_stays_exactly_once_while_the_table_changes() {
    let domain = Qsbr::new();
    let map = Map::new(&domain, Same::default()).expect("memory");
    let over = AtomicBool::new(false);
    stays(&map);
    std::thread::scope(|scope| {
        let walker = scope.spawn(|| {
            let (mut reader, mut walks) = (domain.register().expect("memory"), 0);
            while !over.load(Relaxed) || walks == 0 {
                let mut seen = vec![0_u8; KEYS as usize];
                // The odd keys are inserted and removed all the time; the others are never touched.
                map.for_each(&reader, |key, _| {
                    if *key < KEYS {
                        seen[*key as usize] += 1;
                    }
                });
                (0..KEYS as usize).step_by(STAYS as usize).for_each(|key| assert_eq!(seen[key], 1, "key {key}"));
                reader.quiescent();
                walks += 1;
            }
        });
        for turn in 0..u64::from(support::rounds(40).max(2)) {
            for key in KEYS..KEYS * 5 {
                if turn.is_multiple_of(2) {
                    assert_eq!(map.insert(key, key), Ok(true));
                } else {
                    assert!(map.remove(&key));
                }
            }
        }
        over.store(true, Relaxed);
        walker.join().expect("no key was missed");
    });
}

#[test]
fn all_that_threads_add_and_remove_is_counted_found_and_given_back() {
    let (domain, alive) = (Domain::new().expect("memory"), AtomicIsize::new(0));
    let map = Map::new(&domain, Same::default()).expect("memory");
    let each = u64::from(support::rounds(20_000));
    let (map_, domain_, alive_) = (&map, &domain, &alive);
    std::thread::scope(|scope| {
        for n in 0..4_u64 {
            scope.spawn(move || {
                let mut random = Random(n + 11);
                for turn in 0..each {
                    let (own, shared) = (turn * 4 + n, u64::MAX - random.below(64));
                    assert_eq!(map_.insert(own, Counted::new(own, alive_)), Ok(true));
                    map_.replace(shared, Counted::new(shared, alive_)).expect("memory");
                    if turn.is_multiple_of(2) {
                        assert!(map_.remove(&own));
                    }
                    map_.remove(&(u64::MAX - random.below(64)));
                    let guard = domain_.enter();
                    let found = map_.get(&guard, &shared).map(|entry| entry.number);
                    assert!(found.is_none_or(|number| number == shared), "{found:?} for {shared}");
                }
            });
        }
    });
    let guard = domain.enter();
    for own in 0..each * 4 {
        assert_eq!(map.contains_key(&guard, &own), (own / 4) % 2 == 1, "{own}");
    }
    let (mut count, mut shared) = (0, 0);
    map.for_each(&guard, |key, _| if *key < each * 4 { count += 1 } else { shared += 1 });
    assert_eq!((count, map.len() as u64), (each * 2, count + shared));
    drop(guard);
    map.synchronize();
    assert_eq!(alive.load(SeqCst), map.len() as isize);
    drop(map);
    assert_eq!(alive.load(SeqCst), 0);
}

/// A change of one key is seen in one order: a value never goes back, whatever moves and grows.
#[test]
fn values_of_a_key_never_go_back() {
    let domain = Domain::new().expect("memory");
    let map = Map::new(&domain, Same::default()).expect("memory");
    let over = AtomicBool::new(false);
    assert_eq!(map.insert(0_u64, 0_u64), Ok(true));
    tormented(3, |n| {
        if n == 0 {
            let _over = Over(&over);
            for value in 1..u64::from(support::rounds(20_000)) {
                assert_eq!(map.replace(0, value), Ok(true));
                assert_eq!(map.insert(value, value), Ok(true));
            }
            return;
        }
        let mut last = 0;
        while !over.load(Relaxed) {
            let now = *map.get(&domain.enter(), &0).expect("never removed");
            assert!(now >= last, "{now} after {last}");
            last = now;
        }
    });
}
