"""The stress suite: tests/stress, for a few seconds or as long as one likes, from a seed that is printed and can be given again."""

import random
import re
import shutil
import signal

from ci import qemu, rusttests
from ci.paths import TARGET
from ci.shell import line, run, say

SCENARIOS = ("counters", "objects", "heap", "churn", "forks", "readers", "queues")
# With magazines of 4 blocks and runs of one page, nearly every operation takes a path that is rare in the real heap.
TINY_HEAP = "--cfg=dacapo_tiny_heap"
TINY_SCENARIOS = ("heap", "churn", "forks")
# Every section reads its index once more right before its commit, and traps if it is another one.
TWICE = "--cfg=dacapo_compare_twice"
TWICE_BUILD, TWICE_FLAGS = ["build", "--profile", "test", "-p", "stress"], ("--cfg=dacapo_count_aborts", "--cfg=dacapo_inject", TWICE)
TWICE_SCENARIOS = ("counters", "objects", "heap", "readers")
TWICE_SECONDS = 4
# ... and must trap where the index is read before the section begins: an illegal instruction, or brk.
TWICE_BROKEN = "index_before_start"
TRAPS = {"x86_64": signal.SIGILL, "aarch64": signal.SIGTRAP}
# The heap's sections are made wrong while the program runs: this scenario moves their starts to their ends, long after they have read the index.
TWICE_HEAP = "late_start"
# The points of src/inject.rs that each build must have come to: all but the last, where only an owner's threads come.
POINTS = {"stress": set(range(11)), "stress-tiny": set(range(5))}
SECONDS = 25


def run_all(tally, cpu, seconds=SECONDS, seed=None):
    """Every scenario for its share of the time, each in a process of its own, so that one failure does not hide the next."""
    seed = random.randrange(1 << 32) if seed is None else seed
    say(f"seed {seed}, {seconds} s")
    share = seconds / (len(SCENARIOS) + len(TINY_SCENARIOS))
    for name, flags, scenarios in (("stress", (), SCENARIOS), ("stress-tiny", (TINY_HEAP,), TINY_SCENARIOS)):
        program = rusttests.build(cpu, ["build", "--profile", "test", "-p", "stress"], ("--cfg=dacapo_count_aborts", "--cfg=dacapo_inject", *flags))["stress"]
        kept = program.with_name(f"{name}-kept")  # cargo writes both builds to one place
        shutil.copy2(program, kept)
        reached = set()
        for scenario in scenarios:
            reached |= _run(tally, f"{name}/{scenario}", [kept, share, seed, scenario], seed, timeout=60 + 4 * seconds)
        missed = sorted(POINTS[name] - reached)
        if missed:
            tally.failed(f"{name}/points with seed {seed}", f"no thread came to these points of src/inject.rs: {missed}")
    _twice(tally, cpu, seed)


def _twice(tally, cpu, seed):
    """The builds that compare twice: the right one traps nowhere, the one that is wrong on purpose does."""
    good = rusttests.build(cpu, TWICE_BUILD, TWICE_FLAGS, {"CARGO_TARGET_DIR": str(TARGET / "twice")})["stress"]
    for scenario in TWICE_SCENARIOS:
        _run(tally, f"stress-twice/{scenario}", [good, TWICE_SECONDS / len(TWICE_SCENARIOS), seed, scenario], seed, timeout=60)
    program = rusttests.build(cpu, TWICE_BUILD, TWICE_FLAGS, {"CARGO_TARGET_DIR": str(TARGET / "twice-broken"), "DACAPO_BROKEN": TWICE_BROKEN})["stress"]
    for command, name in (([program, 30, seed, "counters"], f"{TWICE_BROKEN} traps in counters"), ([good, 30, seed, TWICE_HEAP], f"{TWICE_HEAP} traps in the heap")):
        log = rusttests.log_of(f"stress-twice-{command[-1]}-broken")  # it seldom takes a second
        code = run(command, timeout=90, check=False, output=log)
        _judge_trapped(tally, cpu, f"stress-twice/{name}", log.read_text(errors="replace"), code, line(command))


def _judge_trapped(tally, cpu, name, text, code, repeat):
    if code == -TRAPS[cpu.name] and (TWICE_HEAP not in name or re.search(r"^[1-9]\d* sections begin too late", text, re.M)):
        tally.passed(name)
    else:
        tally.failed(name, f"{text[-2000:]}\nended with {code}, not by {TRAPS[cpu.name].name}", repeat)


def run_twice_in_guest(tally, cpu, kernel, suite):
    """The build that compares twice in a guest of another CPU: right, it traps nowhere; with the heap's sections made wrong, it does."""
    program = rusttests.build(cpu, TWICE_BUILD, (*TWICE_FLAGS, "-Ctarget-feature=+crt-static"), {"CARGO_TARGET_DIR": str(TARGET / "twice")})["stress"]

    def judge(name, scenario):
        def judged(text, code):
            if code == 0 and f"test {scenario} ... ok" in text:
                tally.passed(name)
            else:
                tally.failed(name, f"{text[-3000:]}\nended with {code}", f"./x.py test --suite {suite}")
        return judged

    jobs = [qemu.Job(f"twice-{scenario}", program, judge(f"{suite}/stress-twice/{scenario}", scenario), ("5", "1", scenario), seconds=300)
            for scenario in TWICE_SCENARIOS]
    name = f"{suite}/stress-twice/{TWICE_HEAP} traps in the heap"
    jobs.append(qemu.Job(f"twice-{TWICE_HEAP}", program, lambda text, code: _judge_trapped(tally, cpu, name, text, code, f"./x.py test --suite {suite}"),
                         ("120", "1", TWICE_HEAP), seconds=300))
    qemu.run_jobs(cpu.name, kernel, jobs, f"{suite}-twice", timeout=1800, silence=300)


def _run(tally, name, command, seed, timeout):
    """Runs one scenario; the points of src/inject.rs that its threads came to."""
    log = rusttests.log_of(name.replace("/", "-"))
    code = run(command, timeout=timeout, check=False, output=log)
    text = log.read_text(errors="replace")
    name = f"{name} with seed {seed}"
    if code == 0 and f"test {command[-1]} ... ok" in text:
        say("  " + text.splitlines()[-1])
        tally.passed(name)
    else:
        tally.failed(name, f"{text[-3000:]}\nended with {code}", f"for i in 1 2 3 4 5 6 7 8 9; do {line(command)} || break; done")
    return {int(point) for point in re.findall(r" (\d+):\d+", text[max(text.rfind("visits of points:"), 0):])}
