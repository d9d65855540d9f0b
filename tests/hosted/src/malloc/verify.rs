//! The heap's structures hold after whatever the other tests do, and while threads are in the middle of it.

use std::sync::atomic::{AtomicBool, Ordering};

use dacapo::malloc;
use dacapo::malloc::verify::{Level, is_valid};

use super::again;

const VARIABLE: &str = "DACAPO_VERIFY";

fn churn(stop: &AtomicBool, thread: usize) {
    let mut random = super::model::Random(thread as u64 + 1);
    let mut live = vec![];
    while !stop.load(Ordering::Relaxed) {
        if live.len() < 400 && random.below(2) == 0 {
            let most = 1 << random.below(16);
            live.push(malloc::allocate(random.below(most)));
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
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let stop = &stop;
            scope.spawn(move || churn(stop, thread));
        }
        for _ in 0..support::rounds(100) {
            for level in [Level::Cursors, Level::Runs, Level::Blocks] {
                is_valid(level).unwrap();
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    is_valid(Level::Blocks).unwrap();
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
