//! Makes system calls fail and judges what programs make of it.
//!
//! ```text
//! faults fail CALL K FAULT PROGRAM ARGS...       one run in which the K-th CALL fails; ends as the program does
//! faults sweep SOURCE PROGRAM [CALL] [-- ARGS]   every call that SOURCE declares, at every occurrence: a table
//! faults exhaust SOURCE PROGRAM [CALL] [-- ARGS] every call that the program makes, at every call site, with every error it documents
//! faults bad-input INPUT LIMITS                  programs/input.c and programs/limits.c in every bad surrounding: a table
//! ```

mod bad_input;
mod names;
mod registers;
mod sweep;
mod symbols;
mod tracee;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use tracee::{End, Injection};

const USAGE: &str = "usage: faults fail CALL K FAULT PROGRAM ARGS... | faults sweep|exhaust SOURCE PROGRAM [CALL] [-- ARGS...] | \
    faults bad-input INPUT LIMITS";

fn fail(arguments: &[String]) -> Result<ExitCode, String> {
    let [call, nth, fault, program, rest @ ..] = arguments else { return Err(USAGE.into()) };
    let injection = Injection {
        call: names::call(call).ok_or(format!("{call}: no such call here"))?,
        nth: nth.parse().map_err(|_| USAGE)?,
        fault: names::fault(fault).ok_or(format!("{fault}: no such fault"))?,
    };
    let program = Path::new(program);
    let run = tracee::run(
        program,
        rest,
        Path::new("/dev/null"),
        &symbols::Symbols::read(program),
        injection,
        Duration::from_secs(60),
    );
    let _ = std::io::stdout().write_all(&run.stdout);
    let _ = std::io::stderr().write_all(&run.stderr);
    for (site, nth) in run.sites.iter().zip(1..) {
        eprintln!("{call} {nth} at {site}{}", if nth == injection.nth { format!(": {fault}") } else { String::new() });
    }
    eprintln!("{:?}{}", run.end, if run.injected { "" } else { ", no fault was made" });
    Ok(ExitCode::from(match run.end {
        End::Exit(code) => code as u8,
        End::Signal(signal) => 128 + signal as u8,
        End::TimedOut => 124,
    }))
}

fn sweep(arguments: &[String], every: bool) -> Result<ExitCode, String> {
    let split = arguments.iter().position(|word| word == "--").unwrap_or(arguments.len());
    let (source, program, only) = match &arguments[..split] {
        [source, program] => (source, program, None),
        [source, program, call] => (source, program, Some(call.clone())),
        _ => return Err(USAGE.into()),
    };
    let sweep = sweep::Sweep {
        source: PathBuf::from(source),
        program: PathBuf::from(program),
        arguments: arguments.get(split + 1..).unwrap_or_default().to_vec(),
        only,
        patient: every,
    };
    let failures = if every { sweep.exhaust()? } else { sweep.run()? };
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn bad_input(arguments: &[String]) -> Result<ExitCode, String> {
    let [input, limits] = arguments else { return Err(USAGE.into()) };
    Ok(if bad_input::run(Path::new(input), Path::new(limits)) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.split_first() {
        Some((command, rest)) if command == "fail" => fail(rest),
        Some((command, rest)) if command == "sweep" => sweep(rest, false),
        Some((command, rest)) if command == "exhaust" => sweep(rest, true),
        Some((command, rest)) if command == "bad-input" => bad_input(rest),
        _ => Err(USAGE.into()),
    };
    result.unwrap_or_else(|message| {
        eprintln!("faults: {message}");
        ExitCode::from(2)
    })
}
