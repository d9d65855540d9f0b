"""`x.py bench NAME`: runs a benchmark of benches/, all its peers in the same run.

benches/NAME.py has a function `run(options)` that returns a `Table` (ci/tables.py); its docstring says what is measured.  The
programs themselves are C (benches/c, built by every toolchain) or Rust (the package in benches/).  The table goes to stdout,
the figures to target/bench/NAME.json.
"""

import argparse
import importlib.util
import inspect
import random
import time
from dataclasses import dataclass, field

from ci import peers
from ci.paths import CPUS
from ci.peers import Absent
from ci.shell import ROOT, Failed, say

BENCHES = ROOT / "benches"


@dataclass
class Options:
    """What was asked for on the command line."""

    quick: bool = False  # a smoke test: everything runs, the figures mean little
    rounds: int = 0
    threads: list = field(default_factory=list)
    only: list = field(default_factory=list)
    peer: list = field(default_factory=list)
    json: str = ""
    earlier: list = field(default_factory=list)
    steps: int = 30_000
    processor: bool = False
    cpu: str = ""
    files: list = field(default_factory=list)

    def times(self, usual, quick=1):
        """How often: as asked for, else the benchmark's usual number."""
        return self.rounds or (quick if self.quick else usual)

    def counts(self, usual=(1, 2, 8, 64)):
        """The numbers of threads."""
        return self.threads or ([1, 8] if self.quick else list(usual))

    def wants_peer(self, name):
        return not self.peer or any(word == name for word in self.peer)

    def wants(self, name):
        return not self.only or any(word in name for word in self.only)


class Progress:
    """Says every few seconds how far a benchmark is."""

    def __init__(self, what, total):
        self.what, self.total, self.done = what, total, 0
        self.begin = self.said = time.monotonic()

    def step(self):
        self.done += 1
        now = time.monotonic()
        if now - self.said > 8 and self.done < self.total:
            self.said = now
            left = (now - self.begin) / self.done * (self.total - self.done)
            say(f"    ... {self.what}: {100 * self.done // self.total} %, about {left:.0f} s left")


def interleaved(rounds, names, seconds=1e9, seed=1):
    """(round, name) for every round and name: each round in an order of its own, so that no peer always comes first.

    After `seconds` no new round begins, except the first three: a busy machine gets fewer rounds, not a longer wait.
    """
    order = random.Random(seed)
    begin = time.monotonic()
    for number in range(rounds):
        if number >= 3 and time.monotonic() - begin > seconds:
            return
        shuffled = list(names)
        order.shuffle(shuffled)
        for name in shuffled:
            yield number, name


def modules():
    """{name: path} of every benchmark."""
    return {path.stem: path for path in sorted(BENCHES.glob("*.py"))}


def load(name):
    spec = importlib.util.spec_from_file_location(f"benches.{name}", modules()[name])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build_all(table, toolchains, name, sources=None, flags=()):
    """{toolchain: program} of those that can build benches/c/NAME.c; the others' reasons go into the table."""
    programs = {}
    for toolchain in toolchains:
        program = toolchain.compile(name, sources or [peers.SOURCES / f"{name}.c"], flags)
        if program:
            programs[toolchain.name] = program
        else:
            table.absent.setdefault(toolchain.name, {})[name] = program.reason
    return programs


def figures_of_lines(name, what, unit="ns", options=None, rounds=5, ms=20):
    """The benchmarks whose program prints `ROW<TAB>FIGURE` lines: run it interleaved under every toolchain."""
    from ci.tables import Table

    options = options or Options()
    toolchains = peers.toolchains()
    table = Table(name, what, [t.name for t in toolchains])
    programs = build_all(table, toolchains, name)
    rounds, ms = options.times(rounds), 2 if options.quick else ms
    progress = Progress(name, rounds * len(programs))
    for _, peer in interleaved(rounds, programs, 60):
        if peer in table.absent:
            continue
        outcome = peers.run_once(programs[peer], [ms, *options.only], timeout=60)
        if isinstance(outcome, Absent):
            table.absent.setdefault(peer, {})["its run"] = outcome.reason
        else:
            for text in outcome.output.decode().splitlines():
                label, value = text.rsplit("\t", 1)
                table.row(label, unit)
                table.add(label, peer, float(value))
        progress.step()
    return table


def parse(name, arguments):
    parser = argparse.ArgumentParser(prog=f"x.py bench {name}", description=inspect.getdoc(load(name)) if name != "all" else None,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smoke test: everything runs, the figures mean little")
    parser.add_argument("--rounds", "--runs", type=int, default=0, help="how often each peer runs")
    parser.add_argument("--threads", type=int, action="append", default=[], help="only this number of threads (repeatable)")
    parser.add_argument("--only", "--workload", action="append", default=[], help="only rows with this in their name (repeatable)")
    parser.add_argument("--peer", action="append", default=[], help="malloc: only this peer (repeatable)")
    parser.add_argument("--cpu", choices=tuple(CPUS), default="", help="scale: count on a machine with such CPUs")
    parser.add_argument("--json", default="", metavar="FILE", help="keep the figures there, and not in target/bench")
    parser.add_argument("--earlier", action="append", default=[], metavar="FILE",
                        help="malloc: add the figures of this file, from an earlier run (repeatable); with --rounds -1: measure nothing")
    parser.add_argument("--steps", type=int, default=30_000, help="malloc: how many instructions are stepped through; 0: none")
    parser.add_argument("--processor", action="store_true",
                        help="malloc: compare processor time, not elapsed time: for a machine that others use too")
    parser.add_argument("files", nargs="*", help="input, for the benchmarks that read files")
    return Options(**vars(parser.parse_args(arguments)))


def main(name, arguments):
    if not name or name.startswith("-"):
        width = max(map(len, modules()), default=0)
        for each in modules():
            print(f"{each:<{width}}  {inspect.getdoc(load(each)).splitlines()[0]}")
        print(f"{'all':<{width}}  every one of them (with --quick: the smoke test)")
        return 0
    if name != "all" and name not in modules():
        raise Failed(f"no such benchmark: {name}; there are all, {', '.join(modules())}")
    options = parse(name, arguments)
    wanted = list(modules()) if name == "all" else [name]
    missed = 0
    for each in wanted:
        table = load(each).run(options)
        table.show()
        table.save(options.json)
        missed += sum(target["met"] is False for target in table.targets)
    if missed and not options.quick:
        say(f"{missed} figures to reach were missed")
    return 0
