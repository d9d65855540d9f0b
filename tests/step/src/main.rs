//! The step test: every section of the descriptor table, interrupted at every instruction, by every other operation and by migration.
//!
//! 1. Each operation runs once; the descriptor it armed tells which section it is. A section of the table that no operation armed is a failure.
//! 2. Its instruction boundaries are those of the arming code before it, its start, every instruction after that, and the commit address, the
//!    first one outside.
//! 3. At each boundary, for each filling of the block and each interference, a hardware breakpoint stops the operation, and the signal's
//!    handler interferes: any operation nested, migration to another CPU, or migration and then an operation.
//! 4. Inside the section the kernel must have aborted it (the handler's frame shows the abort address), before it it must not: in both cases
//!    the interference came first, then the whole operation. At the commit address it must not: the whole operation came first. The blocks
//!    of all CPUs and both answers are compared with the model, run in that order.
//! 5. Each boundary must have been reached at least once.

mod boundaries;
mod breakpoint;
mod operations;
mod world;

use std::collections::BTreeMap;
use std::io::Write;

use dacapo::arch::ListNode;
use dacapo::arch::rseq::Fields;
use dacapo::arch::tls::thread_pointer;
use dacapo::rseq::{self, Area, CriticalSection, State};

use operations::{Answer, BATCH, Inputs, OPERATIONS, Operation};
use world::{CAPACITY, World};

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

/// A boundary as a person writes it: `start+0x10`.
fn from_start(boundary: usize, section: &CriticalSection) -> String {
    if boundary < section.start {
        format!("start-{:#x}", section.start - boundary)
    } else {
        format!("start+{:#x}", boundary - section.start)
    }
}

/// What happens at a boundary.
#[derive(Clone, Copy)]
struct Interference {
    migrate: bool,
    nested: Option<&'static Operation>,
}

impl std::fmt::Display for Interference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.migrate, self.nested) {
            (false, Some(nested)) => write!(f, "nested {}", nested.name),
            (true, Some(nested)) => write!(f, "migration and {}", nested.name),
            (_, None) => f.write_str("migration"),
        }
    }
}

fn interferences(cpus: &[usize]) -> Vec<Interference> {
    let nested = OPERATIONS.iter().map(Some);
    let mut all: Vec<_> = nested.clone().map(|nested| Interference { migrate: false, nested }).collect();
    if cpus.len() > 1 {
        all.extend(nested.chain([None]).map(|nested| Interference { migrate: true, nested }));
    }
    all
}

/// What stepping one section came to.
#[derive(Default)]
struct Report {
    boundaries: usize,
    reached: usize,
    aborts: usize,
    passes: usize,
    failures: Vec<String>,
}

struct Stepper {
    world: World,
    cpus: Vec<usize>,
    node: [Box<ListNode>; 2],
}

impl Stepper {
    fn inputs(&mut self, which: usize) -> Inputs {
        Inputs {
            fields: fields(),
            table: self.world.table(),
            end: self.world.end(),
            node: &raw mut *self.node[which],
            value: 64 + which,
            objects: std::array::from_fn::<_, BATCH, _>(|n| 100 * (which + 1) + n),
        }
    }

    /// Which section an operation is; asks again if an interruption cleared the field.
    fn section_of(&mut self, operation: &Operation) -> Option<&'static CriticalSection> {
        let inputs = self.inputs(0);
        (0..100).find_map(|_| {
            for cpu in self.cpus.clone() {
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
        let there = if interference.migrate { away } else { home };
        support::affinity::pin(home);
        let mut models: BTreeMap<usize, _> =
            self.cpus.clone().into_iter().map(|cpu| (cpu, self.world.reset(cpu, fill))).collect();
        let (outer, inner) = (self.inputs(0), self.inputs(1));
        let (mut got, mut got_nested) = (None, None::<Answer>);
        let mut body = || {
            if interference.migrate {
                support::affinity::pin(away);
            }
            // SAFETY: the inputs are `world`'s, and not the outer operation's.
            got_nested = interference.nested.map(|nested| unsafe { (nested.run)(&inner) });
        };
        // SAFETY: as above.
        let seen = breakpoint::interrupt(boundary, visit, &mut body, || got = Some(unsafe { (operation.run)(&outer) }))
            .map_err(|error| format!("perf_event_open: {error}"))?;
        let Some(counter) = seen else { return Ok(None) };

        let done = boundary >= section.start + section.length;
        let inside = boundary >= section.start && !done;
        let expected_counter = if inside { section.abort } else { boundary };
        if counter != expected_counter {
            return Err(format!("the handler's frame shows {counter:#x}, not {expected_counter:#x}"));
        }
        let run_nested = |models: &mut BTreeMap<usize, _>| {
            let model = models.get_mut(&there).expect("a model for every CPU");
            interference.nested.map(|nested| (nested.model)(model, &inner, there))
        };
        let run_outer = |models: &mut BTreeMap<usize, _>, cpu| {
            (operation.model)(models.get_mut(&cpu).expect("a model for every CPU"), &outer, cpu)
        };
        let (want, want_nested) = if done {
            let outer = run_outer(&mut models, home);
            (outer, run_nested(&mut models))
        } else {
            let nested = run_nested(&mut models);
            (run_outer(&mut models, there), nested)
        };
        if got != Some(want) || got_nested != want_nested {
            let got = got.expect("the operation ended");
            return Err(format!("answers {got:?} and {got_nested:x?}, not {want:?} and {want_nested:x?}"));
        }
        for (&cpu, model) in &models {
            let found = self.world.read(cpu)?;
            if found != *model {
                return Err(format!("CPU {cpu}: {found:x?}, not {model:x?}"));
            }
        }
        Ok(Some(inside))
    }

    /// Every boundary, filling and interference for one section.
    fn step_all(&mut self, operation: &Operation, section: &CriticalSection) -> Report {
        let mut report = Report::default();
        for boundary in boundaries::of(section) {
            report.boundaries += 1;
            let mut reached = false;
            for fill in [0, CAPACITY / 2, CAPACITY] {
                // A boundary in a loop is also met on later visits.
                for visit in 1..=2 {
                    for interference in interferences(&self.cpus) {
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

/// Prints past any capture, line by line.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Why nothing can be stepped here, if so.
fn obstacle() -> Option<String> {
    rseq::init();
    let _ = rseq::register_current_thread();
    if let State::Unavailable(errno) = rseq::state() {
        return Some(format!("no rseq here: {errno}"));
    }
    breakpoint::install();
    let address = on_the_way as *const () as usize;
    let mut came = false;
    match breakpoint::interrupt(address, 1, &mut || came = true, on_the_way) {
        Err(error) => Some(format!("perf_event_open refuses a breakpoint: {error}")),
        Ok(_) if !came => Some(String::from("breakpoints are accepted and never hit: an emulator?")),
        Ok(_) => None,
    }
}

#[inline(never)]
fn on_the_way() {
    std::hint::black_box(());
}

fn main() {
    let obstacle = obstacle();
    let mut stepper = Stepper {
        world: World::new(),
        cpus: support::affinity::allowed().into_iter().take(2).collect(),
        node: [(); 2].map(|()| Box::new(ListNode { next: std::ptr::null_mut(), room: 0 })),
    };
    let (mut passed, mut failed, mut ignored) = (0, 0, 0);
    let mut totals = (0, 0, 0);
    let mut claimed = Vec::new();
    for operation in OPERATIONS {
        if let Some(reason) = &obstacle {
            say(&format!("test {} ... ignored, {reason}", operation.name));
            ignored += 1;
            continue;
        }
        let section = stepper.section_of(operation).expect("the operation arms a section of the table");
        claimed.push(std::ptr::from_ref(section));
        let report = stepper.step_all(operation, section);
        say(&format!(
            "{:18} {:2} boundaries, {:2} reached; {:5} aborted, {:3} outside and not aborted; {} wrong",
            operation.name,
            report.boundaries,
            report.reached,
            report.aborts,
            report.passes,
            report.failures.len()
        ));
        totals = (totals.0 + report.boundaries, totals.1 + report.reached, totals.2 + report.aborts);
        let good = report.failures.is_empty() && report.reached == report.boundaries && report.passes > 0;
        say(&format!("test {} ... {}", operation.name, if good { "ok" } else { "FAILED" }));
        if !good {
            say(&format!("---- {} stdout ----", operation.name));
            report.failures.iter().take(5).for_each(|failure| say(failure));
        }
        passed += usize::from(good);
        failed += usize::from(!good);
    }
    if obstacle.is_none() {
        let total = rseq::critical_sections().len();
        let forgotten: Vec<_> = rseq::critical_sections()
            .iter()
            .filter(|section| !claimed.contains(&std::ptr::from_ref(**section)))
            .map(|section| format!("{:#x}", section.start))
            .collect();
        say(&format!(
            "{total} sections, {} of {} boundaries reached, {} aborts forced, {} CPUs, area {:?}",
            totals.1,
            totals.0,
            totals.2,
            stepper.cpus.len(),
            rseq::state()
        ));
        let good = forgotten.is_empty();
        say(&format!("test every_section_has_a_model ... {}", if good { "ok" } else { "FAILED" }));
        if !good {
            say(&format!(
                "---- every_section_has_a_model stdout ----\nno operation arms the sections at {}",
                forgotten.join(", ")
            ));
        }
        passed += usize::from(good);
        failed += usize::from(!good);
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    say(&format!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; {ignored} ignored; 0 measured; 0 filtered out"
    ));
    std::process::exit(i32::from(failed > 0));
}
