//! realloc, step by step: contents stay, blocks move seldom once it is known how far they grow, and what was held for growth is given up.

use dacapo::malloc;

use support::process::again;

const VARIABLE: &str = "DACAPO_GROWTH";
const TEST: &str = "malloc::growth::victim";

/// A word for each place, so that a copy from the wrong place shows.
fn mark(block: *mut u8, from: usize, to: usize) {
    for at in (from..to).step_by(1024) {
        // SAFETY: inside a live block that is that long, at a multiple of 8.
        unsafe { block.add(at).cast::<usize>().write(at ^ 0x5a5a) };
    }
}

fn is_marked(block: *mut u8, to: usize) -> bool {
    // SAFETY: inside a live block that is that long, at a multiple of 8, and written to before.
    (0..to).step_by(1024).all(|at| unsafe { block.add(at).cast::<usize>().read() } == at ^ 0x5a5a)
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
        let turns = support::rounds(400);
        let moves: Vec<_> = (0..turns).map(|turn| grow(65_536, 8 << 20, |size| size + 65_536, turn == 0)).collect();
        let late = moves.iter().skip(moves.len() / 2).sum::<usize>() as f64 / (moves.len() / 2).max(1) as f64;
        assert_eq!(malloc::reserved(), 0, "all blocks are free");
        println!("moves of a large block: first {}, then {late:.2}", moves[0]);
        assert!(moves[0] <= 8 && (late < 3.0 || moves.len() < 40), "{moves:?}");
    } else if case == "small" {
        // Each CPU learns by itself: with an index that is the CPU's number, a thread that moves would have to begin again.
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
fn a_shrunk_block_gives_its_reserve_up() {
    passes("shrunk");
}
