//! The heap's sections: its fast paths, and each place in its slow paths into which a section of `arch/rseq.rs` was inlined.
//!
//! Which of them a call comes through depends on how full the CPU's two lists are, so each scenario makes its own filling. Beforehand all
//! lists are drained, so that every step begins alike. The model is that of malloc: a block that is live is not given out again, and a block that
//! was freed is given out again before the heap takes new memory. Nothing of the heap is used here but by the scenarios.

use std::collections::BTreeSet;
use std::ptr::null_mut;

use dacapo::malloc::verify::use_any_index;
use dacapo::malloc::{self, size_class};
use dacapo::rseq::{self, CriticalSection};

use crate::boundaries;
use crate::other::Other;
use crate::report::{self, Report, Verdicts};
use crate::section::{Place, from_start};
use crate::storm;
use crate::trap::{self, Means, Seen};

/// A class of the innermost fast paths, and one beyond them.
const SMALL: usize = 1000;
const MEDIUM: usize = 1500;
/// Blocks in a full magazine of the first.
const CAPACITY: usize = size_class::capacity(size_class::of(SMALL));
/// Blocks that the test holds of each size: several runs of them, so that no run ever becomes wholly free.
const HELD: usize = 240 + 2 * CAPACITY;

type Block = *mut u8;

/// One call, on lists that are filled a certain way.
struct Scenario {
    name: &'static str,
    size: usize,
    /// Blocks freed, and then allocated, to fill the lists: the first CAPACITY go to the sink, which then becomes the source; the next as many to the new sink.
    freed: usize,
    popped: usize,
    /// Allocates and returns the block, or frees the one it is given and returns null.
    call: fn(Block) -> Block,
    allocates: bool,
}

fn allocate<const SIZE: usize>(_: Block) -> Block {
    malloc::allocate(SIZE)
}
fn allocate_aligned(_: Block) -> Block {
    malloc::allocate_aligned(64, SMALL)
}
fn free(block: Block) -> Block {
    // SAFETY: the test gives up a live block.
    unsafe { malloc::deallocate(block) };
    null_mut()
}
fn free_sized(block: Block) -> Block {
    // SAFETY: as above, and it was allocated with that size.
    unsafe { malloc::deallocate_sized(block, SMALL) };
    null_mut()
}
fn free_slowly(block: Block) -> Block {
    // SAFETY: as above.
    unsafe { malloc::deallocate_slow(block) };
    null_mut()
}

const fn taking(name: &'static str, size: usize, filled: (usize, usize), call: fn(Block) -> Block) -> Scenario {
    Scenario { name, size, freed: filled.0, popped: filled.1, call, allocates: true }
}
const fn giving(name: &'static str, size: usize, freed: usize, call: fn(Block) -> Block) -> Scenario {
    Scenario { name, size, freed, popped: 0, call, allocates: false }
}

const SCENARIOS: &[Scenario] = &[
    taking("allocate", SMALL, (4, 1), allocate::<SMALL>),
    taking("allocate, lists empty", SMALL, (0, 0), allocate::<SMALL>),
    taking("allocate, source empty", SMALL, (4, 0), allocate::<SMALL>),
    taking("allocate, both lists filled", SMALL, (CAPACITY + 2, 1), allocate::<SMALL>),
    taking("allocate medium", MEDIUM, (4, 1), allocate::<MEDIUM>),
    taking("allocate medium, source empty", MEDIUM, (4, 0), allocate::<MEDIUM>),
    taking("allocate medium, lists empty", MEDIUM, (0, 0), allocate::<MEDIUM>),
    taking("allocate aligned", SMALL, (4, 1), allocate_aligned),
    taking("allocate aligned, lists empty", SMALL, (0, 0), allocate_aligned),
    giving("free", SMALL, 4, free),
    giving("free, list full", SMALL, CAPACITY, free),
    giving("free, both lists full", SMALL, 2 * CAPACITY, free),
    Scenario { popped: CAPACITY / 2 + 1, ..giving("free, list full, the other half full", SMALL, 2 * CAPACITY, free) },
    giving("free sized", SMALL, 4, free_sized),
    giving("free sized, both lists full", SMALL, 2 * CAPACITY, free_sized),
    giving("free slowly", SMALL, 4, free_slowly),
    giving("free slowly, list full", SMALL, CAPACITY, free_slowly),
];

/// What happens at a boundary.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Interference {
    Nothing,
    Allocate,
    Free,
    AllocateTwiceAndFree,
    Migration,
    MigrationAndBoth,
    ThereAndBackWithBoth,
    /// Another CPU gives all cached blocks back to the page heap.
    Trim,
    /// Signals at the same instruction, which allocate and free in turn.
    Storm,
}

const INTERFERENCES: [Interference; 8] = [
    Interference::Allocate,
    Interference::Free,
    Interference::AllocateTwiceAndFree,
    Interference::Migration,
    Interference::MigrationAndBoth,
    Interference::ThereAndBackWithBoth,
    Interference::Trim,
    Interference::Storm,
];

/// What the handlers did: blocks they hold now, and those left that they were to free. No memory is allocated for it.
struct Hand {
    size: usize,
    got: [Block; 6],
    count: usize,
    to_free: [Block; 2],
}

impl Hand {
    fn allocate(&mut self) {
        self.got[self.count] = malloc::allocate(self.size);
        self.count += 1;
    }
    fn free(&mut self) {
        if let Some(place) = self.to_free.iter_mut().find(|block| !block.is_null()) {
            // SAFETY: a live block that the test gave up, once.
            unsafe { malloc::deallocate(std::mem::replace(place, null_mut())) };
        }
    }
    fn both(&mut self) {
        self.allocate();
        self.allocate();
        self.free();
    }
}

/// What may happen at the start of a section so that it goes on by another way.
const LEADS: [Interference; 2] = [Interference::Free, Interference::MigrationAndBoth];

struct Heap<'a> {
    means: Means,
    home: usize,
    away: usize,
    other: &'a Other,
    /// Live blocks of the two sizes.
    held: [Vec<Block>; 2],
}

fn trim() {
    malloc::trim(usize::MAX);
}

impl Heap<'_> {
    /// One call, stopped at one address, and everything that may be checked afterwards.
    fn step(
        &mut self,
        scenario: &Scenario,
        lead: Option<(usize, Interference)>,
        address: usize,
        interference: Interference,
    ) -> Result<Seen, String> {
        support::affinity::pin(self.home);
        trim();
        let held = &mut self.held[usize::from(scenario.size == MEDIUM)];
        let mut free: BTreeSet<Block> = BTreeSet::new();
        for _ in 0..scenario.freed {
            let block = held.pop().expect("enough blocks");
            free.insert(block);
            // SAFETY: a live block, given up.
            unsafe { malloc::deallocate(block) };
        }
        for _ in 0..scenario.popped {
            let block = malloc::allocate(scenario.size);
            free.remove(&block);
            held.push(block);
        }
        let given_up = if scenario.allocates { null_mut() } else { held.pop().expect("enough blocks") };
        let to_free = [(); 2].map(|()| held.pop().expect("enough blocks"));
        let mut hand = Hand { size: scenario.size, got: [null_mut(); 6], count: 0, to_free };
        let mut result = null_mut();
        let pointer = &raw mut hand;
        // SAFETY: the handlers run one at a time, on this thread, while nobody else uses the hand.
        let mut in_storm =
            |number: usize| unsafe { if number == 1 { (*pointer).free() } else { (*pointer).allocate() } };
        storm::prepare(&mut in_storm);
        let (home, away, other) = (self.home, self.away, self.other);
        let interfere = |interference: Interference| {
            // SAFETY: as above.
            let hand = unsafe { &mut *pointer };
            match interference {
                Interference::Nothing => {}
                Interference::Allocate => hand.allocate(),
                Interference::Free => hand.free(),
                Interference::AllocateTwiceAndFree => hand.both(),
                Interference::Migration => support::affinity::pin(away),
                Interference::MigrationAndBoth | Interference::ThereAndBackWithBoth => {
                    support::affinity::pin(away);
                    hand.both();
                    if interference == Interference::ThereAndBackWithBoth {
                        support::affinity::pin(home);
                    }
                }
                Interference::Trim => other.run(&mut trim),
                Interference::Storm => storm::send(3),
            }
        };
        let mut lead_body = || interfere(lead.map_or(Interference::Nothing, |lead| lead.1));
        let lead = lead.map(|lead| (lead.0, &mut lead_body as &mut dyn FnMut()));
        let mut body = || interfere(interference);
        let run = || result = (scenario.call)(given_up);
        let seen = trap::interrupt(self.means, lead, (address, &mut body), 1, run)
            .map_err(|error| format!("perf_event_open: {error}"))?;
        storm::finish();

        let mut live: Vec<Block> = hand.got[..hand.count].to_vec();
        if scenario.allocates {
            live.push(result);
        } else {
            free.insert(given_up);
        }
        for (block, left) in to_free.into_iter().zip(hand.to_free) {
            if left.is_null() {
                free.insert(block);
            } else {
                live.push(block);
            }
        }
        live.iter().for_each(|block| {
            free.remove(block);
        });
        held.extend(&live);
        support::affinity::pin(self.home);
        trim();
        let mut news = Vec::new();
        while !free.is_empty() && news.len() < 4 * HELD {
            let block = malloc::allocate(scenario.size);
            news.push(block);
            if free.remove(&block) {
                held.push(block);
                news.pop();
            }
        }
        let everything: BTreeSet<Block> = held.iter().chain(&news).copied().collect();
        let verdict = if everything.contains(&null_mut()) {
            Err(String::from("no block was to be had"))
        } else if everything.len() != held.len() + news.len() {
            Err(String::from("a block was given out twice"))
        } else if !free.is_empty() {
            Err(format!("{free:x?} was lost"))
        } else {
            Ok(seen)
        };
        // Back to as many blocks as there were.
        while held.len() > HELD {
            news.push(held.swap_remove(0));
        }
        if verdict.is_ok() {
            // SAFETY: live blocks, given up.
            news.iter().for_each(|&block| unsafe { malloc::deallocate(block) });
        }
        verdict
    }

    /// Whether a scenario comes through a section.
    fn visits(&mut self, scenario: &Scenario, section: &CriticalSection) -> bool {
        !matches!(self.step(scenario, None, section.start, Interference::Nothing), Ok(Seen::Never))
    }

    /// Whether signals are blocked in a section. Then a breakpoint's signal comes later, somewhere else.
    fn is_quiet(&mut self, scenario: &Scenario, section: &CriticalSection) -> bool {
        match self.step(scenario, None, section.start, Interference::Nothing) {
            Ok(Seen::Handled(counter)) => counter != section.abort,
            seen => matches!(seen, Ok(Seen::Quiet(_))),
        }
    }

    /// One stop at one boundary; what is wrong with how it was seen.
    fn judge(seen: Seen, section: &CriticalSection, boundary: usize, report: &mut Report) -> Result<(), String> {
        let place = Place::of(boundary, section);
        match seen {
            Seen::Handled(counter) if counter != place.frame => {
                return Err(format!("the handler's frame shows {counter:#x}, not {:#x}", place.frame));
            }
            Seen::Quiet(after) if place.inside && (section.start..section.start + section.length).contains(&after) => {
                return Err(format!("it went on at {after:#x}, inside the section"));
            }
            _ => {}
        }
        report.aborts += usize::from(place.inside);
        report.passes += usize::from(!place.inside);
        Ok(())
    }

    fn step_section(&mut self, section: &CriticalSection, scenarios: &[&Scenario], quiet: bool) -> Report {
        // Where signals are blocked, only the tracer can interfere, and all it does is to move the thread.
        let kinds: &[_] = if quiet { &[Interference::Nothing] } else { &INTERFERENCES };
        let mut report = Report { interferences: kinds.len(), ..Report::default() };
        for boundary in boundaries::of(section) {
            report.boundaries += 1;
            let before = report.aborts + report.passes;
            // Where each stop is dear, the first scenario that comes there is enough.
            for scenario in scenarios {
                self.step_boundary(section, scenario, (None, boundary), kinds, &mut report);
                if support::emulated() && report.aborts + report.passes > before {
                    break;
                }
            }
            // A way that only opens if something happened when the section had begun.
            if report.aborts + report.passes == before && boundary > section.start {
                for lead in LEADS {
                    self.step_boundary(
                        section,
                        scenarios[0],
                        (Some((section.start, lead)), boundary),
                        kinds,
                        &mut report,
                    );
                }
            }
            report.reached += usize::from(report.aborts + report.passes > before);
        }
        report
    }

    fn step_boundary(
        &mut self,
        section: &CriticalSection,
        scenario: &Scenario,
        (lead, boundary): (Option<(usize, Interference)>, usize),
        kinds: &[Interference],
        report: &mut Report,
    ) {
        for &interference in kinds {
            let judged = match self.step(scenario, lead, boundary, interference) {
                Ok(Seen::Never) => break,
                Ok(seen) => Self::judge(seen, section, boundary, report),
                Err(message) => Err(message),
            };
            if let Err(message) = judged {
                let at = from_start(boundary, section);
                report.failures.push(format!("at {at}, {}, {interference:?}: {message}", scenario.name));
            }
        }
    }
}

/// The scenarios that come through the last section of a fast path, the one on any index, if it is that one's turn.
const FAST: [&str; 3] = ["allocate", "free", "free sized"];
/// The two, or four, sections of a fast path begin less than that apart.
const FUNCTION: usize = 384;

/// The fast path to which this section belongs, on a kernel where it cannot be reached: the one whose last section, which `fast` has, is the next of those behind
/// it, and close to it.
fn on_mm_cid(section: &CriticalSection, fast: &[(usize, &'static str)]) -> Option<&'static str> {
    let last = fast.iter().filter(|last| last.0 > section.start).min()?;
    (last.0 - section.start < FUNCTION).then_some(last.1)
}

/// Steps each of these sections by the scenarios that come through it; those that none comes through. Names begin with `prefix`.
pub fn step_all(
    means: Means,
    cpus: &[usize],
    other: &Other,
    sections: &[&'static CriticalSection],
    (prefix, verdicts): (&str, &mut Verdicts),
) -> Vec<&'static CriticalSection> {
    report::watch("every_section_has_a_model");
    let (home, away) = (cpus[0], cpus[cpus.len() - 1]);
    let mut heap = Heap { means, home, away, other, held: [Vec::new(), Vec::new()] };
    for (held, size) in heap.held.iter_mut().zip([SMALL, MEDIUM]) {
        held.extend((0..HELD).map(|_| malloc::allocate(size)));
    }
    // Both CPUs get their lists now, so that making them is no part of a step.
    for cpu in [away, home] {
        support::affinity::pin(cpu);
        free(malloc::allocate(SMALL));
    }
    if let Means::Tracer(wire) = means {
        wire.away.store(1 + away, std::sync::atomic::Ordering::SeqCst);
    }
    // The fast paths have each section twice: on mm_cid, which this kernel may not have, and on any index, where it has.
    let mut left: Vec<_> = sections.iter().copied().enumerate().collect();
    let modes: &[bool] = if prefix == "heap" { &[false, true] } else { &[false] };
    let mut fast = Vec::new();
    for &any in modes {
        if modes.len() > 1 {
            use_any_index(any);
        }
        left.retain(|&(number, section)| {
            let scenarios: Vec<_> = SCENARIOS.iter().filter(|scenario| heap.visits(scenario, section)).collect();
            let Some(first) = scenarios.first() else { return true };
            if FAST.contains(&first.name) {
                fast.push((section.start, first.name));
            }
            let name = format!("{prefix}_{}_{}", number + 1, first.name.replace(", ", "_").replace(' ', "_"));
            report::watch(&name);
            let quiet = heap.is_quiet(first, section);
            if quiet && matches!(means, Means::Breakpoint) {
                verdicts
                    .ignored(&name, "signals are blocked there, so no breakpoint's handler can run: ptrace steps it");
            } else {
                let report = heap.step_section(section, &scenarios, quiet);
                verdicts.section(&name, report);
            }
            false
        });
    }
    if modes.len() > 1 {
        use_any_index(false);
        if !rseq::features().mm_cid {
            left.retain(|&(number, section)| {
                let Some(function) = on_mm_cid(section, &fast) else { return true };
                let name = format!("{prefix}_{}_{}_on_mm_cid", number + 1, function.replace(' ', "_"));
                verdicts.ignored(&name, "this kernel has no mm_cid (before Linux 6.3): nothing runs there");
                false
            });
        }
    }
    left.into_iter().map(|(_, section)| section).collect()
}
