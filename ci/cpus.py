"""Many CPUs, and CPUs that go and come: the storm, the heap's model and the per-CPU structures in guests with 16, 64 and 128 CPUs.

`tests/qemu/cpus.c` turns CPUs off and on, or changes the program's cpuset, while the program runs; it says what it did.  One host thread runs all
CPUs of such a guest in turn: on few real ones that is the faster way.
"""

import random
import re
from dataclasses import dataclass, replace

from ci import qemu, rusttests, setup
from ci.build import needs
from ci.shell import ROOT, say

WRAPPER = ROOT / "tests/qemu/cpus.c"
# What hosted tests run where CPUs stay as they are; where they go and come, only what pins no thread to a CPU.
HOSTED = ("percpu::", "malloc::consistency::random", "that_are_moved_between_cpus", "malloc::threads", "rseq::section")
HOSTED_MOVING = ("malloc::consistency::random", "that_are_moved_between_cpus")


@dataclass(frozen=True)
class Row:
    """A guest: CPUs that it may have, what happens to them, and what is tested meanwhile."""

    name: str
    cpus: int
    mode: str = ""  # of tests/qemu/cpus.c
    kernel: str = "6.12"
    kernel_line: str = ""
    rounds: int = 20000  # of each thread of the storm; there are two threads a CPU
    hosted: tuple = ()
    seconds: int = 1200


ROWS = (
    Row("hotplug", 16, "hotplug", hosted=HOSTED_MOVING),
    Row("hotplug under 6.1, indices are CPU numbers", 16, "hotplug", kernel="6.1"),
    Row("hotplug under 7.3, the optimised mode", 16, "hotplug", kernel="7.3"),
    Row("cpusets that change", 16, "cpuset", hosted=HOSTED_MOVING),
    Row("a container with the last two CPUs", 16, "few", hosted=HOSTED),
    Row("a container with the last two CPUs, indices are CPU numbers", 16, "few", kernel="6.1", hosted=HOSTED),
    Row("every second CPU off", 16, "sparse", hosted=HOSTED),
    Row("5 of 16 CPUs there at boot", 16, kernel_line="maxcpus=5", hosted=HOSTED),
    Row("64 CPUs", 64, rounds=3000),
    Row("128 CPUs", 128, rounds=1000),
)


def _judge_wrapped(tally, name, mode, judge):
    """As `judge`, and the wrapper must have done something to the CPUs."""

    def judged(output, code):
        did = re.search(rf"^cpus {mode}: .*$", output, re.M)
        # 3: it could do nothing, or the program ended before it did.
        if mode and (code == 3 or not did):
            tally.failed(name, f"{output[-3000:]}\nthe CPUs were left alone")
        elif "running 0 tests" in output:
            tally.failed(name, f"{output[-3000:]}\nno test of the harness has such a name")
        else:
            if did:
                say(f"  {name}: {did[0]}")
            judge(output, code)

    return judged


def run_row(tally, cpu, row, seed, programs):
    jobs = []

    def job(name, program, judge, **more):
        under = (qemu.made_by_gcc(cpu.name, WRAPPER), row.mode, str(seed)) if row.mode else ()
        jobs.append(qemu.Job(name, program, _judge_wrapped(tally, name, row.mode, judge), seconds=row.seconds, under=under, **more))

    name = f"cpus/{row.name}: storm with seed {seed}"

    def judge_storm(output, code):
        said = re.search(r"^storm: .* (\d+) aborts", output, re.M)
        if code == 0 and not said:
            tally.failed(name, f"{output[-2000:]}\nno word from the storm")
        elif code is None:
            tally.failed(name, output)
        else:
            say(f"  {said[0] if said else ''}")
            tally.by_exit_code(name, code, output)

    job(name, programs["storm"], judge_storm, env=(f"DACAPO_SEED={seed}", f"DACAPO_ROUNDS={row.rounds}"))
    if row.hosted:
        test = f"cpus/{row.name}/hosted"
        job(test, programs["hosted"], lambda out, code: rusttests.judge_harness(tally, test, out, code),
            env=("DACAPO_EXPECT_RSEQ=adopted", "DACAPO_EMULATED=1"), arguments=(*rusttests.HARNESS_OPTIONS, *row.hosted))
    file_name = re.sub(r"\W+", "-", f"cpus-{row.name}")
    qemu.run_jobs(cpu.name, row.kernel, jobs, file_name, cpus=row.cpus, timeout=2 * row.seconds, one_thread=row.cpus > 4,
                  kernel_line=row.kernel_line)


def run_small(tally, cpu, seed=None):
    """The first row's storm alone, from the build that the other guests use: half a minute."""
    setup.ensure_or_skip(*qemu.needs(cpu.name, ROWS[0].kernel), *needs(cpu))
    run_row(tally, cpu, replace(ROWS[0], hosted=()), 1 if seed is None else seed, rusttests.freestanding(cpu))


def run_all(tally, cpu, seed=None):
    for row in ROWS:
        setup.ensure_or_skip(*qemu.needs(cpu.name, row.kernel), *needs(cpu))
    programs = {**rusttests.harness(cpu, "hosted", static=True),
                **rusttests.freestanding(cpu, only="storm", rustflags=("--cfg=dacapo_count_aborts",))}
    seed = random.randrange(1 << 31) if seed is None else seed
    for row in ROWS:
        run_row(tally, cpu, row, seed, programs)
