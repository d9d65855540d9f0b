//! Freeing what may not be freed ends the process with a line that names the address and the rule.

use std::os::unix::process::ExitStatusExt;
use std::process::Output;

use dacapo::malloc::{allocate, deallocate, deallocate_sized, reallocate, size_class};

use support::process::again;

const VARIABLE: &str = "DACAPO_VICTIM";

/// Allocates until what was freed would be handed out: when nothing else is left.
fn empty_the_source() {
    for _ in 0..300 {
        std::hint::black_box(allocate(100));
    }
}

/// The inner program: does what the variable says, in a process of its own.
#[test]
fn victim() {
    let Ok(case) = std::env::var(VARIABLE) else { return };
    let on_the_stack = [0_u64; 16];
    // SAFETY: all but "nothing" is wrong on purpose, and must not get beyond the call.
    unsafe {
        let small = allocate(100);
        let large = allocate(300_000);
        let mapped = allocate(5 << 20);
        match case.as_str() {
            "nothing" => [small, large, mapped].into_iter().for_each(|block| deallocate(block)),
            "small twice" => [small, small].into_iter().for_each(|block| deallocate(block)),
            "small twice by size" => [small, small].into_iter().for_each(|block| deallocate_sized(block, 100)),
            "medium twice" => {
                let medium = allocate(5000);
                [medium, medium].into_iter().for_each(|block| deallocate(block));
            }
            // The first one is on top of a full sink.
            "small twice, as the last of many" => {
                let blocks: Vec<_> = (1..size_class::capacity(size_class::of(100))).map(|_| allocate(100)).collect();
                blocks.into_iter().chain([small, small]).for_each(|block| deallocate(block));
            }
            "small twice, thousands after" => {
                let blocks: Vec<_> = (0..3000).map(|_| allocate(100)).collect();
                [small, small].into_iter().chain(blocks).for_each(|block| deallocate(block));
            }
            "misaligned, allocated" => {
                deallocate(small.add(4));
                empty_the_source();
            }
            "large twice" => [large, large].into_iter().for_each(|block| deallocate(block)),
            "grown twice" => {
                let grown = reallocate(large, 20 << 20);
                [grown, grown].into_iter().for_each(|block| deallocate(block));
            }
            "grown twice, another between" => {
                let [one, other] = [allocate(100_000), allocate(100_000)].map(|block| reallocate(block, 20 << 20));
                [one, other, one].into_iter().for_each(|block| deallocate(block));
            }
            "grown, and used again" => {
                let grown = reallocate(large, 20 << 20);
                deallocate(grown);
                std::hint::black_box(reallocate(grown, 21 << 20));
            }
            "mapped twice" => [mapped, mapped].into_iter().for_each(|block| deallocate(block)),
            "misaligned, many after" => {
                let blocks: Vec<_> = (0..3000).map(|_| allocate(100)).collect();
                deallocate(small.add(4));
                blocks.into_iter().for_each(|block| deallocate(block));
            }
            "large misaligned" => deallocate(large.add(4)),
            "inside large" => deallocate(large.add(65_536)),
            "inside mapped" => deallocate(mapped.add(4096)),
            "stack" => deallocate((&raw const on_the_stack).cast_mut().cast()),
            "static" => deallocate(VARIABLE.as_ptr().cast_mut().map_addr(|address| address & !15)),
            "null page" => deallocate(16 as *mut u8),
            "kernel half" => deallocate((usize::MAX << 12) as *mut u8),
            "unused unit" => deallocate((small as usize + (1 << 36)) as *mut u8),
            other => panic!("no such case: {other}"),
        }
    }
    println!("survived");
}

fn run(case: &str) -> Output {
    again("malloc::faults::victim", VARIABLE, case, || Ok(()))
}

#[test]
fn a_bad_free_aborts_with_the_address_and_the_rule() {
    for (case, rule) in [
        ("small twice", "double free"),
        ("small twice by size", "double free"),
        ("medium twice", "double free"),
        ("small twice, as the last of many", "double free"),
        ("small twice, thousands after", "double free"),
        ("large twice", "double free"),
        ("grown twice", "double free"),
        ("grown twice, another between", "double free"),
        ("grown, and used again", "is not the start of a live block"),
        ("mapped twice", "double free"),
        ("misaligned, allocated", "is not the start of a live block"),
        ("misaligned, many after", "is not the start of a live block"),
        ("large misaligned", "is not the start of a live block"),
        ("inside large", "is not the start of a live block"),
        ("inside mapped", "is not the start of a live block"),
        ("stack", "is not the start of a live block"),
        ("static", "is not the start of a live block"),
        ("null page", "free(): 0x10 is not the start of a live block"),
        ("kernel half", "free(): 0xfffffffffffff000 is not the start of a live block"),
        ("unused unit", "is not the start of a live block"),
    ] {
        // A small block is known to be free by the list that it went to: a thread that changes its CPU between the two frees gets away with it.
        let tries = if rule == "double free" { 5 } else { 1 };
        let noticed = |output: &Output| output.status.signal() == Some(libc::SIGABRT);
        let output = (1..tries).map(|_| run(case)).find(noticed).unwrap_or_else(|| run(case));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{case}: {said}");
        assert!(said.contains("free(): 0x") && said.contains(rule), "{case}: {said}");
    }
}

#[test]
fn a_program_that_frees_each_block_once_survives() {
    let output = run("nothing");
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("survived"), "{output:?}");
}
