//! Threads that allocate and free, and one who drains: no block is had twice, none is lost, each magazine has one owner, and who drained has what
//! was free before.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::cpu_block::{self, Block, SINK, SOURCE, current_block, entry, own};
use super::cpu_cache::{flush, pop, push, refill};
use super::drain::{drain, look_at_the_clock};
use super::hot::HOT;
use super::lock::Quiet;
use super::magazine::{self, Cursor, Place, middle};
use super::page_heap::NOW;
use super::shim::REFUSED;
use crate::fence::{all_run, take_part};
use crate::sections::move_to;
use crate::{Found, explore, words};

const CLASS: usize = 1;
/// Blocks 16, 32, ... of these many.
const BLOCKS: usize = 6;

/// For each block: HELD by a thread, or not; and WAS_HELD from the first time on.
static STATES: [AtomicUsize; BLOCKS + 1] = [const { AtomicUsize::new(0) }; BLOCKS + 1];
const HELD: usize = 1;
const WAS_HELD: usize = 2;

fn had(block: *mut u8) -> Option<*mut u8> {
    let number = block.addr() / 16;
    (number != 0).then(|| {
        crate::note(|| format!("has block {number}"));
        assert_eq!(STATES[number].fetch_or(HELD | WAS_HELD, Relaxed) & HELD, 0, "block {number} is had twice");
        block
    })
}

/// What malloc's first two paths do.
fn allocate() -> Option<*mut u8> {
    let block = pop(CLASS);
    had(if block.is_null() { refill(CLASS) } else { block })
}

/// What free's do.
fn free(block: *mut u8) {
    crate::note(|| format!("frees block {}", block.addr() / 16));
    STATES[block.addr() / 16].fetch_and(!HELD, Relaxed);
    // SAFETY: a block of the class, which the caller has given up.
    unsafe {
        if !push(CLASS, block) {
            flush(CLASS, block);
        }
    }
}

/// What lies where when the threads begin: numbers of blocks in the source and in the sink of CPU 0, and in a magazine of the middle. Magazine
/// 0, 1, 2; an empty list is no magazine.
#[derive(Clone, Copy)]
struct Start {
    source: &'static [usize],
    sink: &'static [usize],
    middle: &'static [usize],
    /// What a thread has already.
    held: &'static [usize],
}

const ADDRESSES: [usize; BLOCKS + 1] = [0, 16, 32, 48, 64, 80, 96];

fn lay_out(start: Start) {
    let quiet = Quiet::enter();
    magazine::reset();
    assert!(cpu_block::make_table(2, &quiet));
    for cpu in [1, 0] {
        move_to(cpu);
        assert!(current_block().is_some());
    }
    let lists = [start.source, start.sink, start.middle];
    let cursors: Vec<Cursor> = lists
        .iter()
        .enumerate()
        .map(|(number, list)| {
            let blocks: Vec<_> = list.iter().map(|&block| ADDRESSES[block]).collect();
            if blocks.is_empty() { magazine::none() } else { magazine::filled(number, &blocks) }
        })
        .collect();
    let block = own(0).load(words::Ordering::Relaxed).cast::<u8>();
    for which in [SOURCE, SINK] {
        // SAFETY: a cursor of the block, before anybody looks.
        unsafe { block.add(cpu_block::offset(CLASS, which)).cast::<Cursor>().write(cursors[which]) };
    }
    words::begin();
    magazine::touch();
    for cpu in -2..2 {
        // SAFETY: an entry of the table.
        unsafe { &*cpu_block::table().offset(cpu).cast::<words::AtomicUsize>() }.load(words::Ordering::Relaxed);
    }
    // SAFETY: blocks are never unmapped while words are loom's.
    let blocks = [0, 1].map(|cpu| unsafe { &*own(cpu).load(words::Ordering::Relaxed) });
    // SAFETY: a static of the library's, of which only atomics and cursors are looked at.
    let stopped = unsafe { &*cpu_block::stopped() };
    for block in blocks.into_iter().chain([stopped]) {
        let _ = (block.glance(CLASS, SOURCE), block.glance(CLASS, SINK));
        let _ = (block.raise(CLASS), block.visit());
    }
    drop(cpu_block::BLOCKS.try_lock());
    NOW.store(0, Relaxed);
    move_to(1);
    look_at_the_clock(); // everything is as it was the last time, if it does not move
    let mut middle = middle();
    for (number, _) in lists.iter().enumerate().filter(|(_, list)| !list.is_empty()) {
        middle.places[number] = if number == 2 { Place::Full } else { Place::Out };
    }
    start.held.iter().for_each(|&block| STATES[block].store(HELD, Relaxed));
    middle.full.extend(lists[2].first().map(|_| cursors[2].expose_provenance()));
}

/// Who drains keeps what was drained.
fn drain_into(drained: &mut Vec<usize>) {
    drain(&Quiet::enter(), |class, cursor| {
        drained.extend(magazine::blocks(class, cursor));
        // SAFETY: a magazine that is the consumer's.
        unsafe { magazine::release(class, cursor) };
    });
}

/// Every block and every magazine is somewhere, and nowhere else.
fn count_all(start: Start, mut found: Vec<usize>) {
    let mut middle = middle();
    for cpu in [0, 1] {
        // SAFETY: blocks are never unmapped while words are loom's.
        let block = unsafe { &*own(cpu).load(words::Ordering::Relaxed) };
        assert!(std::ptr::eq(block, entry(cpu).load(words::Ordering::Relaxed)), "CPU {cpu} stays stopped");
        for cursor in [SOURCE, SINK].map(|which| block.glance(CLASS, which)) {
            found.extend(magazine::blocks(CLASS, cursor));
            if cursor != magazine::none() {
                middle.put(cursor, Place::Empty);
            }
        }
    }
    for cursor in std::mem::take(&mut middle.full) {
        found.extend(magazine::blocks(CLASS, std::ptr::with_exposed_provenance_mut(cursor)));
    }
    assert!(!middle.places.contains(&Place::Out), "a magazine is lost: {:?}", middle.places);
    found.append(&mut middle.loose);
    found.extend((1..=BLOCKS).filter(|&block| STATES[block].load(Relaxed) & HELD != 0).map(|block| ADDRESSES[block]));
    found.sort_unstable();
    let mut all: Vec<_> = [start.source, start.sink, start.middle, start.held]
        .concat()
        .into_iter()
        .map(|block| ADDRESSES[block])
        .collect();
    all.sort_unstable();
    assert_eq!(found, all);
}

fn take_down() {
    words::end();
    for cpu in [0, 1] {
        let block = own(cpu).load(words::Ordering::Relaxed);
        // SAFETY: mapped by `make_block`, and all threads have ended.
        unsafe { crate::sys::memory::unmap(block.cast(), size_of::<Block>()) }.expect("mapped");
    }
    let table = HOT.table.load(Relaxed).wrapping_sub(4096);
    // SAFETY: mapped by `make_table`, and all threads have ended.
    unsafe { crate::sys::memory::unmap(table, 4096 + cpu_block::MAP_OFFSET) }.expect("mapped");
}

/// Threads on CPU 0 that do `work`, beside one on CPU 1 that does `clean`, which returns the blocks that it keeps.
fn beside(preemptions: usize, start: Start, workers: &'static [fn()], clean: fn(&mut Vec<usize>)) -> Found {
    explore(preemptions, move || {
        STATES.iter().for_each(|state| state.store(0, Relaxed));
        lay_out(start);
        all_run(workers.len() + 1);
        let others: Vec<_> = workers
            .iter()
            .enumerate()
            .map(|(worker, work)| {
                loom::thread::spawn(move || {
                    move_to(0);
                    take_part(worker + 1, work);
                })
            })
            .collect();
        move_to(1);
        let mut kept = Vec::new();
        take_part(0, || clean(&mut kept));
        others.into_iter().for_each(|other| other.join().expect("no panic"));
        count_all(start, kept);
        take_down();
    })
}

fn takes_one() {
    had(pop(CLASS));
}

fn takes_and_puts() {
    if let Some(block) = had(pop(CLASS)) {
        free(block);
    }
}

fn allocates_and_frees() {
    let blocks = [allocate(), allocate()];
    blocks.into_iter().flatten().for_each(free);
}

fn allocates() {
    allocate();
}

fn frees_what_it_has() {
    free(std::ptr::without_provenance_mut(ADDRESSES[5]));
}

fn frees_what_it_takes() {
    allocate().into_iter().for_each(free);
}

/// All that was free at the beginning, and that nobody has had since, is the consumer's: for threads that come to no slow path that could have
/// taken it away.
fn drains_all(kept: &mut Vec<usize>) {
    drain_into(kept);
    for block in [1, 2] {
        assert!(
            kept.contains(&ADDRESSES[block]) || STATES[block].load(Relaxed) & WAS_HELD != 0,
            "block {block} was free, and is not drained: {kept:?}"
        );
    }
}

fn drains(kept: &mut Vec<usize>) {
    drain_into(kept);
}

fn drains_by_visits(kept: &mut Vec<usize>) {
    REFUSED.store(true, Relaxed);
    drain_into(kept);
}

fn looks_at_the_clock(_: &mut Vec<usize>) {
    look_at_the_clock();
}

/// There is room in the sink: a full one would go away.
const FREE: Start = Start { source: &[1], sink: &[2], middle: &[], held: &[] };
const EMPTY: Start = Start { source: &[], sink: &[], middle: &[1, 2], held: &[] };
const FULL: Start = Start { source: &[], sink: &[1, 2], middle: &[3, 4], held: &[5] };
/// The next free lets source and sink change places.
const HALF: Start = Start { source: &[1], sink: &[2, 3], middle: &[], held: &[5] };

#[test]
fn who_drains_has_all_that_was_free() {
    assert_eq!(beside(3, FREE, &[takes_and_puts], drains_all), Found::Nothing);
}

#[test]
fn exchanging_source_and_sink_beside_a_drain_doubles_nothing() {
    const SINK_ONLY: Start = Start { source: &[], sink: &[2, 3], middle: &[], held: &[] };
    assert_eq!(beside(3, SINK_ONLY, &[takes_one], drains), Found::Nothing);
}

#[test]
fn nothing_is_lost_by_the_slow_paths_beside_a_drain() {
    assert_eq!(beside(2, EMPTY, &[allocates_and_frees], drains), Found::Nothing);
}

#[test]
fn nor_where_the_sink_is_full() {
    assert_eq!(beside(2, FULL, &[allocates_and_frees], drains), Found::Nothing);
}

#[test]
fn nor_by_two_threads_of_one_cpu() {
    assert_eq!(beside(3, FULL, &[allocates, frees_what_it_has], |_| ()), Found::Nothing);
    assert_eq!(beside(3, FULL, &[frees_what_it_takes, frees_what_it_takes], |_| ()), Found::Nothing);
}

#[test]
fn nor_where_a_full_sink_becomes_the_source() {
    assert_eq!(beside(3, HALF, &[frees_what_it_has], drains), Found::Nothing);
    assert_eq!(beside(3, HALF, &[allocates, frees_what_it_has], |_| ()), Found::Nothing);
    assert_eq!(beside(3, HALF, &[frees_what_it_takes, frees_what_it_has], |_| ()), Found::Nothing);
}

#[test]
fn nor_by_both_beside_a_drain() {
    assert_eq!(beside(1, FULL, &[allocates, frees_what_it_has], drains), Found::Nothing);
}

#[test]
fn an_idle_cpu_that_wakes_up_loses_nothing() {
    assert_eq!(beside(3, FREE, &[takes_and_puts], looks_at_the_clock), Found::Nothing);
}

#[test]
fn nothing_is_lost_where_the_drain_visits_the_cpus() {
    assert_eq!(beside(2, FREE, &[allocates_and_frees], drains_by_visits), Found::Nothing);
}
