//! Makes every occurrence of a call fail, one run each, and judges what the program made of it.
//!
//! A program says in its source which faults it must survive, and how:
//!
//! ```text
//! sweep: mmap ENOMEM -> handled | error
//! sweep: write short | EINTR -> handled
//! ```
//! | outcome | what was seen |
//! | --- | --- |
//! | handled | exit code 0 and the output of a run without faults |
//! | error | exit code 1 to 99 and a message on standard error |
//! | abort | SIGABRT and a message on standard error |
//! | silent | exit code 0 with other output, or a failure without a message |
//! | crash, hang | another signal; no end in time |
//! | absent | the program never makes this call (may be declared where it depends on the machine) |
//!
//! What is not declared is a failure, and nothing else can be declared than the first three and `absent`.
//!
//! The whole table ([`Sweep::exhaust`]) is wider: every call that the program makes, at the first and the last visit of every call site, with every
//! error that the call documents. There the promise is only that a fault ends in one of the first three ways; where a source must
//! except one, it says so, with the reason:
//!
//! ```text
//! sweep-except: output EBADF -> silent (the program does not look at what its last message came to)
//! ```

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::names::{self, Call, Fault};
use crate::symbols::Symbols;
use crate::tracee::{self, End, Injection, Run};

/// Runs of one sweep: with more occurrences than this, each call site still gets its first and last ones.
const MOST_RUNS: usize = 120;
/// What a program without a fault does in a hundredth of a second.
const LIMIT: Duration = Duration::from_secs(10);
/// The same where many runs meet a busy machine.
const PATIENT: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Handled,
    Error,
    Abort,
    Silent,
    Crash(i32),
    Hang,
    Absent,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Handled => f.pad("handled"),
            Outcome::Error => f.pad("error"),
            Outcome::Abort => f.pad("abort"),
            Outcome::Silent => f.pad("SILENT"),
            Outcome::Crash(signal) => f.pad(&format!("CRASH {signal}")),
            Outcome::Hang => f.pad("HANG"),
            Outcome::Absent => f.pad("absent"),
        }
    }
}

/// One line `sweep: ...` of a program's source.
struct Declaration {
    call: String,
    faults: Vec<(String, Fault)>,
    allowed: Vec<Outcome>,
}

fn declarations(source: &Path) -> Result<Vec<Declaration>, String> {
    let text = std::fs::read_to_string(source).map_err(|error| format!("{}: {error}", source.display()))?;
    let lines = text.lines().filter_map(|line| Some(line.split_once("sweep: ")?.1.trim_end_matches("*/").trim()));
    let found: Result<Vec<_>, _> =
        lines.map(|line| declaration(line).ok_or(format!("cannot read `sweep: {line}`"))).collect();
    found.and_then(
        |found| if found.is_empty() { Err(format!("{} declares no sweep", source.display())) } else { Ok(found) },
    )
}

fn declaration(line: &str) -> Option<Declaration> {
    let (what, outcomes) = line.split_once("->")?;
    let (call, faults) = what.trim().split_once(' ')?;
    let outcome = |name: &str| match name.trim() {
        "handled" => Some(Outcome::Handled),
        "error" => Some(Outcome::Error),
        "abort" => Some(Outcome::Abort),
        "absent" => Some(Outcome::Absent),
        _ => None,
    };
    Some(Declaration {
        call: call.to_owned(),
        faults: faults
            .split('|')
            .map(|name| Some((name.trim().to_owned(), names::fault(name.trim())?)))
            .collect::<Option<_>>()?,
        allowed: outcomes.split('|').map(outcome).collect::<Option<_>>()?,
    })
}

fn judge(run: &Run, clean: &[u8]) -> Outcome {
    match run.end {
        End::TimedOut => Outcome::Hang,
        End::Exit(0) if run.stdout == clean => Outcome::Handled,
        End::Exit(1..=99) if !run.stderr.is_empty() => Outcome::Error,
        End::Signal(libc::SIGABRT) if !run.stderr.is_empty() => Outcome::Abort,
        End::Exit(_) | End::Signal(libc::SIGABRT) => Outcome::Silent,
        End::Signal(signal) => Outcome::Crash(signal),
    }
}

/// Which occurrences to try: all, or the first three and the last of each call site and an even choice of the rest.
fn chosen(sites: &[String]) -> Vec<usize> {
    if sites.len() <= MOST_RUNS {
        return (1..=sites.len()).collect();
    }
    let mut counts = std::collections::HashMap::new();
    let mut last = std::collections::HashMap::new();
    let mut numbers = std::collections::BTreeSet::new();
    for (site, nth) in sites.iter().zip(1..) {
        let count = counts.entry(site).or_insert(0);
        *count += 1;
        if *count <= 3 {
            numbers.insert(nth);
        }
        last.insert(site, nth);
    }
    numbers.extend(last.into_values());
    let step = sites.len().div_ceil(MOST_RUNS.saturating_sub(numbers.len()).max(1));
    numbers.extend((1..=sites.len()).step_by(step));
    numbers.into_iter().collect()
}

/// The first and the last occurrence at each call site.
fn ends(sites: &[String]) -> Vec<usize> {
    let first = sites.iter().enumerate().filter(|(n, site)| !sites[..*n].contains(site));
    let last = sites.iter().enumerate().filter(|(n, site)| !sites[n + 1..].contains(site));
    let numbers: std::collections::BTreeSet<usize> = first.chain(last).map(|(n, _)| n + 1).collect();
    numbers.into_iter().collect()
}

/// One row of the table: equal outcomes at one call site.
struct Row {
    site: String,
    outcome: Outcome,
    times: usize,
    /// The first occurrence, and what the program said then.
    nth: usize,
    said: String,
}

/// What one program is swept with.
pub struct Sweep {
    pub source: PathBuf,
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// Only sweeps of this call.
    pub only: Option<String>,
    /// Whether a run may take long before it counts as hanging.
    pub patient: bool,
}

impl Sweep {
    /// Prints the table of everything: the number of failures. Rows that went well are summed up, one line a call and call site.
    pub fn exhaust(&self) -> Result<usize, String> {
        let symbols = Symbols::read(&self.program);
        let name = self.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text =
            std::fs::read_to_string(&self.source).map_err(|error| format!("{}: {error}", self.source.display()))?;
        let excepted: Vec<_> =
            text.lines().filter_map(|line| line.split_once("sweep-except: ")).map(|(_, rest)| rest).collect();
        let (mut failures, mut runs) = (0, 0);
        println!("{name}: system call x call site x every documented error");
        for (call_name, faults) in names::DOCUMENTED {
            let Some(call) = names::call(call_name) else { continue };
            if self.only.as_ref().is_some_and(|only| only != call_name) {
                continue;
            }
            let mut went_well: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
            let clean = self.once(&symbols, Injection { call, nth: 0, fault: Fault::Short });
            if clean.sites.is_empty() {
                continue;
            }
            for fault_name in faults.split(' ') {
                let fault = names::fault(fault_name).ok_or(format!("{fault_name}: no such fault"))?;
                for row in self.sweep_at(&symbols, (call, fault), &clean, ends(&clean.sites), &mut runs) {
                    let fine = matches!(row.outcome, Outcome::Handled | Outcome::Error | Outcome::Abort);
                    let exception = excepted.iter().find(|line| {
                        let mut words = line.split(' ');
                        words.next() == Some(call_name)
                            && words.next().is_some_and(|words| words.split('|').any(|word| word == fault_name))
                    });
                    if fine {
                        *went_well.entry(row.site).or_default() += &format!(" {fault_name}:{}", row.outcome);
                    } else if let Some(line) = exception {
                        println!(
                            "  ok     {call_name:18} {fault_name:7} {:58} x{:<4} {:9} {line}",
                            row.site, row.times, row.outcome
                        );
                    } else {
                        failures += 1;
                        println!(
                            "  FAILED {call_name:18} {fault_name:7} {:58} x{:<4} {:9} {}\n         repeat: faults fail {call_name} {} {fault_name} {} {}",
                            row.site,
                            row.times,
                            row.outcome,
                            row.said,
                            row.nth,
                            self.program.display(),
                            self.arguments.join(" ")
                        );
                    }
                }
            }
            for (site, outcomes) in went_well {
                println!("  ok     {call_name:18} {site:58}{outcomes}");
            }
        }
        println!("{name}: {runs} runs, {failures} failures");
        Ok(failures)
    }

    /// Prints the table; the number of failures.
    pub fn run(&self) -> Result<usize, String> {
        let symbols = Symbols::read(&self.program);
        let name = self.program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (mut failures, mut runs) = (0, 0);
        println!("{name}: system call x fault x call site");
        for declaration in declarations(&self.source)? {
            if self.only.as_ref().is_some_and(|only| *only != declaration.call) {
                continue;
            }
            let call = names::call(&declaration.call);
            for (fault_name, fault) in &declaration.faults {
                let rows = match call {
                    Some(call) => self.sweep(&symbols, call, *fault, &mut runs)?,
                    None => vec![Self::absent()],
                };
                for row in rows {
                    let ok = declaration.allowed.contains(&row.outcome);
                    failures += usize::from(!ok);
                    let verdict = if ok { "ok" } else { "FAILED" };
                    println!(
                        "  {verdict:6} {:18} {fault_name:7} {:58} x{:<4} {:9} {}",
                        declaration.call, row.site, row.times, row.outcome, row.said
                    );
                    if !ok {
                        println!(
                            "         repeat: faults fail {} {} {fault_name} {} {}",
                            declaration.call,
                            row.nth,
                            self.program.display(),
                            self.arguments.join(" ")
                        );
                    }
                }
            }
        }
        println!("{name}: {runs} runs, {failures} failures");
        Ok(failures)
    }

    fn absent() -> Row {
        Row { site: String::from("-"), outcome: Outcome::Absent, times: 0, nth: 0, said: String::new() }
    }

    fn once(&self, symbols: &Symbols, injection: Injection) -> Run {
        tracee::run(
            &self.program,
            &self.arguments,
            &self.source,
            symbols,
            injection,
            if self.patient { PATIENT } else { LIMIT },
        )
    }

    fn sweep(&self, symbols: &Symbols, call: Call, fault: Fault, runs: &mut usize) -> Result<Vec<Row>, String> {
        let clean = self.once(symbols, Injection { call, nth: 0, fault });
        *runs += 1;
        if clean.end != End::Exit(0) {
            let said = String::from_utf8_lossy(&clean.stderr).into_owned();
            return Err(format!("{} fails without any fault: {:?} {said}", self.program.display(), clean.end));
        }
        let rows = self.sweep_at(symbols, (call, fault), &clean, chosen(&clean.sites), runs);
        Ok(if rows.is_empty() { vec![Self::absent()] } else { rows })
    }

    fn sweep_at(
        &self,
        symbols: &Symbols,
        (call, fault): (Call, Fault),
        clean: &Run,
        occurrences: Vec<usize>,
        runs: &mut usize,
    ) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for nth in occurrences {
            let run = self.once(symbols, Injection { call, nth, fault });
            *runs += 1;
            if !run.injected {
                continue; // threads: this run made fewer calls
            }
            let outcome = judge(&run, &clean.stdout);
            let site = run.sites[nth - 1].clone();
            match rows.iter_mut().find(|row| row.site == site && row.outcome == outcome) {
                Some(row) => row.times += 1,
                None => {
                    let said = String::from_utf8_lossy(&run.stderr);
                    let said = said.lines().next().unwrap_or_default().chars().take(80).collect();
                    rows.push(Row { site, outcome, times: 1, nth, said });
                }
            }
        }
        rows
    }
}
