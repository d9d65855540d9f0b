//! Readers counted by colour (`src/rcu/readers.rs`) and grace periods (`src/rcu/grace.rs`): two readers, and an updater that replaces the value twice
//! and poisons the old one each time. No reader may find poison in what it holds.

use crate::machine::{Memory, Protocol, explore};

const READERS: usize = 2;
const UPDATER: usize = READERS;
const UPDATES: u8 = 2;

// The words: the published version, the active colour, each version's poison, each reader's counts by colour.
const POINTER: usize = 0;
const ACTIVE: usize = 1;
const POISON: usize = 2;
const ENTERED: usize = POISON + UPDATES as usize + 1;
const LEFT: usize = ENTERED + 2 * READERS;
const WORDS: usize = LEFT + 2 * READERS;

fn count(base: usize, reader: usize, colour: u8) -> usize {
    base + 2 * reader + colour as usize
}

/// What the grace period does for a fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Fence {
    /// membarrier, the RSEQ kind: every thread's stores are visible, sections in flight start over.
    Restarting,
    /// membarrier, the ordinary kind.
    Plain,
    /// A full fence of the updater alone.
    Own,
    Missing,
}

/// How a reader counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Section,
    /// Without rseq: atomics, and a second look at the colour.
    Atomic,
    /// Without the second look.
    AtomicHasty,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Registers {
    at: u8,
    colour: u8,
    version: u8,
    /// The updater: versions made, and the two sums with the readers still to add.
    updates: u8,
    left: u8,
    entered: u8,
    next: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Model {
    fence: Fence,
    kinds: [Kind; READERS],
    memory: Memory<WORDS>,
    threads: Vec<Registers>,
}

fn model(fence: Fence, kinds: [Kind; READERS]) -> Result<usize, String> {
    let threads = vec![Registers::default(); READERS + 1];
    explore(Model { fence, kinds, memory: Memory::new(READERS + 1), threads })
}

impl Protocol for Model {
    fn threads(&self) -> usize {
        self.threads.len()
    }

    fn flush(&self, thread: usize) -> Option<Self> {
        let mut next = self.clone();
        next.memory.flush_one(thread).then_some(next)
    }

    fn step(&self, thread: usize) -> Option<Result<Self, String>> {
        let mut next = self.clone();
        let going = if thread == UPDATER { next.update() } else { next.read(thread) };
        match going {
            Ok(true) => Some(Ok(next)),
            Ok(false) => None,
            Err(what) => Some(Err(format!("{what}: {self:?}"))),
        }
    }
}

impl Model {
    /// A reader's next step; each reads once. Steps 0 and 1 are the section, where a restart leads back to 0.
    fn read(&mut self, reader: usize) -> Result<bool, String> {
        let mut own = self.threads[reader].clone();
        let memory = &mut self.memory;
        let (entered, left) = (count(ENTERED, reader, own.colour), count(LEFT, reader, own.colour));
        own.at += 1;
        match (self.kinds[reader], own.at - 1) {
            (_, 0) => own.colour = memory.load(reader, ACTIVE),
            (Kind::Section, 1) => memory.store(reader, entered, memory.load(reader, entered) + 1),
            (_, 1) => memory.add(reader, entered),
            (Kind::Atomic, 2) if memory.load(reader, ACTIVE) != own.colour => {
                memory.add(reader, left);
                own.at = 0;
            }
            (_, 2) => {}
            (_, 3) => own.version = memory.load(reader, POINTER),
            (_, 4) => {
                if memory.load(reader, POISON + own.version as usize) != 0 {
                    return Err(format!("reader {reader} holds version {}, which is poisoned", own.version));
                }
            }
            (Kind::Section, 5) => memory.store(reader, left, memory.load(reader, left) + 1),
            (_, 5) => memory.add(reader, left),
            _ => return Ok(false),
        }
        self.threads[reader] = own;
        Ok(true)
    }

    /// The updater's next step. A sum adds one reader a step.
    fn update(&mut self) -> Result<bool, String> {
        let mut own = self.threads[UPDATER].clone();
        let memory = &mut self.memory;
        let old = own.colour;
        own.at += 1;
        match own.at - 1 {
            0 if own.updates == UPDATES => return Ok(false),
            0 => memory.store(UPDATER, POINTER, own.updates + 1),
            1 => memory.store(UPDATER, ACTIVE, 1 - old),
            2 => match self.fence {
                Fence::Missing => {}
                Fence::Own => memory.fence(UPDATER),
                Fence::Plain | Fence::Restarting => {
                    (0..=UPDATER).for_each(|thread| memory.fence(thread));
                    for reader in 0..READERS {
                        let section = self.kinds[reader] == Kind::Section && self.threads[reader].at == 1;
                        if self.fence == Fence::Restarting && section {
                            self.threads[reader].at = 0;
                        }
                    }
                }
            },
            3 => {
                own.left += memory.load(UPDATER, count(LEFT, own.next.into(), old));
                own.next += 1;
                if usize::from(own.next) < READERS {
                    own.at = 3;
                } else {
                    own.next = 0;
                }
            }
            4 => {
                own.entered += memory.load(UPDATER, count(ENTERED, own.next.into(), old));
                own.next += 1;
                if usize::from(own.next) < READERS {
                    own.at = 4;
                } else {
                    own.at = if own.left == own.entered { 5 } else { 3 };
                    (own.next, own.left, own.entered) = (0, 0, 0);
                }
            }
            _ => {
                memory.store(UPDATER, POISON + own.updates as usize, 1);
                own = Registers { updates: own.updates + 1, colour: 1 - old, ..Registers::default() };
            }
        }
        self.threads[UPDATER] = own;
        Ok(true)
    }
}

const SECTIONS: [Kind; 2] = [Kind::Section; 2];

#[test]
fn readers_in_sections_hold_nothing_that_is_poisoned() {
    println!("{} states", model(Fence::Restarting, SECTIONS).unwrap());
}

#[test]
fn readers_without_rseq_do_not_either() {
    println!("{} states", model(Fence::Restarting, [Kind::Section, Kind::Atomic]).unwrap());
    println!("{} states", model(Fence::Restarting, [Kind::Atomic; 2]).unwrap());
}

#[test]
fn where_no_thread_has_rseq_a_fence_of_the_updater_is_enough() {
    println!("{} states", model(Fence::Own, [Kind::Atomic; 2]).unwrap());
}

/// The negative controls.
#[test]
fn without_membarrier_a_reader_finds_poison() {
    model(Fence::Missing, SECTIONS).unwrap_err();
    model(Fence::Own, SECTIONS).unwrap_err();
    model(Fence::Own, [Kind::Section, Kind::Atomic]).unwrap_err();
}

#[test]
fn with_a_membarrier_that_restarts_no_section_a_reader_finds_poison() {
    model(Fence::Plain, SECTIONS).unwrap_err();
}

#[test]
fn without_the_second_look_a_reader_without_rseq_finds_poison() {
    model(Fence::Restarting, [Kind::AtomicHasty, Kind::Section]).unwrap_err();
}
