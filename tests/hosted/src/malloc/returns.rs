//! Memory goes back to the kernel: at once by trim, also under load, and by itself with time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dacapo::malloc;
use dacapo::rseq::{self, State};

use support::process::again;

use super::resident;

fn fill(bytes: usize, size: usize) -> Vec<usize> {
    (0..bytes / size)
        .map(|_| {
            let block = malloc::allocate(size);
            // SAFETY: a live block of that size.
            unsafe { block.write_bytes(1, size) };
            block as usize
        })
        .collect()
}

fn free_all(blocks: Vec<usize>) {
    // SAFETY: live blocks.
    blocks.into_iter().for_each(|block| unsafe { malloc::deallocate(block as *mut u8) });
}

const VARIABLE: &str = "DACAPO_RETURNS";

/// The inner program, alone in its process because residence is the process's.
#[test]
fn victim() {
    let Ok(case) = std::env::var(VARIABLE) else { return };
    if case == "elsewhere" {
        return freed_elsewhere();
    }
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        if case == "busy" {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !stop.load(Ordering::Relaxed) {
                        free_all(fill(100_000, 64));
                    }
                });
            }
        }
        let amount: usize = if support::emulated() { 24 << 20 } else { 64 << 20 };
        // What the round before may have left, `little`, is used again.
        let (most, little) = (amount / 8 * 5, amount / 4);
        for size in [48, 30_000, 200_000, 1 << 20] {
            let before = resident();
            let blocks = fill(amount, size);
            let full = resident();
            assert!(full > before + most, "size {size}: {before} -> {full}");
            if case == "not freed" {
                malloc::trim(0);
                let kept = resident();
                assert!(kept > before + most, "trim took live memory");
                println!("size {size}: kept {} KiB", kept.saturating_sub(before) >> 10);
                free_all(blocks);
                malloc::trim(0);
                continue;
            }
            free_all(blocks);
            if case == "time" {
                let (start, patience) = (Instant::now(), if support::emulated() { 60 } else { 10 });
                while resident() > before + little && start.elapsed() < Duration::from_secs(patience) {
                    // What keeps the clock going: large blocks, which no magazine holds.
                    free_all(fill(2 << 20, 300_000));
                    std::thread::sleep(Duration::from_millis(5));
                }
            } else {
                assert!(malloc::trim(0) > 0);
            }
            let after = resident();
            assert!(after < before + little, "size {size}: {before} -> {full} -> {after}");
        }
        stop.store(true, Ordering::Relaxed);
    });
    println!("done");
}

/// What fits the magazines of a CPU that then has nothing more to do, while this one uses large blocks, which come past all magazines.
fn freed_elsewhere() {
    let allowed = support::affinity::allowed();
    support::affinity::pin(allowed[0]);
    let before = resident();
    let work = || [20_000, 24_000, 28_000, 32_000].into_iter().for_each(|size| free_all(fill(60 * size, size)));
    let there = std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            support::affinity::pin(*allowed.last().expect("at least one"));
            work();
            rseq::fields().index()
        });
        // Awake: a thread that sleeps lends its concurrency id, and the other one's magazines would be this one's.
        while !other.is_finished() {
            std::hint::spin_loop();
        }
        other.join().expect("no panic")
    });
    let full = resident();
    assert!(full > before + 6_000_000, "{before} -> {full}");
    let (start, patience) = (Instant::now(), if support::emulated() { 60 } else { 10 });
    let goes_on = || start.elapsed() < Duration::from_secs(patience) && rseq::fields().index() != there;
    while resident() > before + 3_000_000 && goes_on() {
        free_all(fill(600_000, 300_000));
        std::thread::sleep(Duration::from_millis(5));
    }
    if rseq::fields().index() == there {
        return println!(
            "done: the kernel has given this thread the other one's id since, and with it what it had cached"
        );
    }
    let after = resident();
    assert!(after < before + 3_000_000, "{before} -> {full} -> {after}");
    println!("done");
}

fn passes(case: &str) {
    let output = again("malloc::returns::victim", VARIABLE, case, || Ok(()));
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("done"), "{output:?}");
}

#[test]
fn trim_gives_freed_memory_back() {
    passes("idle");
}

#[test]
fn trim_works_while_other_threads_allocate() {
    passes("busy");
}

#[test]
fn freed_memory_goes_back_by_itself() {
    passes("time");
}

#[test]
fn memory_of_an_idle_cpu_goes_back_beside_large_blocks() {
    // Without rseq there are shards instead, which only a trim empties.
    if support::affinity::allowed().len() > 1 && !matches!(rseq::init(), State::Unavailable(_)) {
        passes("elsewhere");
    }
}

#[test]
fn trim_leaves_live_blocks_alone() {
    passes("not freed");
}
