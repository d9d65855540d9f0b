"""What an operation costs a machine with 1 to 64 CPUs, counted: transfers of cache lines, locked instructions, all instructions, system calls.

Nothing is timed.  A guest with a real kernel, and so with rseq, runs under a QEMU plugin that counts what user code does to a directory of
cache lines (benches/scale/plugin.c): each thread on a virtual CPU of its own, 32 instructions each in turn.  Beside the table: all figures
in target/bench/scale.json, plots in target/bench/scale.html.  --threads 128 works too; --peer names an allocator;
--cpu aarch64 counts there what can be linked statically, into scale-aarch64.json and .html.
"""

import html
import math

from ci import allocators, peers, rusttests, scale, setup
from ci.allocators import OURS, PRELOAD, STATIC
from ci.paths import CPUS
from ci.peers import DACAPO, OUT, Absent
from ci.scale import CPU, Job
from ci.shell import Failed, say
from ci.tables import Table, figure, grid

TRANSFERS, LOCKED, INSTRUCTIONS, CALLS = QUANTITIES = ("transfers", "locked", "instructions", "system_calls")
GROUPS = {
    "counter": "one addition to a counter that all share",
    "read": "one look at a value that all share and nobody changes",
    "queue": "one message, from the even threads to the odd ones",
    "malloc pair": "allocate and free 16 to 1,024 bytes",
    "malloc replace": "replace one of 64 blocks of one's own by one of another size",
    "malloc producer-consumer": "even threads allocate, odd ones free, a ring between them",
}
# Nobody else is concerned: these have to be flat at zero.
LOCAL = {"counter": ("dacapo-percpu", "dacapo-thread"), "read": ("dacapo-Domain", "dacapo-Qsbr", "dacapo-RcuCell"),
         "malloc pair": OURS, "malloc replace": OURS}
FALLBACK = " without rseq"
ALONE = "the ring alone"
STEADY = ", steady"  # a longer run: caches that grow when they are needed have grown
STEADY_OPERATIONS = 20_000
ALLOCATORS = ("glibc", "jemalloc", "mimalloc3", "tcmalloc-cpu", "dl-sharded", PRELOAD)
SHARDED = "dl-sharded"
# Of each thread, with up to 8 of them; fewer with more. Of malloc twice as many come before: while 64 threads begin at once and each CPU's block is
# made under one lock, the others use sixteen shared caches, for some thousand operations here.
OPERATIONS, QUICK_OPERATIONS = 4000, 400
# How much less of those whose threads wait for each other, which takes a hundred turns an operation, or of whom 64 threads take minutes.
SLOW = {"musl": 200, "glibc": 40, "dl-sharded": 40, "jemalloc": 8, "mimalloc3": 4, "tcmalloc-cpu": 4}
GUESTS = (2, 8, 256)  # the most threads of each guest: idle virtual CPUs take time too
NEXT_TO_NOTHING = 0.01


class Scale(Table):
    """Rows are `GROUP nT, QUANTITY`; one table for each group."""

    def __init__(self, cpu):
        name = "scale" if cpu.native else f"scale-{cpu.name}"
        super().__init__(name, f"What an operation costs a machine with many CPUs ({cpu.name}), counted", [])
        self.cpu = cpu
        self.groups = {}  # {group: {peer: rseq}}
        self.counts = []

    def put(self, group, peer, rseq, threads, counts):
        if peer not in self.peers:
            self.peers.append(peer)
        self.groups.setdefault(group, {}).setdefault(peer, rseq)
        for quantity in QUANTITIES:
            label = f"{group} {threads}T, {quantity}"
            self.row(label, f"{quantity} an operation")
            self.add(label, peer, counts.each(quantity))

    def figures(self, group, peer, quantity):
        """{threads: figure}"""
        found = {count: self.value(f"{group} {count}T, {quantity}", peer) for count in self.counts}
        return {count: value for count, value in found.items() if value is not None}

    def _by_row(self):
        return "\n\n".join(self._group(group) for group in GROUPS if group in self.groups)

    def _group(self, group):
        lines = []
        for peer, rseq in self.groups[group].items():
            transfers = self.figures(group, peer, TRANSFERS)
            lines.append([peer, *(number(transfers.get(count)) for count in self.counts), number(worst(self, group, peer, LOCKED)),
                          *(number(value) for value in ends(self.figures(group, peer, INSTRUCTIONS))),
                          number(worst(self, group, peer, CALLS)), rseq])
        heads = [group, *(f"{count}T" for count in self.counts), "locked", "instr. first", "last", "calls", "rseq"]
        return f"{GROUPS[group]}: transfers an operation at n threads; the most locked instructions; instructions; the most system calls\n" + grid(heads, lines)


def number(value):
    """Small figures keep the digit that tells them from nothing."""
    if value is None:
        return "-"
    return "0" if value == 0 else f"{value:.4f}" if value < 0.1 else figure(value)


def worst(table, group, peer, quantity):
    return max(table.figures(group, peer, quantity).values(), default=None)


def ends(figures):
    """The figures with the least threads more than one, and with the most."""
    counts = sorted(count for count in figures if count > 1) or sorted(figures)
    return (figures[counts[0]], figures[counts[-1]]) if counts else (None, None)


# What runs ----------------------------------------------------------------------------------------------------------------------

def std_jobs(cpu, counts, operations):
    """The Rust program: counters, readers and queues, with rseq and without."""
    static = () if cpu.native else ("-Ctarget-feature=+crt-static",)
    program = rusttests.build(cpu, ["build", "--release", "-p", "benches", "--bin", "scale"], static)["scale"]
    return [Job("std", program, (operations, "rseq", *counts)),
            Job("std" + FALLBACK, program, (operations, "fallback", *counts), {"GLIBC_TUNABLES": "glibc.pthread.rseq=0"})]


def malloc_programs(table, options):
    """{allocator: (program, environment)}: the C program preloaded, or built static; on the other CPU, whose libraries are not here, only static."""
    cpu = table.cpu
    if not cpu.native:
        compilers = {"glibc": (cpu.tool("gcc"),), DACAPO: peers.dacapo(cpu).compiler}
        return {name: (scale.compiled("malloc", "-static", "-pthread", compiler=compiler, cpu=cpu), {}) for name, compiler in compilers.items()}
    dynamic = scale.compiled("malloc", "-pthread")
    wanted = [name for name in allocators.names() if (name in options.peer if options.peer else name in (*ALLOCATORS, *STATIC))]
    found = {}
    for name, allocator in allocators.preloads(wanted.__contains__).items():
        if isinstance(allocator, Absent):
            table.absent[name] = {"its library": allocator.reason}
        else:
            found[name] = (dynamic, allocator.environment)
    compilers = {"musl": ("musl-gcc",), DACAPO: peers.dacapo(cpu).compiler}
    for name in STATIC:
        if name in wanted and isinstance(compilers[name], Absent):
            table.absent[name] = {"malloc": compilers[name].reason}
        elif name in wanted:
            found[name] = (scale.compiled("malloc", "-static", "-pthread", compiler=compilers[name]), {})
    return found


def malloc_jobs(programs, counts, operations):
    return [Job(name, program, (operations // SLOW.get(name, 1), *counts), env) for name, (program, env) in programs.items()]


def steady_jobs(programs, operations):
    """How much has to cross from thread to thread is learnt slowly: that needs a run of its own."""
    return [Job(name + STEADY, program, (operations, 2), env) for name, (program, env) in programs.items() if name in (*OURS, SHARDED)]


def take(table, job, outcome):
    """Puts a job's rows into the table; per-CPU ones only if rseq was what the row says."""
    if outcome.problem:
        table.absent.setdefault(job.name, {})["its run"] = outcome.problem
    for (name, threads), counts in outcome.rows.items():
        if job.name.endswith(STEADY) and name != "producer-consumer":
            continue
        if job.name.startswith("std"):
            group, peer = name.split(":")
            peer += FALLBACK if job.name.endswith(FALLBACK) else ""
        elif name == "ring-alone":
            group, peer = "malloc producer-consumer", ALONE
            if ALONE in table.groups.get(group, {}) and table.figures(group, ALONE, TRANSFERS).get(threads) is not None:
                continue
        else:
            group, peer = f"malloc {name}", job.name
            if peer.removesuffix(STEADY) in OURS and outcome.rseq != "registered":
                table.absent.setdefault(peer, {})[group] = f"rseq is {outcome.rseq or 'not there'} in the guest: this would be the fallback"
                continue
        table.put(group, peer, outcome.rseq, threads, counts)


def run(options):
    cpu = CPUS[options.cpu] if options.cpu else CPU
    if not CPU.native:
        raise Failed(f"the peers' programs are {CPU.name}'s: this machine cannot build them")
    setup.ensure("musl", *scale.needs(cpu))
    table = Scale(cpu)
    table.counts = sorted(set(options.threads or ([1, 2, 8] if options.quick else [1, 2, 8, 16, 64])))
    operations = QUICK_OPERATIONS if options.quick else OPERATIONS
    with_std = not options.only or any(word in group for word in options.only for group in ("counter", "read", "queue"))
    with_malloc = not options.only or any("malloc".startswith(word.split()[0]) for word in options.only)
    programs = malloc_programs(table, options) if with_malloc else {}
    guests = [[count for count in table.counts if least < count <= most] for least, most in zip((0, *GUESTS), GUESTS)]
    for counts in filter(None, guests):
        jobs = (std_jobs(cpu, counts, operations) if with_std else []) + malloc_jobs(programs, counts, operations)
        if 2 in counts:
            jobs += steady_jobs(programs, STEADY_OPERATIONS // (20 if options.quick else 1))
        for job, outcome in zip(jobs, scale.count(jobs, max(counts), f"{table.name}-{max(counts)}", cpu)):
            take(table, job, outcome)
    notes(table, operations)
    targets(table)
    OUT.mkdir(parents=True, exist_ok=True)
    plots = OUT / f"{table.name}.html"
    plots.write_text(page(table))
    say(f"plots: {plots}")
    return table


def notes(table, operations):
    table.notes += [
        f"Counted, not timed: up to {operations} operations a thread after a warm-up, fewer for those who wait for each other, in guests with up to {max(table.counts) + 1} virtual CPUs, Linux {scale.KERNEL}, {table.cpu.name};",
        f"each thread has a CPU of its own, and about {scale.TURN} instructions each in turn, or up to a transfer: a load that finds its line of 64 bytes modified by another",
        "CPU, or a store to a line that others hold. The kernel's own accesses are not counted; system calls are. rseq: what the program found in the guest.",
    ]


def targets(table):
    for group, names in LOCAL.items():
        for peer in names:
            if peer == PRELOAD and not table.cpu.native:
                continue
            for quantity in (TRANSFERS, LOCKED):
                value = worst(table, group, peer, quantity)
                table.target(f"{group}, {peer}: {quantity} an operation, the worst of 1 to {max(table.counts)} threads", value, f"< {NEXT_TO_NOTHING}",
                             None if value is None else value < NEXT_TO_NOTHING)
    for peer in (*OURS, SHARDED):
        value = worst(table, "malloc producer-consumer", peer + STEADY, LOCKED)
        if value is not None:
            table.target(f"malloc producer-consumer, {peer}, 2 threads, steady: locked instructions an operation", value, "<= 1/64" if peer in OURS else "-",
                         value <= 1 / 64 if peer in OURS else None)
        ratios = []
        for group in ("malloc pair", "malloc replace"):
            first, last = ends(table.figures(group, peer, INSTRUCTIONS))
            ratios += [last / first] if first else []
        if ratios and max(table.counts) > 2:
            ratio = math.exp(sum(map(math.log, ratios)) / len(ratios))
            table.target(f"malloc, {peer}: instructions an operation with {max(table.counts)} threads over 2", ratio, "<= 1.00" if peer in OURS else "-",
                         ratio <= 1.005 if peer in OURS else None)


# The page -----------------------------------------------------------------------------------------------------------------------

COLOURS = ("#c23b3b", "#4a90c4", "#e0a52c", "#7a2f8a", "#d9722e", "#5a6b7b", "#a0522d", "#c77dba", "#8a8a3a", "#3aa6a6")
OUR_COLOUR = "#2a9d5c"
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#222}svg text{font:12px system-ui,sans-serif}
pre{overflow-x:auto;font-size:12px}@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}svg text{fill:#ddd}}"""


def ours(peer):
    return peer.startswith("dacapo")


def plot(table, group, quantity):
    """One line for each peer over the number of threads; ours are green and drawn last."""
    lines = {peer: table.figures(group, peer, quantity) for peer in table.groups[group]}
    top = max((value for figures in lines.values() for value in figures.values()), default=0) or 1
    left, width, height = 60, 560, 300
    places = {count: left + width * at / max(1, len(table.counts) - 1) for at, count in enumerate(table.counts)}
    colours = iter(COLOURS * 4)

    def y(value):
        return 10 + height * (1 - value / top)

    parts = [f'<svg viewBox="0 0 900 {height + 45}" role="img" aria-label="{html.escape(group)}, {quantity}">']
    for part in range(5):
        value = top * part / 4
        parts.append(f'<line x1="{left}" x2="{left + width}" y1="{y(value):.0f}" y2="{y(value):.0f}" stroke="#8884"/>'
                     f'<text x="{left - 6}" y="{y(value) + 4:.0f}" text-anchor="end">{figure(value)}</text>')
    parts += [f'<text x="{x:.0f}" y="{height + 30}" text-anchor="middle">{count}</text>' for count, x in places.items()]
    labels = []
    for peer in sorted(lines, key=ours):
        if not lines[peer]:
            continue
        colour = OUR_COLOUR if ours(peer) else next(colours)
        points = " ".join(f"{places[count]:.0f},{y(value):.1f}" for count, value in lines[peer].items())
        dash = ' stroke-dasharray="5 4"' if peer.endswith(FALLBACK) else ""
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{3 if ours(peer) else 1.5}"{dash}/>')
        labels.append((y(list(lines[peer].values())[-1]), peer, colour))
    below = 0
    for at, peer, colour in sorted(labels):
        below = max(below + 14, at + 4)
        parts.append(f'<text x="{left + width + 10}" y="{below:.0f}" style="fill:{colour}">{html.escape(peer)} {number(ends(lines[peer])[1])}</text>')
    return "".join(parts) + "</svg>"


def page(table):
    """Everything in one file without scripts."""
    parts = ["<!doctype html><meta charset=utf-8><title>dacapo: what an operation costs many CPUs</title>", f"<style>{STYLE}</style>",
             "<h1>What an operation costs a machine with many CPUs</h1>", f"<p>{html.escape(' '.join(table.notes))}</p>",
             f'<p><b style="color:{OUR_COLOUR}">Green is dacapo</b>; dashed: where rseq is refused. Below: threads.</p>']
    for group, what in GROUPS.items():
        if group in table.groups:
            for quantity in (TRANSFERS, LOCKED):
                title = "transfers of cache lines" if quantity == TRANSFERS else "locked instructions"
                parts.append(f"<h2>{group}: {title} an operation</h2><p>{html.escape(what)}</p>{plot(table, group, quantity)}")
            parts.append(f"<pre>{html.escape(table._group(group))}</pre>")
    return "\n".join(parts) + "\n"
