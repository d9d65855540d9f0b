//! The step test: every section of the descriptor table, interrupted at every instruction, by every other operation, by migration, by a drain and by
//! a storm of signals.
//!
//! 1. Each operation runs once; the descriptor it armed tells which section it is. What is left of the table must be the heap's: whichever of the
//!    heap's scenarios comes through a section steps it. A section that nobody claims is a failure; so is one in the sources without an operation.
//! 2. A section's instruction boundaries are those of the arming code before it, its start, every instruction after that, and the commit address, the
//!    first one outside.
//! 3. At each boundary, for each filling of the block and each interference, the thread is stopped (`trap.rs`), and the signal's handler interferes.
//! 4. Inside the section the kernel must have aborted it (the handler's frame shows the abort address), before it it must not: in both cases
//!    the interference came first, then the whole operation. At the commit address it must not: the whole operation came first. The blocks
//!    of all CPUs and all answers are compared with the model, run in that order.
//! 5. Each boundary must have been reached at least once.
//!
//! `DACAPO_STEP=breakpoint` or `ptrace` chooses the means; else it is the first one that works.

mod again;
mod boundaries;
mod breakpoint;
mod buckets;
mod heap;
mod operations;
mod other;
mod report;
mod section;
mod sources;
mod storm;
mod tracer;
mod trap;
mod world;

use dacapo::rseq::{self, State};

use operations::OPERATIONS;
use other::Other;
use report::Verdicts;
use section::Stepper;
use trap::Means;

/// The means that work here, or why none does.
fn means() -> Result<Means, String> {
    rseq::init();
    let _ = rseq::register_current_thread();
    if let State::Unavailable(errno) = rseq::state() {
        return Err(format!("no rseq here: {errno}"));
    }
    let wanted = std::env::var("DACAPO_STEP").unwrap_or_default();
    let mut reasons = String::new();
    if wanted != "ptrace" {
        match trap::probe(Means::Breakpoint) {
            Ok(()) => return Ok(Means::Breakpoint),
            Err(reason) => reasons = format!("{reason}; "),
        }
    }
    if wanted != "breakpoint" {
        match tracer::split() {
            Ok(wire) => return trap::probe(Means::Tracer(wire)).map(|()| Means::Tracer(wire)),
            Err(error) => reasons += &format!("ptrace: {error}"),
        }
    }
    Err(reasons)
}

fn main() {
    let means = means();
    let mut verdicts = Verdicts::default();
    if again::wanted().is_none() {
        let unmodelled = sources::sections_without_an_operation();
        verdicts.test("every_section_in_the_sources_has_an_operation", &unmodelled);
    }
    let means = match means {
        Ok(means) => means,
        Err(reason) => {
            OPERATIONS.iter().for_each(|operation| verdicts.ignored(operation.name, &reason));
            std::process::exit(verdicts.end("nothing"));
        }
    };
    let cpus: Vec<usize> = support::affinity::allowed().into_iter().take(2).collect();
    let other = Other::start(cpus[cpus.len() - 1]);
    if let Some(wanted) = again::wanted() {
        let left = heap::step_all(means, &cpus, &other, &wanted, ("counted_heap", &mut verdicts));
        std::process::exit(again::end(&verdicts, &left));
    }
    buckets::make(); // signal handlers look there
    let mut stepper = Stepper::new(means, &cpus, &other);
    let mut claimed = Vec::new();
    let only = std::env::var("DACAPO_STEP_OPERATIONS").ok();
    let chosen = |name: &str| only.as_ref().is_none_or(|names| names.split(',').any(|one| one == name));
    for operation in OPERATIONS.iter().filter(|operation| chosen(operation.name)) {
        report::watch(operation.name);
        match stepper.section_of(operation) {
            Some(section) => {
                claimed.push(std::ptr::from_ref(section));
                let report = stepper.step_all(operation, section);
                verdicts.section(operation.name, report);
            }
            None => verdicts.test(operation.name, &[String::from("it arms no section of the table")]),
        }
    }
    if only.is_some() {
        std::process::exit(verdicts.end(&format!("{means}, {} CPUs, some sections only", cpus.len())));
    }
    let left: Vec<_> = rseq::critical_sections()
        .iter()
        .copied()
        .filter(|section| !claimed.contains(&std::ptr::from_ref(*section)))
        .collect();
    let left = heap::step_all(means, &cpus, &other, &left, ("heap", &mut verdicts));
    let left = if left.is_empty() { left } else { again::run(means, &left, &mut verdicts) };
    let forgotten: Vec<_> =
        left.iter().map(|section| format!("nothing comes through the section at {:#x}", section.start)).collect();
    verdicts.test("every_section_has_a_model", &forgotten);
    std::process::exit(verdicts.end(&format!("{means}, {} CPUs, area {:?}", cpus.len(), rseq::state())));
}
