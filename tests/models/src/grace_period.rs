//! Readers who have seats or are counted, by colour (`src/rcu/readers.rs`), and grace periods (`src/rcu/grace.rs`): two readers, and an updater that replaces the value twice
//! and poisons the old one each time. No reader may find poison in what it holds.

use crate::machine::{Memory, Protocol, explore};

const READERS: usize = 2;
const UPDATER: usize = READERS;
const UPDATES: u8 = 2;

// The words: the published version, the active colour, each version's poison, each reader's counts by colour, and each CPU's seats by colour. The library has the active
// colour in two words, one for those who have a seat and one for those who are counted; no reader reads both.
const POINTER: usize = 0;
const ACTIVE: usize = 1;
const POISON: usize = 2;
const ENTERED: usize = POISON + UPDATES as usize + 1;
const LEFT: usize = ENTERED + 2 * READERS;
const SEAT: usize = LEFT + 2 * READERS;
const WORDS: usize = SEAT + 2 * READERS;

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
    /// Takes the seat of its CPU if it is free, and else is counted.
    Seated,
    /// Is counted.
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
    seated: bool,
    /// The updater: versions made, whether all seats were found free, and the two sums with the readers still to add.
    updates: u8,
    looked: bool,
    left: u8,
    entered: u8,
    next: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Model {
    fence: Fence,
    kinds: [Kind; READERS],
    /// Both readers are on one CPU.
    together: bool,
    /// Who was there last.
    running: usize,
    memory: Memory<WORDS>,
    threads: Vec<Registers>,
}

fn model(fence: Fence, kinds: [Kind; READERS]) -> Result<usize, String> {
    model_on(fence, kinds, false)
}

fn model_on(fence: Fence, kinds: [Kind; READERS], together: bool) -> Result<usize, String> {
    let threads = vec![Registers::default(); READERS + 1];
    explore(Model { fence, kinds, together, running: 0, memory: Memory::new(READERS + 1), threads })
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
        if thread != UPDATER && self.together && self.running != thread {
            next.switch(thread);
        }
        let going = if thread == UPDATER { next.update() } else { next.read(thread) };
        match going {
            Ok(true) => Some(Ok(next)),
            Ok(false) => None,
            Err(what) => Some(Err(format!("{what}: {self:?}"))),
        }
    }
}

impl Model {
    /// The CPU goes on with another reader: all that the first one stored is visible, and its section starts over.
    fn switch(&mut self, to: usize) {
        self.memory.fence(self.running);
        self.restart(self.running);
        self.running = to;
    }

    fn restart(&mut self, reader: usize) {
        let own = &mut self.threads[reader];
        own.at = match (self.kinds[reader], own.at) {
            (Kind::Seated | Kind::Section, 1) => 0,
            (Kind::Seated, 10) => 9,
            (_, at) => at,
        };
    }

    /// A reader's next step; each reads once. Steps 0 and 1 are the section, where a restart leads back to 0. Who finds its seat taken goes on with 9 and 10, which are
    /// the other section.
    fn read(&mut self, reader: usize) -> Result<bool, String> {
        let mut own = self.threads[reader].clone();
        let memory = &mut self.memory;
        let (entered, left) = (count(ENTERED, reader, own.colour), count(LEFT, reader, own.colour));
        let seat = count(SEAT, if self.together { 0 } else { reader }, own.colour);
        own.at += 1;
        match (self.kinds[reader], own.at - 1) {
            (_, 0 | 9) => own.colour = memory.load(reader, ACTIVE),
            (Kind::Seated, 1) if memory.load(reader, seat) == 0 => {
                memory.store(reader, seat, 1);
                own.seated = true;
            }
            (Kind::Seated, 1) => own.at = 9,
            (Kind::Seated, 10) => {
                memory.store(reader, entered, memory.load(reader, entered) + 1);
                own.at = 2;
            }
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
            (Kind::Seated, 5) if own.seated => memory.store(reader, seat, 0),
            (Kind::Seated | Kind::Section, 5) => memory.store(reader, left, memory.load(reader, left) + 1),
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
                    if self.fence == Fence::Restarting {
                        (0..READERS).for_each(|reader| self.restart(reader));
                    }
                }
            },
            3 if !own.looked => {
                if memory.load(UPDATER, count(SEAT, own.next.into(), old)) != 0 {
                    own.at = 3;
                    own.next = 0;
                } else {
                    own.next += 1;
                    own.at = 3;
                    if usize::from(own.next) == READERS {
                        (own.next, own.looked) = (0, true);
                    }
                }
            }
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
                    (own.next, own.left, own.entered, own.looked) = (0, 0, 0, false);
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
const SEATED: [Kind; 2] = [Kind::Seated; 2];

#[test]
fn readers_in_sections_hold_nothing_that_is_poisoned() {
    println!("{} states", model(Fence::Restarting, SECTIONS).unwrap());
}

#[test]
fn readers_with_seats_do_not_either() {
    println!("{} states", model(Fence::Restarting, SEATED).unwrap());
    println!("{} states", model(Fence::Restarting, [Kind::Seated, Kind::Atomic]).unwrap());
}

#[test]
fn nor_do_readers_that_share_a_seat() {
    println!("{} states", model_on(Fence::Restarting, SEATED, true).unwrap());
    println!("{} states", model_on(Fence::Restarting, [Kind::Seated, Kind::Section], true).unwrap());
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
    model(Fence::Missing, SEATED).unwrap_err();
    model(Fence::Own, SEATED).unwrap_err();
    model(Fence::Own, [Kind::Section, Kind::Atomic]).unwrap_err();
}

#[test]
fn with_a_membarrier_that_restarts_no_section_a_reader_finds_poison() {
    model(Fence::Plain, SECTIONS).unwrap_err();
    model(Fence::Plain, SEATED).unwrap_err();
    model_on(Fence::Plain, SEATED, true).unwrap_err();
}

#[test]
fn without_the_second_look_a_reader_without_rseq_finds_poison() {
    model(Fence::Restarting, [Kind::AtomicHasty, Kind::Section]).unwrap_err();
}
