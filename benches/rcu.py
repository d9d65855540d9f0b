"""RCU: a read, and an update with its grace period, beside liburcu, crossbeam-epoch and arc-swap; R readers, W writers."""

from ci import concurrent
from ci.tables import Table

OURS, QUIESCENT, CELL = "dacapo", "dacapo qsbr", "dacapo RcuCell"
CRATES = ("arc-swap", "crossbeam-epoch", "no synchronisation")
LIBURCU = {"liburcu memb": "MEMB", "liburcu bp": "BP", "liburcu qsbr": "QSBR"}


def run(options):
    table = Table("rcu", "RCU: a read in ns, an update in us", [OURS, QUIESCENT, CELL, *CRATES, *LIBURCU], ours=(OURS, QUIESCENT, CELL))
    commands = {"crates": [concurrent.program("rcu"), 1]}
    for name, program in concurrent.liburcu(table, "urcu", LIBURCU).items():
        commands[name] = [program, 1]
    concurrent.collect(table, commands, options.times(15, 2), lambda row: "us" if row.endswith("update") else "ns")
    table.notes += [
        "A read enters, follows the pointer, reads two words and leaves; qsbr: a quiescent state after 1,000 reads; RcuCell and arc-swap: load, two words, drop.",
        "An update publishes a new object, waits for a grace period and frees the old one; crossbeam-epoch and the cells do not wait. The mean of 200",
        "of them, and their median: what a thread waits for that other work keeps from its CPU is in the mean only.",
    ]

    def target(row, ours, peer, reach, met):
        mine, other = table.value(row, ours), table.value(row, peer)
        ratio = mine / other if mine and other else None
        table.target(f"{row}: {ours} over {peer}", ratio, reach, None if ratio is None else met(ratio))

    read = table.value("1R0W read", OURS)
    table.target("general reader, enter and leave", read, "<= 1.0 ns", None if read is None else read <= 1)
    target("1R0W read", OURS, "liburcu memb", "<= 1.00", lambda ratio: ratio <= 1)
    target("2R1W update", OURS, "liburcu memb", "<= 1.00", lambda ratio: ratio <= 1)
    target("2R1W median update", OURS, "liburcu memb", "<= 1.00", lambda ratio: ratio <= 1)
    target("1R0W read", QUIESCENT, "no synchronisation", "<= 1.10", lambda ratio: ratio <= 1.1)
    target("1R0W read", CELL, "arc-swap", "<= 0.20", lambda ratio: ratio <= 0.2)
    return table
