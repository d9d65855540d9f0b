//! realloc, step by step: contents stay, blocks move seldom once it is known how far they grow, and what was held for growth is given up.

use std::time::{Duration, Instant};

use dacapo::malloc;

use support::process::again;

use super::resident;

const VARIABLE: &str = "DACAPO_GROWTH";
const TEST: &str = "malloc::growth::victim";

/// A word for each place, and each thread's own, so that a copy from the wrong place shows, and a block that two have.
fn word(at: usize) -> usize {
    thread_local!(static MINE: u8 = const { 0 });
    at ^ MINE.with(|mine| &raw const *mine as usize)
}

fn mark(block: *mut u8, from: usize, to: usize) {
    for at in (from..to).step_by(1024) {
        // SAFETY: inside a live block that is that long, at a multiple of 8.
        unsafe { block.add(at).cast::<usize>().write(word(at)) };
    }
}

fn is_marked(block: *mut u8, to: usize) -> bool {
    // SAFETY: inside a live block that is that long, at a multiple of 8, and written to before.
    (0..to).step_by(1024).all(|at| unsafe { block.add(at).cast::<usize>().read() } == word(at))
}

/// Grows a block from one size to another, frees it, and says how often it moved. Every 97th time the contents are looked at on the way.
fn grow(first: usize, last: usize, next: impl Fn(usize) -> usize, thorough: bool) -> usize {
    let mut size = first;
    let mut block = malloc::allocate(size);
    mark(block, 0, size);
    let mut moves = 0;
    while next(size) <= last {
        // SAFETY: a live block, whose old address is not used again.
        let grown = unsafe { malloc::reallocate(block, next(size)) };
        assert!(!grown.is_null());
        moves += usize::from(grown != block);
        mark(grown, size.next_multiple_of(1024), next(size));
        (block, size) = (grown, next(size));
        // SAFETY: the block is live: realloc has just given it.
        assert!(unsafe { malloc::usable_size(block) } >= size);
        assert!(!thorough || is_marked(block, size), "contents of {size} bytes");
    }
    assert!(is_marked(block, size), "contents of {size} bytes");
    // SAFETY: the block is live, and not used again.
    unsafe { malloc::deallocate(block) };
    moves
}

#[test]
fn victim() {
    let Ok(case) = std::env::var(VARIABLE) else { return };
    let rseq = std::env::var_os("DACAPO_EXPECT_RSEQ").is_none_or(|row| row != "unavailable");
    if case == "large" {
        // Each CPU learns by itself.
        support::affinity::pin(support::affinity::allowed()[0]);
        let turns = support::rounds(400);
        let moves: Vec<_> = (0..turns).map(|turn| grow(65_536, 8 << 20, |size| size + 65_536, turn == 0)).collect();
        let late = moves.iter().skip(moves.len() / 2).sum::<usize>() as f64 / (moves.len() / 2).max(1) as f64;
        assert_eq!(malloc::reserved(), 0, "all blocks are free");
        println!("moves of a large block: first {}, then {late:.2}", moves[0]);
        let most = if rseq { 0.5 } else { 3.0 };
        assert!(moves[0] <= 8 && (late < most || moves.len() < 40), "{moves:?}");
    } else if case == "small" {
        support::affinity::pin(support::affinity::allowed()[0]);
        let moves: Vec<_> = (0..100).map(|turn| grow(16, 60_000, |size| size + size / 2, turn == 0)).collect();
        let late = moves.iter().skip(50).sum::<usize>() as f64 / 50.0;
        println!("moves of a small block: first {}, then {late:.2}", moves[0]);
        assert!(!rseq || late < 4.0, "{moves:?}");
        // Blocks that grow once get no more than they ask for.
        for _ in 0..2000 {
            grow(1000, 1500, |size| size + 500, true);
        }
        let block = malloc::allocate(1000);
        // SAFETY: each block is live until it is reallocated or freed here, once.
        unsafe {
            let block = malloc::reallocate(block, 1500);
            assert!(malloc::usable_size(block) < 2048, "{}", malloc::usable_size(block));
            malloc::deallocate(block);
        }
    } else if case == "start" {
        starts(rseq);
    } else if case == "threads" {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..support::rounds(200) {
                        grow(65_536, 1 << 20, |size| size + 65_536, true);
                    }
                });
            }
        });
        assert_eq!(malloc::reserved(), 0, "all blocks are free");
    } else if case == "parked" {
        parked();
    } else {
        // Shrinking gives up what was held.
        let block = malloc::allocate(100_000);
        // SAFETY: live blocks.
        unsafe {
            let long = malloc::reallocate(block, 20 << 20);
            assert!(malloc::reserved() > 0);
            let short = malloc::reallocate(long, 300_000);
            assert!(malloc::usable_size(short) < 400_000);
            assert_eq!(malloc::reserved(), 0, "a shrunk block has no reserve");
            malloc::deallocate(short);
        }
    }
    malloc::verify::is_valid(malloc::verify::Level::Blocks).expect("a sound heap");
}

/// Long blocks begin with a reserve where they are outgrown, and no longer when they are not.
fn starts(rseq: bool) {
    support::affinity::pin(support::affinity::allowed()[0]);
    let has_reserve = |size| {
        let block = malloc::allocate_zeroed(size);
        let reserved = malloc::reserved();
        // SAFETY: a live block of that size.
        unsafe {
            assert!((0..size).all(|at| block.add(at).read() == 0), "a zeroed block of {size}");
            block.write_bytes(1, size);
            malloc::deallocate(block);
        }
        assert_eq!(malloc::reserved(), 0, "all blocks are free");
        reserved > 0
    };
    for size in [60_000, 100_000, 262_144] {
        assert!(!has_reserve(size), "{size}: nothing is known");
        for _ in 0..64 {
            grow(size, 600_000, |size| size + 65_536, false);
        }
        assert_eq!(has_reserve(size), rseq, "{size}: all were outgrown");
        assert!(!has_reserve(50_000), "a shorter one");
        for _ in 0..600 {
            has_reserve(size);
        }
        assert!(!has_reserve(size), "{size}: none was outgrown");
    }
}

/// A run that waits for the next block that grows is free memory all the same.
fn parked() {
    let grown = || {
        grow(100_000, 24 << 20, |size| size * 2, false);
        resident()
    };
    let before = resident();
    let most = before + (4 << 20);
    let full = grown();
    assert!(full > before + (10 << 20), "{before} -> {full}");
    assert!(malloc::trim(0) > 10 << 20);
    assert!(resident() < most, "{before} -> {full} -> {}", resident());
    let full = grown();
    let (start, patience) = (Instant::now(), if support::emulated() { 60 } else { 10 });
    while resident() >= most && start.elapsed() < Duration::from_secs(patience) {
        // What keeps the clock going: a large block, which no magazine holds.
        // SAFETY: just allocated.
        unsafe { malloc::deallocate(malloc::allocate(300_000)) };
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(resident() < most, "with time: {before} -> {full} -> {}", resident());
}

fn passes(case: &'static str) {
    let output = again(TEST, VARIABLE, case, || Ok(()));
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    for line in text.lines().filter(|line| line.contains("moves of")) {
        println!("{line}");
    }
    assert!(output.status.success(), "{text}");
}

#[test]
fn a_large_block_moves_seldom_while_it_grows() {
    passes("large");
}

#[test]
fn a_small_block_moves_seldom_where_blocks_go_on_growing() {
    passes("small");
}

#[test]
fn a_long_block_begins_with_a_reserve_where_such_blocks_grow() {
    passes("start");
}

#[test]
fn a_parked_run_is_one_thread_s() {
    passes("threads");
}

#[test]
fn a_parked_run_goes_back_to_the_kernel() {
    passes("parked");
}

#[test]
fn a_shrunk_block_gives_its_reserve_up() {
    passes("shrunk");
}
