"""The stress suite: tests/stress, for a few seconds or as long as one likes, from a seed that is printed and can be given again."""

import random

from ci import rusttests
from ci.shell import line, run, say

SCENARIOS = ("counters", "objects", "heap", "churn", "forks")
SECONDS = 12


def run_all(tally, cpu, seconds=SECONDS, seed=None):
    """Every scenario for its share of the time, each in a process of its own, so that one failure does not hide the next."""
    seed = random.randrange(1 << 32) if seed is None else seed
    program = rusttests.build(cpu, ["build", "--profile", "test", "-p", "stress"],
                              ("--cfg=dacapo_count_aborts", "--cfg=dacapo_inject"))["stress"]
    say(f"seed {seed}, {seconds} s")
    for scenario in SCENARIOS:
        log = rusttests.log_of(f"stress-{scenario}")
        command = [program, seconds / len(SCENARIOS), seed, scenario]
        code = run(command, timeout=60 + 4 * seconds, check=False, output=log)
        text = log.read_text(errors="replace")
        name = f"stress/{scenario} with seed {seed}"
        if code == 0 and f"test {scenario} ... ok" in text:
            say("  " + text.splitlines()[-1])
            tally.passed(name)
        else:
            tally.failed(name, f"{text[-3000:]}\nended with {code}",
                         f"for i in 1 2 3 4 5 6 7 8 9; do {line(command)} || break; done")
