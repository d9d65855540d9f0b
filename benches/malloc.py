"""malloc by workload and number of threads: ns an operation, peak and steady memory, of every allocator in one run.

Every peer is loaded by LD_PRELOAD under the same program (ci/allocators.py says where each comes from); musl and dacapo's libc are
static builds of the same source.  A row is `WORKLOAD THREADS`; its figure is elapsed time over the operations of all threads, so that
two threads on two CPUs show half of what one needs.  Options that only this benchmark has: --peer, --earlier, --steps, --processor.
"""

import json
import math
import os
import subprocess
from pathlib import Path

from ci import allocators, peers, setup
from ci.allocators import OURS, STATIC
from ci.bench import Progress, interleaved
from ci.peers import OUT, Absent
from ci.shell import Failed, say
from ci.tables import Table, figure, grid, median

NS, PEAK, STEADY, LEFT, PROCESSOR, EXECUTED, LOCKED = "ns", "peak MiB", "steady MiB", "left MiB", "processor ns", "instructions", "locked"
SLOW = {"large": 5}  # these need more time for a few operations
# What is stepped: (workload, threads).
STEPPED = (("pair-64", 1), ("pair-mixed", 1), ("lifo-1000", 1), ("replace", 1), ("producer-consumer", 2), ("xmalloc", 2))
# It keeps the address of a CPU's slab in a field that the kernel rewrites whenever a thread is scheduled, which is at every step.
UNSTEPPABLE = ("tcmalloc-cpu",)
SHARDED = "dl-sharded"
WITHIN = 1.05


class Malloc(Table):
    """Rows are `WORKLOAD nT`, one table for each quantity; then ranks and geometric means."""

    def __init__(self, names, time=NS):
        super().__init__("malloc", "malloc: every allocator in one run", names, OURS)
        self.time = time  # which of the two: NS or PROCESSOR

    def put(self, case, quantity, peer, value):
        label = f"{case}, {quantity}"
        self.row(label, quantity)
        self.add(label, peer, value)

    def kept(self, values):
        return {"all": values}

    def cases(self, quantity):
        """Every case that has a figure of that quantity, in the order measured."""
        ending = f", {quantity}"
        return [label[: -len(ending)] for label in self.rows if label.endswith(ending)]

    def shown(self):
        return [peer for peer in self.peers if any(row["peers"].get(peer) for row in self.rows.values())]

    def values(self, case, quantity):
        """{peer: median} of a row."""
        found = {peer: self.value(f"{case}, {quantity}", peer) for peer in self.shown()}
        return {peer: value for peer, value in found.items() if value is not None}

    def _by_row(self):
        stepped = [grid(["per operation", *self.shown(), ""], self._lines(quantity, self.shown())) for quantity in (EXECUTED, LOCKED)
                   if self.cases(quantity)]
        return "\n\n".join([*(self._quantity(quantity) for quantity in (self.time, PEAK, STEADY) if self.cases(quantity)), *stepped, self._summary()])

    def _lines(self, quantity, shown):
        return [[case, *(figure(value) if (value := self.values(case, quantity).get(peer)) is not None else "-" for peer in shown), quantity]
                for case in self.cases(quantity)]

    def _quantity(self, quantity):
        shown, lines = self.shown(), []
        for case in self.cases(quantity):
            values = self.values(case, quantity)
            best = min(values.values())
            cells = ["-" if peer not in values else figure(values[peer]) + ("*" if values[peer] == best else " ") for peer in shown]
            lines.append([case, *cells, *(self._place(values, ours) for ours in OURS if ours in shown), quantity])
        heads = ["", *shown, *(f"{ours}: rank, / best" for ours in OURS if ours in shown), ""]
        return grid(heads, lines) + "\nMedians; * is the best of its row; '/ best': over the best of the others."

    def _place(self, values, ours):
        rank, ratio = place(values, ours)
        return "-" if rank is None else f"{rank}, {ratio:.2f}"

    def groups(self):
        """{name: (quantity, cases)}: what geometric means are taken of."""
        cases = self.cases(self.time)
        alone = [case for case in cases if case.endswith(" 1T")]
        groups = {"ns, 1 thread": (self.time, alone), "ns, more threads": (self.time, [case for case in cases if case not in alone]),
                  "ns, all": (self.time, cases),
                  "peak memory": (PEAK, self.cases(PEAK)), "steady memory": (STEADY, self.cases(STEADY))}
        return {name: group for name, group in groups.items() if group[1]}

    def mean(self, quantity, cases, peer):
        """Geometric mean of a peer's figure over the best of the row, of the rows where nobody is missing; or None."""
        ratios = []
        for case in cases:
            values = self.values(case, quantity)
            if len(values) == len(self.shown()) and min(values.values()) > 0:
                ratios.append(values[peer] / min(values.values()))
        return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None

    def _summary(self):
        shown, lines = self.shown(), []
        for name, (quantity, cases) in self.groups().items():
            means = {peer: self.mean(quantity, cases, peer) for peer in shown}
            if None not in means.values():
                lines.append([f"geometric mean, {name}", *(f"{means[peer]:.2f}" for peer in shown), ""])
            ranks = {peer: [rank for case in cases if (rank := place(self.values(case, quantity), peer)[0])] for peer in shown}
            lines.append([f"first of {len(cases)}, {name}", *(str(ranks[peer].count(1)) for peer in shown), ""])
            lines.append([f"median rank, {name}", *(f"{median(ranks[peer]):g}" if ranks[peer] else "-" for peer in shown), ""])
        return grid(["over the best of each row", *shown, ""], lines)

    def judge(self):
        """The figures to reach, for what was measured."""
        for ours in OURS:
            if ours not in self.shown():
                continue
            self._judge_time(ours)
            self._judge_rest(ours)

    def _judge_time(self, ours):
        for name, least, limit in (("more threads", 2, WITHIN), ("1 thread", 1, 1.10)):
            cases = self.groups().get(f"ns, {name}", (NS, []))[1]
            places = {case: place(self.values(case, self.time), ours) for case in cases}
            places = {case: found for case, found in places.items() if found[0]}
            if places:
                good = [case for case, (rank, ratio) in places.items() if ratio <= limit and (least > 1 or rank <= 3)]
                what = f"within {round((limit - 1) * 100)} % of the first" + (", and of the first three" if least == 1 else "")
                self.target(f"{ours}: rows with {name} {what}", len(good), f"all {len(places)}", len(good) == len(places))
                bad = sorted((case for case in places if case not in good), key=lambda case: -places[case][1])
                if bad:
                    self.notes.append(f"{ours} behind: " + "; ".join(f"{case} {places[case][1]:.2f} (rank {places[case][0]})" for case in bad))

    def _judge_rest(self, ours):
        groups = self.groups()
        if "ns, all" in groups:
            means = {peer: self.mean(*groups["ns, all"], peer) for peer in self.shown() if peer == ours or peer not in OURS}
            if None not in means.values():
                rank = sorted(means.values()).index(means[ours]) + 1
                self.target(f"{ours}: rank of the geometric mean over all rows", rank, "1", rank == 1)
        if "peak memory" in groups:
            # A static program has no dynamic linker's and no glibc's pages: it is held against static ones alone.
            fair = [peer for peer in self.shown() if peer == ours or (peer not in OURS and (peer in STATIC) == (ours in STATIC))]
            means = {peer: self.mean(*groups["peak memory"], peer) for peer in fair}
            if None not in means.values():
                rank = sorted(means.values()).index(means[ours]) + 1
                self.target(f"{ours}: rank of the geometric mean of peak memory", rank, "<= 3", rank <= 3)
        # Of one pair: 32 rings of 1,024 blocks hold 17 MiB that are in use.
        peak = self.values("producer-consumer 2T", PEAK).get(ours) if "producer-consumer 2T" in self.cases(PEAK) else None
        if peak is not None:
            self.target(f"{ours}: producer-consumer, peak memory of one pair", peak, "<= 10 MiB", peak <= 10)
        for peer in (ours, SHARDED) if ours == OURS[0] else (ours,):
            pairs = [(self.values(case, self.time), self.values(case.replace(" 64T", " 2T"), self.time)) for case in self.cases(self.time)
                     if case.endswith(" 64T")]
            ratios = [many[peer] / two[peer] for many, two in pairs if peer in many and peer in two]
            if ratios:
                mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
                self.target(f"{peer}: ns at 64 threads over ns at 2, geometric mean", mean, "<= 1.00" if peer == ours else "-",
                            mean <= 1 if peer == ours else None)
        for case in self.cases(LOCKED):
            value = self.values(case, LOCKED).get(ours)
            if value is not None:
                alone = case.endswith(" 1T")
                self.target(f"{ours}: locked instructions an operation, {case}", value, "0" if alone else "<= 1/64",
                            value == 0 if alone else value <= 1 / 64)


def place(values, peer):
    """(rank, figure over the best of the others) of a peer in a row; our other build is not among the others."""
    if peer not in values:
        return None, None
    others = [value for other, value in values.items() if other != peer and not (peer in OURS and other in OURS)]
    if not others:
        return None, None
    return 1 + sum(value < values[peer] for value in others), values[peer] / max(min(others), 1e-9)


def programs(table, options):
    """{peer: (program, environment)} of those that can be built; the others' reasons go into the table."""
    dynamic = peers.Toolchain("glibc", ("gcc",)).compile("malloc", [peers.SOURCES / "malloc.c"])
    if not dynamic:
        raise Failed(f"benches/c/malloc.c: {dynamic.reason}")
    found = {}
    for name, allocator in allocators.preloads(options.wants_peer).items():
        if isinstance(allocator, Absent):
            table.absent[name] = {"its library": allocator.reason}
        elif allocator.library and (missing := allocators.not_taken(dynamic, allocator.library)):
            table.absent[name] = {"its library": f"the program does not take {', '.join(missing)} from it"}
        else:
            found[name] = (dynamic, allocator.environment)
            if name.startswith("tcmalloc"):
                mode = allocators.tcmalloc_mode(dynamic, allocator)
                table.notes.append(f"{name} says that its caches are per {mode or '?'}")
                if name == "tcmalloc-cpu" and mode != "cpu":
                    table.absent[name] = {"its mode": f"its caches are per {mode or '?'}, not per CPU"}
                    del found[name]
    setup.ensure("musl")
    for name, toolchain in zip(STATIC, (peers.Toolchain("musl static", ("musl-gcc",), ("-static",)), None)):
        if options.wants_peer(name):
            program = (toolchain or peers.dacapo()).compile("malloc", [peers.SOURCES / "malloc.c"])
            if program:
                found[name] = (program, {})
            else:
                table.absent[name] = {"malloc": program.reason}
    return dynamic, found


def jobs(dynamic, options):
    """[(case, workload, threads)] that were asked for."""
    found = []
    for text in peers.run_once(dynamic, ["--list"]).output.decode().splitlines():
        workload, least, most = text.split("\t")
        if options.wants(workload):
            found += [(f"{workload} {count}T", workload, count) for count in options.counts() if int(least) <= count <= int(most)]
    return found


def run(options):
    unknown = set(options.peer) - set(allocators.names())
    if unknown:
        raise Failed(f"no such peer: {', '.join(sorted(unknown))}; there are {', '.join(allocators.names())}")
    table = Malloc(allocators.names(), PROCESSOR if options.processor else NS)
    for path in options.earlier:
        take(table, path)
    if options.rounds >= 0:
        measure(table, options)
    table.judge()
    return table


def take(table, path):
    """Adds the figures of an earlier run."""
    found = json.loads(Path(path).read_text())
    for label, row in found["rows"].items():
        table.row(label, row["unit"], row["better"])
        for peer, cell in row["peers"].items():
            for value in cell["all"]:
                table.add(label, peer, value)
    for peer, reasons in found["absent"].items():
        table.absent.setdefault(peer, {}).update(reasons)
    table.notes += [note for note in found["notes"] if note.startswith("tcmalloc") and note not in table.notes]


def measure(table, options):
    dynamic, found = programs(table, options)
    wanted = jobs(dynamic, options)
    rounds, ms = options.times(5), 12 if options.quick else 80
    progress = Progress("malloc", rounds * len(wanted) * len(found))
    # A round is every case once: a noisy minute hits one figure of many rows, not all figures of one.
    for number in range(rounds):
        for case, workload, count in wanted:
            for _, peer in interleaved(1, found, seed=hash_of(case, number)):
                progress.step()
                if case in table.absent.get(peer, {}):
                    continue
                program, env = found[peer]
                outcome = peers.run_once(program, [workload, count, ms * SLOW.get(workload, 1)], env, timeout=30)
                if isinstance(outcome, Absent):
                    table.absent.setdefault(peer, {})[case] = outcome.reason
                    continue
                speed, processor, steady, left = map(float, outcome.output.split())
                if speed == 0:
                    continue  # no operation ended in the time: nothing was measured
                for quantity, value in ((NS, 1e9 / speed), (PEAK, outcome.peak_kib / 1024), (STEADY, steady / 1024), (LEFT, left / 1024),
                                        (PROCESSOR, processor)):
                    table.put(case, quantity, peer, value)
    step(table, found, options)


def hash_of(case, number):
    """A seed that is the same in every run."""
    return sum(case.encode()) * 31 + number


def step(table, found, options):
    """Instructions and locked instructions an operation in the steady state, counted by stepping (x86_64)."""
    tool = peers.Toolchain("tools", ("gcc",), ("-static",)).compile("malloc_locks", [peers.SOURCES / "malloc_locks.c"], ("-Wall",))
    wanted = [(workload, count) for workload, count in STEPPED if options.wants(workload) and (not options.threads or count in options.threads)]
    if not tool or not wanted or not options.steps:
        return
    report = OUT / "malloc_locks.json"
    for workload, count in wanted:
        for peer, (program, env) in found.items():
            if peer in UNSTEPPABLE or (options.quick and peer not in OURS):
                continue
            command = [tool, report, options.steps, program, workload, count, 1600, "step"]
            try:
                done = subprocess.run([*map(str, command)], env={**os.environ, **env}, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
            except subprocess.TimeoutExpired:
                say(f"    {peer} was not stepped through {workload}: no end within 60 s")
                continue
            if done.returncode:
                say(f"    {peer} was not stepped through {workload}: {done.stderr.decode(errors='replace').strip()}")
                if done.returncode == 77:
                    return
                continue
            counted = json.loads(report.read_text())
            # Half of an allocation with its free, twice: batches leave more of the one than of the other in a short sample.
            calls = (counted["allocations"] + counted["frees"]) / 2
            if calls:
                table.put(f"{workload} {count}T", EXECUTED, peer, counted["instructions"] / calls)
                table.put(f"{workload} {count}T", LOCKED, peer, counted["locked"] / calls)
