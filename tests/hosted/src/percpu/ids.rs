use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use dacapo::percpu::Ids;

#[test]
fn no_number_has_two_holders_under_signals_and_migrations() {
    const LIMIT: usize = 100;
    let ids = Ids::new(LIMIT).expect("memory");
    let held = [const { AtomicBool::new(false) }; LIMIT];
    super::tormented(6, |n| {
        let mut mine = Vec::new();
        for round in 0..support::rounds(20_000) as usize {
            if (round + n) % 5 < 3 {
                if let Some(id) = ids.allocate() {
                    assert!(!held[id].swap(true, SeqCst), "{id} has two holders");
                    mine.push(id);
                }
            } else if let Some(id) = mine.pop() {
                held[id].store(false, SeqCst);
                ids.free(id);
            }
            if mine.len() > 12 {
                for id in mine.drain(..) {
                    held[id].store(false, SeqCst);
                    ids.free(id);
                }
            }
        }
        for id in mine {
            held[id].store(false, SeqCst);
            ids.free(id);
        }
    });
    let mut all: Vec<_> = std::iter::from_fn(|| ids.allocate()).collect();
    all.sort_unstable();
    assert_eq!(all, (0..LIMIT).collect::<Vec<_>>(), "lost or doubled");
}

#[test]
fn the_last_number_is_found_even_in_another_cpus_stock() {
    let ids = Ids::new(20).expect("memory");
    let cpus = support::affinity::allowed();
    let on = |cpu: usize, work: &(dyn Fn() + Sync)| {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                support::affinity::pin(cpu);
                work();
            });
        });
    };
    on(cpus[0], &|| {
        let all: Vec<_> = (0..20).map(|_| ids.allocate().expect("there are 20")).collect();
        assert_eq!(ids.allocate(), None);
        all.into_iter().for_each(|id| ids.free(id));
    });
    on(cpus[cpus.len() - 1], &|| {
        (0..20).for_each(|_| assert!(ids.allocate().is_some()));
        assert_eq!(ids.allocate(), None);
    });
}
