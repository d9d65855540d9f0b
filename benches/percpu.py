"""One addition to a shared counter: per CPU by rseq, atomic, under a mutex, racy, thread-local; by number of threads."""

from ci import build
from ci.paths import host
from ci.shell import capture
from ci.shell import run as execute
from ci.tables import Table

WAY = "per-CPU add"
MANY = "per-CPU add, 8 counters"
OTHERS = ("plain add (racy)", "thread-local add", "atomic add", "pthread mutex add", "std Mutex add", MANY, "plain add, 8 counters",
          "the section alone", "empty loop")
COUNTS = (1, 2, 8, 64)


def run_program(options):
    """(state, [(way, threads, CPU ns, wall ns)])"""
    cpu = host()
    execute(["cargo", "build", "--release", "-p", "benches", "--bin", "percpu", "--target", cpu.triple], env=build.cargo_env(cpu))
    text = capture([build.release(cpu) / "percpu", 5 if options.quick else 60, options.times(15, 2), *options.counts(COUNTS)],
                   echo=True, timeout=300)
    state, *lines = text.splitlines()
    return state.split("\t")[1], [line.split("\t") for line in lines]


def run(options):
    state, lines = run_program(options)
    table = Table("percpu", "Per-CPU data: one addition in one thread", [WAY, *OTHERS], ours=(WAY,), transposed=True)
    for kind, column in (("CPU", 2), ("elapsed", 3)):
        for count in dict.fromkeys(line[1] for line in lines):
            table.row(f"{count}T {kind}", "ns")
            for line in lines:
                if line[1] == count:
                    table.add(f"{count}T {kind}", line[0], float(line[column]))
    table.notes += [
        f"rseq: {state}. Every sum but the racy one's was checked.",
        "per-CPU add: dacapo::percpu::Counters as a guest of glibc; the section alone: without the check for a thread that has no rseq.",
        "One counter: each addition waits for the one before (store forwarding), so that no way can beat the plain one; 8 counters in",
        "turn show the instructions alone.",
        "CPU: processor time of all threads, over additions (a thread that sleeps in a mutex pays nothing). Elapsed: from the first thread's",
        "begin to the last one's end, times threads, over additions; with more threads than CPUs it grows with the queue for a CPU.",
    ]
    for count in dict.fromkeys(line[1] for line in lines):
        value = table.value(f"{count}T CPU", WAY)
        if count in ("1", "64"):
            table.target(f"per-CPU add, {count} threads", value, "<= 0.60 ns", value <= 0.6)
            many = table.value(f"{count}T CPU", MANY)
            table.target(f"the same, 8 counters in turn, {count} threads", many, "<= 0.60 ns", many <= 0.6)
    one, many = (table.value(f"{count}T CPU", WAY) if f"{count}T CPU" in table.rows else None
                 for count in (1, 64))
    ratio = many / one if one and many else None
    table.target("per-CPU add, 64 threads over 1 thread", ratio, "<= 1.10", None if ratio is None else ratio <= 1.1)
    return table
