//! The sections of `arch/rseq.rs`, each on a block of its own, held against its model.

use std::collections::BTreeMap;

use dacapo::arch::ListNode;
use dacapo::arch::rseq::Fields;
use dacapo::arch::tls::thread_pointer;
use dacapo::rseq::{self, Area, CriticalSection};

use crate::boundaries;
use crate::operations::{Answer, BATCH, Inputs, OPERATIONS, Operation};
use crate::other::Other;
use crate::report::Report;
use crate::storm;
use crate::trap::{self, Means, Seen};
use crate::world::{CAPACITY, Model, STOPPED, World};

/// What happens at a boundary.
#[derive(Clone, Copy)]
enum Interference {
    /// An operation in the signal's handler.
    Nested(&'static Operation),
    /// The thread moves to another CPU.
    Migration,
    /// It moves, and runs an operation there.
    MigrationAndNested(&'static Operation),
    /// It moves, runs an operation there, and comes back: the CPU is the same, time has passed.
    ThereAndBack(&'static Operation),
    /// Another CPU takes the block away, empties it and puts it back.
    Drain,
    /// The same, but the block stays away until the operation is over: it must be refused.
    Stop,
    /// Signals that arrive when the handler returns, one after the other; each runs another operation.
    Storm,
}
use Interference::{Drain, Migration, MigrationAndNested, Nested, Stop, Storm, ThereAndBack};

impl std::fmt::Display for Interference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Nested(nested) => write!(f, "nested {}", nested.name),
            Migration => f.write_str("migration"),
            MigrationAndNested(nested) => write!(f, "migration and {}", nested.name),
            ThereAndBack(nested) => write!(f, "{} on another CPU and back", nested.name),
            Drain => f.write_str("a drain by another CPU"),
            Stop => f.write_str("a stop by another CPU"),
            Storm => f.write_str("a storm of signals"),
        }
    }
}

/// The operations that a storm runs, in order of arrival: by place in OPERATIONS.
const STORM: [usize; 4] = [0, 3, 7, 4];

fn interferences(cpus: &[usize]) -> Vec<Interference> {
    let mut all: Vec<_> = OPERATIONS.iter().map(Nested).chain([Storm, Drain, Stop]).collect();
    if cpus.len() > 1 {
        // Where each stop is dear, fewer operations run on the other CPU: what they are makes little difference there.
        let (away, back) = if support::emulated() { (4, 1) } else { (OPERATIONS.len(), 4) };
        all.extend(OPERATIONS[..away].iter().map(MigrationAndNested).chain([Migration]));
        all.extend(OPERATIONS[..back].iter().map(ThereAndBack));
    }
    all
}

/// The current thread's area, whoever registered it.
fn area_offset() -> isize {
    rseq::offsets().0
}

/// The sections' operands: the index is the CPU number, so that the test knows which block it is.
fn fields() -> Fields {
    Fields::new(area_offset(), area_offset() + std::mem::offset_of!(Area, cpu_id) as isize)
}

/// The descriptor that is armed now: the kernel leaves it there until the next interruption.
fn armed() -> usize {
    let area = thread_pointer().wrapping_add_signed(area_offset()) as *const Area;
    // SAFETY: this thread's own registered area.
    unsafe { (*area).rseq_cs.load(std::sync::atomic::Ordering::Relaxed) }
}

fn model(models: &mut BTreeMap<usize, Model>, cpu: usize) -> &mut Model {
    models.get_mut(&cpu).expect("a model for every CPU")
}

/// A boundary as a person writes it: `start+0x10`.
pub fn from_start(boundary: usize, section: &CriticalSection) -> String {
    if boundary < section.start {
        format!("start-{:#x}", section.start - boundary)
    } else {
        format!("start+{:#x}", boundary - section.start)
    }
}

/// Where a stop is, and what its handler's frame must show.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub inside: bool,
    pub done: bool,
    pub frame: usize,
}

impl Place {
    pub fn of(boundary: usize, section: &CriticalSection) -> Place {
        let done = boundary >= section.start + section.length;
        let inside = boundary >= section.start && !done;
        Place { inside, done, frame: if inside { section.abort } else { boundary } }
    }
}

pub struct Stepper<'a> {
    pub means: Means,
    pub cpus: &'a [usize],
    pub other: &'a Other,
    world: World,
    nodes: [Box<ListNode>; 2 + STORM.len()],
}

impl Stepper<'_> {
    pub fn new<'a>(means: Means, cpus: &'a [usize], other: &'a Other) -> Stepper<'a> {
        let nodes = [(); 2 + STORM.len()].map(|()| Box::new(ListNode { next: std::ptr::null_mut(), room: 0 }));
        Stepper { means, cpus, other, world: World::new(), nodes }
    }

    /// What the `which`-th actor works with: the interrupted one, the handler, the storm's handlers.
    fn inputs(&mut self, which: usize) -> Inputs {
        Inputs {
            fields: fields(),
            table: self.world.table(),
            first: self.world.first(),
            end: self.world.end(),
            node: &raw mut *self.nodes[which],
            value: 64 + which,
            objects: std::array::from_fn::<_, BATCH, _>(|n| 100 * (which + 1) + n),
            fill: self.world.fill(),
        }
    }

    /// Which section an operation is; asks again if an interruption cleared the field.
    pub fn section_of(&mut self, operation: &Operation) -> Option<&'static CriticalSection> {
        let inputs = self.inputs(0);
        (0..100).find_map(|_| {
            for &cpu in self.cpus {
                self.world.reset(cpu, 1);
            }
            // SAFETY: the inputs are `world`'s.
            unsafe { (operation.run)(&inputs) };
            let address = armed();
            rseq::critical_sections().iter().find(|section| std::ptr::from_ref(**section) as usize == address).copied()
        })
    }

    /// One operation, stopped at one boundary. `None`: it did not come there. `Some(true)`: it was aborted.
    fn step(
        &mut self,
        operation: &Operation,
        section: &CriticalSection,
        (boundary, visit, fill): (usize, u64, usize),
        interference: Interference,
    ) -> Result<Option<bool>, String> {
        let (home, away) = (self.cpus[0], *self.cpus.last().unwrap_or(&0));
        support::affinity::pin(home);
        let mut models: BTreeMap<usize, _> =
            self.cpus.iter().chain([&STOPPED]).map(|&cpu| (cpu, self.world.reset(cpu, fill))).collect();
        let (outer, inner) = (self.inputs(0), self.inputs(1));
        let storm: [Inputs; STORM.len()] = std::array::from_fn(|n| self.inputs(2 + n));
        let (mut got, mut got_nested, mut got_storm) = (None, None::<Answer>, [None::<Answer>; STORM.len()]);
        let mut in_storm = |number: usize| {
            // SAFETY: the inputs are `world`'s, and each signal's own.
            got_storm[number] = Some(unsafe { (OPERATIONS[STORM[number]].run)(&storm[number]) });
        };
        storm::prepare(&mut in_storm);
        let (world, other) = (&self.world, self.other);
        let mut body = || {
            if matches!(interference, Migration | MigrationAndNested(_) | ThereAndBack(_)) {
                support::affinity::pin(away);
            }
            match interference {
                Nested(nested) | MigrationAndNested(nested) | ThereAndBack(nested) => {
                    // SAFETY: the inputs are `world`'s, and not the outer operation's.
                    got_nested = Some(unsafe { (nested.run)(&inner) });
                }
                Drain | Stop => other.run(&mut || {
                    world.stop_and_drain(home);
                    if matches!(interference, Drain) {
                        world.put(home);
                    }
                }),
                Storm => storm::send(STORM.len()),
                Migration => {}
            }
            if matches!(interference, ThereAndBack(_)) {
                support::affinity::pin(home);
            }
        };
        // SAFETY: as above.
        let run = || got = Some(unsafe { (operation.run)(&outer) });
        let seen = trap::interrupt(self.means, None, (boundary, &mut body), visit, run)
            .map_err(|error| format!("perf_event_open: {error}"))?;
        let arrived = storm::finish();
        let counter = match seen {
            Seen::Never => return Ok(None),
            Seen::Handled(counter) => counter,
            Seen::Quiet(_) => return Err(String::from("signals are blocked there")),
        };
        let stop = Place::of(boundary, section);
        if counter != stop.frame {
            return Err(format!("the handler's frame shows {counter:#x}, not {:#x}", stop.frame));
        }

        let (mut want_nested, mut want_storm) = (None, [None; STORM.len()]);
        let mut interfere = |models: &mut BTreeMap<usize, Model>| match interference {
            Nested(nested) => want_nested = Some((nested.model)(model(models, home), &inner, home)),
            MigrationAndNested(nested) | ThereAndBack(nested) => {
                want_nested = Some((nested.model)(model(models, away), &inner, away));
            }
            Drain | Stop => model(models, home).drain(),
            Storm => {
                for (number, answer) in want_storm.iter_mut().enumerate() {
                    *answer = Some((OPERATIONS[STORM[number]].model)(model(models, home), &storm[number], home));
                }
            }
            Migration => {}
        };
        let run_outer =
            |models: &mut BTreeMap<usize, Model>, cpu, index| (operation.model)(model(models, cpu), &outer, index);
        let want = if stop.done {
            let outer = run_outer(&mut models, home, home);
            interfere(&mut models);
            outer
        } else {
            interfere(&mut models);
            match interference {
                Migration | MigrationAndNested(_) => run_outer(&mut models, away, away),
                Stop => run_outer(&mut models, STOPPED, home),
                _ => run_outer(&mut models, home, home),
            }
        };
        if matches!(interference, Storm) && arrived != STORM.len() {
            return Err(format!("{arrived} of {} signals arrived", STORM.len()));
        }
        if got != Some(want) || got_nested != want_nested || got_storm != want_storm {
            let got = got.expect("the operation ended");
            return Err(format!(
                "answers {got:?}, {got_nested:x?} and {got_storm:x?}, not {want:?}, {want_nested:x?} and {want_storm:x?}"
            ));
        }
        for (&cpu, model) in &models {
            let found = self.world.read(cpu)?;
            if found != *model {
                return Err(format!("CPU {cpu}: {found:x?}, not {model:x?}"));
            }
        }
        Ok(Some(stop.inside))
    }

    /// Every boundary, filling and interference for one section.
    pub fn step_all(&mut self, operation: &Operation, section: &CriticalSection) -> Report {
        let kinds = interferences(self.cpus);
        let mut report = Report { interferences: kinds.len(), ..Report::default() };
        // A boundary in a loop is also met on later visits.
        let visits = if matches!(self.means, Means::Breakpoint) { 2 } else { 1 };
        for boundary in boundaries::of(section) {
            report.boundaries += 1;
            let mut reached = false;
            for fill in [0, CAPACITY / 2, CAPACITY] {
                for visit in 1..=visits {
                    for &interference in &kinds {
                        match self.step(operation, section, (boundary, visit, fill), interference) {
                            Ok(None) => break,
                            Ok(Some(aborted)) => {
                                reached = true;
                                report.aborts += usize::from(aborted);
                                report.passes += usize::from(!aborted);
                            }
                            Err(message) => report.failures.push(format!(
                                "at {}, visit {visit}, filled with {fill}, {interference}: {message}",
                                from_start(boundary, section)
                            )),
                        }
                    }
                }
            }
            report.reached += usize::from(reached);
        }
        report
    }
}
