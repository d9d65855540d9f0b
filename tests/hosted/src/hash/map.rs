use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicIsize, Ordering::SeqCst};

use dacapo::hash::Map;
use dacapo::rcu::{Domain, Qsbr};

use super::{Colliding, Counted, Random, Same};

/// Random operations against std's map: keys that grow in number and shrink again, so that the table does.
fn agrees<S: BuildHasher>(hasher: S, keys: u64, seed: u64, rounds: u64) {
    let (domain, alive) = (Domain::new().expect("memory"), AtomicIsize::new(0));
    let map = Map::new(&domain, hasher).expect("memory");
    let (mut model, mut random) = (HashMap::<u64, u64>::new(), Random(seed));
    let most = map.capacity();
    for round in 0..rounds {
        // A wave: mostly insertions, then mostly removals.
        let growing = round % (rounds / 2) < rounds / 4;
        let (key, value) = (random.below(keys), random.next());
        let entry = Counted::new(value, &alive);
        match (random.below(8), growing) {
            (0..4, true) | (0, false) => {
                assert_eq!(map.insert(key, entry), Ok(!model.contains_key(&key)), "seed {seed}, round {round}");
                model.entry(key).or_insert(value);
            }
            (4..6, true) | (1, false) => {
                assert_eq!(
                    map.replace(key, entry),
                    Ok(model.insert(key, value).is_some()),
                    "seed {seed}, round {round}"
                );
            }
            _ => assert_eq!(map.remove(&key), model.remove(&key).is_some(), "seed {seed}, round {round}"),
        }
        let asked = random.below(keys);
        let guard = domain.enter();
        let found = map.get(&guard, &asked).map(|entry| entry.number);
        assert_eq!(found, model.get(&asked).copied(), "seed {seed}, round {round}");
        assert_eq!(map.len(), model.len());
        if round % (rounds / 16) == 0 {
            let mut seen = HashMap::new();
            map.for_each(&guard, |key, entry| assert!(seen.insert(*key, entry.number).is_none(), "twice: {key}"));
            assert_eq!(seen, model, "seed {seed}, round {round}");
        }
    }
    assert!(map.capacity() >= most);
    map.synchronize();
    assert_eq!(alive.load(SeqCst) as usize, model.len(), "what was removed was dropped, and nothing else");
    drop(map);
    assert_eq!(alive.load(SeqCst), 0);
}

#[test]
fn random_operations_agree_with_the_model() {
    agrees(RandomState::new(), 20_000, 1, u64::from(support::rounds(80_000)));
}

#[test]
fn hashes_that_are_small_numbers_are_spread() {
    agrees(Same::default(), 5_000, 2, u64::from(support::rounds(40_000)));
}

#[test]
fn keys_whose_hashes_are_all_the_same_only_make_it_slow() {
    agrees(Colliding, 300, 3, u64::from(support::rounds(10_000)));
}

#[test]
fn it_grows_and_shrinks_by_itself() {
    let domain = Domain::new().expect("memory");
    let map = Map::new(&domain, RandomState::new()).expect("memory");
    let (keys, first) = (u64::from(support::rounds(40_000)), map.capacity());
    (0..keys).for_each(|key| assert_eq!(map.insert(key, key), Ok(true)));
    map.synchronize();
    let grown = map.capacity();
    assert!(grown > first && grown as u64 >= keys && (grown as u64) < 8 * keys.max(1000), "{grown}");
    (0..keys).for_each(|key| assert!(map.remove(&key)));
    // Shards that nobody writes to any more do not shrink further: some come and go.
    for key in 0..20 * keys {
        assert_eq!(map.insert(key, key), Ok(true));
        assert!(map.remove(&key));
    }
    map.synchronize();
    assert!(map.capacity() < grown / 2 || grown < 4 * first, "{} of {grown}", map.capacity());
    assert!(map.is_empty());
}

#[test]
fn a_key_may_be_there_many_times() {
    let domain = Domain::new().expect("memory");
    let map = Map::new(&domain, Same::default()).expect("memory");
    for value in 0..100_u64 {
        map.add(7_u64, value).expect("memory");
        map.add(value + 1000, value).expect("memory");
    }
    let guard = domain.enter();
    let values = || {
        let mut values = Vec::new();
        map.get_all(&guard, &7, |value| values.push(*value));
        values.sort_unstable();
        values
    };
    assert_eq!(values(), (0..100).collect::<Vec<_>>());
    for value in 0..50 {
        assert!(map.remove_if(&7, |other| *other == value));
        assert!(!map.remove_if(&7, |other| *other == value));
    }
    assert_eq!(values(), (50..100).collect::<Vec<_>>());
    assert!(map.contains_key(&guard, &1099) && !map.contains_key(&guard, &1100));
    assert_eq!(map.len(), 150);
}

#[test]
fn keys_may_be_asked_for_in_a_borrowed_form() {
    let domain = Domain::new().expect("memory");
    let map = Map::new(&domain, RandomState::new()).expect("memory");
    assert_eq!(map.insert(String::from("one"), vec![1]), Ok(true));
    assert_eq!(map.insert(String::from("one"), vec![2]), Ok(false));
    let guard = domain.enter();
    assert_eq!(map.get(&guard, "one"), Some(&vec![1]));
    assert_eq!(map.get_key_value(&guard, "two"), None);
    assert!(map.remove("one"));
    assert_eq!(map.get(&guard, "one"), None);
}

#[test]
fn what_was_found_stays_while_it_is_replaced_and_removed() {
    let domain = Domain::new().expect("memory");
    let map = Map::new(&domain, Same::default()).expect("memory");
    assert_eq!(map.insert(1_u64, String::from("first")), Ok(true));
    let guard = domain.enter();
    let found = map.get(&guard, &1).expect("there");
    for n in 0..5_000_u64 {
        assert_eq!(map.replace(1, n.to_string()), Ok(true));
        assert_eq!(map.insert(n + 2, n.to_string()), Ok(true));
    }
    assert!(map.remove(&1));
    assert!(!map.reclaim(), "we are still here");
    assert_eq!((found.as_str(), map.get(&guard, &1), map.len()), ("first", None, 5_000));
    drop(guard);
    map.synchronize();
    assert!(map.reclaim());
}

#[test]
fn a_reader_of_quiescent_states_may_write_too() {
    let (domain, alive) = (Qsbr::new(), AtomicIsize::new(0));
    let map = Map::new(&domain, Same::default()).expect("memory");
    let mut reader = domain.register().expect("memory");
    for turn in 0..u64::from(support::rounds(20_000)) {
        assert_eq!(map.insert(turn, Counted::new(turn, &alive)), Ok(true));
        assert_eq!(map.get(&reader, &turn).map(|entry| entry.number), Some(turn));
        if turn >= 100 {
            assert!(map.remove(&(turn - 100)));
        }
        reader.quiescent();
    }
    assert!(alive.load(SeqCst) < 100 + 16 * 256, "slots are used again: {}", alive.load(SeqCst));
    reader.offline(|| map.synchronize());
    assert_eq!(alive.load(SeqCst), map.len() as isize);
}

#[test]
#[should_panic(expected = "another domain")]
fn a_read_section_of_another_domain_is_refused() {
    let (domain, other) = (Domain::new().expect("memory"), Domain::new().expect("memory"));
    let map = Map::<u64, u64, _>::new(&domain, Same::default()).expect("memory");
    let _ = map.get(&other.enter(), &1);
}

/// A value whose drop panics, once: the panic comes out of some later change. What waited beside it is dropped with the map, and nothing twice.
#[test]
fn a_value_whose_drop_panics_takes_nothing_with_it() {
    struct Bomb<'a>(Counted<'a>, bool);
    impl Clone for Bomb<'_> {
        fn clone(&self) -> Self {
            Self(self.0.clone(), self.1)
        }
    }
    impl Drop for Bomb<'_> {
        fn drop(&mut self) {
            assert!(!self.1, "as it is meant to");
        }
    }
    let (domain, alive) = (Domain::new().expect("memory"), AtomicIsize::new(0));
    let map = Map::with_capacity_and_hasher(&domain, 10_000, Same::default()).expect("memory");
    for key in 0..1000_u64 {
        assert_eq!(map.insert(key, Bomb(Counted::new(key, &alive), key == 500)), Ok(true));
    }
    let silent = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        (0..1000_u64).for_each(|key| assert!(map.remove(&key)));
        map.synchronize();
    }));
    assert!(silent.is_err(), "the panic came out");
    (500..1000_u64).for_each(|key| _ = map.remove(&key));
    map.synchronize();
    assert_eq!(map.insert(1, Bomb(Counted::new(1, &alive), false)), Ok(true));
    drop(map);
    assert_eq!(alive.load(SeqCst), 0);
}
