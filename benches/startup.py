"""What it costs to exist: bytes, system calls, CPUID instructions, and time from exec to exit of hello and printf."""

import statistics

from ci import peers
from ci.bench import Progress, build_all
from ci.peers import DACAPO, Absent, Toolchain
from ci.tables import Table

PACKED = "musl packed"  # musl with the linker options that dacapo-gcc gives by itself


def run(options):
    toolchains = peers.toolchains()
    toolchains.insert(-1, Toolchain(PACKED, ("musl-gcc",), ("-static", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections",
                                                             "-Wl,-z,noseparate-code", "-Wl,--build-id=none")))
    table = Table("startup", "Start-up: from execve to exit", [t.name for t in toolchains])
    programs = {"hello": build_all(table, toolchains, "hello", [peers.ROOT / "examples/hello/hello.c"]),
                "printf": build_all(table, toolchains, "printf")}
    for name, built in programs.items():
        for what, unit in (("stripped", "bytes"), ("system calls", "calls"), ("CPUID", "instructions"), ("steps", "instructions"),
                           ("peak memory", "KiB")):
            table.row(f"{name}, {what}", unit)
        for peer, program in built.items():
            table.add(f"{name}, stripped", peer, program.stat().st_size)
            outcome = peers.run_once(program)
            if isinstance(outcome, Absent):
                table.add(f"{name}, peak memory", peer, outcome)
                continue
            table.add(f"{name}, peak memory", peer, outcome.peak_kib)
            stepped = peers.steps(program)
            for what, key in (("system calls", "calls"), ("CPUID", "cpuid"), ("steps", "steps")):
                table.add(f"{name}, {what}", peer, stepped if isinstance(stepped, Absent) else stepped[key])
        _time(table, name, {p: x for p, x in built.items() if table.value(f"{name}, peak memory", p) is not None}, options)
    table.notes += [
        "System calls and instructions were counted by executing the program one instruction at a time; stdout is a pipe.",
        "execve and exit are counted. A restartable sequence cannot be stepped through and is not in the steps.",
    ]
    _targets(table)
    return table


def _time(table, name, programs, options):
    """Rows of time: blocks of the interleaved runs, so that a noisy moment spoils one block and not the median."""
    label = f"{name}, exec to exit"
    table.row(label, "us")
    rounds = options.times(1000, 30)
    blocks = 5
    progress = Progress(label, blocks)
    for _ in range(blocks):
        for peer, taken in zip(programs, peers.spawn(max(rounds // blocks, 1), programs.values())):
            for ns in taken:
                table.add(label, peer, ns / 1000)
        progress.step()
    musl = table.value(label, "musl static")
    if musl:
        table.row(f"{name}, exec to exit / musl static", "ratio of medians")
        for peer in programs:
            table.add(f"{name}, exec to exit / musl static", peer, table.value(label, peer) / musl)
        best = {peer: statistics.quantiles(table.rows[label]["peers"][peer], n=10)[0] for peer in programs}
        table.row(f"{name}, fastest tenth / musl static", "ratio")
        for peer in programs:
            table.add(f"{name}, fastest tenth / musl static", peer, best[peer] / best["musl static"])


def _targets(table):
    def one(what, label, reach, limit):
        value = table.value(label, DACAPO)
        table.target(what, value, reach, None if value is None else value <= limit)

    one("hello, static, stripped", "hello, stripped", "<= 6,144 bytes", 6144)
    one("printf, static, stripped", "printf, stripped", "<= 24,000 bytes", 24000)
    one("system calls, hello", "hello, system calls", "<= 6", 6)
    one("CPUID at start", "hello, CPUID", "0", 0)
    one("exec to exit / musl static", "hello, exec to exit / musl static", "<= 0.95", 0.95)
