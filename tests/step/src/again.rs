//! The same program once more, with the heap's fast paths closed (`DACAPO_MALLOC=count`): then its calls come through other sections.
//!
//! The heap reads its options when it comes up, so it takes a process of its own. It is told which sections are left, as distances from the first
//! descriptor of the table, and says in the same way which of them nothing came through there either.

use std::process::Command;

use dacapo::rseq::{self, CriticalSection};

use crate::report::{Verdicts, say};
use crate::trap::Means;

const WANTED: &str = "DACAPO_STEP_ONLY";
const LEFT: &str = "left: ";

fn distance(section: &CriticalSection) -> isize {
    std::ptr::from_ref(section).addr() as isize - std::ptr::from_ref(rseq::critical_sections()[0]).addr() as isize
}

fn sections(list: &str) -> Vec<&'static CriticalSection> {
    let distances: Vec<isize> = list.split(' ').filter_map(|word| word.parse().ok()).collect();
    rseq::critical_sections().iter().copied().filter(|section| distances.contains(&distance(section))).collect()
}

fn list(sections: &[&'static CriticalSection]) -> String {
    sections.iter().map(|section| format!("{} ", distance(section))).collect()
}

/// In the second process: the sections to step.
pub fn wanted() -> Option<Vec<&'static CriticalSection>> {
    std::env::var(WANTED).ok().map(|text| sections(&text))
}

/// In the second process: says what is left, and what the rest came to; the exit code.
pub fn end(verdicts: &Verdicts, left: &[&'static CriticalSection]) -> i32 {
    say(&format!("{LEFT}{}", list(left)));
    say(&format!("sums: {}", verdicts.sums()));
    0
}

/// In the first process: runs the second one; what is left.
pub fn run(means: Means, left: &[&'static CriticalSection], verdicts: &mut Verdicts) -> Vec<&'static CriticalSection> {
    support::furnish(); // a guest may have no /proc
    let how = if matches!(means, Means::Breakpoint) { "breakpoint" } else { "ptrace" };
    let mut command = Command::new(std::env::current_exe().expect("this program's path"));
    command.env("DACAPO_STEP", how).env("DACAPO_MALLOC", "count").env(WANTED, list(left));
    let done = command.output().expect("this program once more");
    let text = String::from_utf8_lossy(&done.stdout);
    let (mut still, mut counted) = (None, false);
    for line in text.lines() {
        match (line.strip_prefix(LEFT), line.strip_prefix("sums: ")) {
            (Some(words), _) => still = Some(sections(words)),
            (_, Some(words)) => {
                verdicts.add(words);
                counted = true;
            }
            _ => say(line),
        }
    }
    if !done.status.success() || !counted {
        let said = String::from_utf8_lossy(&done.stderr);
        verdicts.test("counted_heap", &[format!("with DACAPO_MALLOC=count it ended with {}: {said}", done.status)]);
    }
    still.unwrap_or_else(|| left.to_vec())
}
