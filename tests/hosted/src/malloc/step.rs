//! The heap's fast paths, interrupted at every instruction by malloc and free in a signal handler, with and without migration.
//!
//! 1. Each function runs once; the descriptor that it armed says where its section lies.
//! 2. A hardware breakpoint at each address of the section and at its commit; addresses within an instruction are never hit.
//! 3. The handler allocates two blocks, frees one, and may move to another CPU. Inside the section the kernel must have aborted it.
//! 4. Afterwards no block is given out twice and none is lost: what is popped next are distinct blocks, the freed ones among them.

#[path = "../../../step/src/breakpoint.rs"]
mod breakpoint;

use std::alloc::{GlobalAlloc, Layout};
use std::collections::BTreeSet;
use std::ptr::null_mut;

use dacapo::arch::tls::thread_pointer;
use dacapo::malloc::{Global, allocate, deallocate};
use dacapo::rseq::{self, CriticalSection, State};

/// A size whose class no other test uses much; other tests may run beside this one, so each block is judged by itself.
const SIZE: usize = 992;

fn armed() -> usize {
    let address = thread_pointer().wrapping_add_signed(rseq::offsets().0) as *const rseq::Area;
    // SAFETY: this thread's own registered area.
    unsafe { (*address).rseq_cs.load(std::sync::atomic::Ordering::Relaxed) }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Function {
    Allocate,
    Free,
    FreeSized,
}

/// Runs the function; for `Allocate`, `block` receives the result, else it is given up.
#[inline(never)]
fn run(function: Function, block: &mut *mut u8) {
    // SAFETY: a live block of SIZE.
    unsafe {
        match function {
            Function::Allocate => *block = allocate(SIZE),
            Function::Free => deallocate(*block),
            Function::FreeSized => Global.dealloc(*block, Layout::from_size_align_unchecked(SIZE, 16)),
        }
    }
}

fn section_of(function: Function) -> &'static CriticalSection {
    for _ in 0..1000 {
        let mut block = if function == Function::Allocate { null_mut() } else { allocate(SIZE) };
        run(function, &mut block);
        let address = armed();
        if function == Function::Allocate {
            // SAFETY: the block just given out.
            unsafe { deallocate(block) };
        }
        let found = rseq::critical_sections().iter().find(|section| std::ptr::from_ref(**section) as usize == address);
        if let Some(section) = found {
            return section;
        }
    }
    panic!("{function:?} arms no section of the table");
}

/// Whether these blocks are distinct: none given out twice.
fn distinct(blocks: &[*mut u8]) -> bool {
    blocks.iter().collect::<BTreeSet<_>>().len() == blocks.len() && !blocks.contains(&null_mut())
}

/// One interruption at one address; None: never hit. Some(true): it was aborted.
fn step(function: Function, section: &CriticalSection, address: usize, cpus: (usize, usize)) -> Option<bool> {
    support::affinity::pin(cpus.0);
    // A filled list: pops and pushes below stay on the fast path.
    let warm: Vec<_> = (0..6).map(|_| allocate(SIZE)).collect();
    // SAFETY: live blocks.
    warm.iter().for_each(|&block| unsafe { deallocate(block) });
    let mut outer = if function == Function::Allocate { null_mut() } else { allocate(SIZE) };
    let given_up = outer;
    let mut nested = [null_mut(); 2];
    let mut body = || {
        if cpus.0 != cpus.1 {
            support::affinity::pin(cpus.1);
        }
        nested = [allocate(SIZE), allocate(SIZE)];
        // SAFETY: a live block.
        unsafe { deallocate(nested[0]) };
    };
    let seen = breakpoint::interrupt(address, 1, &mut body, || run(function, &mut outer)).expect("perf_event_open");
    let mut live = vec![];
    if function == Function::Allocate {
        live.push(outer);
    }
    if seen.is_some() {
        live.push(nested[1]);
    }
    // What both CPUs' lists give out next.
    let mut next = vec![];
    for cpu in [cpus.0, cpus.1] {
        support::affinity::pin(cpu);
        next.extend((0..12).map(|_| allocate(SIZE)));
    }
    live.extend(&next);
    assert!(distinct(&live), "{function:?} at {address:#x}: a block was given out twice: {live:?}");
    if function != Function::Allocate {
        assert!(next.contains(&given_up), "{function:?} at {address:#x}: {given_up:?} was lost");
    }
    // SAFETY: live blocks.
    live.iter().for_each(|&block| unsafe { deallocate(block) });
    let counter = seen?;
    let inside = address < section.start + section.length;
    assert_eq!(
        counter,
        if inside { section.abort } else { address },
        "{function:?} at {address:#x}: where the handler came from"
    );
    Some(inside)
}

/// In a child of its own: with other threads about, concurrency ids wander, and so would the blocks that are looked for.
#[test]
fn every_instruction_of_the_fast_paths_survives_an_interruption() {
    const CANNOT: i32 = 77;
    match support::child(|| if step_every_instruction() { 0 } else { CANNOT }) {
        CANNOT => println!("skipped: no rseq here, or no breakpoint to be had"),
        verdict => assert_eq!(verdict, 0, "see it with --nocapture"),
    }
}

/// False: this machine cannot.
fn step_every_instruction() -> bool {
    // The heap must be up, and this thread registered.
    let block = allocate(SIZE);
    // SAFETY: just given out.
    unsafe { deallocate(block) };
    if let State::Unavailable(errno) = rseq::state() {
        println!("no rseq here: {errno:?}");
        return false;
    }
    breakpoint::install();
    let mut came = false;
    let probe = breakpoint::interrupt(run as *const () as usize, 1, &mut || came = true, || {
        let mut block = null_mut();
        run(Function::Allocate, &mut block);
        run(Function::Free, &mut block);
    });
    if let Err(error) = &probe {
        println!("perf_event_open refuses a breakpoint: {error}");
        return false;
    }
    if !came {
        println!("breakpoints are accepted and never hit: an emulator?");
        return false;
    }
    let cpus = support::affinity::allowed();
    let (first, last) = (cpus[0], cpus[cpus.len() - 1]);
    for function in [Function::Allocate, Function::Free, Function::FreeSized] {
        let section = section_of(function);
        let (mut aborted, mut passed) = (0, 0);
        for address in section.start..=section.start + section.length {
            for pair in [(first, first), (first, last)] {
                match step(function, section, address, pair) {
                    Some(true) => aborted += 1,
                    Some(false) => passed += 1,
                    None => {}
                }
            }
        }
        println!("{function:?}: {aborted} aborted, {passed} past the commit and not aborted");
        // The shortest section has seven instructions, each stepped twice.
        assert!(aborted >= 14 && passed >= 1, "{function:?}: only {aborted} and {passed}");
    }
    assert!(!distinct(&[block, block]), "the check notices a block that is given out twice");
    true
}
