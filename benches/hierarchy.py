"""The concurrency cost hierarchy: every way to add one, at 1, 2, 4, 8 and 2 x CPUs threads; instructions, fairness, fences, store forwarding.

Rows are the algorithms of "A concurrency cost hierarchy" (Downs 2020), the library's own types and their peers.  Beside the table: the figures with
their deciles in target/bench/hierarchy-all.json, and a page with plots that needs no network in target/bench/hierarchy.html.
"""

import html
import json
import math
import os
import platform
import statistics
import time

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
    """{(name, threads): (median, least) of slowest thread over fastest}, in windows of a second in which all threads run; the ways take turns."""
    found = {}
    for threads in (2, 8):
        for _ in range(1 if options.quick else 5):
            for word in FAIR:
                for name, _, even, *_ in program.ask("fair", 20 if options.quick else 1000, 1, threads, "--", word):
                    found.setdefault((name, threads), []).append(float(even))
    return {key: (statistics.median(values), min(values)) for key, values in found.items()}


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
    report = {"machine": machine(), "instructions": instructions, "order": {name: deciles(values) for name, values in order.items()}, "litmus": litmus,
              "fairness": [[*key, *values] for key, values in fair.items()], "rows": rows,
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


def machine():
    """What the figures are of: processor, CPUs, kernel, day."""
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as info:
        model = next((row.split(":", 1)[1].strip() for row in info if row.startswith("model name")), platform.machine())
    return {"processor": model, "cpus": len(os.sched_getaffinity(0)), "kernel": platform.release(), "day": time.strftime("%Y-%m-%d"),
            "load": round(os.getloadavg()[0], 1)}


def notes(table, report, names):
    rows, instructions = report["rows"], report["instructions"]
    table.notes.append("\nLevel when threads meet, and what one operation executes alone (stepped, not guessed):\n" + grid(
        ["", "level", "locked", "instructions"],
        [[name, f"{rows[name][0]} {LEVELS[rows[name][0]]}", *(figure(value) for value in instructions.get(name, ("-", "-")))] for name in names]))
    if report["fairness"]:
        table.notes.append("\nThe slowest thread's operations over the fastest one's, in a second:\n" + grid(
            ["", "threads", "fairness", "least"], [[name, str(threads), f"{value:.2f}", f"{least:.2f}"] for name, threads, value, least in report["fairness"]]))
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
        value = fair.get((OURS, count), (None,))[0]
        table.target(f"Mutex, {count} threads: slowest over fastest", value, ">= 0.30", None if value is None else value >= 0.3)


# The page -------------------------------------------------------------------------------------------------------------------------

COLOURS = ("#2a9d5c", "#4a90c4", "#e0a52c", "#d9722e", "#c23b3b", "#7a2f8a")
MEANING = ("no locked instruction, nothing shared", "a locked instruction on a line that no other CPU wants", "a line that travels between CPUs at each operation",
           "each operation, or nearly, enters the kernel", "each operation waits until another thread was switched to", "each operation may wait for the end of a time slice")
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:980px;margin:2em auto;padding:0 1em;color:#222}table{border-collapse:collapse}
td,th{padding:2px 12px;text-align:right;border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}svg{width:100%;height:auto}
svg text{font:12px system-ui,sans-serif}svg .own,td .own{font-weight:bold}h2{margin-top:2em}
@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}svg text{fill:#ddd}td,th{border-color:#444}}"""


def plot(report, names, threads, pinned):
    """Bars on a logarithmic axis, one row a way, with the deciles as a line."""
    found = {row["name"]: row["wall"] for row in report["times"] if row["threads"] == threads and row["pinned"] == pinned}
    shown = [name for name in names if name in found]
    if not shown:
        return ""
    left, width, height = 210, 640, 20
    top = max(row["wall"][2] for row in report["times"])  # of all plots: they have one axis, and can be laid beside each other
    decades = 1
    while 10 ** decades < top * 10:
        decades += 1

    def x(ns):
        return left + width * min(1, max(0, (math.log10(max(ns, 0.1)) + 1) / decades))

    title = f"Nanoseconds of one operation, {heading(threads, pinned, report['machine']['cpus'])}"
    parts = [f'<svg viewBox="0 0 {left + width + 90} {height * len(shown) + 30}" role="img" aria-label="{title}">']
    for power in range(decades + 1):
        at = x(10 ** (power - 1))
        parts.append(f'<line x1="{at:.0f}" x2="{at:.0f}" y1="0" y2="{height * len(shown)}" stroke="#8884"/>'
                     f'<text x="{at:.0f}" y="{height * len(shown) + 16}" text-anchor="middle">{scale(power - 1)}</text>')
    for row, name in enumerate(shown):
        low, middle, high = found[name]
        y = row * height
        own = ' class="own"' if is_own(report, name) else ""
        parts.append(f'<g><title>{html.escape(name)}: {figure(low)} to {figure(high)} ns, median {figure(middle)}</title>'
                     f'<text{own} x="{left - 8}" y="{y + 14}" text-anchor="end">{html.escape(name)}</text>'
                     f'<rect x="{left}" y="{y + 3}" width="{max(1, x(middle) - left):.1f}" height="{height - 6}" fill="{COLOURS[report["rows"][name][0]]}"/>'
                     f'<line x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{y + 10}" y2="{y + 10}" stroke="currentColor"/>'
                     f'<text x="{x(max(middle, high)) + 5:.1f}" y="{y + 14}">{figure(middle)}</text></g>')
    return "".join(parts) + "</svg>"


def scale(power):
    """A power of ten of nanoseconds, as one says it."""
    unit, name = (0, "ns") if power < 3 else (3, "&#181;s") if power < 6 else (6, "ms")
    return f"{10 ** (power - unit):g} {name}"


def heading(threads, pinned, cpus):
    how = ", pinned" if threads == 1 else ", each on a CPU of its own" if threads <= cpus else ", pinned in turn"
    return f"{threads} thread{'s' if threads > 1 else ''}{how if pinned else ''}"


def is_own(report, name):
    return report["rows"][name][1] == "dacapo"


def cells(heads, body):
    def row(tag, values):
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(value))}</{tag}>" for value in values) + "</tr>"
    return "<table>" + row("th", heads) + "".join(row("td", values) for values in body) + "</table>"


def page(report, names):
    """Everything in one file without scripts."""
    on = report["machine"]
    parts = ['<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
             "<title>The concurrency cost hierarchy</title>", f"<style>{STYLE}</style>", "<h1>The concurrency cost hierarchy</h1>",
             "<p>Every row adds one to a counter that all threads share, or does what is named, over and over. What an operation costs is decided by "
             "what it has to wait for, and that makes six levels, each about ten times the one before:</p>",
             "<ul>" + "".join(f'<li><span style="color:{colour}">&#9632;</span> level {level}, {name}: {meaning}</li>'
                              for level, (colour, name, meaning) in enumerate(zip(COLOURS, LEVELS, MEANING))) + "</ul>",
             f"<p>Measured on {on['day']}: {html.escape(on['processor'])}, {on['cpus']} CPUs, Linux {html.escape(on['kernel'])}, "
             f"load average {on['load']} at the end.</p>",
             "<h2>How to read the plots</h2><p>Elapsed nanoseconds of one operation, seen by one thread that does nothing else. The bar ends at the median; "
             "the thin line spans the first to the ninth decile, and a mouse over a row shows the three. The axis is logarithmic and the same in all plots: "
             "each line is ten times the one before. The library's own are in bold. "
             f"Threads in excess of the {on['cpus']} CPUs take turns on them, so with 8 threads even what shares nothing shows "
             f"{8 / on['cpus']:.2g} times its figure of one.</p>"]
    for threads in sorted({row["threads"] for row in report["times"]}):
        for pinned in (False, True):
            drawn = plot(report, names, threads, pinned)
            if drawn:
                parts.append(f"<h2>{heading(threads, pinned, on['cpus'])}</h2>{drawn}")
    parts.append("<h2>Instructions of one operation</h2><p>Executed alone, counted by stepping. Locked: with a lock prefix, or an exchange with memory.</p>" + cells(
        ["", "level", "locked", "all"],
        [[name, report["rows"][name][0], *(figure(v) for v in report["instructions"].get(name, ("-", "-")))] for name in names]))
    if report["fairness"]:
        parts.append("<h2>Fairness</h2><p>The slowest thread's operations over the fastest one's, in a second: 1 is even, 0 is a thread that starved.</p>" + cells(
            ["", "threads", "fairness", "least"], [[name, threads, f"{value:.2f}", f"{least:.2f}"] for name, threads, value, least in report["fairness"]]))
    alone = report["order"].get("the loop alone", (0, 0, 0))[1]
    parts.append("<h2>The price of linearizability</h2><p>A table of 2^20 numbers, three gets to a put, two threads; processor nanoseconds of one of these.</p>" + cells(
        ["", "first decile", "median", "ninth decile", "less the loop"],
        [[name, *(f"{v:.2f}" for v in values), f"{values[1] - alone:.2f}"] for name, values in report["order"].items()]))
    parts.append("<h2>Store forwarding</h2><p>One thread does x = 1; a1 = x; a2 = y, the other y = 2; b1 = x; b2 = y. By turns there are three outcomes. "
                 "1 0 0 2 is the fourth, which no order of turns explains: each thread saw its own store before the other's. "
                 "&#8220;fenced&#8221; has a full fence after each store, and never shows it.</p>" + cells(
                     ["stores", "a1 a2 b1 b2", "times"], [[kind, outcome, f"{int(count):,}"] for kind, outcome, count in report["litmus"]]))
    return "\n".join(parts) + "\n"
