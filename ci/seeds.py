"""The sweep over seeds: a storm of threads in a guest whose clock counts instructions, so that each seed is one run, the same every time.

1. `tests/freestanding/src/bin/storm.rs` is booted on 4 CPUs, once a seed, for as long as was asked.
2. A seed that fails prints the command that repeats it; so does one whose second run differs from its first.
3. The negative control: the same storm over a section that is broken on purpose. Some seed must catch it, and catch it again, with the same console.
"""

import os
import random
import re
import shutil
import time

from ci import qemu, rusttests
from ci.paths import TARGET
from ci.shell import ROOT, line, say

PROGRAM = "storm"
KERNEL = "6.12"
GUEST_CPUS = 4
SECONDS = 100  # for all rounds of a kind; the builds come on top
# The sections' aborts are counted: a sweep that met none has tested nothing.
COUNTED = ("--cfg=dacapo_count_aborts",)
# Where it is wrong (arch/<cpu>/broken.rs), and how many seeds may miss it.
CONTROL, MOST_SEEDS = "late_commit", 20
OUT = TARGET / "seeds"


def _built(cpu, broken=None):
    """The storm, in a place where no other build overwrites it: who repeats a seed wants the very same bytes."""
    extra = {"DACAPO_BROKEN": broken, "CARGO_TARGET_DIR": str(TARGET / "controls")} if broken else None
    program = rusttests.freestanding(cpu, only=PROGRAM, extra=extra, rustflags=COUNTED)[PROGRAM]
    OUT.mkdir(parents=True, exist_ok=True)
    kept = OUT / f"{PROGRAM}-{cpu.name}{'-' + broken if broken else ''}"
    shutil.copy(program, kept)
    return kept


def _boot(cpu, program, seed):
    """One run; its name does not tell it from the next one, so that nothing but the seed does."""
    return qemu.boot(cpu.name, KERNEL, program, cpus=GUEST_CPUS, seed=seed, env={"DACAPO_ROUNDS": ROUNDS}, timeout=300, echo=False,
                     name=f"seeds-{program.name}")


ROUNDS = "20000"  # of each thread


def repeat(cpu, program, seed):
    return line(["./x.py", "qemu", "--cpu", cpu.name, "--kernel", KERNEL, "--cpus", GUEST_CPUS, "--deterministic", "--seed", seed, "--env",
                 f"DACAPO_ROUNDS={ROUNDS}", os.path.relpath(program, ROOT)])


def _same(first, second):
    return (first.code, first.problem, first.console) == (second.code, second.problem, second.console)


def _control(tally, cpu):
    """Some seed catches the broken section, and catches it again, to the byte."""
    program, name = _built(cpu, CONTROL), f"seeds/{CONTROL} is caught by a seed, twice alike"
    for seed in range(1, MOST_SEEDS + 1):
        first = _boot(cpu, program, seed)
        if first.code == 0:
            continue
        if not first.console.strip():
            # Nothing was caught: the guest did not come up, and qemu may have said why.
            qemu_said = (qemu.LOGS / f"seeds-{program.name}.qemu").read_text(errors="replace")[-2000:]
            tally.failed(name, f"the guest of seed {seed} said nothing and ended with {first.code}: {first.problem}\n{qemu_said}")
            return
        second = _boot(cpu, program, seed)
        said = first.console.strip().rpartition("\n")[2]
        say(f"  {CONTROL}: seed {seed} catches it: {said}")
        if _same(first, second):
            tally.passed(name)
        else:
            tally.failed(name, f"{first.console}\n--- and the second time\n{second.console}", repeat(cpu, program, seed))
        return
    tally.failed(name, f"no seed up to {MOST_SEEDS} catches it", repeat(cpu, program, MOST_SEEDS))


def run_all(tally, cpu, seconds=SECONDS, seed=None):
    _control(tally, cpu)
    program = _built(cpu)
    seed = random.randrange(1 << 31) if seed is None else seed
    end, aborts, count, prints = time.monotonic() + seconds, 0, 0, set()
    first_seed = seed
    while count == 0 or time.monotonic() < end:
        ending = _boot(cpu, program, seed)
        name = f"seeds/{PROGRAM} with seed {seed}"
        said = re.search(r"(\d+) aborts, who added where: (\w+)", ending.console)
        if ending.code != 0 or not said:
            tally.failed(name, f"{ending.console[-3000:]}\n{ending.problem}\nended with {ending.code}", repeat(cpu, program, seed))
        elif count == 0 and not _same(ending, _boot(cpu, program, seed)):
            tally.failed(name, f"{ending.console[-3000:]}\nthe second run of the same seed differs", repeat(cpu, program, seed))
        else:
            tally.passed(name)
        if said:
            aborts += int(said[1])
            prints.add(said[2])
        seed, count = seed + 1, count + 1
    say(f"  {count} seeds from {first_seed} on, {len(prints)} different runs, {aborts} aborts")
    wrong = "one run was like another" if len(prints) < count else "no section was aborted" if aborts == 0 else ""
    name = "seeds/each seed is a run of its own, with aborts"
    tally.failed(name, f"{wrong}: {len(prints)} different runs of {count}, {aborts} aborts") if wrong else tally.passed(name)
