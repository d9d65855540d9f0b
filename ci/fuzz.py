"""Corrupt ELF images, and random calls of printf, scanf, strtod, qsort, strings and dates, with dacapo's libc and with the host's: tests/fuzz/fuzz.c, compiled twice.

A run has a seed, which is printed; a case has a number.  A difference prints the two lines and the command that shows them again.  A difference that
is meant stands in DIFFERENCES with its reason; so many of each were met is said, so that a row that explains nothing any more is seen.
"""

import itertools
import random
import re
import subprocess
import time

from ci import build, rusttests
from ci.paths import TARGET
from ci.shell import ROOT, capture, line, run, say

SOURCE = ROOT / "tests/fuzz/fuzz.c"
OUT = TARGET / "fuzz"
CFLAGS = ("-O1", "-g", "-std=gnu11", "-fno-builtin", "-w")
FAMILIES = ("printf", "scanf", "number", "qsort", "string", "time")
SHARES = len(FAMILIES) + 1  # the last one is that of the corrupt images
BLOCK = 256  # cases a hash
ROUND = 16 * BLOCK
SECONDS = 8
SHORT = 20 * ROUND
# (family, what the host's line matches, what ours matches, why they may differ)
DIFFERENCES = (
    ("printf", r"\[%[^\]]*#[^\]]*[gG]\]%n: .*1\.[eE]", r"1\.0+([eE]|\\00)",
     "glibc forgets the zeros that # asks of %g where rounding carries into a new digit: 999999.5 is 1.00000e+06"),
    ("printf", r"\[%[^\]]*#[^\]]*[gG]\]%n: \d+ \d+ (\[(\\20|.)?)?\\00$", r"\d (\[(\\20|.)?)?\\00$", "the same, where the buffer has room for one character or none"),
    ("scanf", r"0[xX].*%\d+[lL]?[aAeEfFgG].*': [1-9]", r"': \d",
     "glibc takes 0x, cut there by a width, for a zero; C has no number that ends so, and the conversion fails"),
    ("time", r" %E?C: \d -?\d ", r" %E?C: \d -?0\d ", "C has %C as two digits, 00 to 99; glibc gives one for the first centuries"),
)


def _says(program, *words):
    """A program's lines; its end is the last one if it is not 0."""
    done = subprocess.run([str(program), *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=300,
                          env={"TZ": "UTC", "LC_ALL": "C"})
    lines = done.stdout.decode(errors="replace").splitlines()
    return lines + ([f"ended with {done.returncode}"] if done.returncode else [])


def _differences(programs, family, seed, first, count):
    """The cases of a block whose lines differ: [(number, the host's, ours)]."""
    host, ours = (_says(program, family, seed, first, count, "show") for program in programs)
    pairs = itertools.zip_longest(host, ours, fillvalue="(nothing)")
    return [(first + number, *pair) for number, pair in enumerate(pairs) if pair[0] != pair[1]]


def _explained(family, host, ours):
    for row in DIFFERENCES:
        if row[0] == family and re.search(row[1], host) and re.search(row[2], ours):
            return row[3]
    return ""


def _build(cpu):
    OUT.mkdir(parents=True, exist_ok=True)
    programs = (OUT / "host", OUT / "ours")
    for compiler, program in zip(("gcc", build.libc(cpu)), programs):
        capture([compiler, *CFLAGS, SOURCE, "-o", program])
    return programs


def _control(tally, programs):
    """A difference must be seen: the host's program against itself with another seed."""
    host = _says(programs[0], "printf", 1, 0, BLOCK)
    other = _says(programs[0], "printf", 2, 0, BLOCK)
    good = len(host) == len(other) == 1 and host != other
    tally.passed("fuzz/another seed gives another hash") if good else tally.failed("fuzz/another seed gives another hash", f"{host} {other}")


def _images(tally, cpu, seconds, seed):
    """Corrupt vDSOs and PT_TLS headers (tests/freestanding/src/bin/corrupt_images.rs): what is found lies inside, and the search ends.
    Corrupt auxiliary vectors (corrupt_vectors.rs): the program starts."""
    for what, name in (("images", "corrupt_images"), ("auxiliary vectors", "corrupt_vectors")):
        _corrupt(tally, rusttests.freestanding(cpu, only=name)[name], what, seconds, seed)


def _corrupt(tally, program, what, seconds, seed):
    """Runs a program that corrupts something and checks it itself, with one seed or for as long as there is time."""
    end, runs, said = time.monotonic() + seconds, 0, ""
    while runs == 0 or (time.monotonic() < end and seconds != SECONDS / SHARES):
        name = f"fuzz/corrupt {what} with seed {seed + runs}"
        env = {"DACAPO_SEED": str(seed + runs)}
        log = rusttests.log_of(f"fuzz-{what}")
        code = run([program], env=env, timeout=100, check=False, echo=False, output=log)
        said = log.read_text(errors="replace").strip()
        if code == 77:
            tally.skipped(name, said.splitlines()[-1])
            return
        if code:
            tally.by_exit_code(name, code, said, line([program], env))
            return
        runs += 1
    say(f"  {what}: {runs} times {said}")
    tally.passed(f"fuzz/corrupt {what} with seeds from {seed} on")


def run_all(tally, cpu, seconds=SECONDS, seed=None):
    """Every family for its share of the time."""
    # The short run of every day is the same every day; who searches for longer searches elsewhere each time.
    if seed is None:
        seed = 1 if seconds == SECONDS else random.randrange(1 << 32)
    programs = _build(cpu)
    _control(tally, programs)
    _images(tally, cpu, seconds / SHARES, seed)
    say(f"seed {seed}, {seconds} s")
    for family in FAMILIES:
        end = time.monotonic() + seconds / SHARES
        first, met, wrong = 0, {}, []
        # The short run ends after as many cases on a fast machine, too: it is the same everywhere.
        while not wrong and (first == 0 or time.monotonic() < end) and (seconds != SECONDS or first < SHORT):
            host, ours = (_says(program, family, seed, first, ROUND) for program in programs)
            for number, pair in enumerate(itertools.zip_longest(host, ours)):
                if pair[0] == pair[1]:
                    continue
                for case, theirs, mine in _differences(programs, family, seed, first + number * BLOCK, BLOCK):
                    reason = _explained(family, theirs, mine)
                    if reason:
                        met[reason] = met.get(reason, 0) + 1
                    else:
                        wrong.append((case, theirs, mine))
            first += ROUND
        for reason, times in met.items():
            say(f"  {family}: {times} differences explained: {reason}")
        name = f"fuzz/{family}: {first} cases with seed {seed}"
        if wrong:
            case, theirs, mine = wrong[0]
            tally.failed(name, f"{len(wrong)} cases differ; the first:\nglibc:  {theirs}\ndacapo: {mine}",
                         line([programs[1], family, seed, case, 1, "show"]))
        else:
            say(f"  {family}: {first} cases, equal")
            tally.passed(name)
