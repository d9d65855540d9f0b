//! The heap's structures hold after whatever the other tests do, and while threads are in the middle of it.

use std::sync::atomic::{AtomicBool, Ordering};

use dacapo::malloc;
use dacapo::malloc::verify::{Level, is_valid};

use support::process::again;

const VARIABLE: &str = "DACAPO_VERIFY";

fn churn(stop: &AtomicBool, thread: usize) {
    let mut random = super::model::Random(thread as u64 + 1);
    let mut live = vec![];
    while !stop.load(Ordering::Relaxed) {
        if live.len() < 400 && random.below(2) == 0 {
            let most = 1 << random.below(16);
            live.push(malloc::allocate(random.below(most)));
        } else if live.len() > 1 && random.below(64) == 0 {
            let last = live.len() - 1;
            let size = (100 << 10) + random.below(1 << 20);
            // SAFETY: a live block, whose old address is not used again.
            live[last] = unsafe { malloc::reallocate(live[last], size) }; // long now: its run will be parked
        } else if !live.is_empty() {
            // SAFETY: a live block.
            unsafe { malloc::deallocate(live.swap_remove(random.below(live.len()))) };
        }
    }
    // SAFETY: live blocks.
    live.into_iter().for_each(|block| unsafe { malloc::deallocate(block) });
}

#[test]
fn every_level_holds_while_threads_allocate() {
    let stop = AtomicBool::new(false);
    let outcome = std::thread::scope(|scope| {
        for thread in 0..3 {
            let stop = &stop;
            scope.spawn(move || churn(stop, thread));
        }
        let outcome =
            (0..support::rounds(100)).flat_map(|_| [Level::Cursors, Level::Runs, Level::Blocks]).try_for_each(is_valid);
        stop.store(true, Ordering::Relaxed); // whatever the outcome: the threads wait for it
        outcome
    });
    outcome.unwrap();
    is_valid(Level::Blocks).unwrap();
}

/// The inner program, alone with its heap: a run whose commitment went back is committed again, whole, for a shorter one, and clean memory follows it.
#[test]
fn recommitted() {
    const UNIT: usize = 64 << 10;
    const ALIGN: usize = 16 * UNIT;
    if std::env::var(VARIABLE).is_err() {
        return;
    }
    // SAFETY: live blocks, once each.
    unsafe {
        let mut first = malloc::allocate(40 * UNIT);
        if (first as usize + 40 * UNIT).is_multiple_of(ALIGN) {
            first = malloc::allocate(40 * UNIT + UNIT / 2);
        }
        malloc::deallocate(first);
        malloc::trim(0);
        let aligned = malloc::allocate_aligned(ALIGN, 60 * UNIT); // fresh memory, of which a part is left over before it: clean
        is_valid(Level::Runs).unwrap();
        let second = malloc::allocate(30 * UNIT);
        is_valid(Level::Runs).unwrap();
        println!("{} {first:?} {second:?} {aligned:?}", first == second && first < aligned);
        malloc::deallocate(second);
        malloc::deallocate(aligned);
        is_valid(Level::Blocks).unwrap();
    }
}

#[test]
fn a_run_that_is_committed_again_merges_with_clean_memory_behind_it() {
    let output = again("malloc::verify::recommitted", VARIABLE, "1", || Ok(()));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("true "), "{output:?}");
}

/// The inner program: breaks the heap as a program with a bug would.
#[test]
fn victim() {
    if std::env::var(VARIABLE).is_err() {
        return;
    }
    let blocks: Vec<_> = (0..100).map(|_| malloc::allocate(48)).collect();
    // SAFETY: the write goes to a block that was freed: that is the bug. The first block stays live, and with it the run.
    unsafe {
        blocks.iter().skip(1).for_each(|&block| malloc::deallocate(block));
        malloc::trim(0);
        is_valid(Level::Runs).unwrap();
        blocks[50].cast::<usize>().write(blocks[0] as usize + 16);
        println!("found {:?}", is_valid(Level::Runs).unwrap_err().rule);
    }
}

#[test]
fn a_write_to_a_freed_block_is_found() {
    let output = again("malloc::verify::victim", VARIABLE, "1", || Ok(()));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("found "), "{output:?}");
}
