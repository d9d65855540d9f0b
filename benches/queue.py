"""Queues between two threads on two CPUs: one message, batches, a call there and back, the five fences, notifying nobody."""

from ci import build
from ci.paths import host
from ci.shell import capture
from ci.shell import run as execute
from ci.tables import Table

OURS = "dacapo"
POLLED = ("dacapo, polled", "rtrb")
BLOCKING = ("crossbeam", "std sync_channel", "flume", "kanal")
FENCES = ("full fences", "signal", "mprotect", "mprotect, try-lock", "membarrier")
OTHERS = ("dacapo Condvar", "std Condvar", "parking_lot Condvar", "std Mutex, 2 threads")
ONE, BATCH, NOTIFY = "one message", "batch of 32, a message", "notify, nobody waits"


def run(options):
    cpu = host()
    execute(["cargo", "build", "--release", "-p", "benches", "--bin", "queue", "--target", cpu.triple], env=build.cargo_env(cpu))
    text = capture([build.release(cpu) / "queue", options.times(40, 2), *options.only], timeout=300)
    table = Table("queue", "Queues between two threads", [OURS, *POLLED, *BLOCKING, *FENCES, *OTHERS], ours=(OURS,), transposed=True)
    for line in text.splitlines():
        label, peer, value = line.split("\t")
        table.row(label, "ns")
        table.add(label, peer, float(value))
    table.notes += [
        "The least of short trials, interleaved in one process; 64-bit messages, capacity 1,024, each thread on a CPU of its own.",
        "rtrb and 'polled' cannot sleep; all others can. The fences' rows are dacapo's ring with that fence; 'dacapo' picks one by itself.",
        "'std Mutex, 2 threads': an addition under a mutex by each of two threads, in the place of a call to the thread that owns the number.",
    ]
    one, batch = (table.value(label, OURS) if label in table.rows else None for label in (ONE, BATCH))
    table.target("SPSC with sleep protocol, a message", one, "<= 3.5 ns", None if one is None else one <= 3.5)
    table.target("batch of 32, a message", batch, "<= 1.5 ns", None if batch is None else batch <= 1.5)
    for label in (ONE, BATCH):
        peers = [table.value(label, peer) for peer in ("rtrb", *BLOCKING)] if label in table.rows else []
        peers = [value for value in peers if value is not None]
        ratio = table.value(label, OURS) / min(peers) if peers else None
        table.target(f"{label}, over the best of rtrb and those that block", ratio, "< 1.00", None if ratio is None else ratio < 1)
    for peer in (OURS, "dacapo Condvar"):
        value = table.value(NOTIFY, peer) if NOTIFY in table.rows else None
        table.target(f"notify without a waiter, {'EventCount' if peer == OURS else 'Condvar'}", value, "<= 3.0 ns",
                     None if value is None else value <= 3)
    return table
