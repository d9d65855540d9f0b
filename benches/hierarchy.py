"""The concurrency cost hierarchy: every way to add one, at 1, 2, 4, 8 and 2 x CPUs threads; instructions, fairness, fences, store forwarding.

Rows are the algorithms of "A concurrency cost hierarchy" (Downs 2020), the library's own types and their peers.  Beside the table: the figures with
their deciles in target/bench/hierarchy-all.json, and a page with plots that needs no network in target/bench/hierarchy.html.
"""

import html
import json
import math
import os
import statistics

from ci import build
from ci.paths import host
from ci.peers import OUT
from ci.shell import NO_GLIBC_RSEQ, capture, say
from ci.shell import run as execute
from ci.tables import Table, figure, grid

OURS = "dacapo Mutex"
PEERS = ("mutex add (std)", "mutex add (parking_lot)", "mutex add (pthread)")
FALLBACK = "per-CPU add, no rseq"
LEVELS = ("vanilla", "uncontended atomic", "true sharing", "system call", "context switch", "catastrophe")
# Ways that are paired with a fairness trial of their own: long enough for every thread to have had the CPU several times.
FAIR = ("dacapo Mutex", "mutex add", "dacapo TicketLock", "dacapo QueuedLock")


def lines(text):
    return [line.split("\t") for line in text.splitlines()]


def deciles(values):
    """(10th percentile, median, 90th)"""
    if len(values) < 3:
        return min(values), statistics.median(values), max(values)
    cuts = statistics.quantiles(values, n=10, method="inclusive")
    return cuts[0], statistics.median(values), cuts[-1]


class Program:
    """The built benchmark; each question is a run of it."""

    def __init__(self):
        cpu = host()
        execute(["cargo", "build", "--release", "-p", "benches", "--bin", "hierarchy", "--target", cpu.triple], env=build.cargo_env(cpu))
        execute(["cargo", "build", "--quiet", "-p", "support", "--bin", "without", "--target", cpu.triple], env=build.cargo_env(cpu))
        self.path = build.release(cpu) / "hierarchy"
        self.without = [build.release(cpu).parent / "debug/without", "rseq"]

    def ask(self, *words, without_rseq=False, timeout=600):
        prefix = self.without if without_rseq else []
        env = NO_GLIBC_RSEQ if without_rseq else None
        return lines(capture([*prefix, self.path, *words], env=env, timeout=timeout))


def counts(options):
    """1, 2, 4, 8 and twice the CPUs."""
    return sorted(set(options.threads or ([1, 2] if options.quick else [1, 2, 4, 8, 2 * (os.cpu_count() or 1)])))


def timings(program, options):
    """{(name, threads, pinned): [(wall, cpu, fairness)]}: rounds of everything, so that a noisy moment hits all rows alike."""
    found = {}
    ms, rounds = (3, 1) if options.quick else (12, options.times(9))
    for number in range(rounds):
        for pinned in (0, 1):
            for without in (False, True):
                only = ["--", "per-CPU add"] if without else (["--", options.only[0]] if options.only else [])
                for name, threads, _, wall, cpu, fairness in program.ask("time", ms, 1, pinned, *counts(options), *only, without_rseq=without):
                    key = (FALLBACK if without else name, int(threads), bool(pinned))
                    found.setdefault(key, []).append((float(wall), float(cpu), float(fairness)))
        say(f"    ... hierarchy: round {number + 1} of {rounds}")
    return found


def fairness(program, options):
    """{(name, threads): slowest thread over fastest}, over a second."""
    found = {}
    for threads in (2, 8):
        for word in FAIR:
            for name, _, _, _, _, fair in program.ask("time", 20 if options.quick else 1000, 1 if options.quick else 2, 0, threads, "--", word):
                found.setdefault((name, threads), []).append(float(fair))
    return {key: statistics.median(values) for key, values in found.items()}


def run(options):
    program = Program()
    rows = {name: (int(level), origin) for name, level, origin in program.ask("rows")}
    rows[FALLBACK] = (2, "dacapo")
    instructions = {name: (float(locked), float(total)) for name, locked, total in program.ask("count")}
    times = timings(program, options)
    fair = fairness(program, options)
    order = {}
    for name, ns in program.ask("order", 20 if options.quick else 200, 1 if options.quick else 5):
        order.setdefault(name, []).append(float(ns))
    litmus = program.ask("litmus", 10_000 if options.quick else 500_000)

    names = sorted((name for name in rows if any(key[0] == name for key in times)), key=lambda name: rows[name][0])
    table = Table("hierarchy", "The concurrency cost hierarchy: one operation in one thread, elapsed", names,
                  ours=(OURS,), transposed=True)
    for threads in counts(options):
        for pinned in (False, True):
            label = f"{threads}T{' pinned' if pinned else ''}"
            table.row(label, "ns")
            for name in names:
                for wall, _, _ in times.get((name, threads, pinned), []):
                    table.add(label, name, wall)
    report = {"instructions": instructions, "order": {name: deciles(values) for name, values in order.items()}, "litmus": litmus,
              "fairness": [[*key, value] for key, value in fair.items()], "rows": rows,
              "times": [{"name": name, "threads": threads, "pinned": pinned,
                         **{what: deciles([value[at] for value in values]) for at, what in enumerate(("wall", "cpu", "fairness"))}}
                        for (name, threads, pinned), values in times.items()]}
    notes(table, report, names)
    targets(table, times, fair, counts(options))
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "hierarchy-all.json").write_text(json.dumps(report, indent=1))
    (OUT / "hierarchy.html").write_text(page(report, names))
    table.notes.append(f"All figures: {OUT / 'hierarchy-all.json'}; plots: {OUT / 'hierarchy.html'}")
    return table


def notes(table, report, names):
    rows, instructions = report["rows"], report["instructions"]
    table.notes.append("\nLevel when threads meet, and what one operation executes alone (stepped, not guessed):\n" + grid(
        ["", "level", "locked", "instructions"],
        [[name, f"{rows[name][0]} {LEVELS[rows[name][0]]}", *(figure(value) for value in instructions.get(name, ("-", "-")))] for name in names]))
    if report["fairness"]:
        table.notes.append("\nThe slowest thread's operations over the fastest one's, in a second:\n" + grid(
            ["", "threads", "fairness"], [[name, str(threads), f"{value:.2f}"] for name, threads, value in report["fairness"]]))
    alone = report["order"]["the loop alone"][1]
    table.notes.append("\nThe price of linearizability: 2^20 numbers, three gets to a put, 2 threads, processor ns an operation:\n" + grid(
        ["", "p10", "median", "p90", "less the loop"],
        [[name, *(f"{value:.2f}" for value in values), f"{values[1] - alone:.2f}"] for name, values in report["order"].items()]))
    table.notes.append("\nx = 1; a1 = x; a2 = y   beside   y = 2; b1 = x; b2 = y: how often each outcome was seen. No interleaving explains 1 0 0 2.\n" + grid(
        ["", "a1 a2 b1 b2", "times"], [[kind, outcome, f"{int(count):,}"] for kind, outcome, count in report["litmus"]]))


def targets(table, times, fair, threads):
    for count in threads:
        if count not in (1, 2, 8):
            continue
        mine = [value[1] for pinned in (False, True) for value in times.get((OURS, count, pinned), [])]
        if not mine:
            continue
        for peer in PEERS:
            theirs = [value[1] for pinned in (False, True) for value in times.get((peer, count, pinned), [])]
            ratio = statistics.median(mine) / statistics.median(theirs) if theirs else None
            table.target(f"Mutex over {peer}, {count} threads, processor time", ratio, "<= 1.05", None if ratio is None else ratio <= 1.05)
    for name in ("condvar notify", "event count notify"):
        found = [value[1] for key, values in times.items() if key[:2] == (name, 1) for value in values]
        value = statistics.median(found) if found else None
        table.target(f"{name} without a waiter", value, "<= 3 ns", None if value is None else value <= 3)
    for count in (2, 8):
        value = fair.get((OURS, count))
        table.target(f"Mutex, {count} threads: slowest over fastest", value, ">= 0.30", None if value is None else value >= 0.3)


# The page -------------------------------------------------------------------------------------------------------------------------

COLOURS = ("#2a9d5c", "#4a90c4", "#e0a52c", "#d9722e", "#c23b3b", "#7a2f8a")
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:980px;margin:2em auto;padding:0 1em;color:#222}table{border-collapse:collapse}
td,th{padding:2px 12px;text-align:right;border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}svg text{font:12px system-ui,sans-serif}
@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}svg text{fill:#ddd}td,th{border-color:#444}}"""


def plot(report, names, threads, pinned):
    """Bars on a logarithmic axis, one row a way, with the deciles as a line."""
    found = {row["name"]: row["wall"] for row in report["times"] if row["threads"] == threads and row["pinned"] == pinned}
    shown = [name for name in names if name in found]
    if not shown:
        return ""
    left, width, height = 210, 640, 20
    top = max(value[2] for value in found.values())
    decades = 1
    while 10 ** decades < top * 10:
        decades += 1

    def x(ns):
        return left + width * min(1, max(0, (math.log10(max(ns, 0.1)) + 1) / decades))

    parts = [f'<svg viewBox="0 0 {left + width + 90} {height * len(shown) + 30}" role="img" aria-label="{threads} threads">']
    for power in range(decades + 1):
        at = x(10 ** (power - 1))
        parts.append(f'<line x1="{at:.0f}" x2="{at:.0f}" y1="0" y2="{height * len(shown)}" stroke="#8884"/>'
                     f'<text x="{at:.0f}" y="{height * len(shown) + 16}" text-anchor="middle">{figure(10 ** (power - 1))} ns</text>')
    for row, name in enumerate(shown):
        low, middle, high = found[name]
        y = row * height
        parts.append(f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{html.escape(name)}</text>'
                     f'<rect x="{left}" y="{y + 3}" width="{max(1, x(middle) - left):.1f}" height="{height - 6}" fill="{COLOURS[report["rows"][name][0]]}"/>'
                     f'<line x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y + 10}" y2="{y + 10}" stroke="currentColor"/>'
                     f'<text x="{x(max(middle, high)) + 5:.1f}" y="{y + 14}">{figure(middle)}</text>')
    return "".join(parts) + "</svg>"


def cells(heads, body):
    def row(tag, values):
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(value))}</{tag}>" for value in values) + "</tr>"
    return "<table>" + row("th", heads) + "".join(row("td", values) for values in body) + "</table>"


def page(report, names):
    """Everything in one file without scripts."""
    key = " ".join(f'<span style="color:{colour}">&#9632; {level} {name}</span>' for level, (colour, name) in enumerate(zip(COLOURS, LEVELS)))
    parts = ["<!doctype html><meta charset=utf-8><title>The concurrency cost hierarchy</title>", f"<style>{STYLE}</style>",
             "<h1>The concurrency cost hierarchy</h1>",
             f"<p>Nanoseconds of one operation in one thread, median; the line spans the first to the ninth decile. Logarithmic. {key}</p>"]
    for threads in sorted({row["threads"] for row in report["times"]}):
        for pinned in (False, True):
            parts.append(f"<h2>{threads} thread{'s' if threads > 1 else ''}{', pinned' if pinned else ''}</h2>{plot(report, names, threads, pinned)}")
    parts.append("<h2>Instructions of one operation</h2>" + cells(
        ["", "level", "locked", "all"],
        [[name, report["rows"][name][0], *(figure(v) for v in report["instructions"].get(name, ("-", "-")))] for name in names]))
    parts.append("<h2>Fairness</h2><p>The slowest thread's operations over the fastest one's, in a second.</p>" + cells(
        ["", "threads", "fairness"], [[name, threads, f"{value:.2f}"] for name, threads, value in report["fairness"]]))
    parts.append("<h2>The price of linearizability</h2>" + cells(
        ["", "p10", "median", "p90"], [[name, *(f"{v:.2f}" for v in values)] for name, values in report["order"].items()]))
    parts.append("<h2>Store forwarding</h2><p>x = 1; a1 = x; a2 = y beside y = 2; b1 = x; b2 = y. No interleaving explains 1 0 0 2.</p>" + cells(
        ["stores", "a1 a2 b1 b2", "times"], report["litmus"]))
    return "\n".join(parts) + "\n"
