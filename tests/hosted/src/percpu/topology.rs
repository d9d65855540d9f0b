use dacapo::percpu::topology;

#[test]
fn there_is_a_slot_for_every_cpu() {
    let highest = support::affinity::allowed().into_iter().max().expect("a CPU");
    assert!(topology::slots() > highest && topology::slots() <= topology::MOST);
    assert!((1..=topology::slots()).contains(&topology::allowed()));
}

#[test]
fn without_sched_getaffinity_there_are_slots_for_any_kernel() {
    let verdict = support::process::child(|| {
        support::seccomp::refuse(&[libc::SYS_sched_getaffinity]);
        // Another test may have asked before the fork.
        i32::from(!(topology::slots() == topology::MOST || topology::slots() > 0 && topology::allowed() == 1))
    });
    assert_eq!(verdict, 0);
}
