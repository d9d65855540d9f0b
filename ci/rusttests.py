"""Builds and runs the Rust test programs: cargo's test harnesses (tests/hosted and its like) and tests/freestanding.

A freestanding test is one program for one behaviour: exit code 0 passed, 77 skipped with the reason as its last line of
output, anything else failed.  A harness is run as a whole; each of its tests counts.
"""

import json
import os
import re
import subprocess
from pathlib import Path

from ci.build import cargo_env
from ci.paths import TARGET
from ci.shell import ROOT, Failed, line, run, say

LOGS = TARGET / "test-logs"
SECTIONS = ROOT / "linker/sections.ld"
# Freestanding programs: no start files and no libraries but ours; static without optimisation across crates, static-pie with all of it.
FREESTANDING = {
    "static": ("-Crelocation-model=static",),
    "static-pie": ("-Crelocation-model=pie",),
}
NO_LTO = {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16"}
HARNESS_OPTIONS = ("--show-output",)  # what a passing test says: it may be why it could not run
# GNU ld, because lld refuses to insert after an output section that the program happens not to have.
_BARE = ("-Ctarget-feature=+crt-static", "-Clink-arg=-nostartfiles", "-Clink-arg=-nostdlib", "-Clink-arg=-fuse-ld=bfd",
         f"-Clink-arg=-Wl,-T,{SECTIONS}")


def build(cpu, words, rustflags=(), extra=None):
    """Runs cargo with `words` for that CPU and returns the programs it made: {name: path}."""
    env = cargo_env(cpu, rustflags)
    env.update(extra or {})
    command = ["cargo", *words, "--target", cpu.triple, "--message-format=json-render-diagnostics"]
    say("+ " + line(command, env))
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE)
    if done.returncode:
        raise Failed(f"exit code {done.returncode}: {line(command, env)}")
    programs = {}
    for text in done.stdout.decode().splitlines():
        message = json.loads(text) if text.startswith("{") else {}
        if message.get("reason") == "compiler-artifact" and message.get("executable"):
            programs[message["target"]["name"]] = Path(message["executable"])
    return programs


def freestanding(cpu, model="static", only=None, extra=None, rustflags=()):
    """Builds every freestanding test program, or one: {name: path}."""
    which = ("--bin", only) if only else ("--bins",)
    extra = {**(NO_LTO if model == "static" else {}), **(extra or {})}
    return build(cpu, ["build", "--release", "-p", "freestanding", *which], (*FREESTANDING[model], *_BARE, *rustflags), extra)


def harness(cpu, package, static=False, rustflags=(), extra=None):
    """Builds the test harnesses of a package, with sections that count their aborts: {name: path}."""
    flags = ("--cfg=dacapo_count_aborts", *(("-Ctarget-feature=+crt-static",) if static else ()))
    return build(cpu, ["test", "--no-run", "-p", package], (*flags, *rustflags), extra)


def log_of(name):
    LOGS.mkdir(parents=True, exist_ok=True)
    return LOGS / (re.sub(r"[^\w.-]", "_", name) + ".log")


def run_program(tally, name, command, env=None, timeout=60, cwd=ROOT):
    """Runs one freestanding test and judges it by its exit code."""
    log = log_of(name)
    code = run(command, env=env, timeout=timeout, check=False, echo=False, output=log, cwd=cwd)
    tally.by_exit_code(name, code, log.read_text(errors="replace"), line(command, env))


def run_harness(tally, name, command, env=None, timeout=900, without=None):
    """Runs one test harness and counts each of its tests, without those whose names contain a key of `without`: its reasons."""
    for part, reason in (without or {}).items():
        tally.skipped(f"{name}::*{part}*", reason)
    log = log_of(name)
    command = [*command, *HARNESS_OPTIONS, *(word for part in without or () for word in ("--skip", part))]
    code = run(command, env=env, timeout=timeout, check=False, output=log)
    judge_harness(tally, name, log.read_text(errors="replace"), code, line(command, env))


def judge_harness(tally, name, text, code, repeat=""):
    """Reads a harness's output; a harness that died, or said less than its summary, is a failure of its own.

    A test that passes and says `skipped: REASON` could not run here and counts as skipped.
    """
    listed = 0
    details = dict(re.findall(r"^---- (\S+) stdout ----\n(.*?)(?=^----|^failures:|^successes:|\Z)", text, re.M | re.S))
    # A test's own output may stand between its name and its verdict: the name is at the line's start, the verdict at an end.
    for test, verdict, reason in re.findall(r"^test (\S+)(?: - should panic)? \.\.\. (?:.*?)(ok|FAILED|ignored)(?:, (.*))?$", text, re.M):
        listed += 1
        full = f"{name}::{test}"
        said_skip = re.search(r"^skipped: (.*)", details.get(test, ""), re.M)
        if verdict == "ok" and said_skip:
            tally.skipped(full, said_skip[1])
        elif verdict == "ok":
            tally.passed(full)
        elif verdict == "ignored":
            tally.skipped(full, reason or "ignored by the harness")
        else:
            tally.failed(full, details.get(test, text[-2000:]), f"{repeat} --exact {test}")
    summary = re.search(r"^test result: (ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored", text, re.M)
    if not summary:
        last_words = text.rstrip().rpartition("\n")[2]
        tally.failed(name, f"{text[-3000:]}\nthe harness ended with {code} and no result, after: {last_words}", repeat)
    elif sum(int(summary[i]) for i in (2, 3, 4)) != listed:
        tally.failed(name, f"{text[-3000:]}\nonly {listed} of the harness's verdicts could be read", repeat)
